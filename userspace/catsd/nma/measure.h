/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a window of probes says of a path: delay, variation, loss. */
#ifndef CATSD_NMA_MEASURE_H
#define CATSD_NMA_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#define NMA_LABELS	16

/* Delays by magnitude, 32 steps each: a percentile is right to 3 %. */
#define NMA_BUCKETS	1184

/** struct nma_delay - round-trip delay without the reflector's time, ns */
struct nma_delay {
	uint64_t min;
	uint64_t max;
	uint64_t sum;
	uint64_t count;
};

/**
 * struct nma_label - one flow label: one way through the underlay's ECMP
 * @label: 20 bits
 * @probes: whose fate is known
 * @answered: of them
 * @delay: of them
 */
struct nma_label {
	uint32_t label;
	uint64_t probes;
	uint64_t answered;
	struct nma_delay delay;
};

/**
 * struct nma_loss - probes by fate
 * @probes: whose fate is known
 * @answered: of them
 * @forward: did not reach the reflector, by its count
 * @backward: its answer did not reach us
 */
struct nma_loss {
	uint64_t probes;
	uint64_t answered;
	uint64_t forward;
	uint64_t backward;
};

/**
 * struct nma_result - a finished window
 * @delay: all labels
 * @held: time the reflector had the probes, by its own stamps
 * @held_deviation: standard deviation of that, ns
 * @p50: median, ns
 * @p90: percentile
 * @p99: percentile
 * @variation: PDV, the 99th percentile over the minimum: RFC 5481 4.2
 * @loss: in the window
 * @labels: by label
 * @ms: length of the window
 */
struct nma_result {
	struct nma_delay delay;
	struct nma_delay held;
	uint64_t held_deviation;
	uint64_t p50;
	uint64_t p90;
	uint64_t p99;
	uint64_t variation;
	struct nma_loss loss;
	struct nma_label labels[NMA_LABELS];
	uint32_t ms;
};

/**
 * struct nma_measure - the window in progress
 * @delay: of all
 * @held: time the reflector had them
 * @held_squares: sum of the squares of that, us
 * @loss: so far; @loss.forward and backward are made at its end
 * @based: @base_sequence is valid
 * @base_sequence: sender's and
 * @base_reflected: reflector's sequence number the window counts from
 * @last_sequence: newest answer's
 * @last_reflected: likewise
 * @since_base: answers since
 * @labels: by label
 * @bucket: histogram
 */
struct nma_measure {
	struct nma_delay delay;
	struct nma_delay held;
	double held_squares;
	struct nma_loss loss;
	bool based;
	uint32_t base_sequence;
	uint32_t base_reflected;
	uint32_t last_sequence;
	uint32_t last_reflected;
	uint64_t since_base;
	struct nma_label labels[NMA_LABELS];
	uint32_t bucket[NMA_BUCKETS];
};

/** measure_delay - a probe of label @at took @ns, and was @held at the far end */
void measure_delay(struct nma_measure *measure, uint32_t at, uint64_t ns,
		   uint64_t held);

/** measure_answered - a probe was answered, with these sequence numbers */
void measure_answered(struct nma_measure *measure, uint32_t at,
		      uint32_t sequence, uint32_t reflected);

/** measure_lost - a probe was not answered in time */
void measure_lost(struct nma_measure *measure, uint32_t at);

/**
 * measure_finish - end the window and begin the next one
 * @measure: window
 * @stateful: the reflector counts for itself
 * @result: what it says
 */
void measure_finish(struct nma_measure *measure, bool stateful,
		    struct nma_result *result);

#endif /* CATSD_NMA_MEASURE_H */
