// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What requests do in the database.  What fails by its conditions has written
 * nothing, so that one transaction of SQLite may hold many of ours.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "store_sqlite.h"

/* Goes on while the host sleeps, and nobody sets it. */
static int64_t now(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

static int done(int code)
{
	return code == SQLITE_DONE ? 0 : -EIO;
}

/* The first column of the only row; @missing if there is none. */
static int get(struct sqlite *s, enum sqlite_statement which, int code,
	       int64_t missing, int64_t *value)
{
	*value = missing;
	if (code == SQLITE_DONE)
		return 0;
	if (code != SQLITE_ROW)
		return -EIO;
	*value = sqlite3_column_int64(s->statement[which], 0);
	sqlite3_reset(s->statement[which]);
	return 0;
}

static int compare(struct sqlite *s, const struct store_compare *compare)
{
	int64_t revision;
	bool holds;

	if (get(s, SQL_REVISION_OF,
		sqlite_step(s, SQL_REVISION_OF, "s", compare->key), 0,
		&revision))
		return -EIO;
	switch (compare->what) {
	case STORE_EXISTS:
		holds = revision;
		break;
	case STORE_ABSENT:
		holds = !revision;
		break;
	default:
		holds = (uint64_t)revision == compare->revision;
	}
	return holds ? 0 : -ECANCELED;
}

static int find_lease(struct sqlite *s, uint64_t lease)
{
	int64_t id;

	if (!lease)
		return 0;
	if (get(s, SQL_FIND_LEASE,
		sqlite_step(s, SQL_FIND_LEASE, "i", (int64_t)lease), 0, &id))
		return -EIO;
	return id ? 0 : -ENOENT;
}

static int check(struct sqlite *s, const struct store_txn *txn)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < txn->compares; i++)
		ret = compare(s, &txn->compare[i]);
	for (i = 0; !ret && i < txn->ops; i++)
		ret = find_lease(s, txn->op[i].lease);
	return ret;
}

static int put(struct sqlite *s, const struct store_op *op, int64_t revision)
{
	char *text = json_dumps(op->value, JSON_COMPACT);
	int64_t expires = op->ttl_ms ? now() + (int64_t)op->ttl_ms : 0;
	int ret;

	if (!text)
		return store_fail(s->store, "out of memory");
	ret = done(sqlite_step(s, SQL_PUT, "ssiiii", op->key, text, revision,
			       (int64_t)op->ttl_ms, expires,
			       (int64_t)op->lease));
	if (!ret)
		ret = done(sqlite_step(s, SQL_LOG, "iissii", revision,
				       (int64_t)STORE_PUT, op->key, text,
				       expires, (int64_t)op->lease));
	free(text);
	s->revision = revision;
	return ret;
}

static int delete(struct sqlite *s, const char *key, int64_t revision,
		  enum store_change why)
{
	if (sqlite_step(s, SQL_DELETE, "s", key) != SQLITE_DONE)
		return -EIO;
	if (!sqlite3_changes(s->db))
		return 0;
	s->revision = revision;
	return done(sqlite_step(s, SQL_LOG, "iissii", revision, (int64_t)why,
				key, NULL, (int64_t)0, (int64_t)0));
}

static int run_txn(struct sqlite *s, const struct store_request *request)
{
	enum store_change why = request->kind == STORE_EXPIRE ? STORE_EXPIRED :
								STORE_DELETED;
	const struct store_txn *txn = &request->txn;
	int64_t revision = s->revision + 1;
	int ret = check(s, txn);
	size_t i;

	for (i = 0; !ret && i < txn->ops; i++) {
		if (txn->op[i].value)
			ret = put(s, &txn->op[i], revision);
		else
			ret = delete(s, txn->op[i].key, revision, why);
	}
	return ret;
}

static int end_lease(struct sqlite *s, int64_t lease, enum store_change why)
{
	int64_t revision = s->revision + 1;
	int ret;

	ret = done(sqlite_step(s, SQL_LOG_LEASE, "iii", revision,
			       (int64_t)why, lease));
	if (!ret && sqlite3_changes(s->db))
		s->revision = revision;
	if (!ret)
		ret = done(sqlite_step(s, SQL_DELETE_LEASED, "i", lease));
	if (!ret)
		ret = done(sqlite_step(s, SQL_END_LEASE, "i", lease));
	return ret;
}

int sqlite_end_lapsed(struct sqlite *s)
{
	int64_t lease, at = now();
	int ret = 0;

	while (!ret) {
		ret = get(s, SQL_LAPSED, sqlite_step(s, SQL_LAPSED, "i", at),
			  0, &lease);
		if (!ret && !lease)
			return 0;
		if (!ret)
			ret = end_lease(s, lease, STORE_EXPIRED);
	}
	return ret;
}

static int run(struct sqlite *s, const struct store_request *request)
{
	int64_t lease = request->lease;
	int ret;

	switch (request->kind) {
	case STORE_GRANT:
		return done(sqlite_step(s, SQL_GRANT, "iii", lease,
					(int64_t)request->ttl_ms,
					now() + (int64_t)request->ttl_ms));
	case STORE_RENEW:
		ret = done(sqlite_step(s, SQL_RENEW, "ii", now(), lease));
		return ret || sqlite3_changes(s->db) ? ret : -ENOENT;
	case STORE_REVOKE:
		ret = find_lease(s, lease);
		return ret ? ret : end_lease(s, lease, STORE_DELETED);
	default:
		return run_txn(s, request);
	}
}

int sqlite_request(struct sqlite *s, struct store_request *request)
{
	request->result = run(s, request);
	request->revision = s->revision;
	return request->result == -EIO ? -EIO : 0;
}
