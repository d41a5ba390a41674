/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Network Quality Index (draft-peng-cats-car-architecture-00): a weighted
 * average over what C-NMA publishes below path/SITE/.
 */
#ifndef SMA_NQI_H
#define SMA_NQI_H

#include <jansson.h>

#include "config.h"
#include "score.h"

enum sma_nqi_part { NQI_DELAY, NQI_LOSS, NQI_VARIATION, NQI_PARTS };

/**
 * struct sma_nqi_rules - how paths are scored
 * @normalization: function
 * @steepness: of it
 * @part: share, and the values with the best and the worst score
 */
struct sma_nqi_rules {
	const struct sma_normalization *normalization;
	double steepness;
	struct {
		double share;
		double best;
		double worst;
	} part[NQI_PARTS];
};

/** sma_nqi_rules_make - 0 or -EINVAL with a message that names the key. */
int sma_nqi_rules_make(struct sma_nqi_rules *rules,
		       const struct sma_config *config);

/**
 * sma_nqi_path - index of one path
 * @rules: how
 * @record: of C-NMA
 *
 * Return: 0..1000: 0 for a path that is down; NAN if nothing of it is known.
 */
double sma_nqi_path(const struct sma_nqi_rules *rules, const json_t *record);

#endif /* SMA_NQI_H */
