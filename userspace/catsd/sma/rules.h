/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a service is scored, made out of the file once. */
#ifndef SMA_RULES_H
#define SMA_RULES_H

#include "config.h"
#include "damping.h"
#include "factor.h"
#include "score.h"

/** What has levels: the factors, and behind them the two scores. */
#define VALUE_CPS	FACTORS
#define VALUE_NQI	(FACTORS + 1)
#define VALUES		(FACTORS + 2)

/**
 * struct sma_rule - of one factor
 * @share: its weight, as a share of all: 0..1; 0: not part of the score
 * @least: it never adapts to less
 * @most: nor to more
 * @best: value with the best score
 * @worst: value with the worst score
 */
struct sma_rule {
	double share;
	double least;
	double most;
	double best;
	double worst;
};

/**
 * struct sma_rules - of a service, or of the host
 * @normalization: function
 * @steepness: of it
 * @aggregation: function
 * @factor: rules
 */
struct sma_rules {
	const struct sma_normalization *normalization;
	double steepness;
	const struct sma_aggregation *aggregation;
	struct sma_rule factor[FACTORS];
};

/**
 * sma_rules_make - rules of a service
 * @rules: result
 * @config: section
 * @service: of it; NULL: the host, for which only its own factors count
 *
 * Return: 0 or -EINVAL with a message that names the key.
 */
int sma_rules_make(struct sma_rules *rules, const struct sma_config *config,
		   const struct sma_service_config *service);

/**
 * sma_gradients_make - levels of all values
 * @gradients: result
 * @config: section
 *
 * Return: 0 or -EINVAL with a message that names the key.
 */
int sma_gradients_make(struct gradient gradients[VALUES],
		       const struct sma_config *config);

/** sma_value_name - "cps", "nqi" or the name of a factor. */
const char *sma_value_name(int value);

/** sma_score_factor - score of one factor's value, NAN if it has none. */
double sma_score_factor(const struct sma_rules *rules, enum sma_factor factor,
			double value);

#endif /* SMA_RULES_H */
