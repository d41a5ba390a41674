// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checkpoints of the store in SQLite: the WAL stays short, who writes waits for
 * none of them, and what was committed outlives a kill -9 in their middle.
 *
 * What SQLite asks of the disk goes through here: fdatasync() is the one below,
 * the others are replaced as the VFS of SQLite admits.
 */
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"
#include "store_sqlite_checkpoint.h"

#define PAGE		(4096 + 24)	/* with its header in the WAL */
#define KEYS		100
#define BATCH		10		/* puts that are settled at a time */
#define TEXT		30000		/* of a value: eight pages */
#define BATCH_PAGES	(32 * BATCH)	/* more than it can need */

/** enum trouble - what becomes of the disk under a checkpoint */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_FULL,		/* nothing can be written to the database */
	TROUBLE_SLOW,		/* it is not on the disk before @go_on */
	TROUBLE_KILL_WRITE,	/* kill -9 at a write to the database */
	TROUBLE_KILL_SYNC,	/* when it shall be on the disk */
	TROUBLE_KILL_HEADER,	/* when the WAL begins again */
};

/**
 * @trouble: see there
 * @at: with the so many-th of these
 * @main_thread: who writes
 * @main_syncs: of the database, by it
 * @thread_syncs: by the other one
 * @waiting: one of these waits for @go_on
 */
static struct {
	enum trouble trouble;
	int at;
	pthread_t main_thread;
	int main_syncs;
	int thread_syncs;
	int waiting;
	sem_t go_on;
} disk;

static ssize_t (*real_pwrite)(int fd, const void *data, size_t size, off_t at);

static bool is_database(int fd)
{
	char link[64], path[256];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	return len > 3 && !memcmp(path + len - 3, ".db", 3);
}

static void kill_at(enum trouble trouble)
{
	if (disk.trouble == trouble && !--disk.at)
		kill(getpid(), SIGKILL);
}

static ssize_t on_pwrite(int fd, const void *data, size_t size, off_t at)
{
	bool checkpoint = is_database(fd);

	if (checkpoint && disk.trouble == TROUBLE_FULL) {
		errno = ENOSPC;
		return -1;
	}
	if (checkpoint)
		kill_at(TROUBLE_KILL_WRITE);
	return real_pwrite(fd, data, size, at);
}

int fdatasync(int fd)
{
	bool ours = pthread_equal(pthread_self(), disk.main_thread);

	if (is_database(fd)) {
		__atomic_add_fetch(ours ? &disk.main_syncs :
					  &disk.thread_syncs,
				   1, __ATOMIC_SEQ_CST);
		kill_at(TROUBLE_KILL_SYNC);
		if (!ours && __atomic_load_n(&disk.trouble, __ATOMIC_SEQ_CST) ==
				     TROUBLE_SLOW) {
			__atomic_store_n(&disk.waiting, 1, __ATOMIC_SEQ_CST);
			sem_wait(&disk.go_on);
			__atomic_store_n(&disk.waiting, 0, __ATOMIC_SEQ_CST);
		}
	} else if (!ours && disk.thread_syncs) {
		kill_at(TROUBLE_KILL_HEADER);
	}
	return syscall(SYS_fdatasync, fd);
}

static void replace_pwrite(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	static const char *const names[] = { "pwrite64", "pwrite" };
	sqlite3_syscall_ptr now;
	size_t i;

	for (i = 0; i < 2; i++) {
		now = vfs->xGetSystemCall(vfs, names[i]);
		if (!now)
			continue;
		real_pwrite = (void *)now;
		vfs->xSetSystemCall(vfs, names[i], (void *)on_pwrite);
	}
}

/* --- who writes ----------------------------------------------------------- */

static struct lab *begin(void **state)
{
	struct store_config config = { .type = "sqlite", .path = *state };
	struct lab *lab;

	disk.trouble = TROUBLE_NONE;
	disk.main_thread = pthread_self();
	lab = lab_open(&config);
	disk.main_syncs = 0;
	disk.thread_syncs = 0;
	return lab;
}

static void put(struct lab *lab, int n)
{
	static char text[TEXT + 1];
	char key[16];

	memset(text, 'x', TEXT);
	snprintf(key, sizeof(key), "key/%d", n % KEYS);
	store_put(lab->store, key, json_pack("{s:i, s:s}", "n", n, "text",
					     text), 0);
}

/* They are relaxed, and all of them are done. */
static int batch(struct lab *lab, int n)
{
	int end = n + BATCH;

	for (; n < end; n++)
		put(lab, n);
	lab_settle(lab);
	lab->count = 0;
	assert_int_equal(store_failures(lab->store), 0);
	return n;
}

static struct store_upkeep upkeep_of(const struct lab *lab)
{
	struct store_upkeep upkeep;

	assert_true(store_upkeep(lab->store, &upkeep));
	return upkeep;
}

static long wal_size(const char *path)
{
	char name[256];
	struct stat st;

	snprintf(name, sizeof(name), "%s-wal", path);
	return stat(name, &st) ? 0 : st.st_size;
}

/* All of the keys are what was put last when @n were put. */
static void whole(struct lab *lab, int n)
{
	char key[16];
	int i;

	for (i = 0; i < KEYS && i < n; i++) {
		snprintf(key, sizeof(key), "key/%d", (n - 1 - i) % KEYS);
		assert_int_equal(lab_number(lab, key), n - 1 - i);
	}
}

/* --- tests ---------------------------------------------------------------- */

#define LONGEST	((WAL_PAGES_MAX + BATCH_PAGES) * (long)PAGE)

static void stays_short(void **state)
{
	struct lab *lab = begin(state);
	long size, longest = 0;
	int n = 0;

	while (upkeep_of(lab).done < 3) {
		n = batch(lab, n);
		size = wal_size(*state);
		longest = size > longest ? size : longest;
		assert_true(longest <= LONGEST);
	}
	assert_true(longest >= WAL_PAGES * (long)PAGE);
	/* the database is written and synchronised by the other thread only */
	assert_int_equal(disk.main_syncs, 0);
	assert_true(disk.thread_syncs >= 3);
	assert_int_equal(upkeep_of(lab).failures, 0);
	print_message("# %d puts, longest WAL %ld KiB\n", n, longest / 1024);
	lab_close(lab);
	/* the last one is at the end */
	assert_int_equal(wal_size(*state), 0);
	lab = begin(state);
	whole(lab, n);
	lab_close(lab);
}

static bool some_pass(void *ctx)
{
	int *turns = ctx;

	return !(*turns)--;
}

/* Who writes goes on under a checkpoint that does not end, for a whole WAL. */
static void is_not_waited_for(void **state)
{
	struct lab *lab = begin(state);
	int n = 0, turns = 20, batches = 0;

	disk.trouble = TROUBLE_SLOW;
	while (!__atomic_load_n(&disk.waiting, __ATOMIC_SEQ_CST))
		n = batch(lab, n);
	while (upkeep_of(lab).pages < WAL_PAGES_MAX) {
		n = batch(lab, n);
		batches++;
	}
	assert_true(batches > 1);
	/* then it waits, but for the loop, and the WAL does not grow */
	put(lab, n++);
	assert_true(lab_until(lab, some_pass, &turns));
	assert_int_equal(store_writer(lab->store)->pending, 1);
	assert_true(wal_size(*state) <= LONGEST);
	__atomic_store_n(&disk.trouble, TROUBLE_NONE, __ATOMIC_SEQ_CST);
	sem_post(&disk.go_on);
	lab_settle(lab);
	whole(lab, n);
	lab_close(lab);
}

static void full_disk(void **state)
{
	struct lab *lab = begin(state);
	int n = 0;

	disk.trouble = TROUBLE_FULL;
	while (!upkeep_of(lab).failures)
		n = batch(lab, n);
	assert_non_null(strstr(upkeep_of(lab).problem, "full"));
	assert_int_equal(upkeep_of(lab).done, 0);
	disk.trouble = TROUBLE_NONE;
	while (!upkeep_of(lab).done)
		n = batch(lab, n);
	whole(lab, n);
	lab_close(lab);
}

/* A reader that stays keeps the WAL, and nobody from writing. */
static void reader_stays(void **state)
{
	struct lab *lab = begin(state);
	sqlite3 *db;
	long before;
	int n = batch(lab, 0);

	assert_int_equal(sqlite3_open(*state, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM meta", NULL,
				      NULL, NULL), SQLITE_OK);
	while (!upkeep_of(lab).held || upkeep_of(lab).pages < 3 * WAL_PAGES)
		n = batch(lab, n);
	assert_int_equal(upkeep_of(lab).done, 0);
	before = wal_size(*state);
	sqlite3_close(db);
	while (!upkeep_of(lab).done)
		n = batch(lab, n);
	/* one that had to grow so far gives the room back */
	assert_true(wal_size(*state) < before);
	whole(lab, n);
	lab_close(lab);
}

/* Tells what was done, until it is killed. */
static void victim(void **state, int to, enum trouble trouble, int at)
{
	struct lab *lab = begin(state);
	int n = lab_number(lab, "last");

	disk.at = at;
	disk.trouble = trouble;
	for (;;) {
		put(lab, ++n);
		store_put(lab->store, "last", number(n), 0);
		lab_settle(lab);
		lab->count = 0;
		if (write(to, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

static int run_victim(void **state, enum trouble trouble, int at)
{
	int fds[2], status, n = -1;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		victim(state, fds[1], trouble, at);
	close(fds[1]);
	while (read(fds[0], &n, sizeof(n)) == sizeof(n))
		;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return n;
}

static void killed_within(void **state)
{
	static const struct {
		enum trouble trouble;
		int at;
	} death[] = {
		{ TROUBLE_KILL_WRITE, 500 },
		{ TROUBLE_KILL_SYNC, 1 },
		{ TROUBLE_KILL_HEADER, 1 },
		{ TROUBLE_KILL_HEADER, 2 },
	};
	int acknowledged, found;
	struct lab *lab;
	char key[16];
	size_t i;

	for (i = 0; i < sizeof(death) / sizeof(death[0]); i++) {
		acknowledged = run_victim(state, death[i].trouble,
					  death[i].at);
		lab = begin(state);
		found = lab_number(lab, "last");
		assert_in_range(found, acknowledged, acknowledged + 1);
		snprintf(key, sizeof(key), "key/%d", found % KEYS);
		assert_int_equal(lab_number(lab, key), found);
		lab_close(lab);
	}
	print_message("# killed %zu times, %d puts\n", i, found);
}

static int set_up(void **state)
{
	*state = lab_path("checkpoint.db");
	return 0;
}

static int tear_down(void **state)
{
	unlink(*state);
	free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stays_short),  TEST(is_not_waited_for), TEST(full_disk),
		TEST(reader_stays), TEST(killed_within),
	};
	int failed;

	sem_init(&disk.go_on, 0, 0);
	replace_pwrite();
	failed = cmocka_run_group_tests_name("checkpoints of sqlite", tests,
					     NULL, NULL);
	lab_cleanup();
	return failed;
}
