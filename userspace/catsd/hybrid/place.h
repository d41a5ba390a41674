/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which next hop a new flow gets, when it is chosen flow by flow.
 *
 * Where the main thread has a brief for the service and knows enough (brief.h): the
 * one where it is expected to be served first (ps/select/respond.h).  Else: the
 * one that is furthest behind its weight.  After any number of flows no next hop
 * has more than one flow more than its share, which no hash can promise for few
 * of them.
 */
#ifndef CATSD_HYBRID_PLACE_H
#define CATSD_HYBRID_PLACE_H

#include "hybrid/brief.h"
#include "hybrid/link.h"

struct hybrid_places;

/** hybrid_places_new - nothing placed so far; NULL: no memory. */
struct hybrid_places *hybrid_places_new(struct briefs *briefs);

/** hybrid_places_free - NULL is fine. */
void hybrid_places_free(struct hybrid_places *places);

/**
 * hybrid_place - choose a next hop for a flow
 * @places: flows placed
 * @f: forwarder, reading
 * @service: id of the route
 * @expected: result: by what is known, not by the weights
 *
 * Counting starts afresh when the route has changed: what it was given then is
 * the C-PS's new decision.
 *
 * Return: id; 0 if no next hop takes new flows, or there is no memory.
 */
uint32_t hybrid_place(struct hybrid_places *places, struct cats_forwarder *f,
		      uint32_t service, bool *expected);

/** hybrid_places_links - whose flows are counted */
struct hybrid_links *hybrid_places_links(struct hybrid_places *places);

#endif /* CATSD_HYBRID_PLACE_H */
