// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <string.h>
#include <time.h>

#include "flow_internal.h"
#include "path_state.h"
#include "route.h"
#include "service_index.h"

/* bpf_ktime_get_coarse_ns() is this clock. */
uint32_t cats_flow_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (ts.tv_sec * 1000000000ull + ts.tv_nsec) >> CATS_TICK_SHIFT;
}

static struct cats_service *service_of(struct cats_forwarder *f, uint32_t id)
{
	struct cats_service *service = id ? cats_table_at(&f->service, id) :
					    NULL;

	return service && service->used ? service : NULL;
}

/* As bpf/nexthop.h decides it. */
bool cats_flow_is_live(struct cats_forwarder *f, uint64_t entry,
		       uint32_t service, uint32_t sel)
{
	struct cats_nexthop *nexthop;

	nexthop = cats_table_at(&f->nexthop, CATS_FLOW_NEXTHOP(entry));
	return nexthop && nexthop->service == service &&
	       nexthop->incarnation == CATS_FLOW_INCARNATION(entry) &&
	       nexthop->link[sel].state != CATS_NEXTHOP_DOWN &&
	       !cats_nexthop_is_cut(f, nexthop, sel);
}

static bool read_flow(struct cats_forwarder *f, uint32_t at, uint32_t now,
		      uint32_t service, struct cats_flow *flow)
{
	struct cats_flow_bucket *bucket = &f->flow[at / CATS_FLOW_WAYS];
	uint32_t way = at % CATS_FLOW_WAYS;
	uint64_t entry = bucket->entry[way];
	int32_t age = now - bucket->seen[way];
	struct cats_service *owner;
	uint32_t sel;

	if (!entry)
		return false;
	flow->key = &f->flow_key[at];
	if (service && flow->key->service != service)
		return false;
	owner = service_of(f, flow->key->service);
	if (!owner)
		return false;
	sel = owner->sel & 1;
	if (age > (int32_t)owner->conf[sel].timeout ||
	    !cats_flow_is_live(f, entry, flow->key->service, sel))
		return false;
	flow->nexthop = CATS_FLOW_NEXTHOP(entry);
	flow->age_ms = age < 0 ? 0 : ((uint64_t)age << CATS_TICK_SHIFT) /
				     1000000;
	flow->entry = &bucket->entry[way];
	return true;
}

bool cats_flow_each(struct cats_forwarder *f, uint32_t service, uint32_t *at,
		    struct cats_flow *flow)
{
	uint32_t now = cats_flow_clock();

	while (*at < CATS_FLOW_BUCKETS * CATS_FLOW_WAYS)
		if (read_flow(f, (*at)++, now, service, flow))
			return true;
	return false;
}

void cats_flow_remove(const struct cats_flow *flow)
{
	cats_store64(flow->entry, 0);
}

void cats_flow_forget(struct cats_forwarder *f, uint32_t id)
{
	uint32_t nr, way;

	for (nr = 0; nr < CATS_FLOW_BUCKETS; nr++)
		for (way = 0; way < CATS_FLOW_WAYS; way++)
			if (CATS_FLOW_NEXTHOP(f->flow[nr].entry[way]) == id)
				cats_store64(&f->flow[nr].entry[way], 0);
}

static void words(uint8_t family, const uint8_t *addr, uint64_t *hi,
		  uint64_t *lo)
{
	memcpy(hi, addr, 8);
	memcpy(lo, addr + 8, 8);
	*hi = be64toh(*hi);
	*lo = be64toh(*lo);
	if (family == CATS_FAMILY_IPV4) {
		*lo = *hi >> 32;
		*hi = 0;
	}
}

/* As bpf/affinity.h computes it. */
uint64_t cats_flow_hash(struct cats_forwarder *f,
			const struct cats_service *service,
			const struct cats_tuple *tuple)
{
	const struct cats_service_conf *conf = &service->conf[service->sel & 1];
	uint8_t family = service->key.family;
	const __u64 *key = f->control->hash_key;
	bool host = service->key.len == (family == CATS_FAMILY_IPV6 ? 128 : 32);
	uint64_t hi, lo, sum, last = (uint64_t)tuple->proto << 32;

	words(family, tuple->saddr, &hi, &lo);
	sum = cats_service_key_hash(f, &service->key) +
	      cats_hash_word(hi, key[3]) + cats_hash_word(lo, key[4]);
	if (!host && conf->affinity != CATS_AFFINITY_SRC) {
		words(family, tuple->daddr, &hi, &lo);
		sum += cats_hash_word(hi, key[6]) + cats_hash_word(lo, key[7]);
	}
	if (conf->affinity == CATS_AFFINITY_5TUPLE)
		last |= (uint32_t)tuple->sport << 16 | tuple->dport;
	if (conf->affinity <= CATS_AFFINITY_3TUPLE)
		sum += cats_hash_word(last, key[5]);
	return cats_hash_final(sum);
}

static uint32_t known_nexthop(struct cats_forwarder *f, uint32_t id,
			      const struct cats_service *service, uint64_t hash)
{
	uint32_t nr = hash & (CATS_FLOW_BUCKETS - 1), way;
	uint32_t now = cats_flow_clock();
	struct cats_flow flow;

	for (way = 0; way < CATS_FLOW_WAYS; way++) {
		uint64_t entry = f->flow[nr].entry[way];

		if (entry >> 32 == hash >> 32 &&
		    cats_flow_is_live(f, entry, id, service->sel & 1) &&
		    read_flow(f, nr * CATS_FLOW_WAYS + way, now, id, &flow))
			return flow.nexthop;
	}
	return 0;
}

bool cats_flow_takes(struct cats_forwarder *f, uint32_t id, uint32_t sel)
{
	struct cats_nexthop *nexthop = cats_table_at(&f->nexthop, id);

	return nexthop && nexthop->link[sel].state == CATS_NEXTHOP_UP &&
	       nexthop->link[sel].weight &&
	       !cats_nexthop_is_cut(f, nexthop, sel);
}

/* As bpf/nexthop.h looks for one: its slot, further slots, then the list. */
static uint32_t new_nexthop(struct cats_forwarder *f,
			    const struct cats_service *service, uint64_t hash)
{
	const struct cats_service_conf *conf = &service->conf[service->sel & 1];
	uint32_t turn, at, id;
	struct cats_walk walk;

	for (turn = 0; turn <= CATS_SLOT_TRIES; turn++) {
		at = cats_hash_slot(turn ? cats_hash_again(hash, turn) : hash,
				    conf->size);
		id = cats_slot_at(f, conf->base + at);
		if (cats_flow_takes(f, id, service->sel & 1))
			return id;
	}
	cats_walk_start(&walk, f, service);
	while (cats_walk_next(&walk))
		if (cats_flow_takes(f, walk.id, walk.sel))
			return walk.id;
	return 0;
}

uint32_t cats_flow_nexthop(struct cats_forwarder *f, uint32_t service,
			   const struct cats_tuple *tuple, bool *known)
{
	struct cats_service *entry = cats_table_at(&f->service, service);
	const struct cats_service_conf *conf = &entry->conf[entry->sel & 1];
	uint64_t hash = cats_flow_hash(f, entry, tuple);
	uint32_t id = known_nexthop(f, service, entry, hash);

	*known = id != 0;
	if (id || !conf->size)
		return id;
	return new_nexthop(f, entry, hash);
}
