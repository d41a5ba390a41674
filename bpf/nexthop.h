/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stages 4 and 5: known flow or forwarding table to next hop
 * (draft-fu-cats-flow-lb 5.4 steps 3 and 4).
 */
#ifndef CATS_BPF_NEXTHOP_H
#define CATS_BPF_NEXTHOP_H

#include "affinity.h"
#include "stats.h"

static __always_inline struct cats_nexthop *cats_nexthop_by_id(__u32 id)
{
	return cats_table_entry(&cats_nexthop, id, CATS_NEXTHOP_BITS);
}

/*
 * The next hop a flow entry names, if it is still what the flow knew: the same
 * incarnation, of the same service, and not down.
 */
static __always_inline struct cats_nexthop *
cats_nexthop_of_flow(const struct cats_packet *pkt, __u32 ref)
{
	struct cats_nexthop *nexthop;

	if (!ref)
		return NULL;
	nexthop = cats_nexthop_by_id(CATS_FLOW_NEXTHOP(ref));
	if (!nexthop || nexthop->service != pkt->service ||
	    nexthop->incarnation != CATS_FLOW_INCARNATION(ref) ||
	    nexthop->link[pkt->sel & 1].state == CATS_NEXTHOP_DOWN)
		return NULL;
	return nexthop;
}

static __always_inline struct cats_nexthop *
cats_nexthop_of_slot(const struct cats_packet *pkt, __u32 *id)
{
	__u32 at = pkt->base + cats_hash_slot(pkt->hash, pkt->size);
	const struct cats_slot_pair *pair;
	__u32 group;

	pair = cats_table_entry(&cats_slot, at >> 1, CATS_SLOT_BITS - 1);
	if (!pair)
		return NULL;
	group = pair->group[at & 1];
	if (!group || CATS_GROUP_TYPE(group) != CATS_GROUP_SINGLE)
		return NULL;
	*id = CATS_GROUP_MEMBER(group);
	return cats_nexthop_by_id(*id);
}

/* A fragment without ports follows the first fragment of its datagram. */
static __always_inline __u32 cats_flow_of_packet(const struct cats_packet *pkt)
{
	if (pkt->flags & CATS_PACKET_LATER &&
	    pkt->affinity == CATS_AFFINITY_5TUPLE) {
		__u32 ref = cats_flow_lookup(pkt, cats_fragment_hash(pkt),
					     CATS_FRAGMENT_TICKS);

		if (ref)
			return ref;
	}
	return cats_flow_lookup(pkt, pkt->hash, pkt->timeout);
}

/* The later fragments of this datagram shall find its next hop. */
static __always_inline void cats_fragment_remember(struct cats_packet *pkt,
						   __u32 ref)
{
	if (pkt->flags & CATS_PACKET_FRAGMENT &&
	    !(pkt->flags & CATS_PACKET_LATER) &&
	    pkt->affinity == CATS_AFFINITY_5TUPLE)
		cats_flow_insert(pkt, cats_fragment_hash(pkt), ref,
				 CATS_FLOW_FRAGMENT);
}

static __always_inline int cats_find_nexthop(struct cats_packet *pkt,
					     struct cats_nexthop **nexthop,
					     __u32 *id)
{
	__u32 ref;

	pkt->now = cats_flow_clock();
	cats_flow_hash(pkt);
	ref = cats_flow_of_packet(pkt);
	*nexthop = cats_nexthop_of_flow(pkt, ref);
	if (*nexthop) {
		*id = CATS_FLOW_NEXTHOP(ref);
		cats_fragment_remember(pkt, ref);
		return CATS_CONTINUE;
	}
	if (!pkt->size)
		return CATS_DROP_NO_INSTANCE;
	*nexthop = cats_nexthop_of_slot(pkt, id);
	if (!*nexthop)
		return CATS_DROP_STALE;
	ref = CATS_FLOW_REF((*nexthop)->incarnation, *id);
	/* an error is about a flow, it does not start one */
	if (!(pkt->flags & CATS_PACKET_ICMP_ERROR))
		cats_count_extra(pkt->cpu, cats_flow_insert(pkt, pkt->hash, ref,
							    0));
	cats_fragment_remember(pkt, ref);
	return CATS_CONTINUE;
}

#endif /* CATS_BPF_NEXTHOP_H */
