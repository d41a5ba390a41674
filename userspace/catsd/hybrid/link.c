// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h>
#include <stdlib.h>

#include "flow_internal.h"
#include "hybrid/by_id.h"
#include "hybrid/link.h"

#define FLOWS	(CATS_FLOW_BUCKETS * CATS_FLOW_WAYS)
#define PARTS	16
#define IDLE	((uint64_t)HYBRID_IDLE_MS * 1000000 >> CATS_TICK_SHIFT)

/**
 * struct hybrid_links - all
 * @of: by id of the next hop
 * @open: by place in the flow table, the entry that is counted; 0: none
 * @part: of @open that is looked at next
 * @counts: of flows
 */
struct hybrid_links {
	struct by_id of;
	uint64_t *open;
	uint32_t part;
	struct hybrid_flow_counts counts;
};

struct hybrid_links *hybrid_links_new(void)
{
	struct hybrid_links *links = calloc(1, sizeof(*links));

	if (!links)
		return NULL;
	/* memory follows use */
	links->open = calloc(FLOWS, sizeof(*links->open));
	if (links->open)
		return links;
	free(links);
	return NULL;
}

void hybrid_links_free(struct hybrid_links *links)
{
	if (!links)
		return;
	by_id_free(&links->of);
	free(links->open);
	free(links);
}

struct hybrid_link *hybrid_link(struct hybrid_links *links,
				struct cats_forwarder *f, uint32_t id)
{
	struct cats_nexthop *nexthop = cats_table_at(&f->nexthop, id);
	void **slot = nexthop ? by_id_slot(&links->of, id) : NULL;
	struct hybrid_link *link = slot ? *slot : NULL;

	if (!slot || (link && link->incarnation == nexthop->incarnation))
		return link;
	/* flows of its last owner are not its own */
	free(link);
	link = calloc(1, sizeof(*link));
	if (link)
		link->incarnation = nexthop->incarnation;
	*slot = link;
	return link;
}

/* That of the flow an entry is of, if it is counted. */
static struct hybrid_link *link_of(const struct hybrid_links *links,
				   uint64_t entry)
{
	struct hybrid_link *link = by_id_get(&links->of,
					     CATS_FLOW_NEXTHOP(entry));

	return link && link->incarnation == CATS_FLOW_INCARNATION(entry) ?
		       link : NULL;
}

static uint64_t entry_at(const struct cats_forwarder *f, uint32_t at)
{
	const struct cats_flow_bucket *bucket = &f->flow[at / CATS_FLOW_WAYS];

	return __atomic_load_n(&bucket->entry[at % CATS_FLOW_WAYS],
			       __ATOMIC_RELAXED);
}

/* Its place in the flow table; FLOWS: it has none. */
static uint32_t place_of(const struct cats_forwarder *f, uint64_t hash)
{
	uint32_t at = (hash & (CATS_FLOW_BUCKETS - 1)) * CATS_FLOW_WAYS, i;
	uint64_t entry;

	for (i = 0; i < CATS_FLOW_WAYS; i++) {
		entry = entry_at(f, at + i);
		if (entry >> 32 == hash >> 32 && (uint32_t)entry)
			return at + i;
	}
	return FLOWS;
}

static void finish(struct hybrid_links *links, uint32_t at, uint64_t now_us,
		   uint64_t *count)
{
	struct hybrid_link *link = link_of(links, links->open[at]);

	if (link)
		respond_end(&link->respond, now_us);
	links->open[at] = 0;
	links->counts.open--;
	++*count;
}

void hybrid_links_begin(struct hybrid_links *links, struct cats_forwarder *f,
			uint64_t hash, uint64_t now_us)
{
	uint32_t at = place_of(f, hash);
	struct hybrid_link *link;
	uint64_t entry;

	if (at == FLOWS)
		return;
	entry = entry_at(f, at);
	link = link_of(links, entry);
	if (links->open[at])
		finish(links, at, now_us, &links->counts.gone);
	if (!link)
		return;
	links->open[at] = entry;
	links->counts.open++;
	respond_begin(&link->respond, now_us);
}

void hybrid_links_end(struct hybrid_links *links, struct cats_forwarder *f,
		      uint64_t hash, uint64_t when_us)
{
	uint32_t at = place_of(f, hash);

	if (at < FLOWS && links->open[at] &&
	    links->open[at] >> 32 == hash >> 32)
		finish(links, at, when_us, &links->counts.ended);
}

/* Flows of TCP end visibly, unless client or way to it die. */
static uint32_t patience(struct cats_forwarder *f,
			 const struct cats_flow_key *key)
{
	struct cats_service *service = cats_table_at(&f->service, key->service);
	uint32_t timeout;

	if (!service)
		return 0;
	timeout = service->conf[service->sel & 1].timeout;
	return key->proto == IPPROTO_TCP || timeout < IDLE ? timeout : IDLE;
}

static void look_at(struct hybrid_links *links, struct cats_forwarder *f,
		    uint32_t at, uint32_t now, uint64_t now_us)
{
	int32_t age = now - f->flow[at / CATS_FLOW_WAYS]
				     .seen[at % CATS_FLOW_WAYS];

	if (entry_at(f, at) != links->open[at])
		finish(links, at, now_us, &links->counts.gone);
	else if (age > (int32_t)patience(f, &f->flow_key[at]))
		finish(links, at, now_us, &links->counts.idle);
}

void hybrid_links_sweep(struct hybrid_links *links, struct cats_forwarder *f,
			uint64_t now_us)
{
	uint32_t at = links->part * (FLOWS / PARTS), end = at + FLOWS / PARTS;
	uint32_t now = cats_flow_clock();

	for (; links->counts.open && at < end; at++)
		if (links->open[at])
			look_at(links, f, at, now, now_us);
	links->part = (links->part + 1) % PARTS;
}

void hybrid_links_counts(const struct hybrid_links *links,
			 struct hybrid_flow_counts *counts)
{
	*counts = links->counts;
}
