// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

/* Bins from 0.1 ms on, each half a percent wider than the one before. */
#define BIN_LEAST_S	1e-4
#define BIN_STEP	0.005
#define BINS		4096

void measure_init(struct measure *measure, const struct setting *setting)
{
	*measure = (struct measure){
		.begin = setting->warm_s,
		.interval = setting->age_s,
		.instances = setting->instances,
		.bin = sim_calloc(BINS, sizeof(*measure->bin)),
		.now = sim_calloc(setting->instances, sizeof(*measure->now)),
		.before = sim_calloc(setting->instances,
				     sizeof(*measure->before)),
	};
}

void measure_free(struct measure *measure)
{
	free(measure->before);
	free(measure->now);
	free(measure->bin);
}

/* An interval is over: how far are rates from those of the one before? */
static void compare(struct measure *measure)
{
	double now, before;
	uint32_t i;

	for (i = 0; measure->period && i < measure->instances; i++) {
		now = measure->now[i];
		before = measure->before[i];
		measure->changed += (now - before) * (now - before) / 2;
		measure->chance += (now + before) / 2;
		measure->rates += (now + before) * (now + before) / 4;
	}
	memcpy(measure->before, measure->now,
	       measure->instances * sizeof(*measure->now));
	memset(measure->now, 0, measure->instances * sizeof(*measure->now));
	measure->period++;
}

void measure_choice(struct measure *measure, double now, uint32_t instance)
{
	uint64_t period = (uint64_t)((now - measure->begin) /
				     measure->interval);

	while (measure->period < period)
		compare(measure);
	measure->now[instance]++;
}

void measure_response(struct measure *measure, double response)
{
	double bin = log(response / BIN_LEAST_S) / BIN_STEP;

	measure->flows++;
	measure->sum += response;
	measure->late += response > MEASURE_SLA_S;
	measure->bin[(uint32_t)fmin(fmax(bin, 0), BINS - 1)]++;
}

double measure_quantile(const struct measure *measure, double quantile)
{
	uint64_t left = (uint64_t)(quantile * measure->flows);
	uint32_t i = 0;

	while (i < BINS - 1 && measure->bin[i] <= left)
		left -= measure->bin[i++];
	/* within a bin, all are as likely: half a percent is seen */
	return BIN_LEAST_S *
	       exp((i + (left + 0.5) / fmax(measure->bin[i], 1)) * BIN_STEP);
}

double measure_oscillation(const struct measure *measure)
{
	double beyond = measure->changed - measure->chance;

	return measure->rates > 0 ? sqrt(fmax(0, beyond) / measure->rates) : 0;
}
