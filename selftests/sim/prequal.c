// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prequal (Wydrowski et al., NSDI 2024): every flow sends probes to instances
 * drawn at random, and goes by a pool of answers to earlier ones: the hot-cold
 * lexicographic rule.  It needs no metrics, but an answer from the instance for
 * each probe, within a round trip.
 *
 * It has more here than in the paper: it knows the slots and the service time
 * of instances (these are not alike), and how long the queue is an answer says
 * exactly, so that its latency is not an estimate from flows of the past.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "balancer.h"

/* The paper's section 5: the figures its evaluation goes by. */
#define POOL_MOST	16
#define PROBES		3
#define REMOVE		1
#define DELTA		1.0
#define AGE_S		1.0
#define HOT_QUANTILE	0.84
/* Answers that say what is hot. */
#define SEEN		64

/**
 * struct probed - an answer in the pool
 * @instance: whose
 * @load: flows by slots, with what this ingress sent there since
 * @latency: network and instance, in s
 * @at: when the instance answered
 * @uses: left
 */
struct probed {
	uint32_t instance;
	double load;
	double latency;
	double at;
	uint32_t uses;
};

/**
 * struct pool - of an ingress
 * @probed: answers, the oldest first
 * @count: how many
 * @seen: loads of the last answers
 * @answers: all there were
 * @oldest: which kind is removed next: the oldest or the worst
 */
struct pool {
	struct probed probed[POOL_MOST];
	uint32_t count;
	double seen[SEEN];
	uint64_t answers;
	bool oldest;
};

/**
 * struct prequal - all ingresses
 * @size: of a pool
 * @uses: of an answer
 * @pool: by ingress
 */
struct prequal {
	uint32_t size;
	uint32_t uses;
	struct pool pool[WORLD_INGRESSES];
};

/* The pool is smaller than the instances are many, which the formula needs. */
static void *start(struct world *world)
{
	struct prequal *prequal = sim_calloc(1, sizeof(*prequal));
	double n = world->instances, reuse;

	prequal->size = (uint32_t)fmax(2, fmin(POOL_MOST, n / 2));
	reuse = (1 + DELTA) / ((1 - prequal->size / n) * PROBES - REMOVE);
	prequal->uses = reuse > 0 ? (uint32_t)ceil(fmax(1, reuse)) : 1;
	return prequal;
}

static void drop(struct pool *pool, uint32_t at)
{
	pool->count--;
	memmove(&pool->probed[at], &pool->probed[at + 1],
		(pool->count - at) * sizeof(*pool->probed));
}

static double latency(const struct instance *instance, uint32_t ingress,
		      double flows)
{
	double waiting = fmax(0, flows + 1 - instance->slots);

	return 2 * instance->delay_s[ingress] +
	       instance->said_s * (1 + waiting / instance->slots);
}

static void answer(void *state, struct world *world, const struct event *event)
{
	const struct instance *instance = &world->instance[event->instance];
	struct prequal *prequal = state;
	struct pool *pool = &prequal->pool[event->ingress];
	double load = event->value / instance->slots;

	if (pool->count == prequal->size)
		drop(pool, 0);
	pool->probed[pool->count++] = (struct probed){
		.instance = event->instance,
		.load = load,
		.latency = latency(instance, event->ingress, event->value),
		.at = event->since,
		.uses = prequal->uses,
	};
	pool->seen[pool->answers++ % SEEN] = load;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* From what load on an instance is hot. */
static double hot(const struct pool *pool)
{
	uint32_t count = pool->answers < SEEN ? pool->answers : SEEN;
	double sorted[SEEN];

	memcpy(sorted, pool->seen, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_size);
	return sorted[(uint32_t)(HOT_QUANTILE * (count - 1))];
}

/* Cold before hot; cold by latency, hot by load. */
static bool is_better(const struct probed *a, const struct probed *b,
		      double limit)
{
	bool hot_a = a->load > limit, hot_b = b->load > limit;

	if (hot_a != hot_b)
		return hot_b;
	return hot_a ? a->load < b->load : a->latency < b->latency;
}

static void remove_one(struct pool *pool, double limit)
{
	uint32_t i, at = 0;

	if (!pool->count)
		return;
	for (i = 1; !pool->oldest && i < pool->count; i++)
		if (is_better(&pool->probed[at], &pool->probed[i], limit))
			at = i;
	pool->oldest = !pool->oldest;
	drop(pool, at);
}

static uint32_t use(struct pool *pool, struct world *world, uint32_t ingress,
		    double limit)
{
	const struct instance *instance;
	struct probed *best = pool->probed;
	uint32_t i, chosen;

	for (i = 1; i < pool->count; i++)
		if (is_better(&pool->probed[i], best, limit))
			best = &pool->probed[i];
	chosen = best->instance;
	instance = &world->instance[chosen];
	best->load += 1.0 / instance->slots;
	best->latency = latency(instance, ingress, best->load *
				instance->slots);
	if (!--best->uses)
		drop(pool, best - pool->probed);
	return chosen;
}

static uint32_t choose(void *state, struct world *world, uint32_t ingress,
		       double work)
{
	struct prequal *prequal = state;
	struct pool *pool = &prequal->pool[ingress];
	uint32_t chosen, i;
	double limit;

	(void)work;
	while (pool->count && pool->probed[0].at < world->now - AGE_S)
		drop(pool, 0);
	if (pool->count < 2) {
		chosen = random_below(&world->choice, world->instances);
	} else {
		limit = hot(pool);
		chosen = use(pool, world, ingress, limit);
		for (i = 0; i < REMOVE; i++)
			remove_one(pool, limit);
	}
	for (i = 0; i < PROBES; i++)
		world_probe(world, ingress,
			    random_below(&world->choice, world->instances));
	return chosen;
}

const struct balancer balancer_prequal = {
	.name = "prequal",
	.start = start,
	.stop = free,
	.answer = answer,
	.choose = choose,
};
