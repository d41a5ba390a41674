// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is within the bounds of the SLA. */
#include "stage.h"

/**
 * struct bound - one line of the SLA
 * @reason: when it is not met
 * @limit: of the SLA; NAN: none
 * @value: of the candidate; NAN: unknown
 * @floor: at least, not at most
 */
struct bound {
	enum select_reason reason;
	double limit;
	double value;
	bool floor;
};

/*
 * Who was dropped for a bound has to be well inside it to come back; who never
 * was has not.  Nobody is kept outside it.
 */
static bool meets(const struct bound *bound, bool was_dropped, double margin)
{
	double limit = bound->limit;

	if (was_dropped)
		limit *= bound->floor ? 1 + margin : 1 - margin;
	if (isnan(bound->value))
		return false;
	return bound->floor ? bound->value >= limit : bound->value <= limit;
}

static enum select_reason judge_sla(const struct select_service *service,
				    struct select_candidate *c, uint64_t now)
{
	const struct select_instance *instance = c->instance;
	const struct select_path *path = c->path;
	const struct select_sla *sla = &service->sla;
	double computing = isnan(instance->service_us) ? 0 :
							 instance->service_us;
	const struct bound bounds[] = {
		{ SELECT_STALE, sla->age_ms,
		  instance->sampled_ms ? (double)now - instance->sampled_ms :
					 NAN, false },
		{ SELECT_DELAY, sla->delay_us,
		  path ? path->delay_us + computing : NAN, false },
		{ SELECT_VARIATION, sla->variation_us,
		  path ? path->variation_us : NAN, false },
		{ SELECT_LOSS, sla->loss, path ? path->loss : NAN, false },
		{ SELECT_LEVEL2, sla->level2, instance->score / 100, true },
		{ SELECT_CAPACITY, sla->load, c->load, false },
		{ SELECT_COST, sla->cost, instance->cost, false },
	};
	const struct bound *bound;

	for (bound = bounds; bound < bounds + sizeof(bounds) / sizeof(*bounds);
	     bound++) {
		if (isnan(bound->limit) ||
		    meets(bound, c->reason == bound->reason,
			  service->tuning.hysteresis))
			continue;
		c->unknown = isnan(bound->value);
		return bound->reason;
	}
	return SELECT_KEPT;
}

static enum select_reason judge_one(const struct selection *s,
				    struct select_candidate *c)
{
	const struct select_instance *instance = c->instance;

	c->unknown = false;
	if (instance->state == SELECT_DOWN)
		return SELECT_STATE_DOWN;
	if (instance->unhealthy)
		return SELECT_UNHEALTHY;
	if (c->path && c->path->down)
		return SELECT_PATH_DOWN;
	if (instance->state == SELECT_DRAIN)
		return SELECT_STATE_DRAIN;
	if (instance->silent)
		return SELECT_STALE;
	if (instance->mismatch)
		return SELECT_MISMATCH;
	if (s->service->objective->strict)
		return select_gas_judge(s->service, c);
	return judge_sla(s->service, c, s->now_ms);
}

static double real_us(const struct select_candidate *c)
{
	const struct select_instance *instance = c->instance;
	double computing = instance->service_us;

	if (!isnan(instance->capacity) && !isnan(c->load))
		computing *= 1 + select_wait(c->load, instance->capacity);
	return c->path ? c->path->delay_us + computing : NAN;
}

void select_judge(struct selection *s)
{
	struct select_candidate *c = s->candidate;
	const struct select_candidate *end = c + s->candidates;

	s->computing = true;
	for (; c < end; c++) {
		c->load = select_load(c->instance);
		c->real_us = real_us(c);
		c->rank = NAN;
		c->share = 0;
		c->reason = judge_one(s, c);
		if (select_reason_fate(c->reason) != SELECT_FATE_MOVED &&
		    isnan(c->instance->service_us))
			s->computing = false;
	}
}
