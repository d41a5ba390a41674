/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scores are made of: each factor with its unit, bounds and weight. */
#ifndef SMA_FACTOR_H
#define SMA_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

/** enum sma_factor - what is measured; FACTORS arrays of values use it */
enum sma_factor {
	FACTOR_CPU_UTILISATION,
	FACTOR_MEMORY_UTILISATION,
	FACTOR_HOST_CPU_UTILISATION,
	FACTOR_HOST_MEMORY_UTILISATION,
	FACTOR_STORAGE_UTILISATION,
	FACTOR_GPU_UTILISATION,
	FACTOR_GPU_MEMORY_UTILISATION,
	FACTOR_CPU_FREQUENCY,
	FACTOR_CPU_CORES,
	FACTOR_MEMORY_FREQUENCY,
	FACTOR_GPU_MEMORY,
	FACTOR_RESPONSE_TIME,
	FACTOR_HANDSHAKE_LATENCY,
	FACTOR_FLOW_UTILISATION,
	FACTOR_FLOWS,
	FACTOR_FLOW_RATE,
	FACTORS
};

/**
 * enum sma_category - level 1 of draft-ietf-cats-metric-definition
 *
 * Communication is C-NMA's, and here the NQI.
 */
enum sma_category {
	CATEGORY_COMPUTING,
	CATEGORY_SERVICE,
	CATEGORIES
};

/**
 * struct sma_factor_type - what is known of a factor
 * @name: in the file and in records
 * @unit: of its value; "1" for a fraction
 * @category: which level-1 metric it is part of
 * @cai: its type in a CARH, 0: none
 * @cai_scale: value in the unit of that type = value * @cai_scale
 * @best: value with the best score
 * @worst: value with the worst score; equal to @best: no score unless the file
 *	says bounds
 * @weight: unless the file says something, 0: not part of a score
 */
struct sma_factor_type {
	const char *name;
	const char *unit;
	enum sma_category category;
	uint8_t cai;
	double cai_scale;
	double best;
	double worst;
	double weight;
};

extern const struct sma_factor_type sma_factor_types[FACTORS];

/** sma_factor_find - number of a name, or -1. */
int sma_factor_find(const char *name);

/** sma_factor_of_host - is it something that a host has a score for? */
bool sma_factor_of_host(enum sma_factor factor);

/** sma_category_name - "computing", "service". */
const char *sma_category_name(enum sma_category category);

/** sma_factors_unknown - all values of a set unknown. */
void sma_factors_unknown(double values[FACTORS]);

#endif /* SMA_FACTOR_H */
