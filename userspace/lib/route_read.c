// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading routes and next hops; route.c and route_draft.c change them. */
#include <string.h>

#include "route.h"
#include "service_index.h"

struct cats_service *cats_route_each(struct cats_forwarder *f, uint32_t *id)
{
	struct cats_service *service;

	while ((service = cats_table_each(&f->service, id)))
		if (service->used && cats_service_find(f, &service->key) == *id)
			return service;
	return NULL;
}

void cats_walk_start(struct cats_walk *walk, struct cats_forwarder *f,
		     const struct cats_service *service)
{
	walk->f = f;
	walk->sel = service->sel & 1;
	walk->next = service->conf[walk->sel].nexthop;
	walk->id = 0;
	walk->left = CATS_NEXTHOPS_MAX;
}

struct cats_nexthop *cats_walk_next(struct cats_walk *walk)
{
	struct cats_nexthop *nexthop;

	if (!walk->next || !walk->left--)
		return NULL;
	walk->id = walk->next;
	nexthop = cats_table_at(&walk->f->nexthop, walk->id);
	if (nexthop)
		walk->next = nexthop->link[walk->sel].next;
	return nexthop;
}

/* Counters of a chunk: [cpu][index in the chunk]. */
static struct cats_counter *row(struct cats_forwarder *f, uint32_t id)
{
	return cats_table_at(&f->nh_count, id);
}

void cats_nexthop_total(struct cats_forwarder *f, uint32_t id,
			struct cats_counter *total)
{
	struct cats_counter *counter = row(f, id);
	uint32_t cpu;

	memset(total, 0, sizeof(*total));
	for (cpu = 0; counter && cpu < f->cpus; cpu++) {
		total->packets += counter->packets;
		total->bytes += counter->bytes;
		counter += 1u << CATS_NEXTHOP_BITS;
	}
}

void cats_nexthop_zero(struct cats_forwarder *f, uint32_t id)
{
	struct cats_counter *counter = row(f, id);
	uint32_t cpu;

	for (cpu = 0; counter && cpu < f->cpus; cpu++) {
		memset(counter, 0, sizeof(*counter));
		counter += 1u << CATS_NEXTHOP_BITS;
	}
}

uint32_t cats_slot_at(struct cats_forwarder *f, uint32_t at)
{
	uint32_t *group = cats_table_at(&f->slot, at);

	return group ? CATS_GROUP_MEMBER(*group) : 0;
}

void cats_route_read(struct cats_forwarder *f, uint32_t id,
		     struct cats_route_spec *spec)
{
	struct cats_service *service = cats_table_at(&f->service, id);
	struct cats_nexthop_spec *want;
	struct cats_nexthop *nexthop;
	struct cats_path *path;
	struct cats_walk walk;

	spec->key = service->key;
	spec->conf = service->conf[service->sel & 1];
	spec->nexthops = 0;
	spec->may_rest = false;
	cats_walk_start(&walk, f, service);
	while ((nexthop = cats_walk_next(&walk))) {
		want = &spec->nexthop[spec->nexthops++];
		path = cats_table_at(&f->path, nexthop->link[walk.sel].path);
		memcpy(want->sid, nexthop->sid, 16);
		memcpy(want->instance, nexthop->instance, 16);
		want->policy = path ? path->policy : 0;
		want->weight = nexthop->link[walk.sel].weight;
		want->state = nexthop->link[walk.sel].state;
		want->id = walk.id;
	}
}
