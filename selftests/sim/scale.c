// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "balancer.h"
#include "scale.h"

#define LOAD		0.8
/* Metrics of each service, to every ingress. */
#define ROUNDS		10
/* Between the rounds, in s; an instance is heard of once in a while. */
#define ROUND_S		0.1

/**
 * struct subject - a service
 * @world: of it
 * @state: of the balancer
 */
struct subject {
	struct world world;
	void *state;
};

/* Some more, some fewer, as likely. */
static double draw_flows(struct world *world, uint32_t instance)
{
	double part = 0.5 + random_unit(&world->choice);

	return (uint32_t)(world->instance[instance].slots * LOAD * part);
}

static void hear(struct subject *subject, double now)
{
	struct world *world = &subject->world;
	struct event event = {
		.at = now,
		.type = EVENT_METRIC,
		.since = now,
		.instance = random_below(&world->choice, world->instances),
	};

	world->now = now;
	event.value = draw_flows(world, event.instance);
	for (; event.ingress < WORLD_INGRESSES; event.ingress++)
		balancer_cats.metric(subject->state, world, &event);
}

static void conclude(struct subject *subject, struct scale *scale)
{
	double cpu_s;

	scale->decisions += balancer_cats.decisions(subject->state, &cpu_s);
	scale->cpu_s += cpu_s;
	balancer_cats.stop(subject->state);
	world_free(&subject->world);
}

struct scale scale_run(uint32_t services, uint32_t instances, FILE *progress)
{
	struct subject *subject = sim_calloc(services, sizeof(*subject));
	struct setting *setting = sim_calloc(services, sizeof(*setting));
	struct scale scale = {};
	uint32_t i, round;

	for (i = 0; i < services; i++) {
		setting[i] = (struct setting){ .load = LOAD, .error = 1,
					       .seed = i + 1,
					       .instances = instances };
		world_init(&subject[i].world, &setting[i]);
		subject[i].state = balancer_cats.start(&subject[i].world);
	}
	for (round = 1; round <= ROUNDS; round++) {
		for (i = 0; i < services; i++)
			hear(&subject[i], round * ROUND_S);
		if (progress)
			fprintf(progress, "\r%u of %d rounds%s", round, ROUNDS,
				round == ROUNDS ? "\r\033[K" : "");
	}
	for (i = 0; i < services; i++)
		conclude(&subject[i], &scale);
	free(setting);
	free(subject);
	return scale;
}
