// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "flow_internal.h"
#include "flow_pins.h"

#define ENTRIES	(CATS_FLOW_BUCKETS * CATS_FLOW_WAYS)

/**
 * struct stray - a pinned flow that is not wanted
 * @at: its place
 * @entry: what is there
 */
struct stray {
	uint32_t at;
	uint64_t entry;
};

/**
 * struct strays - those of one walk, by place
 * @stray: array
 * @count: of them
 * @room: for them
 */
struct strays {
	struct stray *stray;
	size_t count;
	size_t room;
};

/**
 * struct cats_flow_pins - of one process
 * @wanted: a bit for every place of the table
 * @before: what the walk before found
 */
struct cats_flow_pins {
	uint64_t wanted[(ENTRIES + 63) / 64];
	struct strays before;
};

struct cats_flow_pins *cats_flow_pins_new(void)
{
	return calloc(1, sizeof(struct cats_flow_pins));
}

void cats_flow_pins_free(struct cats_flow_pins *pins)
{
	if (pins)
		free(pins->before.stray);
	free(pins);
}

void cats_flow_pins_begin(struct cats_flow_pins *pins)
{
	memset(pins->wanted, 0, sizeof(pins->wanted));
}

bool cats_flow_keep(struct cats_forwarder *f, struct cats_flow_pins *pins,
		    uint32_t service, const struct cats_tuple *tuple,
		    const uint8_t instance[16])
{
	struct cats_service *owner = cats_table_at(&f->service, service);
	uint64_t hash = cats_flow_hash(f, owner, tuple);
	uint32_t nr = hash & (CATS_FLOW_BUCKETS - 1), way, at;
	struct cats_flow_bucket *bucket = &f->flow[nr];

	way = cats_flow_way_to(f, service, hash, instance, 0);
	if (way == CATS_FLOW_WAYS ||
	    !cats_flow_is_live(f, bucket->entry[way], service, owner->sel & 1))
		return false;
	at = nr * CATS_FLOW_WAYS + way;
	bucket->seen[way] = cats_flow_clock();
	/* a packet may have made the entry, or described it last */
	cats_flow_describe(f, at, service, tuple, CATS_FLOW_PINNED);
	pins->wanted[at / 64] |= 1ull << at % 64;
	return true;
}

/*
 * Whoever pins describes first: the description may be of a flow that never got
 * the place, because who pinned it was killed, or a packet was faster.
 */
static bool is_of(struct cats_forwarder *f, uint32_t at, uint64_t entry)
{
	const struct cats_flow_key *key = &f->flow_key[at];
	struct cats_service *service = cats_table_at(&f->service, key->service);
	struct cats_tuple tuple = {
		.sport = key->sport, .dport = key->dport, .proto = key->proto,
	};
	uint64_t hash;

	if (!key->service || !service || !service->used)
		return false;
	memcpy(tuple.saddr, key->saddr, sizeof(tuple.saddr));
	memcpy(tuple.daddr, key->daddr, sizeof(tuple.daddr));
	hash = cats_flow_hash(f, service, &tuple);
	return entry >> 32 == hash >> 32 &&
	       at / CATS_FLOW_WAYS == (hash & (CATS_FLOW_BUCKETS - 1));
}

static bool was_there(const struct strays *before, uint32_t at, uint64_t entry)
{
	size_t low = 0, high = before->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (before->stray[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < before->count && before->stray[low].at == at &&
	       before->stray[low].entry == entry;
}

/* Without memory it is found the next time. */
static void note(struct strays *strays, uint32_t at, uint64_t entry)
{
	size_t room = strays->room ? 2 * strays->room : 64;
	struct stray *grown;

	if (strays->count == strays->room) {
		grown = realloc(strays->stray, room * sizeof(*grown));
		if (!grown)
			return;
		strays->stray = grown;
		strays->room = room;
	}
	strays->stray[strays->count++] = (struct stray){ at, entry };
}

static bool is_stray(struct cats_forwarder *f,
		     const struct cats_flow_pins *pins, uint32_t at,
		     uint64_t entry)
{
	return f->flow_key[at].flags & CATS_FLOW_PINNED &&
	       !(pins->wanted[at / 64] >> at % 64 & 1) && is_of(f, at, entry);
}

size_t cats_flow_prune(struct cats_forwarder *f, struct cats_flow_pins *pins,
		       uint64_t *removed)
{
	struct strays found = {};
	uint64_t *place, entry;
	uint32_t at;

	for (at = 0; at < ENTRIES; at++) {
		place = (uint64_t *)&f->flow[at / CATS_FLOW_WAYS]
				.entry[at % CATS_FLOW_WAYS];
		entry = __atomic_load_n(place, __ATOMIC_RELAXED);
		if (!entry || !is_stray(f, pins, at, entry))
			continue;
		if (!was_there(&pins->before, at, entry))
			note(&found, at, entry);
		else
			*removed += __sync_bool_compare_and_swap(place, entry,
								 0);
	}
	free(pins->before.stray);
	pins->before = found;
	return found.count;
}
