// SPDX-License-Identifier: GPL-2.0-or-later
/* Balancers that know nothing of load. */
#include <stdlib.h>

#include "balancer.h"

/**
 * struct blind - what they remember
 * @turn: whose turn it is, by ingress
 * @sums: of sizes
 */
struct blind {
	uint32_t turn[WORLD_INGRESSES];
	double sums[];
};

static void *start(struct world *world)
{
	struct blind *blind;
	double sum = 0;
	uint32_t i;

	blind = sim_calloc(1, sizeof(*blind) +
			   world->instances * sizeof(*blind->sums));
	for (i = 0; i < WORLD_INGRESSES; i++)
		blind->turn[i] = random_below(&world->choice,
					      world->instances);
	for (i = 0; i < world->instances; i++) {
		sum += instance_size(&world->instance[i]);
		blind->sums[i] = sum;
	}
	return blind;
}

static uint32_t choose_random(void *state, struct world *world,
			      uint32_t ingress, double work)
{
	(void)state;
	(void)ingress;
	(void)work;
	return random_below(&world->choice, world->instances);
}

static uint32_t choose_turn(void *state, struct world *world, uint32_t ingress,
			    double work)
{
	struct blind *blind = state;

	(void)work;
	blind->turn[ingress] = (blind->turn[ingress] + 1) % world->instances;
	return blind->turn[ingress];
}

/* As the operator would configure them: slots by service time. */
static uint32_t choose_static(void *state, struct world *world,
			      uint32_t ingress, double work)
{
	struct blind *blind = state;

	(void)ingress;
	(void)work;
	return random_pick(&world->choice, blind->sums, world->instances);
}

/* Path and an idle instance's service time. */
static uint32_t choose_delay(void *state, struct world *world,
			     uint32_t ingress, double work)
{
	const struct instance *all = world->instance;
	uint32_t i, best = 0;

	(void)state;
	(void)work;
	for (i = 1; i < world->instances; i++)
		if (2 * all[i].delay_s[ingress] + all[i].said_s <
		    2 * all[best].delay_s[ingress] + all[best].said_s)
			best = i;
	return best;
}

const struct balancer balancer_random = {
	.name = "random", .start = start, .stop = free,
	.choose = choose_random,
};

const struct balancer balancer_round_robin = {
	.name = "round-robin", .start = start, .stop = free,
	.choose = choose_turn,
};

const struct balancer balancer_static = {
	.name = "static-weights", .start = start, .stop = free,
	.choose = choose_static,
};

const struct balancer balancer_least_delay = {
	.name = "least-delay", .start = start, .stop = free,
	.choose = choose_delay,
};
