// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From etcd into the mirror: all entries, then a watch from their revision.
 * A connection that is lost is made again, to the next endpoint, and the watch
 * goes on behind the last change it told; if etcd does not have that any more,
 * all entries are read again and watches are told the difference.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "store_etcd.h"

#define LIST_MS		30000
#define RETRY_MS	200
/* etcd ends leases up to that much later or earlier than our clock says */
#define EXPIRY_SLACK_MS	1500

static void watch_on(struct etcd *etcd);

void etcd_lost(struct etcd *etcd, const char *why)
{
	const struct timeval after = { .tv_usec = RETRY_MS * 1000 };

	store_fail(etcd->store, "%s: %s",
		   etcd->config->endpoints[etcd->endpoint], why);
	http_cancel(etcd->watch);
	etcd->watch = NULL;
	http_cancel(etcd->probing);
	etcd->probing = NULL;
	etcd->connected = false;
	store_writer(etcd->store)->current = false;
	etcd->endpoint = (etcd->endpoint + 1) % etcd->config->endpoints_count;
	event_add(etcd->retry, &after);
	etcd_flush(etcd);
}

/* --- does the other end live? --------------------------------------------- */

static void on_probe_answer(void *ctx, const json_t *answer)
{
	(void)ctx, (void)answer;
}

/* A read that a quorum has to confirm: a member cut off does not answer it. */
static struct http_call *ask(struct etcd *etcd, http_done_fn done)
{
	json_t *body = etcd_key_range(etcd);

	json_object_set_new(body, "count_only", json_true());
	return etcd_post(etcd, "kv/range", body, ETCD_CALL_MS, on_probe_answer,
			 done);
}

static void on_probed(void *ctx, long status, const char *why)
{
	struct etcd *etcd = ctx;

	etcd->probing = NULL;
	if (status != 200)
		etcd_lost(etcd, status ? "has no quorum" : why);
}

void etcd_probe(struct etcd *etcd)
{
	if (etcd->watch && !etcd->probing)
		etcd->probing = ask(etcd, on_probed);
}

/* A watch is granted by a member without a quorum, too, and tells nothing. */
static void on_asked(void *ctx, long status, const char *why)
{
	struct etcd *etcd = ctx;

	etcd->watch = NULL;
	if (status == 200)
		watch_on(etcd);
	else
		etcd_lost(etcd, status ? "has no quorum" : why);
}

/* An error that comes in an answer; NULL if it is none. */
static const char *error_of(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");

	if (json_is_object(error))
		error = json_object_get(error, "message");
	return json_string_value(error);
}

/* --- all entries ---------------------------------------------------------- */

static void free_entries(struct store_entry *entry, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		json_decref(entry[i].value);
		free((char *)entry[i].key);
	}
	free(entry);
}

static int replace(struct etcd *etcd, const json_t *answer)
{
	const json_t *kvs = json_object_get(answer, "kvs"), *kv;
	struct store_entry *entry = calloc(json_array_size(kvs) + 1,
					   sizeof(*entry));
	size_t i, count = 0;
	int ret = 0;

	if (!entry)
		return store_fail(etcd->store, "out of memory");
	json_array_foreach(kvs, i, kv) {
		if (etcd_entry(etcd, kv, &entry[count]))
			continue;
		if (entry[count].value)
			count++;
		else
			free((char *)entry[count].key);
	}
	ret = store_mirror_replace(etcd->store, entry, count,
				   etcd_revision(answer));
	free_entries(entry, count);
	return ret;
}

static void on_list(void *ctx, const json_t *answer)
{
	struct etcd *etcd = ctx;

	json_decref(etcd->list);
	etcd->list = json_incref((json_t *)answer);
}

static void on_list_end(void *ctx, long status, const char *why)
{
	struct etcd *etcd = ctx;
	json_t *answer = etcd->list;
	const char *error = error_of(answer);

	etcd->watch = NULL;
	etcd->list = NULL;
	if (status != 200 || !json_object_get(answer, "header")) {
		etcd_lost(etcd, error ? error : why);
	} else if (replace(etcd, answer)) {
		etcd_lost(etcd, store_problem(etcd->store));
	} else {
		etcd->seen = etcd_revision(answer);
		etcd->listed = true;
		etcd_reached(etcd);
		watch_on(etcd);
	}
	json_decref(answer);
}

static void list(struct etcd *etcd)
{
	etcd->watch = etcd_post(etcd, "kv/range", etcd_key_range(etcd),
				LIST_MS, on_list, on_list_end);
	if (!etcd->watch)
		etcd_lost(etcd, "out of memory");
}

/* --- and changes from there on -------------------------------------------- */

static enum store_change why_gone(struct etcd *etcd, const char *key)
{
	const struct store_entry *held = store_get(etcd->store, key);

	return held && held->expires_ms &&
			       held->expires_ms <= clock_monotonic_ms() +
							   EXPIRY_SLACK_MS ?
		       STORE_EXPIRED : STORE_DELETED;
}

static void take_event(struct etcd *etcd, const json_t *event)
{
	const json_t *kv = json_object_get(event, "kv");
	const char *type = json_string_value(json_object_get(event, "type"));
	int64_t revision = etcd_int(kv, "mod_revision");
	struct store_entry entry;

	if (etcd_entry(etcd, kv, &entry))
		return;
	if (type && !strcmp(type, "DELETE"))
		store_mirror_remove(etcd->store, entry.key, revision,
				    why_gone(etcd, entry.key));
	else if (entry.value)
		store_mirror_put(etcd->store, &entry);
	json_decref(entry.value);
	free((char *)entry.key);
}

static void started(struct etcd *etcd, const json_t *result)
{
	/* one that is behind us is another, or was put back from a copy */
	if (etcd_revision(result) < etcd->seen) {
		etcd->listed = false;
		etcd_lost(etcd, "has an older revision than before");
		return;
	}
	etcd->connected = true;
	store_writer(etcd->store)->current = true;
	etcd_flush(etcd);
}

static void on_watch(void *ctx, const json_t *line)
{
	const json_t *result = json_object_get(line, "result"), *events, *event;
	const char *error = error_of(line);
	struct etcd *etcd = ctx;
	size_t i;

	if (error || json_is_true(json_object_get(result, "canceled"))) {
		/* compacted, or refused: in both cases from the start */
		etcd->listed = false;
		etcd_lost(etcd, error ? error : "the watch is behind what is kept");
		return;
	}
	events = json_object_get(result, "events");
	json_array_foreach(events, i, event)
		take_event(etcd, event);
	if (json_array_size(events)) {
		etcd->seen = etcd_int(json_object_get(json_array_get(events,
								     i - 1),
						      "kv"), "mod_revision");
		etcd_reached(etcd);
	}
	if (json_is_true(json_object_get(result, "created")))
		started(etcd, result);
}

static void on_watch_end(void *ctx, long status, const char *why)
{
	struct etcd *etcd = ctx;

	etcd->watch = NULL;
	etcd_lost(etcd, status ? "the watch ended" : why);
}

static void watch_on(struct etcd *etcd)
{
	json_t *request = etcd_key_range(etcd);
	char from[24];

	snprintf(from, sizeof(from), "%" PRId64, etcd->seen + 1);
	json_object_set_new(request, "start_revision", json_string(from));
	etcd->watch = etcd_post(etcd, "watch",
				json_pack("{s:o}", "create_request", request),
				0, on_watch, on_watch_end);
	if (!etcd->watch)
		etcd_lost(etcd, "out of memory");
}

void etcd_connect(struct etcd *etcd)
{
	if (!etcd->listed) {
		list(etcd);
		return;
	}
	etcd->watch = ask(etcd, on_asked);
	if (!etcd->watch)
		etcd_lost(etcd, "out of memory");
}
