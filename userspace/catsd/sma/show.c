// SPDX-License-Identifier: GPL-2.0-or-later
/* Role sma for those who look inside: cats agent, OpenMetrics. */
#include <math.h>

#include "clock.h"
#include "sma/sma.h"

typedef void (*each_fn)(void *ctx, struct sma_subject *subject);

static void each_subject(struct sma *sma, each_fn fn, void *ctx)
{
	uint32_t i;

	fn(ctx, &sma->host_subject);
	for (i = 0; i < sma->subjects_count; i++)
		fn(ctx, &sma->subjects[i]);
}

/**
 * struct totals - over all subjects
 * @updates: by reason
 * @suppressed: crossings that had to wait
 * @checks: of health, by result
 * @states: instances, by health
 * @unknown_cps: subjects without a score
 * @largest_error: of a CPS that was told
 */
struct totals {
	uint64_t updates[DAMPING_REASONS];
	uint64_t suppressed;
	uint64_t checks[HEALTH_RESULTS];
	uint64_t states[HEALTH_STATES];
	uint64_t unknown_cps;
	double largest_error;
};

static void add(void *ctx, struct sma_subject *subject)
{
	struct totals *totals = ctx;
	int i;

	for (i = 0; i < DAMPING_REASONS; i++)
		totals->updates[i] += subject->damping.updates[i];
	for (i = 0; i < HEALTH_RESULTS; i++)
		totals->checks[i] += sma_health_count(subject->health, i);
	totals->suppressed += subject->damping.suppressed;
	totals->unknown_cps += isnan(subject->cps);
	totals->largest_error = fmax(totals->largest_error,
				     subject->damped[VALUE_CPS].max_error);
	if (!subject->is_host)
		totals->states[sma_health_state(subject->health)]++;
}

static json_t *updates_of(const struct totals *totals)
{
	json_t *object = json_object();
	int i;

	for (i = DAMPING_START; i < DAMPING_REASONS; i++)
		json_object_set_new(object, damping_reason_name(i),
				    json_integer(totals->updates[i]));
	json_object_set_new(object, "not-needed",
			    json_integer(totals->updates[DAMPING_NONE]));
	json_object_set_new(object, "suppressed",
			    json_integer(totals->suppressed));
	return object;
}

static json_t *checks_of(const struct totals *totals)
{
	json_t *object = json_object();
	int i;

	for (i = 0; i < HEALTH_RESULTS; i++)
		json_object_set_new(object, sma_health_result_name(i),
				    json_integer(totals->checks[i]));
	return object;
}

static json_t *states_of(const struct totals *totals)
{
	json_t *object = json_object();
	int i;

	for (i = 0; i < HEALTH_STATES; i++)
		json_object_set_new(object, sma_health_state_name(i),
				    json_integer(totals->states[i]));
	return object;
}

static json_t *weights_of(const struct sma_service *service)
{
	const struct sma_weights *weights = &service->weights;
	json_t *object = json_object();
	const struct sma_rule *rule;
	enum sma_weight_why why;
	int i;

	for (i = 0; i < FACTORS; i++) {
		rule = &service->rules.factor[i];
		if (!rule->share)
			continue;
		why = sma_weight_why(weights, i);
		json_object_set_new(object, sma_factor_types[i].name, json_pack(
			"{s:o, s:o, s:o, s:o, s:o, s:o, s:s}",
			"weight", sma_number(weights->share[i]),
			"configured", sma_number(rule->share),
			"least", sma_number(rule->least),
			"most", sma_number(rule->most),
			"correlation",
			sma_number(sma_weight_correlation(weights, i)),
			"checks", json_integer(weights->evidence[i].count),
			"why", sma_weight_why_name(why)));
	}
	return object;
}

static json_t *services_of(const struct sma *sma)
{
	json_t *object = json_object();
	uint32_t i;

	for (i = 0; i < sma->services_count; i++)
		json_object_set_new(object, sma->services[i].name,
				    weights_of(&sma->services[i]));
	return object;
}

json_t *sma_status(void *state)
{
	struct totals totals = {};
	struct sma *sma = state;
	json_t *object;

	each_subject(sma, add, &totals);
	object = json_pack("{s:s, s:i, s:I, s:I, s:b, s:b, s:I, s:I, s:I}",
		"state", sma->samples ? "running" : "starting",
		"instances", (int)sma->subjects_count,
		"samples", (json_int_t)sma->samples,
		"late", (json_int_t)sma->late,
		"gpu", sma->host.gpu != NULL,
		"cats.ko", sma->egress.open,
		"cats.ko-failures", (json_int_t)sma->egress.failures,
		"unknown-scores", (json_int_t)totals.unknown_cps,
		"refused", (json_int_t)sma->refused);
	json_object_set_new(object, "nqi", sma_number(sma->nqi));
	json_object_set_new(object, "largest-error",
			    sma_number(totals.largest_error));
	json_object_set_new(object, "updates", updates_of(&totals));
	json_object_set_new(object, "checks", checks_of(&totals));
	json_object_set_new(object, "health", states_of(&totals));
	json_object_set(object, "functions", sma->host_service.functions);
	json_object_set_new(object, "weights", services_of(sma));
	return object;
}

/* --- OpenMetrics --------------------------------------------------------- */

/* struct measure - where samples of subjects go */
struct measure {
	struct sma *sma;
	struct openmetrics *om;
};

static void gauge(const struct measure *m, const struct sma_subject *subject,
		  const char *name, const char *help, double value)
{
	if (isnan(value))
		return;
	om_gauge(m->om, name, help,
		 OM_LABELS({ "site", m->sma->site },
			   { "instance", subject->name }), value);
}

static void measure_subject(void *ctx, struct sma_subject *subject)
{
	const struct measure *m = ctx;
	int i;

	gauge(m, subject, "cats_sma_cps",
	      "Composite Performance Score, 0 to 1000.", subject->cps);
	gauge(m, subject, "cats_sma_coverage_ratio",
	      "Share of the weights whose factors are known.",
	      subject->coverage);
	if (subject->health)
		gauge(m, subject, "cats_sma_up", "Whether it is healthy.",
		      sma_health_state(subject->health) == HEALTH_UP);
	for (i = 0; i < FACTORS; i++) {
		if (isnan(subject->values[i]) || !sma_subject_has(subject, i))
			continue;
		om_gauge(m->om, "cats_sma_factor",
			 "Means of what is measured, in the unit of the factor.",
			 OM_LABELS({ "site", m->sma->site },
				   { "instance", subject->name },
				   { "factor", sma_factor_types[i].name },
				   { "unit", sma_factor_types[i].unit }),
			 subject->values[i]);
	}
}

static void measure_weights(const struct measure *m,
			    const struct sma_service *service)
{
	int i;

	for (i = 0; i < FACTORS; i++)
		if (service->rules.factor[i].share)
			om_gauge(m->om, "cats_sma_weight_ratio",
				 "Shares of factors in the score of a service.",
				 OM_LABELS({ "service", service->name },
					   { "factor",
					     sma_factor_types[i].name }),
				 service->weights.share[i]);
}

static void measure_totals(const struct measure *m, const struct totals *totals)
{
	int i;

	for (i = DAMPING_START; i < DAMPING_REASONS; i++)
		om_counter(m->om, "cats_sma_updates",
			   "Records published, by reason.",
			   OM_LABELS({ "reason", damping_reason_name(i) }),
			   totals->updates[i]);
	for (i = 0; i < HEALTH_RESULTS; i++)
		om_counter(m->om, "cats_sma_checks",
			   "Health checks, by result.",
			   OM_LABELS({ "result", sma_health_result_name(i) }),
			   totals->checks[i]);
	om_counter(m->om, "cats_sma_suppressed",
		   "Crossings of levels that waited for want of budget.", NULL,
		   totals->suppressed);
	om_counter(m->om, "cats_sma_late", "Samples that came late.", NULL,
		   m->sma->late);
	om_counter(m->om, "cats_sma_refused",
		   "Records the store did not take.", NULL, m->sma->refused);
}

void sma_measure(void *state, struct openmetrics *om)
{
	struct measure m = { .sma = state, .om = om };
	struct totals totals = {};
	uint32_t i;

	each_subject(m.sma, add, &totals);
	measure_totals(&m, &totals);
	if (!isnan(m.sma->nqi))
		om_gauge(om, "cats_sma_nqi", "Network Quality Index, 0 to 1000.",
			 OM_LABELS({ "site", m.sma->site }), m.sma->nqi);
	for (i = 0; i < m.sma->services_count; i++)
		measure_weights(&m, &m.sma->services[i]);
	each_subject(m.sma, measure_subject, &m);
}
