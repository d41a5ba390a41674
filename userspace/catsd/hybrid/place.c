// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "flow_internal.h"
#include "hybrid/place.h"
#include "route.h"

#define CHUNK	(1u << CATS_SERVICE_BITS)

/**
 * struct placed - flows of a route
 * @generation: of the route, when counting began
 * @nexthops: of the route
 * @flows: placed, by the next hop's place in the route's list
 */
struct placed {
	uint64_t generation;
	uint32_t nexthops;
	uint64_t flows[];
};

/**
 * struct hybrid_places - flows of all routes
 * @of: by service id, in chunks that come as they are needed
 */
struct hybrid_places {
	struct placed **of[CATS_SERVICE_CHUNKS];
};

struct hybrid_places *hybrid_places_new(void)
{
	return calloc(1, sizeof(struct hybrid_places));
}

void hybrid_places_free(struct hybrid_places *places)
{
	uint32_t chunk, i;

	if (!places)
		return;
	for (chunk = 0; chunk < CATS_SERVICE_CHUNKS; chunk++) {
		for (i = 0; places->of[chunk] && i < CHUNK; i++)
			free(places->of[chunk][i]);
		free(places->of[chunk]);
	}
	free(places);
}

static struct placed **slot_of(struct hybrid_places *places, uint32_t service)
{
	struct placed ***chunk = &places->of[service / CHUNK];

	if (!*chunk)
		*chunk = calloc(CHUNK, sizeof(**chunk));
	return *chunk ? &(*chunk)[service % CHUNK] : NULL;
}

static struct placed *placed_of(struct hybrid_places *places,
				const struct cats_service *service, uint32_t id)
{
	const struct cats_service_conf *conf = &service->conf[service->sel & 1];
	struct placed **slot = slot_of(places, id);

	if (!slot)
		return NULL;
	if (*slot && (*slot)->generation == service->generation &&
	    (*slot)->nexthops == conf->nexthops)
		return *slot;
	free(*slot);
	*slot = calloc(1, sizeof(**slot) +
			  conf->nexthops * sizeof((*slot)->flows[0]));
	if (*slot) {
		(*slot)->generation = service->generation;
		(*slot)->nexthops = conf->nexthops;
	}
	return *slot;
}

/**
 * struct candidate - a next hop that takes flows
 * @id: 0: none
 * @at: its place in the list
 * @weight: its weight
 */
struct candidate {
	uint32_t id;
	uint32_t at;
	uint32_t weight;
};

/* Would one flow more leave @a less ahead of its weight than @b? */
static bool is_behind(const struct placed *placed, const struct candidate *a,
		      const struct candidate *b)
{
	return !b->id ||
	       (unsigned __int128)(placed->flows[a->at] + 1) * b->weight <
	       (unsigned __int128)(placed->flows[b->at] + 1) * a->weight;
}

/*
 * Who takes no flows now shall not get all of them once it does: it is kept as far
 * as the one that got the last flow.
 */
static void keep_up(struct placed *placed, struct cats_forwarder *f,
		    const struct cats_service *service,
		    const struct candidate *best)
{
	uint64_t flows = placed->flows[best->at];
	struct cats_nexthop *nexthop;
	struct cats_walk walk;
	uint32_t at = 0;

	cats_walk_start(&walk, f, service);
	while (at < placed->nexthops && (nexthop = cats_walk_next(&walk))) {
		uint64_t due = flows * nexthop->link[walk.sel].weight /
			       best->weight;

		if (placed->flows[at] < due &&
		    !cats_flow_takes(f, walk.id, walk.sel))
			placed->flows[at] = due;
		at++;
	}
}

uint32_t hybrid_place(struct hybrid_places *places, struct cats_forwarder *f,
		      uint32_t service)
{
	uint32_t takes = 0;
	struct cats_service *entry = cats_table_at(&f->service, service);
	struct candidate best = {}, next = {};
	struct cats_nexthop *nexthop;
	struct placed *placed;
	struct cats_walk walk;

	placed = entry && entry->used ? placed_of(places, entry, service) :
					NULL;
	if (!placed)
		return 0;
	cats_walk_start(&walk, f, entry);
	while (next.at < placed->nexthops &&
	       (nexthop = cats_walk_next(&walk))) {
		next.id = walk.id;
		next.weight = nexthop->link[walk.sel].weight;
		if (cats_flow_takes(f, walk.id, walk.sel)) {
			takes++;
			if (is_behind(placed, &next, &best))
				best = next;
		}
		next.at++;
	}
	if (!best.id)
		return 0;
	placed->flows[best.at]++;
	if (takes < next.at)
		keep_up(placed, f, entry, &best);
	return best.id;
}
