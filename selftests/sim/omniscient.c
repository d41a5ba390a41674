// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What nobody can do: every flow goes where it will be served first, and that
 * is known - what every flow in every slot, queue and on its way still takes,
 * and what this one will.
 */
#include <math.h>
#include <stdlib.h>

#include "balancer.h"

/** struct promise - when slots will be free, by what was chosen so far */
struct promise {
	uint32_t instances;
	struct times free[];
};

static void *start(struct world *world)
{
	struct promise *promise;
	uint32_t i, j;

	promise = sim_calloc(1, sizeof(*promise) +
			     world->instances * sizeof(*promise->free));
	promise->instances = world->instances;
	for (i = 0; i < world->instances; i++)
		for (j = 0; j < world->instance[i].slots; j++)
			times_add(&promise->free[i], 0);
	return promise;
}

static void stop(void *state)
{
	struct promise *promise = state;
	uint32_t i;

	for (i = 0; i < promise->instances; i++)
		times_free(&promise->free[i]);
	free(promise);
}

/* One that is down, or up again. */
static void metric(void *state, struct world *world, const struct event *event)
{
	struct promise *promise = state;
	struct times *free_at = &promise->free[event->instance];
	uint32_t i;

	(void)world;
	for (i = 0; i < free_at->count; i++)
		free_at->at[i] = isinf(event->value) ? INFINITY : event->since;
}

static uint32_t choose(void *state, struct world *world, uint32_t ingress,
		       double work)
{
	struct promise *promise = state;
	double end, ends = 0, back, best = INFINITY;
	const struct instance *instance;
	uint32_t i, chosen = 0;

	for (i = 0; i < world->instances; i++) {
		instance = &world->instance[i];
		back = instance->delay_s[ingress];
		end = fmax(promise->free[i].at[0], world->now + back) +
		      work * instance->service_s;
		if (end + back >= best)
			continue;
		best = end + back;
		ends = end;
		chosen = i;
	}
	times_replace(&promise->free[chosen], ends);
	return chosen;
}

const struct balancer balancer_omniscient = {
	.name = "omniscient",
	.start = start,
	.stop = stop,
	.metric = metric,
	.choose = choose,
};
