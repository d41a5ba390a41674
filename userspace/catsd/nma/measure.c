// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "measure.h"

#define STEPS	32	/* of a magnitude */

static uint32_t bucket_of(uint64_t ns)
{
	uint32_t exponent, at;

	if (ns < STEPS)
		return ns;
	exponent = 63 - __builtin_clzll(ns);
	at = (exponent - 4) * STEPS + (ns >> (exponent - 5)) % STEPS;
	return at < NMA_BUCKETS ? at : NMA_BUCKETS - 1;
}

/* The middle of the bucket. */
static uint64_t value_of(uint32_t at)
{
	uint32_t shift;

	if (at < STEPS)
		return at;
	shift = at / STEPS - 1;
	return ((uint64_t)(STEPS + at % STEPS) << shift) +
	       ((1ull << shift) >> 1);
}

static void add(struct nma_delay *delay, uint64_t ns)
{
	if (!delay->count || ns < delay->min)
		delay->min = ns;
	if (ns > delay->max)
		delay->max = ns;
	delay->sum += ns;
	delay->count++;
}

void measure_delay(struct nma_measure *measure, uint32_t at, uint64_t ns,
		   uint64_t held)
{
	add(&measure->held, held);
	measure->held_squares += held / 1e3 * (held / 1e3);
	add(&measure->delay, ns);
	add(&measure->labels[at].delay, ns);
	measure->bucket[bucket_of(ns)]++;
}

void measure_answered(struct nma_measure *measure, uint32_t at,
		      uint32_t sequence, uint32_t reflected)
{
	measure->loss.probes++;
	measure->loss.answered++;
	measure->labels[at].probes++;
	measure->labels[at].answered++;
	if (!measure->based) {
		measure->based = true;
		measure->base_sequence = measure->last_sequence = sequence;
		measure->base_reflected = measure->last_reflected = reflected;
		return;
	}
	measure->since_base++;
	if ((int32_t)(sequence - measure->last_sequence) < 0)
		return;
	measure->last_sequence = sequence;
	measure->last_reflected = reflected;
}

void measure_lost(struct nma_measure *measure, uint32_t at)
{
	measure->loss.probes++;
	measure->labels[at].probes++;
}

static uint64_t held_deviation(const struct nma_measure *measure)
{
	uint64_t count = measure->held.count;
	double mean, variance;

	if (!count)
		return 0;
	mean = measure->held.sum / 1e3 / count;
	variance = measure->held_squares / count - mean * mean;
	return variance > 0 ? sqrt(variance) * 1e3 : 0;
}

static uint64_t percentile(const struct nma_measure *measure, uint32_t percent)
{
	uint64_t left = (measure->delay.count * percent + 99) / 100, value;
	uint32_t at;

	for (at = 0; at < NMA_BUCKETS; at++) {
		if (measure->bucket[at] >= left)
			break;
		left -= measure->bucket[at];
	}
	value = at < NMA_BUCKETS ? value_of(at) : measure->delay.max;
	if (value < measure->delay.min)
		return measure->delay.min;
	return value > measure->delay.max ? measure->delay.max : value;
}

/*
 * RFC 8762 4: the reflector's own numbers tell what was lost on the way there
 * from what was lost on the way back.
 */
static void directions(const struct nma_measure *measure,
		       struct nma_loss *loss)
{
	uint32_t sent = measure->last_sequence - measure->base_sequence;
	uint32_t reflected = measure->last_reflected - measure->base_reflected;

	/* more answers than probes: the reflector has started afresh */
	if (reflected > sent || measure->since_base > reflected)
		return;
	loss->forward = sent - reflected;
	loss->backward = reflected - measure->since_base;
}

void measure_finish(struct nma_measure *measure, bool stateful,
		    struct nma_result *result)
{
	memset(result, 0, sizeof(*result));
	result->delay = measure->delay;
	result->held = measure->held;
	result->held_deviation = held_deviation(measure);
	result->loss = measure->loss;
	memcpy(result->labels, measure->labels, sizeof(result->labels));
	if (measure->delay.count) {
		result->p50 = percentile(measure, 50);
		result->p90 = percentile(measure, 90);
		result->p99 = percentile(measure, 99);
		result->variation = result->p99 - measure->delay.min;
	}
	if (stateful && measure->based)
		directions(measure, &result->loss);
	memset(&measure->delay, 0, sizeof(measure->delay));
	memset(&measure->held, 0, sizeof(measure->held));
	measure->held_squares = 0;
	memset(measure->bucket, 0, sizeof(measure->bucket));
	memset(&measure->loss, 0, sizeof(measure->loss));
	memset(measure->labels, 0, sizeof(measure->labels));
	measure->base_sequence = measure->last_sequence;
	measure->base_reflected = measure->last_reflected;
	measure->since_base = 0;
}
