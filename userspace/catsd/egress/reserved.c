// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/flow_index.h"
#include "egress/reserved.h"
#include "error.h"
#include "mapped.h"

/**
 * struct flow_key - what tells flows apart at an egress; IPv4-mapped
 */
struct flow_key {
	uint8_t instance[16];
	uint8_t saddr[16];
	uint8_t daddr[16];
	uint16_t sport;
	uint16_t dport;
	uint8_t protocol;
	uint8_t pad[3];
};

/**
 * struct reserved_flow - a reservation
 * @key: of its flow; first, see by_flow()
 * @id: of it, for the key of the store
 */
struct reserved_flow {
	struct flow_key key;
	char id[RESERVATION_ID_LEN + 1];
};

/**
 * struct reserved - all of them
 * @store: it is made of
 * @watch: of the store
 * @flows: tsearch(3)
 * @count: of them
 */
struct reserved {
	struct store *store;
	struct store_watch *watch;
	void *flows;
	size_t count;
};

static int by_flow(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_key));
}

static bool read_key(const json_t *value, struct flow_key *key)
{
	const json_t *flow = json_object_get(value, "flow");
	const char *csci = json_string_value(json_object_get(value, "csci"));
	struct cmas_flow fields;

	memset(key, 0, sizeof(*key));
	if (!flow || !csci || !mapped_parse(csci, key->instance) ||
	    cmas_flow_read(flow, &fields))
		return false;
	memcpy(key->saddr, fields.source, sizeof(key->saddr));
	memcpy(key->daddr, fields.csid, sizeof(key->daddr));
	key->sport = fields.sport;
	key->dport = fields.dport;
	key->protocol = fields.protocol;
	return true;
}

static struct reserved_flow *find(struct reserved *reserved,
				  const struct flow_key *key)
{
	void *found = tfind(key, &reserved->flows, by_flow);

	return found ? *(struct reserved_flow **)found : NULL;
}

static void add(struct reserved *reserved, const struct flow_key *key,
		const char *id)
{
	struct reserved_flow *flow = find(reserved, key);

	/* a later reservation of the same flow takes its place */
	if (!flow) {
		flow = calloc(1, sizeof(*flow));
		if (!flow)
			return;
		flow->key = *key;
		if (!tsearch(flow, &reserved->flows, by_flow)) {
			free(flow);
			return;
		}
		reserved->count++;
	}
	snprintf(flow->id, sizeof(flow->id), "%s", id);
}

static void on_change(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	const char *id = entry->key + strlen(RESERVATION_PREFIX);
	struct reserved *reserved = ctx;
	struct reserved_flow *flow;
	struct flow_key key;

	if (!read_key(entry->value, &key))
		return;
	if (change == STORE_PUT) {
		add(reserved, &key, id);
		return;
	}
	flow = find(reserved, &key);
	if (!flow || strcmp(flow->id, id))
		return;
	tdelete(flow, &reserved->flows, by_flow);
	reserved->count--;
	free(flow);
}

static int take(void *ctx, const struct store_entry *entry)
{
	on_change(ctx, STORE_PUT, entry);
	return 0;
}

struct reserved *reserved_new(struct store *store)
{
	struct reserved *reserved = calloc(1, sizeof(*reserved));

	if (reserved) {
		reserved->store = store;
		reserved->watch = store_watch(store, RESERVATION_PREFIX,
					      on_change, reserved);
	}
	if (!reserved || !reserved->watch) {
		free(reserved);
		cats_error_kernel(ENOMEM, "egress");
		return NULL;
	}
	store_each(store, RESERVATION_PREFIX, take, reserved);
	return reserved;
}

void reserved_free(struct reserved *reserved)
{
	if (!reserved)
		return;
	store_unwatch(reserved->watch);
	tdestroy(reserved->flows, free);
	free(reserved);
}

size_t reserved_count(const struct reserved *reserved)
{
	return reserved->count;
}

static const struct store_entry *entry_of(struct reserved *reserved,
					  const struct cats_egress_flow *flow)
{
	struct flow_key key = {
		.sport = flow->sport, .dport = flow->dport,
		.protocol = flow->protocol,
	};
	char name[sizeof(RESERVATION_PREFIX) + RESERVATION_ID_LEN];
	struct reserved_flow *found;

	memcpy(key.instance, flow->instance, sizeof(key.instance));
	memcpy(key.saddr, flow->saddr, sizeof(key.saddr));
	memcpy(key.daddr, flow->daddr, sizeof(key.daddr));
	found = find(reserved, &key);
	if (!found)
		return NULL;
	snprintf(name, sizeof(name), RESERVATION_PREFIX "%s", found->id);
	return store_get(reserved->store, name);
}

/* If it has changed meanwhile, somebody else has renewed or ended it. */
static void change(struct reserved *reserved, const struct store_entry *entry,
		   json_t *value, uint64_t ttl_ms)
{
	const struct store_compare compare = { STORE_IS_REVISION, entry->key,
					       entry->revision };
	struct store_op op[2] = {
		{ .key = entry->key, .value = value, .ttl_ms = ttl_ms },
	};
	struct store_txn txn = { .compare = &compare, .compares = 1, .op = op,
				 .ops = 1 };
	char key[FLOW_KEY_MAX];

	if (!value)
		txn.ops += flow_index_release(reserved->store, entry, key,
					      &op[1]);
	store_txn(reserved->store, &txn, NULL, NULL);
}

enum reserved_result reserved_see(struct reserved *reserved,
				  const struct cats_egress_flow *flow,
				  uint64_t lease_ms)
{
	const struct store_entry *entry = entry_of(reserved, flow);

	if (!entry)
		return RESERVED_NONE;
	change(reserved, entry, entry->value, lease_ms);
	return RESERVED_RENEWED;
}

enum reserved_result reserved_end(struct reserved *reserved,
				  const struct cats_egress_flow *flow)
{
	const struct store_entry *entry = entry_of(reserved, flow);

	if (!entry)
		return RESERVED_NONE;
	if (flow->has_end && flow->end == CATS_FLOW_END_RESTARTED)
		return RESERVED_KEPT;
	change(reserved, entry, NULL, 0);
	return RESERVED_ENDED;
}
