// SPDX-License-Identifier: GPL-2.0-or-later
/* The store of one process: the mirror is all there is. */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "error.h"
#include "store_backend.h"

/**
 * struct lease - keys that go together
 * @next: list
 * @id: its name
 * @ttl_ms: between renewals
 * @expires_ms: CLOCK_MONOTONIC
 */
struct lease {
	struct lease *next;
	uint64_t id;
	uint64_t ttl_ms;
	uint64_t expires_ms;
};

struct memory {
	struct store *store;
	struct lease *leases;
};

static struct lease **find_lease(struct memory *memory, uint64_t id)
{
	struct lease **at = &memory->leases;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static bool holds(struct store *store, const struct store_compare *compare)
{
	const struct store_entry *entry = store_get(store, compare->key);

	switch (compare->what) {
	case STORE_EXISTS:
		return entry;
	case STORE_ABSENT:
		return !entry;
	default:
		return (entry ? entry->revision : 0) == compare->revision;
	}
}

static int check(struct memory *memory, const struct store_txn *txn)
{
	size_t i;

	for (i = 0; i < txn->compares; i++)
		if (!holds(memory->store, &txn->compare[i]))
			return -ECANCELED;
	for (i = 0; i < txn->ops; i++)
		if (txn->op[i].lease &&
		    !*find_lease(memory, txn->op[i].lease))
			return -ENOENT;
	return 0;
}

static int apply(struct memory *memory, const struct store_op *op,
		 uint64_t revision)
{
	const struct store_entry entry = {
		.key = op->key,
		.value = op->value,
		.revision = revision,
		.expires_ms = op->ttl_ms ? clock_monotonic_ms() + op->ttl_ms :
					   0,
		.lease = op->lease,
	};

	if (op->value)
		return store_mirror_put(memory->store, &entry);
	store_mirror_remove(memory->store, op->key, revision, STORE_DELETED);
	return 0;
}

static int run_txn(struct memory *memory, struct store_request *request)
{
	uint64_t revision = store_revision(memory->store) + 1;
	size_t i;
	int ret = check(memory, &request->txn);

	for (i = 0; !ret && i < request->txn.ops; i++)
		if (apply(memory, &request->txn.op[i], revision))
			ret = store_fail(memory->store, "out of memory");
	request->revision = store_revision(memory->store);
	return ret;
}

/**
 * struct doomed - the first key of a lease
 * @lease: it
 * @key: found
 */
struct doomed {
	uint64_t lease;
	const char *key;
};

static int find_leased(void *ctx, const struct store_entry *entry)
{
	struct doomed *doomed = ctx;

	if (entry->lease != doomed->lease)
		return 0;
	doomed->key = entry->key;
	return 1;
}

static void end_lease(struct memory *memory, struct lease **at,
		      enum store_change why)
{
	uint64_t revision = store_revision(memory->store) + 1;
	struct lease *lease = *at;
	struct doomed doomed = { .lease = lease->id };

	*at = lease->next;
	free(lease);
	while (store_each(memory->store, "", find_leased, &doomed))
		store_mirror_remove(memory->store, doomed.key, revision, why);
}

static int run_grant(struct memory *memory, const struct store_request *request)
{
	struct lease *lease = calloc(1, sizeof(*lease));

	if (!lease)
		return store_fail(memory->store, "out of memory");
	lease->id = request->lease;
	lease->ttl_ms = request->ttl_ms;
	lease->expires_ms = clock_monotonic_ms() + lease->ttl_ms;
	lease->next = memory->leases;
	memory->leases = lease;
	return 0;
}

static int run(struct memory *memory, struct store_request *request)
{
	struct lease **lease;

	if (request->kind == STORE_TXN || request->kind == STORE_EXPIRE)
		return run_txn(memory, request);
	if (request->kind == STORE_GRANT)
		return run_grant(memory, request);
	lease = find_lease(memory, request->lease);
	if (!*lease)
		return -ENOENT;
	if (request->kind == STORE_RENEW)
		(*lease)->expires_ms = clock_monotonic_ms() +
				       (*lease)->ttl_ms;
	else
		end_lease(memory, lease, STORE_DELETED);
	request->revision = store_revision(memory->store);
	return 0;
}

static void memory_submit(void *state, struct store_request *request)
{
	request->result = run(state, request);
	store_request_done(request);
}

static void memory_tick(void *state, uint64_t now_ms)
{
	struct memory *memory = state;
	struct lease **at = &memory->leases;

	while (*at) {
		if ((*at)->expires_ms <= now_ms)
			end_lease(memory, at, STORE_EXPIRED);
		else
			at = &(*at)->next;
	}
}

static int memory_check(const struct store_config *config)
{
	if (config->path || config->endpoints || config->certificate ||
	    config->key || config->ca || config->prefix)
		return cats_error(EINVAL, "store: type memory takes no other key");
	return 0;
}

static int memory_open(struct store *store, const struct store_config *config,
		       struct event_base *base, void **state)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	(void)config, (void)base;
	if (!memory)
		return cats_error(ENOMEM, "store: out of memory");
	memory->store = store;
	store_writer(store)->current = true;
	*state = memory;
	return 0;
}

static void memory_close(void *state)
{
	struct memory *memory = state;
	struct lease *lease;

	while ((lease = memory->leases)) {
		memory->leases = lease->next;
		free(lease);
	}
	free(memory);
}

const struct store_backend store_memory = {
	.name = "memory",
	.check = memory_check,
	.open = memory_open,
	.close = memory_close,
	.submit = memory_submit,
	.tick = memory_tick,
};
