// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <math.h>
#include <stdlib.h>

#include "world.h"

/* Slots of an instance: an edge box to a small cluster. */
#define SLOTS_LEAST	4
#define SLOTS_MOST	32
/* The slowest hardware takes twice as long as the fastest. */
#define SERVICE_SPREAD	2.0
/* One way, in s: the next building to the other end of the country. */
#define DELAY_LEAST	0.001
#define DELAY_MOST	0.020

/* Streams: of the world itself, of balancers, then of ingresses. */
#define STREAM_WORLD	0
#define STREAM_CHOICE	1
#define STREAM_WORK	2

/* Ingresses are not alike either. */
static const double ingress_part[WORLD_INGRESSES] = { 0.4, 0.3, 0.2, 0.1 };

void *sim_calloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		err(EXIT_FAILURE, "%zu bytes", count * size);
	return memory;
}

/* As likely between 1 and 2 as between 2 and 4. */
static double random_scale(struct random *random, double least, double most)
{
	return least * pow(most / least, random_unit(random));
}

static void instance_init(struct instance *instance, struct random *random)
{
	uint32_t i;

	instance->slots = (uint32_t)random_scale(random, SLOTS_LEAST,
						 SLOTS_MOST + 1);
	instance->service_s = WORLD_SERVICE_S *
		random_scale(random, 1 / sqrt(SERVICE_SPREAD),
			     sqrt(SERVICE_SPREAD));
	for (i = 0; i < WORLD_INGRESSES; i++)
		instance->delay_s[i] = random_scale(random, DELAY_LEAST,
						    DELAY_MOST);
	for (i = 0; i < instance->slots; i++)
		times_add(&instance->free, 0);
}

void world_init(struct world *world, const struct setting *setting)
{
	double size = 0, error = setting->error;
	struct instance *instance;
	struct random random;
	uint32_t i;

	*world = (struct world){ .setting = setting,
				 .instances = setting->instances };
	world->instance = sim_calloc(world->instances,
				     sizeof(*world->instance));
	random_init(&random, setting->seed, STREAM_WORLD);
	random_init(&world->choice, setting->seed, STREAM_CHOICE);
	for (i = 0; i < world->instances; i++) {
		instance = &world->instance[i];
		instance_init(instance, &random);
		instance->said_s = i % 2 ? instance->service_s / error :
					   instance->service_s * error;
		size += instance->slots / instance->service_s;
	}
	for (i = 0; i < WORLD_INGRESSES; i++) {
		random_init(&world->work[i], setting->seed, STREAM_WORK + i);
		world->rate[i] = setting->load * size * ingress_part[i];
	}
}

void world_free(struct world *world)
{
	uint32_t i;

	events_free(&world->events);
	for (i = 0; i < world->instances; i++) {
		times_free(&world->instance[i].ends);
		times_free(&world->instance[i].free);
	}
	free(world->instance);
}

void world_probe(struct world *world, uint32_t ingress, uint32_t instance)
{
	const struct event probe = {
		.at = world->now + world->instance[instance].delay_s[ingress],
		.type = EVENT_PROBE,
		.ingress = ingress,
		.instance = instance,
	};

	events_add(&world->events, &probe);
}

/* First come, first served: when it ends is known as soon as it is there. */
double instance_join(struct instance *instance, double now, double work)
{
	double end = fmax(instance->free.at[0], now) +
		     work * instance->service_s;

	times_replace(&instance->free, end);
	times_add(&instance->ends, end);
	return end;
}

uint32_t instance_flows(struct instance *instance, double now)
{
	while (instance->ends.count && instance->ends.at[0] <= now)
		times_take(&instance->ends);
	return instance->ends.count;
}

double instance_size(const struct instance *instance)
{
	return instance->slots / instance->said_s;
}
