// SPDX-License-Identifier: GPL-2.0-or-later
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "lab.h"

#define PATIENCE_MS	20000

static char directory[64];

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct lab *lab = ctx;

	(void)fd, (void)what;
	store_expire(lab->store, clock_monotonic_ms());
}

static void hear(void *ctx, enum store_change change,
		 const struct store_entry *entry)
{
	const json_t *n = json_object_get(entry->value, "n");
	struct lab *lab = ctx;
	struct heard *heard = &lab->heard[lab->count];

	assert_true(lab->count < HEARD_MAX);
	lab->count++;
	heard->change = change;
	heard->revision = entry->revision;
	heard->n = json_is_integer(n) ? (int)json_integer_value(n) : -1;
	snprintf(heard->key, sizeof(heard->key), "%s", entry->key);
}

struct lab *lab_open(const struct store_config *config)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_non_null(lab);
	lab->config = *config;
	lab->base = event_base_new();
	assert_non_null(lab->base);
	if (store_config_check(&lab->config) ||
	    store_open(&lab->config, lab->base, &lab->store) ||
	    store_wait(lab->store, PATIENCE_MS))
		fail_msg("%s", cats_error_message());
	assert_non_null(store_watch(lab->store, "", hear, lab));
	return lab;
}

void lab_close(struct lab *lab)
{
	store_free(lab->store);
	event_base_free(lab->base);
	free(lab);
}

bool lab_until(struct lab *lab, bool (*holds)(void *ctx), void *ctx)
{
	const struct timeval period = { .tv_usec = 20000 };
	uint64_t end = clock_monotonic_ms() + PATIENCE_MS;
	struct event *tick = event_new(lab->base, -1, EV_PERSIST, on_tick,
				       lab);
	bool held;

	assert_non_null(tick);
	event_add(tick, &period);
	while (!(held = holds(ctx)) && clock_monotonic_ms() < end)
		event_base_loop(lab->base, EVLOOP_ONCE);
	event_free(tick);
	return held;
}

static bool settled(void *ctx)
{
	struct lab *lab = ctx;

	return !store_writer(lab->store)->pending;
}

void lab_settle(struct lab *lab)
{
	assert_true(lab_until(lab, settled, lab));
}

struct wanted {
	struct lab *lab;
	size_t count;
};

static bool enough(void *ctx)
{
	struct wanted *wanted = ctx;

	return wanted->lab->count >= wanted->count;
}

void lab_heard(struct lab *lab, size_t count)
{
	struct wanted wanted = { lab, count };

	if (!lab_until(lab, enough, &wanted))
		fail_msg("heard %zu changes, wanted %zu", lab->count, count);
	assert_int_equal(lab->count, count);
}

void lab_outcome(void *ctx, int result, uint64_t revision)
{
	struct outcome *outcome = ctx;

	assert_false(outcome->done);
	outcome->done = true;
	outcome->result = result;
	outcome->revision = revision;
}

static bool is_done(void *ctx)
{
	return ((struct outcome *)ctx)->done;
}

int lab_result(struct lab *lab, struct outcome *outcome)
{
	assert_true(lab_until(lab, is_done, outcome));
	return outcome->result;
}

json_t *number(int n)
{
	return json_pack("{s:i}", "n", n);
}

void lab_put(struct lab *lab, const char *key, int n, uint64_t ttl_ms)
{
	assert_int_equal(store_put(lab->store, key, number(n), ttl_ms), 0);
	lab_settle(lab);
	assert_int_equal(store_failures(lab->store), 0);
}

int lab_number(struct lab *lab, const char *key)
{
	const struct store_entry *entry = store_get(lab->store, key);

	return entry ? json_integer_value(json_object_get(entry->value, "n")) :
		       -1;
}

int lab_txn(struct lab *lab, const struct store_txn *txn)
{
	struct outcome outcome = {};

	assert_int_equal(store_txn(lab->store, txn, lab_outcome, &outcome), 0);
	return lab_result(lab, &outcome);
}

static int dump_entry(void *ctx, const struct store_entry *entry)
{
	char *value = json_dumps(entry->value, JSON_COMPACT | JSON_SORT_KEYS);

	fprintf(ctx, "%s %s\n", entry->key, value);
	free(value);
	return 0;
}

char *lab_dump(struct lab *lab)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	store_each(lab->store, "", dump_entry, to);
	fclose(to);
	return text;
}

char *lab_path(const char *name)
{
	char *path;

	if (!directory[0]) {
		strcpy(directory, "/tmp/cats-store.XXXXXX");
		assert_non_null(mkdtemp(directory));
	}
	assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
	return path;
}

void lab_cleanup(void)
{
	char command[128];

	if (!directory[0])
		return;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command))
		cats_warn("%s is left", directory);
}
