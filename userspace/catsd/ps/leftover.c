// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "log.h"
#include "ps/leftover.h"

/**
 * struct search - for decisions that are left over
 * @services: that there are
 * @claims: of this C-PS
 * @keys: found
 */
struct search {
	const struct ps_services *services;
	const struct ps_claims *claims;
	json_t *keys;
};

static bool is_decided(const struct search *search, const char *key)
{
	const struct ps_service *service;
	struct ps_target *target;
	char ingress[64];
	uint8_t csid[16];
	uint32_t vrf;

	/* not ours, whoever wrote it */
	if (decision_key_parse(key, &vrf, csid, ingress))
		return true;
	target = ps_target_find(search->services, vrf, csid);
	for (service = target ? target->services : NULL; service;
	     service = service->sibling)
		if (!strcmp(service->key, key))
			return true;
	return false;
}

static int look(void *ctx, const struct store_entry *entry)
{
	const char *writer = json_string_value(json_object_get(entry->value,
							       "writer"));
	struct search *search = ctx;

	if (writer && !strcmp(writer, search->claims->name) &&
	    !is_decided(search, entry->key))
		json_array_append_new(search->keys, json_string(entry->key));
	return 0;
}

void ps_leftover_delete(struct store *store,
			const struct ps_services *services,
			const struct ps_claims *claims)
{
	struct search search = { services, claims, json_array() };
	struct store_compare compare;
	struct store_op op = {};
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };
	const json_t *key;
	size_t i;

	store_each(store, DECISION_PREFIX, look, &search);
	json_array_foreach(search.keys, i, key) {
		op.key = json_string_value(key);
		if (!ps_claims_compare(claims, ps_shard_of(op.key), &compare) ||
		    store_txn(store, &txn, NULL, NULL))
			continue;
		catsd_log(LOG_NOTICE, "ps: %s: is not configured any more: the decision is deleted",
			  op.key);
	}
	json_decref(search.keys);
}
