/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SQLite backend: its statements and what its files share. */
#ifndef CATS_STORE_SQLITE_H
#define CATS_STORE_SQLITE_H

#include <sqlite3.h>

#include "store_backend.h"
#include "store_sqlite_checkpoint.h"

#define SQLITE_STATEMENTS(X)						\
	X(BEGIN, "BEGIN IMMEDIATE")					\
	X(READ, "BEGIN")						\
	X(COMMIT, "COMMIT")						\
	X(ROLLBACK, "ROLLBACK")						\
	X(VERSION, "PRAGMA data_version")				\
	X(GET_META, "SELECT value FROM meta WHERE name = ?")		\
	X(SET_META, "INSERT OR REPLACE INTO meta VALUES (?, ?)")	\
	X(REVISION_OF, "SELECT revision FROM entry WHERE key = ?")	\
	X(PUT, "INSERT OR REPLACE INTO entry"				\
	       "(key, value, revision, ttl, expires, lease)"		\
	       " VALUES (?, ?, ?, ?, ?, ?)")				\
	X(DELETE, "DELETE FROM entry WHERE key = ?")			\
	X(LOG, "INSERT INTO change"					\
	       "(revision, kind, key, value, expires, lease)"		\
	       " VALUES (?, ?, ?, ?, ?, ?)")				\
	X(PRUNE, "DELETE FROM change WHERE id <="			\
		 " (SELECT max(id) FROM change) - ?")			\
	X(FIND_LEASE, "SELECT id FROM lease WHERE id = ?")		\
	X(LAPSED, "SELECT id FROM lease WHERE expires <= ?")		\
	X(GRANT, "INSERT INTO lease VALUES (?, ?, ?)")			\
	X(RENEW, "UPDATE lease SET expires = ? + ttl WHERE id = ?")	\
	X(LOG_LEASE, "INSERT INTO change"				\
		     "(revision, kind, key, value, expires, lease)"	\
		     " SELECT ?, ?, key, NULL, 0, lease FROM entry"	\
		     " WHERE lease = ? AND lease != 0 ORDER BY key")	\
	X(DELETE_LEASED, "DELETE FROM entry"				\
			 " WHERE lease = ? AND lease != 0")		\
	X(END_LEASE, "DELETE FROM lease WHERE id = ?")			\
	X(AGAIN, "UPDATE entry SET expires = ? + ttl WHERE ttl > 0")	\
	X(AGAIN_LEASES, "UPDATE lease SET expires = ? + ttl")		\
	X(LIST, "SELECT key, value, revision, expires, lease"		\
		" FROM entry ORDER BY key")				\
	X(BOUNDS, "SELECT (SELECT ifnull(min(id), 1) FROM change),"	\
		  " (SELECT ifnull(max(id), 0) FROM change)")		\
	X(CHANGES, "SELECT id, kind, key, value, revision, expires,"	\
		   " lease FROM change WHERE id > ? ORDER BY id")

#define SQLITE_ENUM(name, text) SQL_##name,
enum sqlite_statement { SQLITE_STATEMENTS(SQLITE_ENUM) SQL_COUNT };
#undef SQLITE_ENUM

/**
 * struct sqlite - the state of the backend
 * @store: it fills
 * @db: connection
 * @statement: prepared
 * @queue: requests of the next transaction
 * @flush: runs them; at once, or soon if another process writes
 * @poll: looks for what others wrote
 * @version: data_version that the mirror is at
 * @seen: id of the last change in the mirror
 * @revision: of the store, within a transaction
 * @relaxed: commits are not synchronised just now
 * @wait_ms: until @flush comes back, the last time; 0: it had not to
 * @checkpointer: keeps the WAL short
 */
struct sqlite {
	struct store *store;
	sqlite3 *db;
	sqlite3_stmt *statement[SQL_COUNT];
	struct store_requests queue;
	struct event *flush;
	struct event *poll;
	int64_t version;
	int64_t seen;
	int64_t revision;
	bool relaxed;
	unsigned int wait_ms;
	struct sqlite_checkpointer *checkpointer;
};

/* for what is not left and done later, as a transaction that begins is */
#define SQLITE_BUSY_MS	1000

/**
 * sqlite_step - bind and step
 * @s: backend
 * @which: statement; reset before, and after unless it gives a row
 * @types: of the arguments: "i" int64_t, "s" text or NULL
 *
 * Return: SQLITE_ROW, SQLITE_DONE, SQLITE_BUSY; another code with store_fail().
 */
int sqlite_step(struct sqlite *s, enum sqlite_statement which,
		const char *types, ...);

/** sqlite_get_meta - a number of table meta, 0 if it is not there */
int64_t sqlite_get_meta(struct sqlite *s, const char *name);

/** sqlite_check - struct store_backend.check */
int sqlite_check(const struct store_config *config);

/** sqlite_wrong - the message for what SQLite said last; -EIO */
int sqlite_wrong(struct sqlite *s, const char *path);

/** sqlite_connect - open or make @path; a damaged one, or none of ours: -EIO */
int sqlite_connect(struct sqlite *s, const char *path);

/** sqlite_start_clocks - times of the last boot, if they are, begin again */
int sqlite_start_clocks(struct sqlite *s, const char *path);

/** sqlite_request - within a transaction; 0, or -EIO: it has to be undone. */
int sqlite_request(struct sqlite *s, struct store_request *request);

/** sqlite_end_lapsed - the same for leases whose time is over */
int sqlite_end_lapsed(struct sqlite *s);

#endif /* CATS_STORE_SQLITE_H */
