// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "subject.h"

#define EGRESS_OLD_S	10

int sma_subject_init(struct sma_subject *subject, struct sma_service *service,
		     uint16_t slots)
{
	int i;

	subject->service = service;
	subject->cps = NAN;
	subject->flow_limit = NAN;
	subject->slots = slots;
	subject->window = malloc(slots * FACTORS * sizeof(float));
	if (!subject->window)
		return cats_error(ENOMEM, "out of memory");
	for (i = 0; i < slots * FACTORS; i++)
		subject->window[i] = NAN;
	for (i = 0; i < VALUES; i++)
		damped_init(&subject->damped[i]);
	for (i = 0; i < CATEGORIES; i++)
		subject->category[i] = NAN;
	sma_factors_unknown(subject->values);
	return 0;
}

void sma_subject_fini(struct sma_subject *subject)
{
	sma_health_free(subject->health);
	sma_cgroup_close(&subject->cgroup);
	free(subject->window);
	memset(subject, 0, sizeof(*subject));
}

bool sma_subject_has(const struct sma_subject *subject, enum sma_factor factor)
{
	return !subject->is_host || sma_factor_of_host(factor);
}

static void sample_egress(const struct sma_subject *subject, uint64_t now_s,
			  double values[FACTORS])
{
	if (!subject->egress_s || now_s - subject->egress_s > EGRESS_OLD_S)
		return;
	values[FACTOR_FLOWS] = subject->egress.flows;
	values[FACTOR_FLOW_RATE] = subject->egress.flow_rate;
	values[FACTOR_HANDSHAKE_LATENCY] = subject->egress.latency_us;
	values[FACTOR_FLOW_UTILISATION] =
		subject->egress.flows / subject->flow_limit;
}

static void sample_instance(struct sma_subject *subject,
			    const struct sma_host *host, uint64_t now_s,
			    double values[FACTORS])
{
	values[FACTOR_HOST_CPU_UTILISATION] = values[FACTOR_CPU_UTILISATION];
	values[FACTOR_HOST_MEMORY_UTILISATION] =
		values[FACTOR_MEMORY_UTILISATION];
	if (subject->has_cgroup)
		sma_cgroup_sample(&subject->cgroup, host,
				  &values[FACTOR_CPU_UTILISATION],
				  &values[FACTOR_MEMORY_UTILISATION]);
	values[FACTOR_RESPONSE_TIME] = sma_health_response_us(subject->health);
	sample_egress(subject, now_s, values);
}

/* Means of what is known in the window. */
static void take_means(struct sma_subject *subject)
{
	float sum[FACTORS] = {};
	int count[FACTORS] = {}, i;
	const float *row;
	uint16_t slot;

	for (slot = 0; slot < subject->slots; slot++) {
		row = subject->window + slot * FACTORS;
		for (i = 0; i < FACTORS; i++) {
			count[i] += !isnan(row[i]);
			sum[i] += isnan(row[i]) ? 0 : row[i];
		}
	}
	for (i = 0; i < FACTORS; i++)
		subject->values[i] = count[i] ? sum[i] / count[i] : NAN;
}

static void push(struct sma_subject *subject, const double values[FACTORS])
{
	float *row;
	int i;

	subject->slot = (subject->slot + 1) % subject->slots;
	row = subject->window + subject->slot * FACTORS;
	for (i = 0; i < FACTORS; i++)
		row[i] = values[i];
}

static void score(struct sma_subject *subject)
{
	const struct sma_service *service = subject->service;
	const struct sma_aggregation *how = service->rules.aggregation;
	struct sma_part all[FACTORS], part[CATEGORIES][FACTORS];
	int i, category;

	memset(part, 0, sizeof(part));
	for (i = 0; i < FACTORS; i++) {
		all[i].weight = service->weights.share[i];
		all[i].score = all[i].weight <= 0 ? NAN :
			sma_score_factor(&service->rules, i,
					 subject->values[i]);
		part[sma_factor_types[i].category][i] = all[i];
	}
	subject->cps = sma_aggregate(how, all, FACTORS, &subject->coverage);
	for (category = 0; category < CATEGORIES; category++)
		subject->category[category] =
			sma_aggregate(how, part[category], FACTORS, NULL);
	/* Whatever it has to spare, nobody gets it. */
	if (sma_health_state(subject->health) == HEALTH_DOWN) {
		subject->category[CATEGORY_SERVICE] = 0;
		subject->cps = 0;
	}
}

void sma_subject_sample(struct sma_subject *subject,
			const struct sma_host *host, uint64_t now_s)
{
	double values[FACTORS];

	memcpy(values, host->values, sizeof(values));
	if (!subject->is_host)
		sample_instance(subject, host, now_s, values);
	push(subject, values);
	take_means(subject);
	score(subject);
}

double sma_subject_latest(const struct sma_subject *subject,
			  enum sma_factor factor)
{
	return subject->window[subject->slot * FACTORS + factor];
}

static double value_of(const struct sma_subject *subject, int value, double nqi)
{
	if (value == VALUE_CPS)
		return subject->cps;
	if (value == VALUE_NQI)
		return subject->is_host ? nqi : NAN;
	return subject->values[value];
}

enum damping_reason sma_subject_damp(struct sma_subject *subject,
				     const struct gradient gradients[VALUES],
				     const struct damping_config *config,
				     double nqi, uint64_t now_ms)
{
	enum sma_health_state health = sma_health_state(subject->health);
	unsigned int levels, most = 0;
	enum damping_reason reason;
	double value;
	int i;

	if (health != subject->told_health)
		most = DAMPED_FAR;
	for (i = 0; i < VALUES; i++) {
		levels = damped_sample(&subject->damped[i], &gradients[i],
				       value_of(subject, i, nqi));
		most = levels > most ? levels : most;
	}
	reason = damping_sample(&subject->damping, config, now_ms, most);
	for (i = 0; i < VALUES; i++) {
		value = value_of(subject, i, nqi);
		if (reason == DAMPING_NONE)
			damped_kept(&subject->damped[i], value);
		else
			damped_sent(&subject->damped[i], value);
	}
	if (reason != DAMPING_NONE)
		subject->told_health = health;
	return reason;
}
