/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stages 4 and 5: known flow or forwarding table to next hop
 * (draft-fu-cats-flow-lb 5.4 steps 3 and 4).
 */
#ifndef CATS_BPF_NEXTHOP_H
#define CATS_BPF_NEXTHOP_H

#include "affinity.h"
#include "ask.h"
#include "flow_end.h"
#include "service.h"
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

static __always_inline struct cats_path *
cats_path_of(const struct cats_packet *pkt, const struct cats_nexthop *nexthop)
{
	return cats_table_entry(&cats_path, nexthop->link[pkt->sel & 1].path,
				CATS_PATH_BITS);
}

static __always_inline int cats_path_is_down(const struct cats_path *path)
{
	const struct cats_path_state *state;
	__u32 at = path->state;

	state = bpf_map_lookup_elem(&cats_path_state, &at);
	return state &&
	       *(volatile __u32 *)&state->liveness == CATS_PATH_DOWN;
}

static __always_inline __u32 cats_slot_member(const struct cats_packet *pkt,
					      __u64 hash)
{
	__u32 at = pkt->base + cats_hash_slot(hash, pkt->size);
	const struct cats_slot_pair *pair;
	__u32 group;

	pair = cats_table_entry(&cats_slot, at >> 1, CATS_SLOT_BITS - 1);
	if (!pair)
		return 0;
	group = pair->group[at & 1];
	if (CATS_GROUP_TYPE(group) != CATS_GROUP_SINGLE)
		return 0;
	return CATS_GROUP_MEMBER(group);
}

#define CATS_NEXTHOP_TAKES	0x40000000

/*
 * Does next hop @id take new flows, its path included?  With the id of the one
 * behind it in the route's list.  A global function, for the loops below: the
 * verifier takes it once.
 */
__noinline int cats_nexthop_takes(struct cats_packet *pkt, __u32 id)
{
	const struct cats_nexthop_link *link;
	const struct cats_nexthop *nexthop;
	const struct cats_path *path;
	__u32 next;

	if (!pkt)
		return 0;
	nexthop = cats_nexthop_by_id(id);
	if (!nexthop)
		return 0;
	link = &nexthop->link[pkt->sel & 1];
	next = link->next & 0x00ffffff;
	path = cats_path_of(pkt, nexthop);
	if (link->state != CATS_NEXTHOP_UP || !link->weight || !path ||
	    cats_path_is_down(path))
		return next;
	return next | CATS_NEXTHOP_TAKES;
}

/*
 * The path of the flow's slot is down.  Other slots of the same hash come
 * first, for they keep the weights; the list has whatever is left.
 */
static __noinline __u32 cats_other_nexthop(struct cats_packet *pkt)
{
	const struct cats_service *service;
	__u32 i, id, ret;

	for (i = 1; i <= CATS_SLOT_TRIES; i++) {
		id = cats_slot_member(pkt, cats_hash_again(pkt->hash, i));
		if (cats_nexthop_takes(pkt, id) & CATS_NEXTHOP_TAKES)
			return id;
	}
	service = cats_service_by_id(pkt->service);
	id = service ? service->conf[pkt->sel & 1].nexthop : 0;
	for (i = 0; id && i < CATS_NEXTHOPS_MAX; i++) {
		ret = cats_nexthop_takes(pkt, id);
		if (ret & CATS_NEXTHOP_TAKES)
			return id;
		id = ret;
	}
	return 0;
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

/**
 * struct cats_choice - where a packet goes
 * @nexthop: next hop
 * @path: its path, which is not down
 * @id: id of the next hop
 */
struct cats_choice {
	struct cats_nexthop *nexthop;
	struct cats_path *path;
	__u32 id;
};

/* Return: was the flow known, and is its next hop still there for it? */
static __always_inline int cats_choose_known(const struct cats_packet *pkt,
					     __u32 ref,
					     struct cats_choice *choice)
{
	choice->nexthop = cats_nexthop_of_flow(pkt, ref);
	if (!choice->nexthop)
		return 0;
	choice->id = CATS_FLOW_NEXTHOP(ref);
	choice->path = cats_path_of(pkt, choice->nexthop);
	return choice->path && !cats_path_is_down(choice->path);
}

static __always_inline int cats_choose_new(struct cats_packet *pkt,
					   struct cats_choice *choice)
{
	if (!pkt->size)
		return CATS_DROP_NO_INSTANCE;
	choice->id = cats_slot_member(pkt, pkt->hash);
	choice->nexthop = choice->id ? cats_nexthop_by_id(choice->id) : NULL;
	if (!choice->nexthop)
		return CATS_DROP_STALE;
	choice->path = cats_path_of(pkt, choice->nexthop);
	if (!choice->path)
		return CATS_DROP_STALE;
	if (!cats_path_is_down(choice->path))
		return CATS_CONTINUE;
	choice->id = cats_other_nexthop(pkt);
	if (!choice->id)
		return CATS_DROP_PATH_DOWN;
	choice->nexthop = cats_nexthop_by_id(choice->id);
	if (!choice->nexthop)
		return CATS_DROP_STALE;
	choice->path = cats_path_of(pkt, choice->nexthop);
	return choice->path ? CATS_CONTINUE : CATS_DROP_STALE;
}

static __always_inline int cats_find_nexthop(struct xdp_md *ctx,
					     struct cats_packet *pkt,
					     const struct cats_control *control,
					     struct cats_choice *choice)
{
	__u32 ref;
	int ret;

	pkt->now = cats_flow_clock();
	cats_flow_hash(pkt);
	ref = cats_flow_of_packet(pkt);
	if (cats_choose_known(pkt, ref, choice)) {
		cats_fragment_remember(pkt, ref);
		cats_note_end(ctx, pkt, control);
		return CATS_CONTINUE;
	}
	if (cats_asks(ctx, pkt) &&
	    cats_ask(ctx, pkt, *(volatile __u64 *)&control->asked_until))
		return CATS_CONSUMED_ASKED;
	ret = cats_choose_new(pkt, choice);
	if (ret != CATS_CONTINUE)
		return ret;
	ref = CATS_FLOW_REF(choice->nexthop->incarnation, choice->id);
	/* an error is about a flow, it does not start one */
	if (!(pkt->flags & CATS_PACKET_ICMP_ERROR))
		cats_count_extra(pkt->cpu, cats_flow_insert(pkt, pkt->hash, ref,
							    0));
	cats_fragment_remember(pkt, ref);
	return CATS_CONTINUE;
}

#endif /* CATS_BPF_NEXTHOP_H */
