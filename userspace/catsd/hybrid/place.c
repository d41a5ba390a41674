// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flow_internal.h"
#include "hybrid/by_id.h"
#include "hybrid/place.h"
#include "mapped.h"
#include "route.h"

/* Costs that are no further apart are equal: weights decide. */
#define ALIKE	1e-3

/**
 * struct placed - flows of a route
 * @generation: of the route, when counting began
 * @brief: of its service; NULL: there was none
 * @version: of the brief, as it was read last
 * @known: it says enough to place flows by it
 * @nexthops: of the route
 * @nexthop: in the order of the route's list: flows placed, and its link if @known
 */
struct placed {
	uint64_t generation;
	struct brief *brief;
	uint32_t version;
	bool known;
	uint32_t nexthops;
	struct placed_nexthop {
		uint64_t flows;
		struct hybrid_link *link;
	} nexthop[];
};

/**
 * struct hybrid_places - flows of all routes
 * @briefs: of the main thread
 * @links: of next hops
 * @text: room for a brief
 * @of: by service id
 */
struct hybrid_places {
	struct briefs *briefs;
	struct hybrid_links *links;
	struct brief_text text;
	struct by_id of;
};

struct hybrid_places *hybrid_places_new(struct briefs *briefs)
{
	struct hybrid_places *places = calloc(1, sizeof(*places));

	if (!places)
		return NULL;
	places->briefs = briefs;
	places->links = hybrid_links_new();
	if (places->links)
		return places;
	free(places);
	return NULL;
}

struct hybrid_links *hybrid_places_links(struct hybrid_places *places)
{
	return places->links;
}

void hybrid_places_free(struct hybrid_places *places)
{
	if (!places)
		return;
	by_id_free(&places->of);
	hybrid_links_free(places->links);
	free(places);
}

static struct placed *placed_of(struct hybrid_places *places,
				const struct cats_service *service, uint32_t id)
{
	const struct cats_service_conf *conf = &service->conf[service->sel & 1];
	void **slot = by_id_slot(&places->of, id);
	struct placed *placed = slot ? *slot : NULL;

	if (!slot || (placed && placed->generation == service->generation &&
		      placed->nexthops == conf->nexthops))
		return placed;
	free(placed);
	placed = calloc(1, sizeof(*placed) +
			   conf->nexthops * sizeof(placed->nexthop[0]));
	if (placed) {
		placed->generation = service->generation;
		placed->nexthops = conf->nexthops;
	}
	*slot = placed;
	return placed;
}

/* --- what is known -------------------------------------------------------- */

static const struct brief_instance *told_of(const struct brief_text *text,
					    const uint8_t *sid)
{
	uint32_t i;

	for (i = 0; i < text->instances; i++)
		if (!memcmp(text->instance[i].sid, sid, 16))
			return &text->instance[i];
	return NULL;
}

static void take_told(struct hybrid_link *link,
		      const struct brief_instance *told)
{
	struct respond *respond = &link->respond;

	respond->capacity = told->capacity;
	respond->service_us = told->service_us;
	respond->delay_us = told->delay_us;
	if (told->sampled_us <= link->sampled_us || !(told->flows >= 0))
		return;
	link->sampled_us = told->sampled_us;
	respond_metric(respond, told->flows, told->sampled_us);
}

/* Is something known of every next hop that may get flows? */
static bool take_text(struct hybrid_places *places, struct placed *placed,
		      struct cats_forwarder *f,
		      const struct cats_service *service)
{
	const struct brief_text *text = &places->text;
	const struct brief_instance *told;
	struct cats_nexthop *nexthop;
	struct hybrid_link *link;
	struct cats_walk walk;
	uint32_t at = 0;

	if (!text->known)
		return false;
	cats_walk_start(&walk, f, service);
	for (; at < placed->nexthops && (nexthop = cats_walk_next(&walk));
	     at++) {
		told = told_of(text, nexthop->sid);
		link = told ? hybrid_link(places->links, f, walk.id) : NULL;
		placed->nexthop[at].link = link;
		if (link)
			take_told(link, told);
		else if (nexthop->link[walk.sel].weight)
			return false;
	}
	return true;
}

/* What the main thread says of the service, if it is news. */
static void learn(struct hybrid_places *places, struct placed *placed,
		  struct cats_forwarder *f, const struct cats_service *service)
{
	uint8_t csid[16];

	if (!placed->brief) {
		mapped_from(service->key.family == CATS_FAMILY_IPV4,
			    service->key.addr, csid);
		placed->brief = brief_find(places->briefs, service->key.vrf,
					   csid);
	}
	if (!placed->brief)
		return;
	places->text.version = placed->version;
	if (!brief_read(places->briefs, placed->brief, &places->text))
		return;
	placed->version = places->text.version;
	placed->known = take_text(places, placed, f, service);
}

/* --- choosing ------------------------------------------------------------- */

/**
 * struct candidate - a next hop that takes flows
 * @id: 0: none
 * @at: its place in the list
 * @weight: its weight
 * @cost: of a flow more, if it is known
 */
struct candidate {
	uint32_t id;
	uint32_t at;
	uint32_t weight;
	double cost;
};

/* Would one flow more leave @a less ahead of its weight than @b? */
static bool is_behind(const struct placed *placed, const struct candidate *a,
		      const struct candidate *b)
{
	const struct placed_nexthop *nexthop = placed->nexthop;

	return (unsigned __int128)(nexthop[a->at].flows + 1) * b->weight <
	       (unsigned __int128)(nexthop[b->at].flows + 1) * a->weight;
}

static bool is_better(const struct placed *placed, const struct candidate *a,
		      const struct candidate *b)
{
	if (!b->id)
		return true;
	if (placed->known && fabs(a->cost - b->cost) > ALIKE * b->cost)
		return a->cost < b->cost;
	return is_behind(placed, a, b);
}

/*
 * Who takes no flows now shall not get all of them once it does: it is kept as far
 * as the one that got the last flow.
 */
static void keep_up(struct placed *placed, struct cats_forwarder *f,
		    const struct cats_service *service,
		    const struct candidate *best)
{
	uint64_t flows = placed->nexthop[best->at].flows;
	struct cats_nexthop *nexthop;
	struct cats_walk walk;
	uint32_t at = 0;

	cats_walk_start(&walk, f, service);
	while (at < placed->nexthops && (nexthop = cats_walk_next(&walk))) {
		uint64_t due = flows * nexthop->link[walk.sel].weight /
			       best->weight;

		if (placed->nexthop[at].flows < due &&
		    !cats_flow_takes(f, walk.id, walk.sel))
			placed->nexthop[at].flows = due;
		at++;
	}
}

/* Return: how many take flows. */
static uint32_t choose(const struct placed *placed, struct cats_forwarder *f,
		       const struct cats_service *service,
		       struct candidate *best)
{
	struct cats_nexthop *nexthop;
	struct candidate next = {};
	struct cats_walk walk;
	uint32_t takes = 0;

	cats_walk_start(&walk, f, service);
	for (; next.at < placed->nexthops && (nexthop = cats_walk_next(&walk));
	     next.at++) {
		if (!cats_flow_takes(f, walk.id, walk.sel))
			continue;
		takes++;
		next.id = walk.id;
		next.weight = nexthop->link[walk.sel].weight;
		if (placed->known)
			next.cost = respond_cost(
				&placed->nexthop[next.at].link->respond);
		if (is_better(placed, &next, best))
			*best = next;
	}
	return takes;
}

uint32_t hybrid_place(struct hybrid_places *places, struct cats_forwarder *f,
		      uint32_t service, bool *expected)
{
	struct cats_service *entry = cats_table_at(&f->service, service);
	struct candidate best = {};
	struct placed *placed;
	uint32_t takes;

	placed = entry && entry->used ? placed_of(places, entry, service) :
					NULL;
	if (!placed)
		return 0;
	learn(places, placed, f, entry);
	takes = choose(placed, f, entry, &best);
	if (!best.id)
		return 0;
	*expected = placed->known;
	placed->nexthop[best.at].flows++;
	if (takes < placed->nexthops)
		keep_up(placed, f, entry, &best);
	return best.id;
}
