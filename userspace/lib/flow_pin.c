// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries of the flow table that no packet made. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "flow_internal.h"
#include "route.h"

#define TRIES	8

uint32_t cats_flow_nexthop_to(struct cats_forwarder *f, uint32_t service,
			      const uint8_t instance[16])
{
	struct cats_service *entry = cats_table_at(&f->service, service);
	struct cats_nexthop *nexthop;
	struct cats_walk walk;
	uint32_t best = 0, weight = 0;

	cats_walk_start(&walk, f, entry);
	while ((nexthop = cats_walk_next(&walk))) {
		const struct cats_nexthop_link *link;

		link = &nexthop->link[walk.sel];
		if (memcmp(nexthop->instance, instance, 16) ||
		    link->weight <= weight ||
		    !cats_flow_takes(f, walk.id, walk.sel))
			continue;
		best = walk.id;
		weight = link->weight;
	}
	return best;
}

static uint64_t load64(const __u64 *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

/* As cats_flow_victim(): its own entry, else a free one, else the oldest. */
static uint32_t choose_way(const struct cats_flow_bucket *bucket, uint64_t hash,
			   uint32_t now)
{
	uint32_t way = 0, oldest = 0, i;

	for (i = 0; i < CATS_FLOW_WAYS; i++) {
		uint64_t entry = load64(&bucket->entry[i]);
		uint32_t age = now - bucket->seen[i];

		if (!entry)
			age = 0xfffffffe;
		else if (entry >> 32 == hash >> 32)
			age = 0xffffffff;
		else if ((int32_t)age < 0)
			age = 0;
		if (age > oldest) {
			oldest = age;
			way = i;
		}
	}
	return way;
}

void cats_flow_describe(struct cats_forwarder *f, uint32_t at,
			uint32_t service, const struct cats_tuple *tuple,
			uint8_t flags)
{
	struct cats_service *entry = cats_table_at(&f->service, service);
	uint8_t affinity = entry->conf[entry->sel & 1].affinity;
	struct cats_flow_key *key = &f->flow_key[at];

	memcpy(key->saddr, tuple->saddr, sizeof(key->saddr));
	memcpy(key->daddr, tuple->daddr, sizeof(key->daddr));
	key->sport = affinity == CATS_AFFINITY_5TUPLE ? tuple->sport : 0;
	key->dport = affinity == CATS_AFFINITY_5TUPLE ? tuple->dport : 0;
	key->service = service;
	key->family = entry->key.family;
	key->proto = affinity <= CATS_AFFINITY_3TUPLE ? tuple->proto : 0;
	key->flags = flags;
}

int cats_flow_pin(struct cats_forwarder *f, uint32_t service,
		  const struct cats_tuple *tuple, uint32_t nexthop,
		  uint8_t flags)
{
	struct cats_service *entry = cats_table_at(&f->service, service);
	struct cats_nexthop *to = cats_table_at(&f->nexthop, nexthop);
	uint64_t hash = cats_flow_hash(f, entry, tuple), old, new;
	uint32_t nr = hash & (CATS_FLOW_BUCKETS - 1), way, turn, now;
	struct cats_flow_bucket *bucket = &f->flow[nr];

	if (!to)
		return cats_error(ENOENT, "there is no such next hop");
	new = hash >> 32 << 32 | CATS_FLOW_REF(to->incarnation, nexthop);
	if (!cats_flow_is_live(f, new, service, entry->sel & 1))
		return cats_error(ENOENT, "the next hop is of another route, or down");
	/* packets change the bucket meanwhile */
	for (turn = 0; turn < TRIES; turn++) {
		now = cats_flow_clock();
		way = choose_way(bucket, hash, now);
		old = load64(&bucket->entry[way]);
		bucket->seen[way] = now;
		/*
		 * Before it counts: who is killed in between leaves no pinned
		 * flow that cannot be told from others.  And after: a packet
		 * that lost the place may have described itself.
		 */
		cats_flow_describe(f, nr * CATS_FLOW_WAYS + way, service,
				   tuple, flags);
		if (!__sync_bool_compare_and_swap(&bucket->entry[way], old,
						  new))
			continue;
		cats_flow_describe(f, nr * CATS_FLOW_WAYS + way, service,
				   tuple, flags);
		return 0;
	}
	return cats_error(EBUSY, "the flow table is too busy there");
}

uint32_t cats_flow_way_to(struct cats_forwarder *f, uint32_t service,
			  uint64_t hash, const uint8_t instance[16],
			  uint32_t way)
{
	struct cats_flow_bucket *bucket;
	struct cats_nexthop *to;
	uint64_t entry;

	bucket = &f->flow[hash & (CATS_FLOW_BUCKETS - 1)];
	for (; way < CATS_FLOW_WAYS; way++) {
		entry = load64(&bucket->entry[way]);
		to = cats_table_at(&f->nexthop, CATS_FLOW_NEXTHOP(entry));
		if (entry >> 32 == hash >> 32 && to &&
		    to->service == service &&
		    !memcmp(to->instance, instance, 16))
			break;
	}
	return way;
}

bool cats_flow_unpin(struct cats_forwarder *f, uint32_t service,
		     const struct cats_tuple *tuple,
		     const uint8_t instance[16])
{
	struct cats_service *owner = cats_table_at(&f->service, service);
	uint64_t hash = cats_flow_hash(f, owner, tuple), entry;
	struct cats_flow_bucket *bucket;
	bool gone = false;
	uint32_t way = 0;

	bucket = &f->flow[hash & (CATS_FLOW_BUCKETS - 1)];
	for (;; way++) {
		way = cats_flow_way_to(f, service, hash, instance, way);
		if (way == CATS_FLOW_WAYS)
			return gone;
		entry = load64(&bucket->entry[way]);
		gone |= entry >> 32 == hash >> 32 &&
			__sync_bool_compare_and_swap(&bucket->entry[way],
						     entry, 0);
	}
}
