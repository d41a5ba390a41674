/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Next hops whose flows are counted, and these flows: which have begun here, and
 * not ended.  A flow ends when its client closes it (bpf/flow_end.h), when it
 * has been silent for long, or when its place in the flow table is another's.
 */
#ifndef CATSD_HYBRID_LINK_H
#define CATSD_HYBRID_LINK_H

#include "forwarder.h"
#include "ps/select/respond.h"

/** HYBRID_IDLE_MS - so long silent, a flow that has no visible end is over */
#define HYBRID_IDLE_MS	2000

/**
 * struct hybrid_link - a next hop
 * @incarnation: of the next hop; with another it is another one
 * @sampled_us: the last metric @respond has seen, CLOCK_MONOTONIC
 * @respond: what its instance is to us
 */
struct hybrid_link {
	uint8_t incarnation;
	uint64_t sampled_us;
	struct respond respond;
};

/**
 * struct hybrid_flow_counts - since the beginning, but for @open
 * @open: flows that are counted now
 * @ended: by their clients
 * @idle: silent for long
 * @gone: their place in the flow table is another's
 */
struct hybrid_flow_counts {
	uint64_t open;
	uint64_t ended;
	uint64_t idle;
	uint64_t gone;
};

struct hybrid_links;

/** hybrid_links_new - of these tables; NULL: no memory. */
struct hybrid_links *hybrid_links_new(void);
/** hybrid_links_free - NULL is fine. */
void hybrid_links_free(struct hybrid_links *links);

/** hybrid_link - of next hop @id, made if need be; NULL: no memory. */
struct hybrid_link *hybrid_link(struct hybrid_links *links,
				struct cats_forwarder *f, uint32_t id);

/**
 * hybrid_links_begin - a flow has been made known
 * @links: all
 * @f: forwarder, reading
 * @hash: of the flow; it is counted if its next hop has a link
 * @now_us: CLOCK_MONOTONIC
 */
void hybrid_links_begin(struct hybrid_links *links, struct cats_forwarder *f,
			uint64_t hash, uint64_t now_us);

/** hybrid_links_end - its client ended it then; one not counted is no matter. */
void hybrid_links_end(struct hybrid_links *links, struct cats_forwarder *f,
		      uint64_t hash, uint64_t when_us);

/** hybrid_links_sweep - look at a sixteenth of the flows; now and then. */
void hybrid_links_sweep(struct hybrid_links *links, struct cats_forwarder *f,
			uint64_t now_us);

/** hybrid_links_counts - of the flows. */
void hybrid_links_counts(const struct hybrid_links *links,
			 struct hybrid_flow_counts *counts);

#endif /* CATSD_HYBRID_LINK_H */
