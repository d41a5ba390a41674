// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to a backend: checked and copied here, queued and ended there. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "error.h"
#include "store_backend.h"

static void free_request(struct store_request *request)
{
	struct store_compare *compare = (void *)request->txn.compare;
	struct store_op *op = (void *)request->txn.op;
	size_t i;

	for (i = 0; compare && i < request->txn.compares; i++)
		free((char *)compare[i].key);
	for (i = 0; op && i < request->txn.ops; i++) {
		json_decref(op[i].value);
		free((char *)op[i].key);
	}
	free(compare);
	free(op);
	free(request);
}

static struct store_request *make_request(struct store *store,
					  enum store_request_kind kind,
					  store_done_fn fn, void *ctx)
{
	struct store_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->store = store;
	request->kind = kind;
	request->fn = fn;
	request->ctx = ctx;
	return request;
}

static bool copy_txn(struct store_request *request,
		     const struct store_txn *txn)
{
	struct store_compare *compare = calloc(txn->compares + 1,
					       sizeof(*compare));
	struct store_op *op = calloc(txn->ops + 1, sizeof(*op));
	bool whole = compare && op;
	size_t i;

	request->txn = (struct store_txn){ compare, txn->compares, op,
					   txn->ops, txn->relaxed };
	for (i = 0; whole && i < txn->compares; i++) {
		compare[i] = txn->compare[i];
		compare[i].key = strdup(txn->compare[i].key);
		whole = compare[i].key;
	}
	for (i = 0; whole && i < txn->ops; i++) {
		op[i] = txn->op[i];
		op[i].key = strdup(txn->op[i].key);
		json_incref(op[i].value);
		whole = op[i].key;
	}
	return whole;
}

static struct store_request *make_txn(struct store *store,
				      enum store_request_kind kind,
				      const struct store_txn *txn,
				      store_done_fn fn, void *ctx)
{
	struct store_request *request = make_request(store, kind, fn, ctx);

	if (!request)
		return NULL;
	if (copy_txn(request, txn))
		return request;
	free_request(request);
	return NULL;
}

static int check_op(const struct store_txn *txn, size_t i)
{
	const struct store_op *op = &txn->op[i];
	size_t j;

	if (!store_key_is_valid(op->key) ||
	    (op->value && !json_is_object(op->value)))
		return cats_error(EINVAL, "store: \"%.64s\" is no key, or its value no object",
				  op->key);
	if (op->lease && op->ttl_ms)
		return cats_error(EINVAL, "store: %s: a lease or a time to live, not both",
				  op->key);
	for (j = 0; j < i; j++)
		if (!strcmp(op->key, txn->op[j].key))
			return cats_error(EINVAL, "store: %s: twice in a transaction",
					  op->key);
	return 0;
}

static int check_txn(const struct store_txn *txn)
{
	size_t i;
	int ret;

	if (!txn->ops || txn->ops > STORE_OPS_MAX ||
	    txn->compares > STORE_OPS_MAX)
		return cats_error(EINVAL, "store: a transaction has 1 to %u operations",
				  STORE_OPS_MAX);
	for (i = 0; i < txn->compares; i++)
		if (!store_key_is_valid(txn->compare[i].key))
			return cats_error(EINVAL, "store: \"%.64s\" is no key",
					  txn->compare[i].key);
	for (i = 0; i < txn->ops; i++) {
		ret = check_op(txn, i);
		if (ret)
			return ret;
	}
	return 0;
}

static int submit(struct store *store, struct store_request *request)
{
	struct store_writer *writer = store_writer(store);

	if (!request)
		return cats_error(ENOMEM, "store: out of memory");
	writer->pending++;
	writer->backend->submit(writer->state, request);
	return 0;
}

int store_txn(struct store *store, const struct store_txn *txn,
	      store_done_fn fn, void *ctx)
{
	int ret = check_txn(txn);

	if (ret)
		return ret;
	return submit(store, make_txn(store, STORE_TXN, txn, fn, ctx));
}

int store_put(struct store *store, const char *key, json_t *value,
	      uint64_t ttl_ms)
{
	const struct store_op op = { .key = key, .value = value,
				     .ttl_ms = ttl_ms };
	const struct store_txn txn = { .op = &op, .ops = 1, .relaxed = true };
	int ret;

	if (value)
		ret = store_txn(store, &txn, NULL, NULL);
	else
		ret = cats_error(EINVAL, "store: \"%.64s\": no value", key);
	json_decref(value);
	return ret;
}

int store_delete(struct store *store, const char *key)
{
	const struct store_op op = { .key = key };
	const struct store_txn txn = { .op = &op, .ops = 1 };

	/* what is on its way is not in the mirror yet */
	if (!store_get(store, key) && !store_writer(store)->pending)
		return -ENOENT;
	return store_txn(store, &txn, NULL, NULL);
}

static struct store_request *make_lease(struct store *store,
					enum store_request_kind kind,
					uint64_t lease, store_done_fn fn,
					void *ctx)
{
	struct store_request *request = make_request(store, kind, fn, ctx);

	if (request)
		request->lease = lease;
	return request;
}

uint64_t store_lease_grant(struct store *store, uint64_t ttl_ms)
{
	struct store_request *request;
	uint64_t id = 0;

	/* chosen here, so that nobody waits; signed in etcd and SQLite */
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return 0;
	id = (id >> 1) | 1;
	request = make_lease(store, STORE_GRANT, id, NULL, NULL);
	if (!request)
		return 0;
	request->ttl_ms = ttl_ms;
	return submit(store, request) ? 0 : id;
}

int store_lease_renew(struct store *store, uint64_t lease, store_done_fn fn,
		      void *ctx)
{
	return submit(store, make_lease(store, STORE_RENEW, lease, fn, ctx));
}

int store_lease_revoke(struct store *store, uint64_t lease, store_done_fn fn,
		       void *ctx)
{
	return submit(store, make_lease(store, STORE_REVOKE, lease, fn, ctx));
}

struct store_request *store_request_guard(struct store *store,
					  const struct store_entry *entry)
{
	const struct store_compare compare = { STORE_IS_REVISION, entry->key,
					       entry->revision };
	const struct store_op op = { .key = entry->key };
	/* lost, it happens again */
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1,
				       .relaxed = true };
	struct store_request *request;

	request = make_txn(store, STORE_EXPIRE, &txn, NULL, NULL);
	if (request)
		store_writer(store)->pending++;
	return request;
}

void store_request_done(struct store_request *request)
{
	struct store_writer *writer = store_writer(request->store);

	writer->pending--;
	if (request->result == -EIO)
		writer->failures++;
	if (request->fn && !writer->closing)
		request->fn(request->ctx, request->result, request->revision);
	free_request(request);
}

void store_requests_add(struct store_requests *queue,
			struct store_request *request)
{
	request->next = NULL;
	if (queue->tail)
		queue->tail->next = request;
	else
		queue->head = request;
	queue->tail = request;
}

void store_requests_push(struct store_requests *queue,
			 struct store_request *request)
{
	request->next = queue->head;
	queue->head = request;
	if (!queue->tail)
		queue->tail = request;
}

struct store_request *store_requests_take(struct store_requests *queue)
{
	struct store_request *request = queue->head;

	if (!request)
		return NULL;
	queue->head = request->next;
	if (!queue->head)
		queue->tail = NULL;
	return request;
}

int store_fail(struct store *store, const char *fmt, ...)
{
	struct store_writer *writer = store_writer(store);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(writer->problem, sizeof(writer->problem), fmt, ap);
	va_end(ap);
	return -EIO;
}
