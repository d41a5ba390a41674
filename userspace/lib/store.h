/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: what the roles of catsd tell each other.  Keys are paths
 * ("metric/SITE/CSCI-ID"), values JSON objects, and every change has a revision.
 *
 * Reads are from memory: a mirror of what the backend (store_backend.h) holds,
 * of this process alone or of many.  Writes go to the backend, in order; what
 * they changed is seen, by readers and watches, once the backend has it for
 * good: at once in memory, from the event loop in the others.  It is used from
 * the thread that made it.
 */
#ifndef CATS_STORE_H
#define CATS_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* operations in one transaction; etcd takes no more */
#define STORE_OPS_MAX	128

struct event_base;
struct store;
struct store_config;
struct store_watch;

/**
 * struct store_entry - a key and its value; valid until the store changes
 * @key: NUL-terminated
 * @value: borrowed
 * @revision: of the store when it was put, from 1
 * @expires_ms: CLOCK_MONOTONIC, ms; 0: never, or with the lease
 * @lease: it goes with that; 0: none
 */
struct store_entry {
	const char *key;
	json_t *value;
	uint64_t revision;
	uint64_t expires_ms;
	uint64_t lease;
};

/** enum store_comparison - what a transaction depends on */
enum store_comparison {
	STORE_IS_REVISION,
	STORE_EXISTS,
	STORE_ABSENT,
};

/**
 * struct store_compare - a condition of a transaction
 * @what: of the key
 * @key: key
 * @revision: for STORE_IS_REVISION, of its last change
 */
struct store_compare {
	enum store_comparison what;
	const char *key;
	uint64_t revision;
};

/**
 * struct store_op - a change of a transaction
 * @key: key
 * @value: put this object, which the caller keeps; NULL: delete the key
 * @ttl_ms: it expires after that many; 0: never; not with @lease
 * @lease: it goes when that goes; 0: none
 */
struct store_op {
	const char *key;
	json_t *value;
	uint64_t ttl_ms;
	uint64_t lease;
};

/**
 * struct store_txn - changes that happen together, in one revision, or none
 * @compare: all have to hold
 * @compares: length of @compare, up to STORE_OPS_MAX
 * @op: each of another key
 * @ops: length of @op, 1 to STORE_OPS_MAX
 * @relaxed: it may be told done, and seen, before it would outlive power loss: for
 *	what is measured or decided anew anyway.  kill -9 it outlives all the same
 */
struct store_txn {
	const struct store_compare *compare;
	size_t compares;
	const struct store_op *op;
	size_t ops;
	bool relaxed;
};

/**
 * store_done_fn - what became of a request; may be called before it returns
 * @ctx: as given
 * @result: 0; -ECANCELED: a comparison did not hold; -ENOENT: there is no such
 *	lease; -EIO: the backend failed, and it is not known to have happened
 * @revision: of the change, if it happened
 */
typedef void (*store_done_fn)(void *ctx, int result, uint64_t revision);

/** enum store_change - why a watch is told */
enum store_change {
	STORE_PUT,
	STORE_DELETED,
	STORE_EXPIRED,
};

/** store_watch_fn - something changed; must not change the store itself */
typedef void (*store_watch_fn)(void *ctx, enum store_change change,
			       const struct store_entry *entry);

/** store_each_fn - one entry; non-zero ends the walk and is returned by it */
typedef int (*store_each_fn)(void *ctx, const struct store_entry *entry);

/** store_new - an empty store in memory; NULL when out of memory. */
struct store *store_new(void);

/**
 * store_open - a store with the backend that is configured
 * @config: as checked by store_config_check(); outlives the store
 * @base: event loop it works in
 * @store: result; NULL if it fails
 *
 * Return: 0; negative errno with a message.  A store elsewhere that does not
 * answer is no failure, see store_wait().
 */
int store_open(const struct store_config *config, struct event_base *base,
	       struct store **store);

/**
 * store_wait - run the loop until the mirror is whole and all writes are done
 *
 * Return: 0; -ETIMEDOUT after @ms, with a message.
 */
int store_wait(struct store *store, uint64_t ms);

/** store_is_current - is the backend there, and the mirror up to date? */
bool store_is_current(const struct store *store);

/** store_failures - writes that were lost */
uint64_t store_failures(const struct store *store);
/** store_problem - why the last was, or why the store is not current */
const char *store_problem(const struct store *store);

/**
 * struct store_upkeep - what keeps the log of a backend short
 * @pages: of the log, when it was last written to
 * @done: logs that were brought into the database and began again
 * @held: times that was put off, for a reader of the log
 * @failures: times it failed
 * @problem: why the last time
 */
struct store_upkeep {
	unsigned int pages;
	uint64_t done;
	uint64_t held;
	uint64_t failures;
	char problem[128];
};

/** store_upkeep - false: its backend has no log of this process' to keep short */
bool store_upkeep(const struct store *store, struct store_upkeep *upkeep);

/** store_backend_name - "memory", "sqlite" or "etcd" */
const char *store_backend_name(const struct store *store);

/** store_free - with entries and watches; what waits is written; NULL is fine. */
void store_free(struct store *store);

/**
 * store_put - set a key; relaxed, see struct store_txn
 * @store: store
 * @key: 1 to 255 printable characters without a space
 * @value: an object; the reference is taken over, also if it fails
 * @ttl_ms: it expires after that many; 0: never
 *
 * Return: 0; -EINVAL for a bad key or value, -ENOMEM; with a message.
 */
int store_put(struct store *store, const char *key, json_t *value,
	      uint64_t ttl_ms);

/** store_delete - remove a key; -ENOENT if it is not there. */
int store_delete(struct store *store, const char *key);

/**
 * store_txn - compare and change
 * @store: store
 * @txn: is copied
 * @fn: is told the result; NULL: nobody
 * @ctx: for @fn
 *
 * Return: 0 if @fn was or will be called; -EINVAL, -ENOMEM with a message.
 */
int store_txn(struct store *store, const struct store_txn *txn,
	      store_done_fn fn, void *ctx);

/**
 * store_lease_grant - a lease that ends after @ttl_ms unless it is renewed
 *
 * The id is good for requests made from now on.  Return: it, or 0: no memory.
 */
uint64_t store_lease_grant(struct store *store, uint64_t ttl_ms);

/** store_lease_renew - it lives its whole time again; as store_txn(). */
int store_lease_renew(struct store *store, uint64_t lease, store_done_fn fn,
		      void *ctx);

/** store_lease_revoke - end it, with its keys; as store_txn(). */
int store_lease_revoke(struct store *store, uint64_t lease, store_done_fn fn,
		       void *ctx);

/** store_get - entry of a key, NULL if there is none; see its struct. */
const struct store_entry *store_get(struct store *store, const char *key);

/** store_each - entries whose keys start with @prefix, in order of the keys. */
int store_each(struct store *store, const char *prefix, store_each_fn fn,
	       void *ctx);

/** store_revision - of the last change, 0 before the first. */
uint64_t store_revision(const struct store *store);

/** store_count - entries there are. */
size_t store_count(const struct store *store);

/** store_watch - call @fn for every change below @prefix; NULL: no memory. */
struct store_watch *store_watch(struct store *store, const char *prefix,
				store_watch_fn fn, void *ctx);
/** store_unwatch - NULL is fine; allowed in a watch's own call. */
void store_unwatch(struct store_watch *watch);

/**
 * store_expire - remove what is older than its time to live
 * @store: store
 * @now_ms: CLOCK_MONOTONIC
 *
 * Return: ms until the next one expires, -1 if none will.
 */
int64_t store_expire(struct store *store, uint64_t now_ms);

#endif /* CATS_STORE_H */
