// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The C-PS: the code of userspace/catsd/ps/select/, once for each ingress, with
 * what the metrics say and nothing else.  Flows are spread by the weights as
 * the hash in the data plane does: at random.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "balancer.h"
#include "ps/select/select.h"

/* 0 would be a metric that never was. */
#define EPOCH_MS	1000
/* Sum of the weights by next hops: a hundredth of a fair share is a change. */
#define RESOLUTION	100

/**
 * struct ingress - a C-PS and what it steers
 * @memory: of the selection
 * @instance: what it was told
 * @path: to each instance
 * @candidate: one for each instance
 * @sums: of the weights in force
 */
struct ingress {
	struct select_memory memory;
	struct select_instance *instance;
	struct select_path *path;
	struct select_candidate *candidate;
	double *sums;
};

/**
 * struct cats - all of them
 * @service: how it is selected: as by default
 * @instances: of the service
 * @ingress: each
 * @decisions: how often the selection ran
 * @cpu_s: that took
 */
struct cats {
	struct select_service service;
	uint32_t instances;
	struct ingress ingress[WORLD_INGRESSES];
	uint64_t decisions;
	double cpu_s;
};

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void put_in_force(struct cats *cats, struct ingress *in)
{
	double sum = 0;
	uint32_t i;

	for (i = 0; i < cats->instances; i++) {
		sum += in->candidate[i].weight;
		in->sums[i] = sum;
	}
}

static void decide(struct cats *cats, struct ingress *in, double now)
{
	struct select_report report;
	double began = cpu_s();

	select_run(&cats->service, &in->memory, in->candidate,
		   cats->instances, EPOCH_MS + (uint64_t)(1e3 * now),
		   &report);
	cats->cpu_s += cpu_s() - began;
	cats->decisions++;
	if (report.change > SELECT_HELD)
		put_in_force(cats, in);
}

/* What a site says of its instance once: capacity and computing time. */
static void learn(struct ingress *in, const struct world *world,
		  uint32_t ingress, uint32_t i)
{
	const struct instance *instance = &world->instance[i];

	in->instance[i] = (struct select_instance){
		.score = NAN,
		.flows = 0,
		.capacity = instance->slots,
		.service_us = 1e6 * instance->said_s,
		.cost = NAN,
		.gas = NAN,
		.sampled_ms = EPOCH_MS,
	};
	memcpy(in->instance[i].id + 12, &i, sizeof(i));
	in->path[i] = (struct select_path){
		.delay_us = 1e6 * instance->delay_s[ingress],
	};
	in->candidate[i].instance = &in->instance[i];
	in->candidate[i].path = &in->path[i];
}

static void *start(struct world *world)
{
	struct cats *cats = sim_calloc(1, sizeof(*cats));
	uint32_t n = world->instances, i, j;
	struct ingress *in;

	cats->instances = n;
	select_service_init(&cats->service);
	cats->service.nexthops = n;
	cats->service.resolution = RESOLUTION * n;
	for (i = 0; i < WORLD_INGRESSES; i++) {
		in = &cats->ingress[i];
		in->instance = sim_calloc(n, sizeof(*in->instance));
		in->path = sim_calloc(n, sizeof(*in->path));
		in->candidate = sim_calloc(n, sizeof(*in->candidate));
		in->sums = sim_calloc(n, sizeof(*in->sums));
		for (j = 0; j < n; j++)
			learn(in, world, i, j);
		decide(cats, in, 0);
	}
	return cats;
}

static void stop(void *state)
{
	struct cats *cats = state;
	uint32_t i;

	for (i = 0; i < WORLD_INGRESSES; i++) {
		free(cats->ingress[i].sums);
		free(cats->ingress[i].candidate);
		free(cats->ingress[i].path);
		free(cats->ingress[i].instance);
	}
	free(cats);
}

static void metric(void *state, struct world *world, const struct event *event)
{
	struct cats *cats = state;
	struct ingress *in = &cats->ingress[event->ingress];
	struct select_instance *instance = &in->instance[event->instance];

	/* health is told of apart from metrics */
	instance->unhealthy = isinf(event->value);
	if (!instance->unhealthy)
		instance->flows = event->value;
	instance->sampled_ms = EPOCH_MS + (uint64_t)(1e3 * event->since);
	decide(cats, in, world->now);
}

static uint32_t choose(void *state, struct world *world, uint32_t ingress,
		       double work)
{
	struct cats *cats = state;

	(void)work;
	return random_pick(&world->choice, cats->ingress[ingress].sums,
			   cats->instances);
}

static double decisions(const void *state, double *cpu)
{
	const struct cats *cats = state;

	*cpu = cats->cpu_s;
	return cats->decisions;
}

const struct balancer balancer_cats = {
	.name = "cats",
	.metrics = true,
	.start = start,
	.stop = stop,
	.metric = metric,
	.choose = choose,
	.decisions = decisions,
};
