// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "damping.h"
#include "error.h"
#include "stage.h"

#define REASON_NAME(symbol, name, fate) name,
#define REASON_FATE(symbol, name, fate) SELECT_FATE_##fate,
#define CHANGE_NAME(symbol, name) name,

static const char *const reason_names[] = { SELECT_REASONS(REASON_NAME) };
static const uint8_t reason_fates[] = { SELECT_REASONS(REASON_FATE) };
static const char *const change_names[] = { SELECT_CHANGES(CHANGE_NAME) };

#undef REASON_NAME
#undef REASON_FATE
#undef CHANGE_NAME

const struct select_tuning select_tuning_default = {
	.gain = 0.25,
	.speed = 3,
	.settle_ms = 100,
	.tilt = 1,
	.tilt_ms = 500,
	.step = 1.5,
	.worth = 0.02,
	.hysteresis = 0.1,
	.burst = 10,
	.spacing_ms = 100,
};

const char *select_reason_name(enum select_reason reason)
{
	return reason_names[reason];
}

enum select_fate select_reason_fate(enum select_reason reason)
{
	return reason_fates[reason];
}

const char *select_change_name(enum select_change change)
{
	return change_names[change];
}

void select_service_init(struct select_service *service)
{
	*service = (struct select_service){
		.objective = select_objective_at(0),
		.sla = { NAN, NAN, NAN, NAN, NAN, NAN, NAN },
		.gas = 1,
		.nexthops = 16,
		.resolution = 100,
		.tuning = select_tuning_default,
	};
}

static int check_tuning(const struct select_tuning *t)
{
	const struct {
		const char *name;
		double value, min, max;
	} fields[] = {
		{ "gain", t->gain, 0, 1 },
		{ "speed", t->speed, 0, 8 },
		{ "settle-ms", t->settle_ms, 1, 3600000 },
		{ "tilt", t->tilt, 0, 10 },
		{ "tilt-ms", t->tilt_ms, 1, 3600000 },
		{ "step", t->step, 1, 100 },
		{ "worth", t->worth, 0, 1 },
		{ "hysteresis", t->hysteresis, 0, 0.5 },
		{ "burst", t->burst, 1, 1000 },
		{ "spacing-ms", t->spacing_ms, 1, 3600000 },
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!(fields[i].value >= fields[i].min &&
		      fields[i].value <= fields[i].max))
			return cats_error(EINVAL, "%s: %g is not within %g and %g",
					  fields[i].name, fields[i].value,
					  fields[i].min, fields[i].max);
	return 0;
}

static int check_sla(const struct select_sla *sla)
{
	const struct {
		const char *name;
		double value, max;
	} fields[] = {
		{ "delay-us", sla->delay_us, 3.6e9 },
		{ "variation-us", sla->variation_us, 3.6e9 },
		{ "loss", sla->loss, 1 },
		{ "level2", sla->level2, 10 },
		{ "load", sla->load, 1000 },
		{ "cost", sla->cost, 0x1p53 },
		{ "age-ms", sla->age_ms, 3.6e9 },
	};
	size_t i;

	/* NAN: no bound */
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].value < 0 || fields[i].value > fields[i].max)
			return cats_error(EINVAL, "%s: %g is not within 0 and %g",
					  fields[i].name, fields[i].value,
					  fields[i].max);
	return 0;
}

int select_service_check(const struct select_service *service)
{
	int ret;

	if (!service->objective)
		return cats_error(EINVAL, "policy: there is no such policy");
	if (!service->nexthops || service->nexthops > SELECT_NEXTHOPS_MAX)
		return cats_error(EINVAL, "next-hops: %u is not within 1 and %d",
				  service->nexthops, SELECT_NEXTHOPS_MAX);
	if (service->resolution < service->nexthops ||
	    service->resolution > SELECT_RESOLUTION_MAX)
		return cats_error(EINVAL, "resolution: %u is not within next-hops (%u) and %d",
				  service->resolution, service->nexthops,
				  SELECT_RESOLUTION_MAX);
	ret = check_sla(&service->sla);
	return ret ? ret : check_tuning(&service->tuning);
}

static void quantise(struct selection *s)
{
	double share[SELECT_NEXTHOPS_MAX];
	uint32_t i;

	if (!s->kepts)
		return;
	for (i = 0; i < s->kepts; i++)
		share[i] = s->candidate[s->kept[i]].share;
	s->report->error = select_quantise(share, s->kepts,
					   s->service->resolution, s->weight);
}

void select_run(const struct select_service *service,
		struct select_memory *memory,
		struct select_candidate *candidate, size_t candidates,
		uint64_t now_ms, struct select_report *report)
{
	struct selection s;

	/* the arrays of it need no 0, and are two thirds of the stack used */
	s.service = service;
	s.memory = memory;
	s.candidate = candidate;
	s.candidates = candidates;
	s.now_ms = now_ms;
	s.kepts = 0;
	s.report = report;
	memset(report, 0, sizeof(*report));
	select_judge(&s);
	select_choose(&s);
	select_share(&s);
	quantise(&s);
	select_settle(&s);
}

void select_drained(struct select_candidate *candidate)
{
	if (!candidate->weight)
		candidate->serving = false;
}
