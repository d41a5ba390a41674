// SPDX-License-Identifier: GPL-2.0-or-later
/* What makes one candidate better than another: one line of the table each. */
#include <string.h>

#include "cmas_select.h"
#include "stage.h"

/* draft-ietf-cats-metric-definition: 0-3 not recommended, 4-7 optional. */
#define LEVEL2_OPTIONAL		4
#define LEVEL2_PREFERRED	8

/*
 * What it can carry, by how much it is recommended.  Not how much is free just
 * now: then all would leave those that have flows for those that have none, and
 * come back with the next metric.
 */
static double rank_weighted(const struct selection *s,
			    const struct select_candidate *c)
{
	double level = c->instance->score / 100;
	int band = level >= LEVEL2_PREFERRED ? 1 :
		   level < LEVEL2_OPTIONAL   ? 3 : 2;

	return band / select_size(s, c->instance);
}

static double rank_delay(const struct selection *s,
			 const struct select_candidate *c)
{
	return select_unloaded_us(s, c);
}

static double rank_cost(const struct selection *s,
			const struct select_candidate *c)
{
	(void)s;
	return c->instance->cost;
}

static double rank_cost_distance(const struct selection *s,
				 const struct select_candidate *c)
{
	return fabs(c->instance->cost - s->service->wanted_cost);
}

static uint64_t whole(double value, uint64_t otherwise)
{
	return value >= 0 && value < 0x1p53 ? (uint64_t)value : otherwise;
}

static struct cmas_row cmas_row_of(const struct select_candidate *c)
{
	const struct select_instance *instance = c->instance;
	struct cmas_row row = {
		.gas = (uint32_t)fmin(whole(instance->gas, 0), CMAS_GAS_MAX),
		.cost = whole(instance->cost, CMAS_COST_MAX),
		.computing_us = whole(instance->service_us,
				      CMAS_DELAY_UNKNOWN),
		/* there and back, as the requests of CMAS count it */
		.network_us = whole(c->path ? 2 * c->path->delay_us : NAN,
				    CMAS_DELAY_UNKNOWN),
	};

	memcpy(row.csci, instance->id, sizeof(row.csci));
	return row;
}

static struct cmas_request cmas_request_of(const struct select_service *service)
{
	return (struct cmas_request){
		.gas = service->gas,
		.cost = service->wanted_cost,
		.delay_us = whole(service->sla.delay_us, CMAS_DELAY_MAX),
	};
}

enum select_reason select_gas_judge(const struct select_service *service,
				    const struct select_candidate *candidate)
{
	const struct cmas_request request = cmas_request_of(service);
	const struct cmas_row row = cmas_row_of(candidate);

	switch (cmas_judge(&request, &row)) {
	case CMAS_FITS:
		return SELECT_KEPT;
	case CMAS_NO_GAS:
		return SELECT_GAS;
	default:
		return SELECT_DELAY;
	}
}

static bool better_cmas(const struct select_service *service,
			const struct select_candidate *a,
			const struct select_candidate *b)
{
	const struct cmas_request request = cmas_request_of(service);
	const struct cmas_row row_a = cmas_row_of(a), row_b = cmas_row_of(b);

	return cmas_better(&request, &row_a, &row_b);
}

static const struct select_objective objectives[] = {
	{ .name = "weighted", .rank = rank_weighted, .band = INFINITY },
	/* shares are as those; flow by flow, see respond.h */
	{ .name = "least-response", .rank = rank_weighted, .band = INFINITY },
	/* a tenth is less than what delays vary by */
	{ .name = "least-delay", .rank = rank_delay, .band = 1.1 },
	{ .name = "least-cost", .rank = rank_cost, .band = 1 },
	{ .name = "cmas", .rank = rank_cost_distance, .band = INFINITY,
	  .strict = true, .sole = true, .better = better_cmas },
};

#define OBJECTIVES	(sizeof(objectives) / sizeof(*objectives))

const struct select_objective *select_objective_find(const char *name)
{
	size_t i;

	for (i = 0; i < OBJECTIVES; i++)
		if (!strcmp(objectives[i].name, name))
			return &objectives[i];
	return NULL;
}

const struct select_objective *select_objective_at(size_t i)
{
	return i < OBJECTIVES ? &objectives[i] : NULL;
}

const char *select_objective_name(const struct select_objective *objective)
{
	return objective->name;
}
