// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store of many hosts: etcd 3.4 by its JSON gateway.  Requests are sent one
 * after the other, so that they happen in their order; plain ones that wait are
 * sent together.  What has conditions and got no answer is told to have failed;
 * what has none is sent again until it is done or its time is over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "error.h"
#include "store_etcd.h"

#define PROBE_MS	2000
#define CLOSE_MS	1000
#define PENDING_MAX	100000

struct http_call *etcd_post(struct etcd *etcd, const char *path, json_t *body,
			    long timeout_ms, http_line_fn line,
			    http_done_fn done)
{
	char url[512];

	snprintf(url, sizeof(url), "%s/v3/%s",
		 etcd->config->endpoints[etcd->endpoint], path);
	return http_post(etcd->http, url, body, timeout_ms, line, done, etcd);
}

static void finish(struct store_requests *queue, int result, uint64_t revision)
{
	struct store_request *request;

	while ((request = store_requests_take(queue))) {
		request->result = result;
		request->revision = revision;
		store_request_done(request);
	}
}

void etcd_reached(struct etcd *etcd)
{
	struct store_request *request;

	while ((request = etcd->waiting.head) &&
	       request->revision <= (uint64_t)etcd->seen)
		store_request_done(store_requests_take(&etcd->waiting));
}

/* --- which requests go together ------------------------------------------- */

static bool is_plain(const struct store_request *request)
{
	return (request->kind == STORE_TXN && !request->txn.compares &&
		request->txn.ops == 1 && !request->txn.op[0].lease);
}

static bool has_key(const struct store_requests *queue, const char *key)
{
	const struct store_request *request;

	for (request = queue->head; request; request = request->next)
		if (!strcmp(request->txn.op[0].key, key))
			return true;
	return false;
}

/* The time that passed here is not given again there. */
static bool is_over(struct store_request *request)
{
	struct store_op *op = (void *)request->txn.op;
	uint64_t waited = clock_monotonic_ms() - request->since_ms;
	size_t i;

	for (i = 0; i < request->txn.ops; i++) {
		if (!op[i].ttl_ms || op[i].lease)
			continue;
		if (op[i].ttl_ms <= waited)
			return true;
	}
	return false;
}

static void take_together(struct etcd *etcd)
{
	struct store_request *request;
	unsigned int count = 0;

	while ((request = etcd->queue.head)) {
		if (is_over(request)) {
			store_fail(etcd->store, "what was to be put expired before it could be");
			request = store_requests_take(&etcd->queue);
			request->result = -EIO;
			store_request_done(request);
			continue;
		}
		if (count && (!is_plain(request) || count == STORE_OPS_MAX ||
			      has_key(&etcd->sent, request->txn.op[0].key)))
			return;
		store_requests_add(&etcd->sent,
				   store_requests_take(&etcd->queue));
		count++;
		if (!is_plain(request))
			return;
	}
}

/* --- sending -------------------------------------------------------------- */

static void send_sent(struct etcd *etcd);

static void on_answer(void *ctx, const json_t *answer)
{
	struct etcd *etcd = ctx;

	json_decref(etcd->answer);
	etcd->answer = json_incref((json_t *)answer);
}

/* Does what was done show in the watch? */
static bool changed(const json_t *answer)
{
	const json_t *responses = json_object_get(answer, "responses");
	const json_t *response;
	size_t i;

	json_array_foreach(responses, i, response)
		if (json_object_get(response, "response_put") ||
		    etcd_int(json_object_get(response, "response_delete_range"),
			     "deleted"))
			return true;
	return false;
}

static void txn_answered(struct etcd *etcd, const json_t *answer)
{
	int64_t revision = etcd_revision(answer);
	struct store_request *request;

	if (!json_is_true(json_object_get(answer, "succeeded"))) {
		finish(&etcd->sent, -ECANCELED, 0);
		return;
	}
	if (!changed(answer)) {
		finish(&etcd->sent, 0, revision);
		return;
	}
	while ((request = store_requests_take(&etcd->sent))) {
		request->result = 0;
		request->revision = revision;
		store_requests_add(&etcd->waiting, request);
	}
	etcd_reached(etcd);
}

static void answered(struct etcd *etcd, const json_t *answer)
{
	const struct store_request *head = etcd->sent.head;
	const json_t *result = json_object_get(answer, "result");

	switch (head->kind) {
	case STORE_RENEW:
		finish(&etcd->sent, etcd_int(result, "TTL") > 0 ? 0 : -ENOENT,
		       etcd_revision(result));
		break;
	case STORE_GRANT:
	case STORE_REVOKE:
		finish(&etcd->sent, 0, etcd_revision(answer));
		break;
	default:
		txn_answered(etcd, answer);
	}
}

/* Codes of gRPC: the member cannot, perhaps another can. */
static bool is_away(long status, const json_t *answer)
{
	int64_t code = etcd_int(answer, "code");

	return !status || !json_is_object(answer) || code == 4 || code == 14;
}

/* No answer: what may be done twice is queued again, in its place. */
static void send_again(struct etcd *etcd)
{
	struct store_request *request = etcd->sent.head;

	etcd->lease_ttl = 0;
	if (request->txn.compares) {
		finish(&etcd->sent, -EIO, 0);
		return;
	}
	etcd->sent.tail->next = etcd->queue.head;
	if (!etcd->queue.tail)
		etcd->queue.tail = etcd->sent.tail;
	etcd->queue.head = request;
	etcd->sent = (struct store_requests){};
	/* the lease of a try is of that try */
	for (; request && request->kind == STORE_TXN; request = request->next) {
		struct store_op *op = (void *)request->txn.op;
		size_t i;

		for (i = 0; i < request->txn.ops; i++)
			if (op[i].ttl_ms)
				op[i].lease = 0;
	}
}

static void refused(struct etcd *etcd, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer,
							      "error"));

	if (etcd_int(answer, "code") == 5) {
		finish(&etcd->sent, -ENOENT, 0);
		return;
	}
	finish(&etcd->sent, store_fail(etcd->store, "etcd: %s",
				       error ? error : "no answer of etcd"),
	       0);
}

/* A lease that is there already is one of a try whose answer was lost. */
static bool is_done(long status, const json_t *answer)
{
	return status == 200 || etcd_int(answer, "code") == 9;
}

static void on_answered(void *ctx, long status, const char *why)
{
	struct etcd *etcd = ctx;
	json_t *answer = etcd->answer;

	etcd->calling = NULL;
	etcd->answer = NULL;
	if (is_away(status, answer)) {
		const char *error = json_string_value(json_object_get(answer,
								      "error"));

		send_again(etcd);
		/* one that was left meanwhile says nothing of the next */
		if (etcd->connected && etcd->asked == etcd->endpoint)
			etcd_lost(etcd, error ? error : why);
		else
			etcd_flush(etcd);
	} else if (etcd->lease_ttl && is_done(status, answer)) {
		send_sent(etcd);
	} else if (status == 200 ||
		   (etcd->sent.head->kind == STORE_GRANT &&
		    is_done(status, answer))) {
		answered(etcd, answer);
		etcd_flush(etcd);
	} else {
		etcd->lease_ttl = 0;
		refused(etcd, answer);
		etcd_flush(etcd);
	}
	json_decref(answer);
}

static void call(struct etcd *etcd, const char *path, json_t *body)
{
	etcd->asked = etcd->endpoint;
	etcd->calling = etcd_post(etcd, path, body, ETCD_CALL_MS, on_answer,
				  on_answered);
	if (!etcd->calling)
		finish(&etcd->sent, store_fail(etcd->store, "out of memory"),
		       0);
}

static json_t *lease_body(uint64_t id, uint64_t ttl_ms)
{
	char text[24], seconds[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	if (!ttl_ms)
		return json_pack("{s:s}", "ID", text);
	/* etcd counts seconds; nothing may end too early */
	snprintf(seconds, sizeof(seconds), "%llu",
		 (unsigned long long)(ttl_ms + 999) / 1000);
	return json_pack("{s:s, s:s}", "ID", text, "TTL", seconds);
}

/*
 * What has a time to live needs a lease first: one for all of the same time
 * that are sent together.  True if one has to be granted now.
 */
static bool needs_lease(struct etcd *etcd)
{
	struct store_request *request;
	uint64_t ttl = 0;
	size_t i;

	for (request = etcd->sent.head; request; request = request->next) {
		struct store_op *op = (void *)request->txn.op;

		for (i = 0; i < request->txn.ops; i++) {
			if (!op[i].ttl_ms || op[i].lease ||
			    (ttl && op[i].ttl_ms != ttl))
				continue;
			if (!ttl &&
			    getrandom(&etcd->lease, sizeof(etcd->lease), 0) < 0)
				return false;
			if (!ttl)
				etcd->lease = etcd->lease >> 1 | 1;
			ttl = op[i].ttl_ms;
			op[i].lease = etcd->lease;
		}
	}
	etcd->lease_ttl = ttl;
	return ttl;
}

static void send_sent(struct etcd *etcd)
{
	const struct store_request *head = etcd->sent.head;

	switch (head->kind) {
	case STORE_GRANT:
		call(etcd, "lease/grant", lease_body(head->lease,
						     head->ttl_ms));
		break;
	case STORE_RENEW:
		call(etcd, "lease/keepalive", lease_body(head->lease, 0));
		break;
	case STORE_REVOKE:
		call(etcd, "lease/revoke", lease_body(head->lease, 0));
		break;
	default:
		if (needs_lease(etcd))
			call(etcd, "lease/grant", lease_body(etcd->lease,
							     etcd->lease_ttl));
		else
			call(etcd, "kv/txn", etcd_txn(etcd, head));
	}
}

/* Whoever waits for an answer shall not wait for etcd to come back. */
static void fail_conditional(struct etcd *etcd)
{
	struct store_requests kept = {}, failed = {};
	struct store_request *request;

	while ((request = store_requests_take(&etcd->queue)))
		store_requests_add(request->txn.compares ? &failed : &kept,
				   request);
	etcd->queue = kept;
	finish(&failed, -EIO, 0);
}

void etcd_flush(struct etcd *etcd)
{
	struct store_requests failed = {};

	if (!etcd->connected) {
		fail_conditional(etcd);
		while (store_writer(etcd->store)->pending > PENDING_MAX &&
		       etcd->queue.head) {
			store_requests_add(&failed,
					   store_requests_take(&etcd->queue));
			finish(&failed, -EIO, 0);
		}
		return;
	}
	if (etcd->calling || etcd->sent.head)
		return;
	take_together(etcd);
	if (etcd->sent.head)
		send_sent(etcd);
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	etcd_flush(ctx);
}

static bool is_granted(const struct store_requests *queue, uint64_t lease)
{
	const struct store_request *request;

	for (request = queue->head; request; request = request->next)
		if (request->kind == STORE_GRANT && request->lease == lease)
			return false;
	return true;
}

/*
 * A lease may end while what is before its renewal waits, which has nothing to
 * do with it: only its own grant has.
 */
static bool goes_first(const struct etcd *etcd,
		       const struct store_request *request)
{
	return request->kind == STORE_RENEW &&
	       is_granted(&etcd->queue, request->lease);
}

static void etcd_submit(void *state, struct store_request *request)
{
	struct etcd *etcd = state;

	request->since_ms = clock_monotonic_ms();
	if (goes_first(etcd, request))
		store_requests_push(&etcd->queue, request);
	else
		store_requests_add(&etcd->queue, request);
	if (!event_pending(etcd->flush, EV_TIMEOUT, NULL))
		event_active(etcd->flush, EV_TIMEOUT, 0);
}

/* --- begin and end -------------------------------------------------------- */

static void on_probe(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	etcd_probe(ctx);
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	etcd_connect(ctx);
}

static void etcd_close(void *state)
{
	struct etcd *etcd = state;

	/* what roles said at last, if somebody listens */
	if (etcd->connected)
		store_wait(etcd->store, CLOSE_MS);
	http_free(etcd->http);
	finish(&etcd->sent, -EIO, 0);
	finish(&etcd->queue, -EIO, 0);
	finish(&etcd->waiting, 0, 0);
	json_decref(etcd->answer);
	json_decref(etcd->list);
	if (etcd->retry)
		event_free(etcd->retry);
	if (etcd->probe)
		event_free(etcd->probe);
	if (etcd->flush)
		event_free(etcd->flush);
	free(etcd);
}

static int etcd_open(struct store *store, const struct store_config *config,
		     struct event_base *base, void **state)
{
	const struct timeval period = { .tv_sec = PROBE_MS / 1000 };
	struct etcd *etcd = calloc(1, sizeof(*etcd));

	if (!etcd)
		return cats_error(ENOMEM, "store: out of memory");
	etcd->store = store;
	etcd->config = config;
	etcd->prefix = config->prefix ? config->prefix : STORE_PREFIX;
	etcd->tls = (struct http_tls){ config->certificate, config->key,
				       config->ca };
	etcd->http = http_new(base, &etcd->tls);
	etcd->retry = event_new(base, -1, 0, on_retry, etcd);
	etcd->probe = event_new(base, -1, EV_PERSIST, on_probe, etcd);
	etcd->flush = event_new(base, -1, 0, on_flush, etcd);
	if (!etcd->http || !etcd->retry || !etcd->probe || !etcd->flush ||
	    event_add(etcd->probe, &period)) {
		etcd_close(etcd);
		return cats_error(ENOMEM, "store: out of memory");
	}
	*state = etcd;
	etcd_connect(etcd);
	return 0;
}

const struct store_backend store_etcd = {
	.name = "etcd",
	.check = etcd_check,
	.open = etcd_open,
	.close = etcd_close,
	.submit = etcd_submit,
};
