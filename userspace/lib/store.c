// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries are kept in an array sorted by key: what is asked for is a prefix as a
 * rule, and thousands of pointers are moved faster than a tree is walked.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "store.h"

#define KEY_MAX		255
#define NEVER		UINT64_MAX

/**
 * struct store_watch - who wants to know
 * @next: list of the store
 * @store: it
 * @fn: is told
 * @ctx: for @fn
 * @gone: removed while changes are being told
 * @prefix: of the keys
 */
struct store_watch {
	struct store_watch *next;
	struct store *store;
	store_watch_fn fn;
	void *ctx;
	bool gone;
	char prefix[];
};

/**
 * struct store - sorted entries
 * @entry: by key
 * @count: entries
 * @room: for entries
 * @revision: of the last change
 * @next_expiry: none expires before, CLOCK_MONOTONIC, ms
 * @watches: list
 * @telling: depth of tell(): watches are freed outside only
 */
struct store {
	struct store_entry **entry;
	size_t count;
	size_t room;
	uint64_t revision;
	uint64_t next_expiry;
	struct store_watch *watches;
	unsigned int telling;
};

static void free_entry(struct store_entry *entry)
{
	if (!entry)
		return;
	json_decref(entry->value);
	free((char *)entry->key);
	free(entry);
}

struct store *store_new(void)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store)
		store->next_expiry = NEVER;
	return store;
}

void store_free(struct store *store)
{
	struct store_watch *watch;
	size_t i;

	if (!store)
		return;
	while ((watch = store->watches)) {
		store->watches = watch->next;
		free(watch);
	}
	for (i = 0; i < store->count; i++)
		free_entry(store->entry[i]);
	free(store->entry);
	free(store);
}

static void free_gone_watches(struct store *store)
{
	struct store_watch **at = &store->watches, *watch;

	while ((watch = *at)) {
		if (!watch->gone) {
			at = &watch->next;
			continue;
		}
		*at = watch->next;
		free(watch);
	}
}

static void tell(struct store *store, enum store_change change,
		 const struct store_entry *entry)
{
	struct store_watch *watch;

	store->telling++;
	for (watch = store->watches; watch; watch = watch->next)
		if (!watch->gone && !strncmp(entry->key, watch->prefix,
					     strlen(watch->prefix)))
			watch->fn(watch->ctx, change, entry);
	if (!--store->telling)
		free_gone_watches(store);
}

/* Where @key is or would be. */
static size_t position(const struct store *store, const char *key, bool *found)
{
	size_t low = 0, high = store->count, middle;
	int order;

	*found = false;
	while (low < high && !*found) {
		middle = low + (high - low) / 2;
		order = strcmp(store->entry[middle]->key, key);
		*found = !order;
		if (*found)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool key_is_valid(const char *key)
{
	size_t i;

	for (i = 0; key[i]; i++)
		if (key[i] <= ' ' || key[i] > '~' || i == KEY_MAX)
			return false;
	return i;
}

static struct store_entry *make_entry(const char *key)
{
	struct store_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->key = strdup(key);
	if (!entry->key) {
		free(entry);
		return NULL;
	}
	return entry;
}

static struct store_entry *insert(struct store *store, const char *key,
				  size_t at)
{
	size_t room = store->room ? 2 * store->room : 64;
	struct store_entry **grown, *entry;

	if (store->count == store->room) {
		grown = realloc(store->entry, room * sizeof(*grown));
		if (!grown)
			return NULL;
		store->entry = grown;
		store->room = room;
	}
	entry = make_entry(key);
	if (!entry)
		return NULL;
	memmove(store->entry + at + 1, store->entry + at,
		(store->count - at) * sizeof(*store->entry));
	store->entry[at] = entry;
	store->count++;
	return entry;
}

static void expire_at(struct store *store, struct store_entry *entry,
		      uint64_t ms)
{
	entry->expires_ms = ms;
	if (ms && ms < store->next_expiry)
		store->next_expiry = ms;
}

int store_put(struct store *store, const char *key, json_t *value,
	      uint64_t ttl_ms)
{
	struct store_entry *entry;
	bool found;
	size_t at;

	if (!key_is_valid(key) || !json_is_object(value)) {
		json_decref(value);
		return cats_error(EINVAL, "store: \"%.64s\" is no key, or its value no object",
				  key);
	}
	at = position(store, key, &found);
	entry = found ? store->entry[at] : insert(store, key, at);
	if (!entry) {
		json_decref(value);
		return cats_error(ENOMEM, "store: out of memory");
	}
	json_decref(entry->value);
	entry->value = value;
	entry->revision = ++store->revision;
	expire_at(store, entry, ttl_ms ? clock_monotonic_ms() + ttl_ms : 0);
	tell(store, STORE_PUT, entry);
	return 0;
}

static void remove_at(struct store *store, size_t at, enum store_change why)
{
	struct store_entry *entry = store->entry[at];

	store->count--;
	memmove(store->entry + at, store->entry + at + 1,
		(store->count - at) * sizeof(*store->entry));
	entry->revision = ++store->revision;
	tell(store, why, entry);
	free_entry(entry);
}

int store_delete(struct store *store, const char *key)
{
	bool found;
	size_t at = position(store, key, &found);

	if (!found)
		return -ENOENT;
	remove_at(store, at, STORE_DELETED);
	return 0;
}

const struct store_entry *store_get(struct store *store, const char *key)
{
	bool found;
	size_t at = position(store, key, &found);

	return found ? store->entry[at] : NULL;
}

int store_each(struct store *store, const char *prefix, store_each_fn fn,
	       void *ctx)
{
	size_t len = strlen(prefix), at;
	bool found;
	int ret;

	for (at = position(store, prefix, &found); at < store->count; at++) {
		if (strncmp(store->entry[at]->key, prefix, len))
			break;
		ret = fn(ctx, store->entry[at]);
		if (ret)
			return ret;
	}
	return 0;
}

uint64_t store_revision(const struct store *store)
{
	return store->revision;
}

size_t store_count(const struct store *store)
{
	return store->count;
}

struct store_watch *store_watch(struct store *store, const char *prefix,
				store_watch_fn fn, void *ctx)
{
	size_t size = strlen(prefix) + 1;
	struct store_watch *watch = calloc(1, sizeof(*watch) + size);

	if (!watch)
		return NULL;
	memcpy(watch->prefix, prefix, size);
	watch->store = store;
	watch->fn = fn;
	watch->ctx = ctx;
	watch->next = store->watches;
	store->watches = watch;
	return watch;
}

void store_unwatch(struct store_watch *watch)
{
	if (!watch)
		return;
	watch->gone = true;
	if (!watch->store->telling)
		free_gone_watches(watch->store);
}

int64_t store_expire(struct store *store, uint64_t now_ms)
{
	uint64_t next = NEVER;
	size_t at = 0;

	if (now_ms < store->next_expiry)
		goto out;
	while (at < store->count) {
		uint64_t expires = store->entry[at]->expires_ms;

		if (expires && expires <= now_ms) {
			remove_at(store, at, STORE_EXPIRED);
			continue;
		}
		if (expires && expires < next)
			next = expires;
		at++;
	}
	store->next_expiry = next;
out:
	return store->next_expiry == NEVER ? -1 :
					     (int64_t)(store->next_expiry -
						       now_ms);
}
