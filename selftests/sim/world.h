/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ingresses, and sites with an instance each. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "random.h"
#include "times.h"

/** WORLD_INGRESSES - each with a C-PS of its own */
#define WORLD_INGRESSES	4

/** WORLD_SERVICE_S - what a flow takes, on average of the instances, in s */
#define WORLD_SERVICE_S	0.2

struct balancer;

/**
 * struct setting - what is simulated
 * @balancer: who chooses
 * @age_s: of a metric when the next one comes
 * @load: flows by what all instances can take, 0..1
 * @heavy: work is heavy-tailed, not exponential
 * @outage: the largest instance fails for a third of the time
 * @error: sites say that service takes so many times as long as it does, every
 *	other one the inverse; 1: they know
 * @seed: of chance; another world each
 * @instances: of the service
 * @warm_s: time to settle in, not counted
 * @run_s: time that is
 */
struct setting {
	const struct balancer *balancer;
	double age_s;
	double load;
	bool heavy;
	bool outage;
	double error;
	uint32_t seed;
	uint32_t instances;
	double warm_s;
	double run_s;
};

/**
 * struct instance - one, with a queue before its slots
 * @slots: flows it serves at once
 * @service_s: time for work 1
 * @said_s: what its site says of that
 * @delay_s: one way, by ingress
 * @free: when each slot will be
 * @ends: of the flows that are there, those that wait included
 */
struct instance {
	uint32_t slots;
	double service_s;
	double said_s;
	double delay_s[WORLD_INGRESSES];
	struct times free;
	struct times ends;
};

/**
 * struct world - all
 * @setting: as asked for
 * @now: in s
 * @instance: of the service
 * @instances: how many
 * @rate: flows a second, by ingress
 * @work: stream of flows, by ingress
 * @choice: stream of balancers
 * @events: to come
 */
struct world {
	const struct setting *setting;
	double now;
	struct instance *instance;
	uint32_t instances;
	double rate[WORLD_INGRESSES];
	struct random work[WORLD_INGRESSES];
	struct random choice;
	struct events events;
};

/** world_init - as the setting's seed has it. */
void world_init(struct world *world, const struct setting *setting);
/** world_free - all of it. */
void world_free(struct world *world);

/** world_probe - ask an instance; balancer->answer() hears of it. */
void world_probe(struct world *world, uint32_t ingress, uint32_t instance);

/** instance_join - a flow comes; when will it have been served? */
double instance_join(struct instance *instance, double now, double work);
/** instance_flows - how many are there? */
uint32_t instance_flows(struct instance *instance, double now);
/** instance_size - flows a second it can take, as its site says */
double instance_size(const struct instance *instance);

/** sim_calloc - calloc(3), or the end. */
void *sim_calloc(size_t count, size_t size);

#endif /* SIM_WORLD_H */
