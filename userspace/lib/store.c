// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mirror: entries are kept in an array sorted by key.  What is asked for is a
 * prefix as a rule, and thousands of pointers are moved faster than a tree is
 * walked.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "store_backend.h"

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
 * @writer: what changes it
 */
struct store {
	struct store_entry **entry;
	size_t count;
	size_t room;
	uint64_t revision;
	uint64_t next_expiry;
	struct store_watch *watches;
	unsigned int telling;
	struct store_writer writer;
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

	if (!store)
		return NULL;
	store->next_expiry = NEVER;
	store->writer.backend = &store_memory;
	if (store_memory.open(store, NULL, NULL, &store->writer.state)) {
		free(store);
		return NULL;
	}
	return store;
}

void store_free(struct store *store)
{
	struct store_watch *watch;
	size_t i;

	if (!store)
		return;
	store->writer.closing = true;
	while ((watch = store->watches)) {
		store->watches = watch->next;
		free(watch);
	}
	store->writer.backend->close(store->writer.state);
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

bool store_key_is_valid(const char *key)
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

int store_mirror_put(struct store *store, const struct store_entry *from)
{
	struct store_entry *entry;
	bool found;
	size_t at = position(store, from->key, &found);

	entry = found ? store->entry[at] : insert(store, from->key, at);
	if (!entry)
		return cats_error(ENOMEM, "store: out of memory");
	json_incref(from->value);
	json_decref(entry->value);
	entry->value = from->value;
	entry->revision = from->revision;
	entry->lease = from->lease;
	store_mirror_reached(store, from->revision);
	expire_at(store, entry, from->expires_ms);
	tell(store, STORE_PUT, entry);
	return 0;
}

static void remove_at(struct store *store, size_t at, uint64_t revision,
		      enum store_change why)
{
	struct store_entry *entry = store->entry[at];

	store->count--;
	memmove(store->entry + at, store->entry + at + 1,
		(store->count - at) * sizeof(*store->entry));
	entry->revision = revision;
	store_mirror_reached(store, revision);
	tell(store, why, entry);
	free_entry(entry);
}

void store_mirror_remove(struct store *store, const char *key,
			 uint64_t revision, enum store_change why)
{
	bool found;
	size_t at = position(store, key, &found);

	if (found)
		remove_at(store, at, revision, why);
}

static int compare_keys(const void *a, const void *b)
{
	const struct store_entry *left = a, *right = b;

	return strcmp(left->key, right->key);
}

int store_mirror_replace(struct store *store, const struct store_entry *entry,
			 size_t count, uint64_t revision)
{
	const struct store_entry *held;
	size_t i;
	int ret;

	for (i = store->count; i-- > 0;)
		if (!count || !bsearch(store->entry[i], entry, count,
				       sizeof(*entry), compare_keys))
			remove_at(store, i, revision, STORE_DELETED);
	for (i = 0; i < count; i++) {
		held = store_get(store, entry[i].key);
		if (held && held->revision == entry[i].revision)
			continue;
		ret = store_mirror_put(store, &entry[i]);
		if (ret)
			return ret;
	}
	store_mirror_reached(store, revision);
	return 0;
}

void store_mirror_reached(struct store *store, uint64_t revision)
{
	if (revision > store->revision)
		store->revision = revision;
}

struct store_writer *store_writer(struct store *store)
{
	return &store->writer;
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

/* The backend removes it, from here or when it has been told to elsewhere. */
static void expire(struct store *store, size_t at)
{
	const struct store_backend *backend = store->writer.backend;

	if (backend == &store_memory)
		remove_at(store, at, store->revision + 1, STORE_EXPIRED);
	else if (backend->expire)
		backend->expire(store->writer.state, store->entry[at]);
}

int64_t store_expire(struct store *store, uint64_t now_ms)
{
	uint64_t next = NEVER;
	size_t at = 0, count;

	if (store->writer.backend->tick)
		store->writer.backend->tick(store->writer.state, now_ms);
	if (now_ms < store->next_expiry)
		goto out;
	while (at < store->count) {
		uint64_t expires = store->entry[at]->expires_ms;

		count = store->count;
		if (expires && expires <= now_ms)
			expire(store, at);
		if (store->count < count)
			continue;
		if (expires && expires < next)
			next = expires;
		at++;
	}
	store->next_expiry = next;
out:
	if (store->next_expiry == NEVER)
		return -1;
	return store->next_expiry > now_ms ? (int64_t)(store->next_expiry -
						       now_ms) : 0;
}
