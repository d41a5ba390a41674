// SPDX-License-Identifier: GPL-2.0-or-later
/* The store in SQLite: what all do, and what becomes of its file. */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance.h"
#include "error.h"
#include "store_sqlite.h"

#define ROUNDS	40

static const struct store_config *config_of(void **state)
{
	return &((struct subject *)*state)->config;
}

/* --- killed while it writes ----------------------------------------------- */

/**
 * struct victim - who writes until it is killed
 * @lab: its store
 * @acknowledged: pipe for what it was told is done
 * @n: the last it began
 */
struct victim {
	struct lab *lab;
	int acknowledged;
	int n;
};

static void write_pair(struct victim *victim);

static void on_done(void *ctx, int result, uint64_t revision)
{
	struct victim *victim = ctx;

	(void)revision;
	if (result || write(victim->acknowledged, &victim->n,
			    sizeof(victim->n)) != sizeof(victim->n))
		_exit(1);
	write_pair(victim);
}

static void write_pair(struct victim *victim)
{
	json_t *value = number(++victim->n);
	const struct store_op op[] = { { .key = "pair/a", .value = value },
				       { .key = "pair/b", .value = value } };
	const struct store_txn txn = { .op = op, .ops = 2 };

	store_txn(victim->lab->store, &txn, on_done, victim);
	json_decref(value);
}

static bool never(void *ctx)
{
	((struct lab *)ctx)->count = 0;
	return false;
}

static pid_t start_victim(const struct store_config *config, int fds[2])
{
	struct victim victim;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	victim.lab = lab_open(config);
	victim.acknowledged = fds[1];
	victim.n = lab_number(victim.lab, "pair/a");
	write_pair(&victim);
	lab_until(victim.lab, never, victim.lab);
	_exit(0);
}

/* The last number it was told is done, once it runs for @ms and is killed. */
static int kill_victim(pid_t pid, const int fds[2], int ms)
{
	struct pollfd first = { .fd = fds[0], .events = POLLIN };
	int n = -1, status;

	close(fds[1]);
	assert_int_equal(poll(&first, 1, 20000), 1);
	/* until a moment that nothing is in step with */
	poll(NULL, 0, ms);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fds[0], &n, sizeof(n)) == sizeof(n))
		;
	close(fds[0]);
	return n;
}

static void killed(void **state)
{
	int round, fds[2], acknowledged, found, total = 0;
	struct lab *lab;

	for (round = 0; round < ROUNDS; round++) {
		pid_t pid = start_victim(config_of(state), fds);

		acknowledged = kill_victim(pid, fds, round * 7 % 23);
		lab = lab_open(config_of(state));
		found = lab_number(lab, "pair/a");
		/* both or none, what was told done, and at most one more */
		assert_int_equal(lab_number(lab, "pair/b"), found);
		assert_in_range(found, acknowledged, acknowledged + 1);
		total = found;
		lab_close(lab);
	}
	print_message("# killed %d times in %d transactions\n", ROUNDS, total);
}

/* --- files that are no store, or no longer -------------------------------- */

static void refused(const char *path, const char *why)
{
	struct store_config config = { .type = "sqlite",
				       .path = (char *)path };
	struct event_base *base = event_base_new();
	struct store *store;

	assert_true(store_open(&config, base, &store) < 0);
	assert_null(store);
	if (!strstr(cats_error_message(), why) ||
	    !strstr(cats_error_message(), path))
		fail_msg("%s", cats_error_message());
	event_base_free(base);
}

static void write_file(const char *path, const char *mode, long at,
		       const void *data, size_t size)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fwrite(data, 1, size, file), size);
	fclose(file);
}

static void wrong_files(void **state)
{
	char *path = lab_path("wrong.db");
	struct store_config config = { .type = "sqlite", .path = path };
	char noise[4096];
	struct lab *lab;
	sqlite3 *db;
	int i;

	(void)state;
	memset(noise, 0x5a, sizeof(noise));
	write_file(path, "w", 0, noise, sizeof(noise));
	refused(path, "not a database");
	unlink(path);
	/* of somebody else */
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE t(x)", NULL, NULL, NULL);
	sqlite3_close(db);
	refused(path, "not a store of this version");
	unlink(path);
	/* ours, with pages overwritten */
	lab = lab_open(&config);
	for (i = 0; i < 500; i++) {
		snprintf(noise, sizeof(noise), "k/%d", i);
		store_put(lab->store, noise, number(i), 0);
	}
	lab_settle(lab);
	lab_close(lab);
	memset(noise, 0x5a, sizeof(noise));
	for (i = 1; i < 8; i++)
		write_file(path, "r+", i * 4096L, noise, sizeof(noise));
	refused(path, "damaged");
	unlink(path);
	free(path);
	refused("/proc/none/store.db", "unable to open");
}

/* --- a disk that is full, one that writes too, one that sleeps ------------ */

static void full_disk(void **state)
{
	struct rlimit old, small = { 4096, 4096 };
	struct lab *lab = lab_open(config_of(state));
	struct outcome outcome = {};
	json_t *one = number(1);
	const struct store_op op = { .key = "full", .value = one };
	const struct store_txn txn = { .op = &op, .ops = 1 };

	lab_put(lab, "before", 7, 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	store_txn(lab->store, &txn, lab_outcome, &outcome);
	assert_int_equal(lab_result(lab, &outcome), -EIO);
	assert_int_equal(store_failures(lab->store), 1);
	assert_true(strlen(store_problem(lab->store)) > 0);
	setrlimit(RLIMIT_FSIZE, &old);
	/* reads went on, nothing else is lost, and it goes on */
	assert_int_equal(lab_number(lab, "before"), 7);
	assert_int_equal(lab_number(lab, "full"), -1);
	assert_int_equal(lab_txn(lab, &txn), 0);
	lab_close(lab);
	lab = lab_open(config_of(state));
	assert_int_equal(lab_number(lab, "full"), 1);
	lab_close(lab);
	json_decref(one);
}

static void locked(void **state)
{
	struct lab *lab = lab_open(config_of(state));
	struct outcome outcome = {};
	json_t *one = number(1);
	const struct store_op op = { .key = "locked", .value = one };
	const struct store_txn txn = { .op = &op, .ops = 1 };
	sqlite3 *db;

	assert_int_equal(sqlite3_open(config_of(state)->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	store_txn(lab->store, &txn, lab_outcome, &outcome);
	/* it gives up for this time, and comes back */
	event_base_loop(lab->base, EVLOOP_ONCE);
	assert_false(outcome.done);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	assert_int_equal(lab_result(lab, &outcome), 0);
	sqlite3_close(db);
	lab_close(lab);
	json_decref(one);
}

/* More changes than the table keeps, while it looked away. */
static void far_behind(void **state)
{
	struct lab *lab = lab_open(config_of(state)), *other;
	char *ours, *theirs;
	int i;

	lab_put(lab, "gone", 1, 0);
	other = lab_open(config_of(state));
	store_delete(lab->store, "gone");
	for (i = 0; i < 20000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "far/%d", i % 50);
		store_put(lab->store, key, number(i), 0);
		if (i % 2000 == 1999)
			lab_settle(lab);
		if (i % 2000 == 1999)
			lab->count = 0;
	}
	lab_settle(lab);
	lab_put(lab, "far/last", 1, 0);
	/* deleted, 50 keys, and the last */
	lab_heard(other, 52);
	ours = lab_dump(lab);
	theirs = lab_dump(other);
	assert_string_equal(ours, theirs);
	free(ours);
	free(theirs);
	lab_close(other);
	lab_close(lab);
}

/* --- what a request costs does not grow with the store -------------------- */

#define STATEMENT(name, text) { #name, text },
static const struct {
	const char *name;
	const char *text;
} statements[] = { SQLITE_STATEMENTS(STATEMENT) };
#undef STATEMENT

/* All entries are read when a store is opened; leases are one a process. */
static bool may_scan(const char *name, const char *table)
{
	return !strcmp(table, "SCAN lease") ||
	       !strcmp(table, "SCAN CONSTANT ROW") || !strcmp(name, "LIST") ||
	       !strcmp(name, "AGAIN");
}

static void nothing_is_scanned(void **state)
{
	struct lab *lab = lab_open(config_of(state));
	sqlite3_stmt *plan;
	const char *step;
	char *text;
	sqlite3 *db;
	size_t i;

	assert_int_equal(sqlite3_open(config_of(state)->path, &db), SQLITE_OK);
	for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s",
				       statements[i].text);
		assert_int_equal(sqlite3_prepare_v2(db, text, -1, &plan, NULL),
				 SQLITE_OK);
		while (sqlite3_step(plan) == SQLITE_ROW) {
			step = (const char *)sqlite3_column_text(plan, 3);
			if (!strncmp(step, "SCAN", 4) &&
			    !may_scan(statements[i].name, step))
				fail_msg("%s: %s", statements[i].name, step);
		}
		sqlite3_finalize(plan);
		sqlite3_free(text);
	}
	sqlite3_close(db);
	lab_close(lab);
}

#define TEST(name)							\
	{ #name, name, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed),	  TEST(wrong_files), TEST(full_disk),
		TEST(locked),	  TEST(far_behind),  TEST(nothing_is_scanned),
	};
	struct subject subject = {
		.config = { .type = "sqlite" },
		.shared = true,
		.lease_ms = 1000,
	};
	int failed;

	subject.config.path = lab_path("store.db");
	failed = conformance(&subject, tests,
			     sizeof(tests) / sizeof(tests[0]));
	free(subject.config.path);
	lab_cleanup();
	return failed;
}
