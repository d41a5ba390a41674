/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weights that adapt ("Self-Adaptation", draft-peng-cats-car-architecture-00):
 * a factor weighs more the better it predicts the response time.
 *
 * For every check of an instance, each factor's position between best and worst
 * and the logarithm of the response time are taken as deviations from what is
 * usual for that instance, and correlated over all instances of the service;
 * the past is forgotten with a time constant.  A weight moves within the limits of
 * its rule towards its configured share, times what the correlation is worth.
 */
#ifndef SMA_WEIGHT_H
#define SMA_WEIGHT_H

#include <stdbool.h>

#include "rules.h"

#define WEIGHT_MEMORY_S	600	/* time constant of what is remembered */
#define WEIGHT_INERTIA_S 60	/* and of how a weight moves */
#define WEIGHT_LEAST	30	/* checks before there is a correlation */

/**
 * struct sma_usual - what is usual for an instance
 * @count: checks it is made of, at most those of the memory
 * @position: of each factor
 * @factor_count: as @count, for each factor
 * @response: logarithm of the response time
 * @time_s: of the last check
 */
struct sma_usual {
	float count;
	float position[FACTORS];
	float factor_count[FACTORS];
	float response;
	double time_s;
};

/** enum sma_weight_why - why a weight is what it is */
enum sma_weight_why {
	WEIGHT_CONFIGURED,	/* it does not adapt */
	WEIGHT_TARGET,		/* it is the response time itself */
	WEIGHT_TOO_FEW,		/* not enough checks yet */
	WEIGHT_PREDICTS,	/* it predicts the response time */
	WEIGHT_UNRELATED,	/* it does not */
	WEIGHT_AT_LEAST,	/* it does not, and may not become less */
	WEIGHT_AT_MOST,		/* it does, and may not become more */
	WEIGHT_WHYS
};

/**
 * struct sma_weights - of a service
 * @rules: of it
 * @adapt: or stay as configured
 * @share: weights now; add up to 1
 * @evidence: sums over checks, for each factor: how many (forgotten ones
 *	count less), deviations squared, and their product
 * @learn_s: time of the last check
 * @move_s: time of the last move
 * @why: at the last move
 * @version: changes when a share changes by a thousandth, or a @why
 */
struct sma_weights {
	const struct sma_rules *rules;
	bool adapt;
	double share[FACTORS];
	struct {
		double count;
		double xx;
		double yy;
		double xy;
	} evidence[FACTORS];
	double learn_s;
	double move_s;
	enum sma_weight_why why[FACTORS];
	unsigned int version;
};

/** sma_weights_init - as configured; a rule's share of 0: not part of it. */
void sma_weights_init(struct sma_weights *weights,
		      const struct sma_rules *rules, bool adapt);

/**
 * sma_weights_learn - a check of an instance was good
 * @weights: of its service
 * @usual: of the instance; all 0 before its first check
 * @values: of its factors
 * @response_us: response time
 * @now_s: any clock that does not go back
 */
void sma_weights_learn(struct sma_weights *weights, struct sma_usual *usual,
		       const double values[FACTORS], double response_us,
		       double now_s);

/** sma_weights_move - follow what was learned, up to now. */
void sma_weights_move(struct sma_weights *weights, double now_s);

/** sma_weight_correlation - -1..1; NAN: too few checks, or nothing varies. */
double sma_weight_correlation(const struct sma_weights *weights,
			      enum sma_factor factor);

/** sma_weight_why - why a weight is what it is. */
enum sma_weight_why sma_weight_why(const struct sma_weights *weights,
				   enum sma_factor factor);
/** sma_weight_why_name - "configured", "predicts the response time", ... */
const char *sma_weight_why_name(enum sma_weight_why why);

#endif /* SMA_WEIGHT_H */
