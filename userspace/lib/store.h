/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: what the roles of catsd tell each other.  Keys are paths
 * ("metric/SITE/CSCI-ID"), values JSON objects, and every change has a revision.
 *
 * This is the store of one process; it is used from the thread that made it.
 */
#ifndef CATS_STORE_H
#define CATS_STORE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_watch;

/**
 * struct store_entry - a key and its value; valid until the store changes
 * @key: NUL-terminated
 * @value: borrowed
 * @revision: of the store when it was put, from 1
 * @expires_ms: CLOCK_MONOTONIC, ms; 0: never
 */
struct store_entry {
	const char *key;
	json_t *value;
	uint64_t revision;
	uint64_t expires_ms;
};

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

/** store_new - an empty store; NULL when out of memory. */
struct store *store_new(void);
/** store_free - with all entries and watches; NULL is fine. */
void store_free(struct store *store);

/**
 * store_put - set a key
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

/** store_get - entry of a key, NULL if there is none; see struct store_entry. */
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
