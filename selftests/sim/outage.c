// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <stdlib.h>

#include "outage.h"

/* In s: until an ingress knows, as STAMP or a health check tells it. */
#define DETECT_S	0.05

static uint32_t largest(const struct world *world)
{
	uint32_t i, best = 0;

	for (i = 1; i < world->instances; i++)
		if (instance_size(&world->instance[i]) >
		    instance_size(&world->instance[best]))
			best = i;
	return best;
}

static void plan(struct world *world, enum event_type type, double at,
		 const struct outage *outage)
{
	const struct event event = {
		.at = at, .type = type, .instance = outage->instance,
	};

	events_add(&world->events, &event);
}

void outage_init(struct outage *outage, struct world *world)
{
	const struct setting *setting = world->setting;

	*outage = (struct outage){ .wanted = setting->outage };
	if (!outage->wanted)
		return;
	outage->instance = largest(world);
	outage->from = setting->warm_s + setting->run_s / 3;
	outage->to = setting->warm_s + setting->run_s * 2 / 3;
	plan(world, EVENT_DOWN, outage->from, outage);
	plan(world, EVENT_UP, outage->to, outage);
}

void outage_free(struct outage *outage)
{
	free(outage->flow);
}

bool outage_has(const struct outage *outage, uint32_t instance)
{
	return outage->wanted && outage->instance == instance;
}

void outage_add(struct outage *outage, const struct flow *flow)
{
	if (outage->count == outage->room) {
		outage->room = outage->room ? 2 * outage->room : 256;
		outage->flow = reallocarray(outage->flow, outage->room,
					    sizeof(*outage->flow));
		if (!outage->flow)
			err(EXIT_FAILURE, "outage");
	}
	outage->flow[outage->count++] = *flow;
}

bool outage_take(struct outage *outage, int ingress, double end,
		 struct flow *flow)
{
	uint32_t i;

	for (i = outage->count; i--; ) {
		*flow = outage->flow[i];
		if (flow->end > end ||
		    (ingress >= 0 && flow->ingress != (uint32_t)ingress))
			continue;
		outage->flow[i] = outage->flow[--outage->count];
		return true;
	}
	return false;
}

/* Every ingress hears of it. */
static void tell(const struct outage *outage, struct world *world)
{
	struct event event = {
		.at = world->now + DETECT_S,
		.type = EVENT_HEAR,
		.instance = outage->instance,
	};

	for (; event.ingress < WORLD_INGRESSES; event.ingress++)
		events_add(&world->events, &event);
}

void outage_begin(struct outage *outage, struct world *world)
{
	struct instance *instance = &world->instance[outage->instance];
	uint32_t i;

	outage->down = true;
	times_free(&instance->ends);
	times_free(&instance->free);
	for (i = 0; i < instance->slots; i++)
		times_add(&instance->free, outage->to);
	tell(outage, world);
}

void outage_end(struct outage *outage, struct world *world)
{
	outage->down = false;
	tell(outage, world);
}
