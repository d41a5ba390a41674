// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A checkpoint synchronises the WAL, copies its pages into the database and
 * synchronises that.  A passive one lets others write meanwhile, so that it
 * never quite reaches the end, and then it leaves the last of the three to the
 * next: it is done here.  In the end the few pages left are copied and the WAL
 * begins again from its start, while nobody may write.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "error.h"
#include "store_sqlite_checkpoint.h"

/* passive checkpoints in a row, and the pages that may be left by them */
#define PASSIVE_MAX	3
#define PAGES_LEFT	64
/* who writes, and who reads what is in the WAL, is waited for so often */
#define BUSY_TIMES	100
#define BUSY_US		50
/* after one that failed or was kept from its end by a reader */
#define AGAIN_MS	100

/**
 * struct sqlite_checkpointer - the thread and what it shares
 * @db: its connection
 * @thread: has it
 * @lock: of all below
 * @wake: there is something to do
 * @pages: of the WAL, as told last
 * @working: a checkpoint is being made
 * @stopping: it shall end
 * @done: WALs that began again
 * @held: checkpoints kept from their end by a reader or a writer
 * @failures: checkpoints that failed
 * @problem: why the last did
 */
struct sqlite_checkpointer {
	sqlite3 *db;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int pages;
	bool working;
	bool stopping;
	uint64_t done;
	uint64_t held;
	uint64_t failures;
	char problem[128];
};

/* --- in the thread -------------------------------------------------------- */

/* Readers are waited for while nobody may write; SQLite would wait long. */
static int on_busy(void *ctx, int times)
{
	const struct timespec pause = { .tv_nsec = BUSY_US * 1000 };

	(void)ctx;
	nanosleep(&pause, NULL);
	return times < BUSY_TIMES;
}

static int passive(sqlite3 *db, int *log)
{
	int i, done = 0, code = SQLITE_OK;

	for (i = 0; i < PASSIVE_MAX && code == SQLITE_OK; i++) {
		code = sqlite3_wal_checkpoint_v2(db, NULL,
						 SQLITE_CHECKPOINT_PASSIVE,
						 log, &done);
		if (*log - done <= PAGES_LEFT)
			break;
	}
	return code;
}

/* Through SQLite's own file: to close another one would end its locks. */
static int sync_database(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	int code = sqlite3_file_control(db, NULL, SQLITE_FCNTL_FILE_POINTER,
					&file);

	if (code != SQLITE_OK || !file || !file->pMethods)
		return code;
	return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

/*
 * A WAL in its place costs the disk less than one that grows; one that had to
 * grow far beyond gives it back.  The first commit of a WAL synchronises its
 * header, relaxed or not: it is made here.
 */
static int begin_again(sqlite3 *db, int log)
{
	int mode = log > 2 * WAL_PAGES ? SQLITE_CHECKPOINT_TRUNCATE :
					 SQLITE_CHECKPOINT_RESTART;
	int code = sqlite3_wal_checkpoint_v2(db, NULL, mode, NULL, NULL);

	if (code != SQLITE_OK)
		return code;
	return sqlite3_exec(db, "INSERT INTO meta VALUES ('checkpoints', 1)"
			    " ON CONFLICT DO UPDATE SET value = value + 1",
			    NULL, NULL, NULL);
}

static bool checkpoint(struct sqlite_checkpointer *c)
{
	int log = 0, code = passive(c->db, &log);

	if (code == SQLITE_OK)
		code = sync_database(c->db);
	if (code == SQLITE_OK)
		code = begin_again(c->db, log);
	pthread_mutex_lock(&c->lock);
	if (code == SQLITE_OK) {
		c->done++;
	} else if (code == SQLITE_BUSY) {
		c->held++;
	} else {
		c->failures++;
		snprintf(c->problem, sizeof(c->problem), "%s",
			 sqlite3_errstr(code));
	}
	pthread_mutex_unlock(&c->lock);
	return code == SQLITE_OK;
}

/* With the lock. */
static void pause_for(struct sqlite_checkpointer *c, long ms)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += ms * 1000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	while (!c->stopping &&
	       pthread_cond_timedwait(&c->wake, &c->lock, &end) != ETIMEDOUT)
		;
}

static void *run(void *ctx)
{
	struct sqlite_checkpointer *c = ctx;
	bool whole;

	pthread_mutex_lock(&c->lock);
	while (!c->stopping) {
		if (c->pages < WAL_PAGES) {
			pthread_cond_wait(&c->wake, &c->lock);
			continue;
		}
		/* what is told meanwhile may be of before */
		c->working = true;
		pthread_mutex_unlock(&c->lock);
		whole = checkpoint(c);
		pthread_mutex_lock(&c->lock);
		c->working = false;
		c->pages = 0;
		if (!whole)
			pause_for(c, AGAIN_MS);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* --- for who writes ------------------------------------------------------- */

void sqlite_checkpointer_tell(struct sqlite_checkpointer *c, int pages)
{
	pthread_mutex_lock(&c->lock);
	c->pages = pages;
	if (pages >= WAL_PAGES)
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

bool sqlite_checkpointer_is_behind(struct sqlite_checkpointer *c)
{
	bool behind;

	pthread_mutex_lock(&c->lock);
	behind = c->working && c->pages >= WAL_PAGES_MAX;
	pthread_mutex_unlock(&c->lock);
	return behind;
}

void sqlite_checkpointer_upkeep(struct sqlite_checkpointer *c,
				struct store_upkeep *upkeep)
{
	pthread_mutex_lock(&c->lock);
	*upkeep = (struct store_upkeep){ .pages = c->pages, .done = c->done,
					 .held = c->held,
					 .failures = c->failures };
	snprintf(upkeep->problem, sizeof(upkeep->problem), "%s", c->problem);
	pthread_mutex_unlock(&c->lock);
}

/* --- begin and end -------------------------------------------------------- */

static int connect_to(struct sqlite_checkpointer *c, const char *path)
{
	int code = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE |
				   SQLITE_OPEN_NOMUTEX, NULL);

	if (code == SQLITE_OK) {
		sqlite3_busy_handler(c->db, on_busy, NULL);
		sqlite3_wal_autocheckpoint(c->db, 0);
		/* reads, as a checkpoint has to know that there is a WAL */
		code = sqlite3_exec(c->db, "PRAGMA synchronous = NORMAL;"
				    "SELECT count(*) FROM meta", NULL, NULL,
				    NULL);
	}
	if (code == SQLITE_OK)
		return 0;
	return cats_error(EIO, "store: %s: %s", path, sqlite3_errmsg(c->db));
}

/* Signals are for the main thread. */
static int start_thread(struct sqlite_checkpointer *c)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return cats_error_kernel(err, "thread of the store");
	pthread_setname_np(c->thread, "checkpoints");
	return 0;
}

static void release(struct sqlite_checkpointer *c)
{
	sqlite3_close(c->db);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int sqlite_checkpointer_open(const char *path,
			     struct sqlite_checkpointer **result)
{
	struct sqlite_checkpointer *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;
	int ret;

	if (!c)
		return cats_error(ENOMEM, "store: out of memory");
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	ret = connect_to(c, path);
	if (!ret)
		ret = start_thread(c);
	if (ret)
		release(c);
	else
		*result = c;
	return ret;
}

void sqlite_checkpointer_close(struct sqlite_checkpointer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	release(c);
}
