// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The C-PS in mode control: userspace/catsd/ps/select/respond.c itself, once for
 * each ingress.  An ingress sees its own flows begin and end, and has the metrics
 * that cats in mode table has.
 */
#include <math.h>
#include <stdlib.h>

#include "balancer.h"
#include "ps/select/respond.h"

/**
 * struct control - all ingresses
 * @instances: of the service
 * @down: by ingress, the one that is; @instances: none
 * @respond: by ingress and instance
 */
struct control {
	uint32_t instances;
	uint32_t down[WORLD_INGRESSES];
	struct respond respond[];
};

static uint64_t us(double s)
{
	return (uint64_t)(1e6 * s);
}

static struct respond *at(struct control *control, uint32_t ingress,
			  uint32_t instance)
{
	return &control->respond[ingress * control->instances + instance];
}

static void *start(struct world *world)
{
	uint32_t n = world->instances, i, j;
	const struct instance *instance;
	struct control *control;

	control = sim_calloc(1, sizeof(*control) + (size_t)WORLD_INGRESSES *
			     n * sizeof(*control->respond));
	control->instances = n;
	for (i = 0; i < WORLD_INGRESSES; i++) {
		control->down[i] = n;
		for (j = 0; j < n; j++) {
			instance = &world->instance[j];
			*at(control, i, j) = (struct respond){
				.capacity = instance->slots,
				.service_us = 1e6 * instance->said_s,
				.delay_us = 1e6 * instance->delay_s[i],
			};
		}
	}
	return control;
}

static void metric(void *state, struct world *world, const struct event *event)
{
	struct respond *respond = at(state, event->ingress, event->instance);
	struct control *control = state;

	if (isinf(event->value)) {
		/* its flows are no more */
		control->down[event->ingress] = event->instance;
		while (respond->own)
			respond_end(respond, us(world->now));
		return;
	}
	if (control->down[event->ingress] == event->instance)
		control->down[event->ingress] = control->instances;
	respond_metric(respond, event->value, us(event->since));
}

static void end(void *state, struct world *world, const struct event *event)
{
	respond_end(at(state, event->ingress, event->instance),
		    us(world->now));
}

static uint32_t choose(void *state, struct world *world, uint32_t ingress,
		       double work)
{
	struct control *control = state;
	double cost, best = INFINITY;
	uint32_t i, chosen = 0;

	(void)work;
	for (i = 0; i < control->instances; i++) {
		cost = respond_cost(at(control, ingress, i));
		if (cost >= best || i == control->down[ingress])
			continue;
		best = cost;
		chosen = i;
	}
	respond_begin(at(control, ingress, chosen), us(world->now));
	return chosen;
}

const struct balancer balancer_control = {
	.name = "cats-control",
	.metrics = true,
	.start = start,
	.stop = free,
	.metric = metric,
	.end = end,
	.choose = choose,
};
