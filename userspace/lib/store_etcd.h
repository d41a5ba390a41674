/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The etcd backend: what its files share. */
#ifndef CATS_STORE_ETCD_H
#define CATS_STORE_ETCD_H

#include "store_backend.h"
#include "store_http.h"

/* an answer is waited for that long */
#define ETCD_CALL_MS	5000

/**
 * struct etcd - the state of the backend
 * @store: it fills
 * @config: section
 * @http: connections
 * @tls: for @http
 * @prefix: of all keys
 * @endpoint: index of the one in use
 * @seen: revision the mirror is at
 * @listed: it was filled once
 * @connected: a watch is there
 * @watch: call, or what is asked before it
 * @retry: when to connect again
 * @probe: when to ask whether the other end still lives
 * @probing: its call
 * @queue: requests to be sent
 * @flush: sends
 * @sent: requests that are on the way, together
 * @answer: what came for them
 * @calling: their call
 * @asked: endpoint of @calling
 * @waiting: done there, not in the mirror yet
 * @lease_ttl: ttl_ms that a lease is being granted for; 0: none
 * @lease: its id
 */
struct etcd {
	struct store *store;
	const struct store_config *config;
	struct http *http;
	struct http_tls tls;
	const char *prefix;
	unsigned int endpoint;
	int64_t seen;
	bool listed;
	bool connected;
	struct http_call *watch;
	json_t *list;
	struct event *retry;
	struct event *probe;
	struct http_call *probing;
	struct store_requests queue;
	struct event *flush;
	struct store_requests sent;
	json_t *answer;
	struct http_call *calling;
	unsigned int asked;
	struct store_requests waiting;
	uint64_t lease_ttl;
	uint64_t lease;
};

/** etcd_check - struct store_backend.check */
int etcd_check(const struct store_config *config);

/** etcd_post - to the endpoint in use, path behind /v3 */
struct http_call *etcd_post(struct etcd *etcd, const char *path, json_t *body,
			    long timeout_ms, http_line_fn line,
			    http_done_fn done);

/** etcd_probe - ask whether the endpoint in use can still do something */
void etcd_probe(struct etcd *etcd);

/** etcd_connect - list, and watch from there; or watch on from @seen. */
void etcd_connect(struct etcd *etcd);

/** etcd_lost - the endpoint does not do; the next one is tried soon. */
void etcd_lost(struct etcd *etcd, const char *why);

/** etcd_flush - send what is queued, if it can be */
void etcd_flush(struct etcd *etcd);

/** etcd_reached - the mirror moved on: tell who waits for it */
void etcd_reached(struct etcd *etcd);

/** etcd_txn - body of one transaction that does what all of @head do */
json_t *etcd_txn(struct etcd *etcd, const struct store_request *head);

/** etcd_key_range - members "key" and "range_end" for all of our keys */
json_t *etcd_key_range(struct etcd *etcd);

/**
 * etcd_entry - of a key-value pair of etcd
 * @etcd: backend
 * @kv: pair
 * @entry: result; its key and value are the caller's
 *
 * Return: 0; -EIO with store_fail() if it is none of ours.
 */
int etcd_entry(struct etcd *etcd, const json_t *kv, struct store_entry *entry);

/** etcd_int - 64-bit numbers are strings in JSON; 0 if it is not there */
int64_t etcd_int(const json_t *object, const char *member);

/** etcd_revision - of an answer's header */
int64_t etcd_revision(const json_t *answer);

#endif /* CATS_STORE_ETCD_H */
