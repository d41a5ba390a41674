/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backends of the store: who holds the entries for good.
 *
 * A backend is given requests, does each whole or not at all, in their order,
 * tells how it ended, and keeps the mirror of the store equal to what it holds:
 * with store_mirror_replace() for all of it (a list), and with
 * store_mirror_put() and store_mirror_remove() for each change after that (a
 * watch from the revision of the list), once and in the order of revisions.
 */
#ifndef CATS_STORE_BACKEND_H
#define CATS_STORE_BACKEND_H

#include "store.h"

/**
 * struct store_config - section store: which backend, and where
 * @type: "memory", "sqlite" or "etcd"
 * @path: database of sqlite
 * @endpoints: of etcd, "https://HOST:PORT"; the first that answers is used
 * @endpoints_count: of @endpoints
 * @certificate: for etcd, PEM files all three
 * @key: of @certificate
 * @ca: that signs the certificates of etcd
 * @prefix: before all keys in etcd
 */
struct store_config {
	char *type;
	char *path;
	char **endpoints;
	unsigned int endpoints_count;
	char *certificate;
	char *key;
	char *ca;
	char *prefix;
};

#define STORE_PATH	"/var/lib/cats/store.db"
#define STORE_PREFIX	"cats/"

/** enum store_request_kind - what a backend is asked */
enum store_request_kind {
	STORE_TXN,
	STORE_GRANT,
	STORE_RENEW,
	STORE_REVOKE,
	/* a guarded delete of one key whose time is over */
	STORE_EXPIRE,
};

/**
 * struct store_request - one request; owned by the backend once submitted
 * @next: list of the backend
 * @store: who asks
 * @kind: what for
 * @txn: of STORE_TXN and STORE_EXPIRE, its parts allocated
 * @lease: of the others
 * @ttl_ms: of STORE_GRANT
 * @since_ms: for the backend, CLOCK_MONOTONIC, when it was submitted
 * @fn: is told, or NULL
 * @ctx: for @fn
 * @result: what it will be told
 * @revision: the same
 */
struct store_request {
	struct store_request *next;
	struct store *store;
	enum store_request_kind kind;
	struct store_txn txn;
	uint64_t lease;
	uint64_t ttl_ms;
	uint64_t since_ms;
	store_done_fn fn;
	void *ctx;
	int result;
	uint64_t revision;
};

/** struct store_requests - a queue; zeroed: empty; @tail: NULL if it is */
struct store_requests {
	struct store_request *head;
	struct store_request *tail;
};

/**
 * struct store_backend - one kind of backend
 * @name: its type
 * @check: is the configuration right?  0 or -EINVAL with a message
 * @open: fill the mirror, or begin to; 0 and *@state; negative errno, message
 * @close: do what is queued if that can be done now, and free
 * @submit: takes @request over and ends it with store_request_done()
 * @expire: an entry's time is over by our clock; NULL: the backend knows itself
 * @tick: every second or so: leases; NULL: the backend knows itself
 * @upkeep: of its log; NULL: it has none
 */
struct store_backend {
	const char *name;
	int (*check)(const struct store_config *config);
	int (*open)(struct store *store, const struct store_config *config,
		    struct event_base *base, void **state);
	void (*close)(void *state);
	void (*submit)(void *state, struct store_request *request);
	void (*expire)(void *state, const struct store_entry *entry);
	void (*tick)(void *state, uint64_t now_ms);
	void (*upkeep)(void *state, struct store_upkeep *upkeep);
};

/**
 * struct store_writer - the part of a store that writes
 * @backend: its kind
 * @state: its own
 * @base: event loop; NULL in memory
 * @pending: requests not done yet
 * @current: the mirror is up to date, as far as the backend can know
 * @closing: nobody is told any more; who asked may be gone
 * @failures: requests that failed for no fault of who asked
 * @problem: why the last did
 */
struct store_writer {
	const struct store_backend *backend;
	void *state;
	struct event_base *base;
	uint64_t pending;
	bool current;
	bool closing;
	uint64_t failures;
	char problem[256];
};

extern const struct store_backend store_memory;
extern const struct store_backend store_sqlite;
extern const struct store_backend store_etcd;

/** store_writer - of a store; never NULL */
struct store_writer *store_writer(struct store *store);

/** store_key_is_valid - 1 to 255 printable characters without a space? */
bool store_key_is_valid(const char *key);

/** store_config_check - 0; -EINVAL with a message that names the key */
int store_config_check(const struct store_config *config);

/** store_config_backend - of that type; NULL if there is none */
const struct store_backend *store_config_backend(const char *type);

/** store_request_guard - a STORE_EXPIRE of @entry, NULL: no memory */
struct store_request *store_request_guard(struct store *store,
					  const struct store_entry *entry);

/** store_request_done - tell, count, free; @request->result is set. */
void store_request_done(struct store_request *request);

/** store_requests_add - at the end */
void store_requests_add(struct store_requests *queue,
			struct store_request *request);

/** store_requests_push - before all others */
void store_requests_push(struct store_requests *queue,
			 struct store_request *request);

/** store_requests_take - the first, NULL if there is none */
struct store_request *store_requests_take(struct store_requests *queue);

/** store_fail - note why requests fail; returns -EIO */
int store_fail(struct store *store, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** store_mirror_put - @entry was put; value is referenced anew; -ENOMEM */
int store_mirror_put(struct store *store, const struct store_entry *entry);

/** store_mirror_remove - @key was removed in @revision */
void store_mirror_remove(struct store *store, const char *key,
			 uint64_t revision, enum store_change why);

/**
 * store_mirror_replace - these are all entries there are
 * @store: store
 * @entry: sorted by key
 * @count: how many
 * @revision: of the store
 *
 * Watches are told what differs.  Return: 0; -ENOMEM with a message.
 */
int store_mirror_replace(struct store *store, const struct store_entry *entry,
			 size_t count, uint64_t revision);

/** store_mirror_reached - the store is at least at @revision */
void store_mirror_reached(struct store *store, uint64_t revision);

#endif /* CATS_STORE_BACKEND_H */
