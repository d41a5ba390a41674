// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmas/flow_index.h"
#include "mapped.h"

void flow_index_key(const struct cmas_flow *flow, char key[FLOW_KEY_MAX])
{
	char csid[INET6_ADDRSTRLEN], source[INET6_ADDRSTRLEN];

	snprintf(key, FLOW_KEY_MAX, FLOW_PREFIX "%" PRIu32 "/%s/%u/%s/%u/%u",
		 flow->vrf, mapped_text(flow->csid, csid), flow->protocol,
		 mapped_text(flow->source, source), flow->sport, flow->dport);
}

void flow_index_names(const struct store_entry *entry,
		      char reservation[RESERVATION_KEY_MAX])
{
	const char *id = json_string_value(json_object_get(entry->value,
							   "reservation"));

	snprintf(reservation, RESERVATION_KEY_MAX, RESERVATION_PREFIX "%s",
		 id ? id : "");
}

const struct store_entry *flow_index_claim(struct store *store,
					   const char *key,
					   struct flow_claim *claim)
{
	const struct store_entry *entry = store_get(store, key), *holder;

	claim->compare[0] = (struct store_compare){ STORE_ABSENT, key, 0 };
	claim->compares = 1;
	if (!entry)
		return NULL;
	flow_index_names(entry, claim->former);
	holder = store_get(store, claim->former);
	if (holder)
		return holder;
	claim->compare[0] = (struct store_compare){ STORE_IS_REVISION, key,
						    entry->revision };
	claim->compare[1] = (struct store_compare){ STORE_ABSENT,
						    claim->former, 0 };
	claim->compares = 2;
	return NULL;
}

size_t flow_index_release(struct store *store,
			  const struct store_entry *reservation,
			  char key[FLOW_KEY_MAX], struct store_op *op)
{
	const json_t *json = json_object_get(reservation->value, "flow");
	char holder[RESERVATION_KEY_MAX];
	const struct store_entry *entry;
	struct cmas_flow flow;

	if (!json || cmas_flow_read(json, &flow))
		return 0;
	flow_index_key(&flow, key);
	entry = store_get(store, key);
	if (!entry)
		return 0;
	flow_index_names(entry, holder);
	if (strcmp(holder, reservation->key))
		return 0;
	*op = (struct store_op){ .key = key };
	return 1;
}
