// SPDX-License-Identifier: GPL-2.0-or-later
/* Balancers that go by the metrics of the sites, flow by flow. */
#include <stdlib.h>

#include "balancer.h"

/**
 * struct stale - what an ingress was told last
 * @instances: of the service
 * @sums: of sizes
 * @load: by ingress and instance
 */
struct stale {
	uint32_t instances;
	double *sums;
	double load[];
};

static void *start(struct world *world)
{
	uint32_t i, n = world->instances;
	struct stale *stale;
	double sum = 0;

	stale = sim_calloc(1, sizeof(*stale) + (WORLD_INGRESSES + 1) *
			   n * sizeof(*stale->load));
	stale->instances = n;
	stale->sums = stale->load + (size_t)WORLD_INGRESSES * n;
	for (i = 0; i < n; i++) {
		sum += instance_size(&world->instance[i]);
		stale->sums[i] = sum;
	}
	return stale;
}

static void metric(void *state, struct world *world, const struct event *event)
{
	struct stale *stale = state;
	uint32_t at = event->ingress * stale->instances + event->instance;

	stale->load[at] = event->value /
			  world->instance[event->instance].slots;
}

static uint32_t choose_least(void *state, struct world *world,
			     uint32_t ingress, double work)
{
	const struct stale *stale = state;
	const double *load = stale->load + ingress * stale->instances;
	uint32_t i, n = stale->instances, best, at;

	(void)work;
	/* from anywhere: equals have the same chance */
	best = random_below(&world->choice, n);
	for (i = 1, at = best; i < n; i++) {
		at = at + 1 == n ? 0 : at + 1;
		if (load[at] < load[best])
			best = at;
	}
	return best;
}

/* Mitzenmacher's, with candidates drawn by size: instances are not alike. */
static uint32_t choose_two(void *state, struct world *world, uint32_t ingress,
			   double work)
{
	const struct stale *stale = state;
	const double *load = stale->load + ingress * stale->instances;
	uint32_t a, b;

	(void)work;
	a = random_pick(&world->choice, stale->sums, stale->instances);
	b = random_pick(&world->choice, stale->sums, stale->instances);
	return load[b] < load[a] ? b : a;
}

const struct balancer balancer_least_loaded = {
	.name = "least-loaded", .metrics = true, .start = start, .stop = free,
	.metric = metric, .choose = choose_least,
};

const struct balancer balancer_two_choices = {
	.name = "two-choices", .metrics = true, .start = start, .stop = free,
	.metric = metric, .choose = choose_two,
};
