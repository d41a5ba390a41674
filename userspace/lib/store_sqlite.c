// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store of one host: SQLite in WAL mode, each commit synchronised, so that
 * what was told done survives power loss.  All requests of one turn of the loop
 * are one transaction of SQLite: a commit costs a sync, unless all of them are
 * relaxed.  Those may be lost together with the power, the last of them first; the
 * next synchronised commit takes them along.
 *
 * A table of changes is the watch: its ids go up by one a change, every process
 * reads on from the last it saw; one that is too far behind reads all entries.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "store_sqlite.h"

#define POLL_MS		25
/* a writer elsewhere, the checkpointer or a process, is looked for again */
#define WAIT_MS		1
#define CHANGES_KEPT	16384

#define STATEMENT_TEXT(name, text) text,
static const char *const texts[] = { SQLITE_STATEMENTS(STATEMENT_TEXT) };
#undef STATEMENT_TEXT

int sqlite_step(struct sqlite *s, enum sqlite_statement which,
		const char *types, ...)
{
	sqlite3_stmt *statement = s->statement[which];
	int code = SQLITE_OK, i;
	va_list ap;

	sqlite3_reset(statement);
	va_start(ap, types);
	for (i = 0; types[i] && code == SQLITE_OK; i++) {
		if (types[i] == 'i')
			code = sqlite3_bind_int64(statement, i + 1,
						  va_arg(ap, int64_t));
		else
			code = sqlite3_bind_text(statement, i + 1,
						 va_arg(ap, const char *), -1,
						 SQLITE_TRANSIENT);
	}
	va_end(ap);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE &&
	    !(which == SQL_BEGIN && code == SQLITE_BUSY))
		store_fail(s->store, "%s", sqlite3_errmsg(s->db));
	if (code != SQLITE_ROW)
		sqlite3_reset(statement);
	return code;
}

/* --- from the database into the mirror ------------------------------------ */

/* CLOCK_BOOTTIME of the database to CLOCK_MONOTONIC of the mirror; 0 stays */
static uint64_t our_time(int64_t boottime)
{
	int64_t left = boottime - (int64_t)clock_ms(CLOCK_BOOTTIME);
	int64_t at = (int64_t)clock_monotonic_ms() + left;

	if (!boottime)
		return 0;
	return at > 1 ? at : 1;
}

/* Columns of a row from key on: key, value, revision, expires, lease. */
static int read_entry(struct sqlite *s, sqlite3_stmt *row, int first,
		      struct store_entry *entry)
{
	const char *text = (const char *)sqlite3_column_text(row, first + 1);

	entry->key = (const char *)sqlite3_column_text(row, first);
	entry->value = text ? json_loads(text, 0, NULL) : NULL;
	entry->revision = sqlite3_column_int64(row, first + 2);
	entry->expires_ms = our_time(sqlite3_column_int64(row, first + 3));
	entry->lease = sqlite3_column_int64(row, first + 4);
	if (!entry->key || (text && !json_is_object(entry->value))) {
		json_decref(entry->value);
		return store_fail(s->store, "the database holds what is no entry");
	}
	return 0;
}

/* @list grows by the row; its key is copied. */
static int add_row(struct sqlite *s, struct store_entry **list, size_t count)
{
	struct store_entry entry, *grown;

	if (read_entry(s, s->statement[SQL_LIST], 0, &entry))
		return -EIO;
	/* in powers of two */
	if (!(count & (count - 1))) {
		grown = realloc(*list, (count ? 2 * count : 1) *
					       sizeof(*grown));
		if (!grown)
			goto no_memory;
		*list = grown;
	}
	entry.key = strdup(entry.key);
	if (!entry.key)
		goto no_memory;
	(*list)[count] = entry;
	return 0;
no_memory:
	json_decref(entry.value);
	return store_fail(s->store, "out of memory");
}

int64_t sqlite_get_meta(struct sqlite *s, const char *name)
{
	int64_t value = 0;

	if (sqlite_step(s, SQL_GET_META, "s", name) == SQLITE_ROW)
		value = sqlite3_column_int64(s->statement[SQL_GET_META], 0);
	sqlite3_reset(s->statement[SQL_GET_META]);
	return value;
}

static int list(struct sqlite *s, int64_t last)
{
	struct store_entry *entry = NULL;
	size_t count = 0, i;
	int code, ret = 0;

	code = sqlite_step(s, SQL_LIST, "");
	while (code == SQLITE_ROW && !ret) {
		ret = add_row(s, &entry, count);
		if (ret)
			break;
		count++;
		code = sqlite3_step(s->statement[SQL_LIST]);
	}
	sqlite3_reset(s->statement[SQL_LIST]);
	if (!ret && code != SQLITE_DONE)
		ret = -EIO;
	if (!ret)
		ret = store_mirror_replace(s->store, entry, count,
					   sqlite_get_meta(s, "revision"));
	if (!ret)
		s->seen = last;
	for (i = 0; i < count; i++) {
		json_decref(entry[i].value);
		free((char *)entry[i].key);
	}
	free(entry);
	return ret;
}

static int take_change(struct sqlite *s, sqlite3_stmt *row)
{
	enum store_change change = sqlite3_column_int(row, 1);
	struct store_entry entry;
	int ret = read_entry(s, row, 2, &entry);

	if (ret)
		return ret;
	if (change == STORE_PUT && entry.value)
		ret = store_mirror_put(s->store, &entry);
	else
		store_mirror_remove(s->store, entry.key, entry.revision,
				    change);
	json_decref(entry.value);
	if (!ret)
		s->seen = sqlite3_column_int64(row, 0);
	return ret;
}

static int read_on(struct sqlite *s)
{
	sqlite3_stmt *row = s->statement[SQL_CHANGES];
	int code, ret = 0;

	code = sqlite_step(s, SQL_CHANGES, "i", s->seen);
	while (code == SQLITE_ROW && !ret) {
		ret = take_change(s, row);
		if (!ret)
			code = sqlite3_step(row);
	}
	sqlite3_reset(row);
	return ret || code != SQLITE_DONE ? -EIO : 0;
}

/* In one read transaction, so that all of it is of one moment. */
static int pull(struct sqlite *s)
{
	int64_t first, last;
	int ret = -EIO;

	if (sqlite_step(s, SQL_READ, "") != SQLITE_DONE)
		goto out;
	if (sqlite_step(s, SQL_BOUNDS, "") == SQLITE_ROW) {
		first = sqlite3_column_int64(s->statement[SQL_BOUNDS], 0);
		last = sqlite3_column_int64(s->statement[SQL_BOUNDS], 1);
		sqlite3_reset(s->statement[SQL_BOUNDS]);
		/* -1: nothing was read yet; a gap: too old */
		if (s->seen < 0 || first > s->seen + 1 || last < s->seen)
			ret = list(s, last);
		else
			ret = read_on(s);
	}
	sqlite_step(s, SQL_COMMIT, "");
out:
	store_writer(s->store)->current = !ret;
	return ret;
}

static void on_poll(evutil_socket_t fd, short what, void *ctx)
{
	struct sqlite *s = ctx;
	int64_t version;

	(void)fd, (void)what;
	if (sqlite_step(s, SQL_VERSION, "") != SQLITE_ROW)
		return;
	version = sqlite3_column_int64(s->statement[SQL_VERSION], 0);
	sqlite3_reset(s->statement[SQL_VERSION]);
	if (version != s->version && !pull(s))
		s->version = version;
}

/* --- from requests into the database -------------------------------------- */

/* Twice as long each time, so that who holds it for long costs little. */
static void again_soon(struct sqlite *s)
{
	struct timeval soon = {};

	s->wait_ms = s->wait_ms ? 2 * s->wait_ms : WAIT_MS;
	if (s->wait_ms > POLL_MS)
		s->wait_ms = POLL_MS;
	soon.tv_usec = s->wait_ms * 1000;
	event_add(s->flush, &soon);
}

/* It is not waited for but when the store ends: the loop goes on. */
static int begin(struct sqlite *s)
{
	bool closing = store_writer(s->store)->closing;
	int code;

	if (!closing && sqlite_checkpointer_is_behind(s->checkpointer))
		return SQLITE_BUSY;
	sqlite3_busy_timeout(s->db, closing ? SQLITE_BUSY_MS : 0);
	code = sqlite_step(s, SQL_BEGIN, "");
	sqlite3_busy_timeout(s->db, SQLITE_BUSY_MS);
	return code;
}

static bool is_relaxed(const struct store_requests *queue)
{
	const struct store_request *request;

	for (request = queue->head; request; request = request->next)
		if (request->kind != STORE_RENEW && !request->txn.relaxed)
			return false;
	return true;
}

/*
 * Within a transaction it could not be changed.  No prepared statement: SQLite does
 * what this one says when it is compiled.
 */
static int set_relaxed(struct sqlite *s, bool relaxed)
{
	if (relaxed == s->relaxed)
		return 0;
	if (sqlite3_exec(s->db, relaxed ? "PRAGMA synchronous = NORMAL" :
					  "PRAGMA synchronous = FULL",
			 NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(s->store, "%s", sqlite3_errmsg(s->db));
	s->relaxed = relaxed;
	return 0;
}

static int run_all(struct sqlite *s, struct store_request *head)
{
	struct store_request *request;
	int ret;

	s->revision = sqlite_get_meta(s, "revision");
	ret = sqlite_end_lapsed(s);
	for (request = head; request && !ret; request = request->next)
		ret = sqlite_request(s, request);
	if (!ret && (sqlite_step(s, SQL_SET_META, "si", "revision",
				 s->revision) != SQLITE_DONE ||
		     sqlite_step(s, SQL_PRUNE, "i", (int64_t)CHANGES_KEPT) !=
			     SQLITE_DONE))
		ret = -EIO;
	return ret;
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	struct sqlite *s = ctx;
	struct store_requests queue = s->queue;
	struct store_request *request;
	int code, ret;

	(void)fd, (void)what;
	ret = set_relaxed(s, is_relaxed(&queue));
	code = begin(s);
	if (code == SQLITE_BUSY) {
		again_soon(s);
		return;
	}
	s->wait_ms = 0;
	s->queue = (struct store_requests){};
	if (!ret)
		ret = code == SQLITE_DONE ? run_all(s, queue.head) : -EIO;
	if (!ret && sqlite_step(s, SQL_COMMIT, "") != SQLITE_DONE)
		ret = -EIO;
	if (ret && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	/* who is told it is done finds it in the mirror */
	if (!ret)
		pull(s);
	while ((request = store_requests_take(&queue))) {
		if (ret)
			request->result = -EIO;
		store_request_done(request);
	}
}

static void sqlite_submit(void *state, struct store_request *request)
{
	struct sqlite *s = state;

	store_requests_add(&s->queue, request);
	if (!event_pending(s->flush, EV_TIMEOUT, NULL))
		event_active(s->flush, EV_TIMEOUT, 0);
}

static void sqlite_expire(void *state, const struct store_entry *entry)
{
	struct sqlite *s = state;
	struct store_request *request = store_request_guard(s->store, entry);

	if (request)
		sqlite_submit(s, request);
}

static void sqlite_tick(void *state, uint64_t now_ms)
{
	struct sqlite *s = state;
	int code = sqlite_step(s, SQL_LAPSED, "i",
			       (int64_t)clock_ms(CLOCK_BOOTTIME));

	(void)now_ms;
	sqlite3_reset(s->statement[SQL_LAPSED]);
	if (code == SQLITE_ROW)
		event_active(s->flush, EV_TIMEOUT, 0);
}

/* --- begin and end -------------------------------------------------------- */

static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct sqlite *s = ctx;

	(void)db, (void)name;
	sqlite_checkpointer_tell(s->checkpointer, pages);
	return SQLITE_OK;
}

static void sqlite_upkeep(void *state, struct store_upkeep *upkeep)
{
	sqlite_checkpointer_upkeep(((struct sqlite *)state)->checkpointer,
				   upkeep);
}

static int start_checkpoints(struct sqlite *s, const char *path)
{
	int ret = sqlite_checkpointer_open(path, &s->checkpointer);

	if (!ret)
		sqlite3_wal_hook(s->db, on_commit, s);
	return ret;
}

static int prepare(struct sqlite *s, const char *path)
{
	int i;

	for (i = 0; i < SQL_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, texts[i], -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &s->statement[i], NULL) != SQLITE_OK)
			return sqlite_wrong(s, path);
	return 0;
}

static void sqlite_close(void *state)
{
	struct sqlite *s = state;
	int i;

	if (s->queue.head)
		on_flush(-1, 0, s);
	while (s->queue.head) {
		s->queue.head->result = -EIO;
		store_request_done(store_requests_take(&s->queue));
	}
	if (s->poll)
		event_free(s->poll);
	if (s->flush)
		event_free(s->flush);
	for (i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(s->statement[i]);
	sqlite_checkpointer_close(s->checkpointer);
	/* the last one brings the whole WAL into the database */
	sqlite3_close(s->db);
	free(s);
}

static int sqlite_open(struct store *store, const struct store_config *config,
		       struct event_base *base, void **state)
{
	const char *path = config->path ? config->path : STORE_PATH;
	const struct timeval period = { .tv_usec = POLL_MS * 1000 };
	struct sqlite *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return cats_error(ENOMEM, "store: out of memory");
	s->store = store;
	s->seen = -1;
	s->poll = event_new(base, -1, EV_PERSIST, on_poll, s);
	s->flush = event_new(base, -1, 0, on_flush, s);
	ret = s->poll && s->flush && !event_add(s->poll, &period) ?
		      sqlite_connect(s, path) :
		      cats_error(ENOMEM, "store: out of memory");
	if (!ret)
		ret = prepare(s, path);
	if (!ret)
		ret = sqlite_start_clocks(s, path);
	if (!ret)
		ret = start_checkpoints(s, path);
	if (!ret && pull(s))
		ret = cats_error(EIO, "store: %s: %s", path,
				 store_problem(store));
	if (ret)
		sqlite_close(s);
	else
		*state = s;
	return ret;
}

const struct store_backend store_sqlite = {
	.name = "sqlite",
	.check = sqlite_check,
	.open = sqlite_open,
	.close = sqlite_close,
	.submit = sqlite_submit,
	.expire = sqlite_expire,
	.tick = sqlite_tick,
	.upkeep = sqlite_upkeep,
};
