// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "weight.h"

/* What a share is multiplied by: with no correlation, and with a full one. */
#define TIMES_NONE	0.25
#define TIMES_FULL	4.0

#define RESPONSE_MAX_US	60e6	/* no check takes longer */

void sma_weights_init(struct sma_weights *weights,
		      const struct sma_rules *rules, bool adapt)
{
	int i;

	memset(weights, 0, sizeof(*weights));
	weights->rules = rules;
	weights->adapt = adapt;
	for (i = 0; i < FACTORS; i++) {
		weights->share[i] = rules->factor[i].share;
		weights->why[i] = sma_weight_why(weights, i);
	}
}

static double forget(double before_s, double now_s)
{
	return now_s > before_s ? exp((before_s - now_s) / WEIGHT_MEMORY_S) : 1;
}

/* A mean of what was seen, where older things count less; how much @value
 * differs from it before it is taken in. */
static double deviation(float *mean, float *count, double value)
{
	double was = *count >= 1 ? value - *mean : 0;

	*count += 1;
	*mean += (value - *mean) / *count;
	return was;
}

static double position(const struct sma_rules *rules, int factor, double value)
{
	const struct sma_rule *rule = &rules->factor[factor];

	if (rule->best == rule->worst)
		return NAN;
	value = (value - rule->best) / (rule->worst - rule->best);
	return isnan(value) ? NAN : fmin(1, fmax(0, value));
}

/* Is it a factor whose weight can follow another one? */
static bool adapts(const struct sma_weights *weights, int factor)
{
	return weights->adapt && weights->rules->factor[factor].share > 0 &&
	       factor != FACTOR_RESPONSE_TIME;
}

static void forget_all(struct sma_weights *weights, double now_s)
{
	double keep = forget(weights->learn_s, now_s);
	int i;

	weights->learn_s = now_s;
	for (i = 0; i < FACTORS; i++) {
		weights->evidence[i].count *= keep;
		weights->evidence[i].xx *= keep;
		weights->evidence[i].yy *= keep;
		weights->evidence[i].xy *= keep;
	}
}

void sma_weights_learn(struct sma_weights *weights, struct sma_usual *usual,
		       const double values[FACTORS], double response_us,
		       double now_s)
{
	bool first = usual->count < 1;
	double keep = first ? 1 : forget(usual->time_s, now_s);
	double x, y;
	int i;

	if (!weights->adapt || !isfinite(response_us) || response_us < 0)
		return;
	forget_all(weights, now_s);
	usual->time_s = now_s;
	usual->count *= keep;
	/* the logarithm: response times are spread over orders of magnitude */
	y = deviation(&usual->response, &usual->count,
		      log1p(fmin(response_us, RESPONSE_MAX_US)));
	for (i = 0; i < FACTORS; i++) {
		x = position(weights->rules, i, values[i]);
		if (!adapts(weights, i) || isnan(x))
			continue;
		usual->factor_count[i] *= keep;
		x = deviation(&usual->position[i], &usual->factor_count[i], x);
		if (first)
			continue;
		weights->evidence[i].count += 1;
		weights->evidence[i].xx += x * x;
		weights->evidence[i].yy += y * y;
		weights->evidence[i].xy += x * y;
	}
}

double sma_weight_correlation(const struct sma_weights *weights,
			      enum sma_factor factor)
{
	double count = weights->evidence[factor].count;
	double xx = weights->evidence[factor].xx;
	double yy = weights->evidence[factor].yy;

	if (count < WEIGHT_LEAST || xx <= 1e-9 * count || yy <= 1e-9 * count)
		return NAN;
	return weights->evidence[factor].xy / sqrt(xx * yy);
}

/* What chance makes of nothing is within 2 / sqrt(n), mostly; and if it gets
 * better when the factor gets worse, it is no reason to avoid it. */
static double predicts(const struct sma_weights *weights, int factor)
{
	double r = sma_weight_correlation(weights, factor);
	double chance = 2 / sqrt(weights->evidence[factor].count);

	return r > chance ? r : 0;
}

static double wanted(const struct sma_weights *weights, int factor)
{
	double share = weights->rules->factor[factor].share;

	if (!adapts(weights, factor) ||
	    isnan(sma_weight_correlation(weights, factor)))
		return share;
	return share * (TIMES_NONE + (TIMES_FULL - TIMES_NONE) *
					     predicts(weights, factor));
}

static double least(const struct sma_weights *weights, int factor)
{
	const struct sma_rule *rule = &weights->rules->factor[factor];

	return adapts(weights, factor) ? rule->least : rule->share;
}

static double most(const struct sma_weights *weights, int factor)
{
	const struct sma_rule *rule = &weights->rules->factor[factor];

	return adapts(weights, factor) ? rule->most : rule->share;
}

static double bounded(const struct sma_weights *weights, int factor,
		      double share)
{
	return fmin(most(weights, factor), fmax(least(weights, factor), share));
}

/*
 * Shares that stand to each other as wanted, within their limits, and add up to
 * 1: all are multiplied by the same number, which is found by halving.  It
 * exists, as all at least are 1 or less together, and all at most 1 or more.
 */
static void target(const struct sma_weights *weights, double share[FACTORS])
{
	double low = 0, high = 1e6, middle, sum;
	int i, turn;

	for (turn = 0; turn < 60; turn++) {
		middle = (low + high) / 2;
		sum = 0;
		for (i = 0; i < FACTORS; i++)
			sum += bounded(weights, i, middle * wanted(weights, i));
		if (sum < 1)
			low = middle;
		else
			high = middle;
	}
	for (i = 0; i < FACTORS; i++)
		share[i] = bounded(weights, i, high * wanted(weights, i));
}

void sma_weights_move(struct sma_weights *weights, double now_s)
{
	double share[FACTORS], step = 0, before;
	enum sma_weight_why why;
	bool changed = false;
	int i;

	if (!weights->adapt)
		return;
	if (weights->move_s)
		step = 1 - exp((weights->move_s - now_s) / WEIGHT_INERTIA_S);
	weights->move_s = now_s;
	if (step <= 0)
		return;
	target(weights, share);
	for (i = 0; i < FACTORS; i++) {
		before = weights->share[i];
		/* between two sets of shares within the limits: within them */
		weights->share[i] += step * (share[i] - before);
		why = sma_weight_why(weights, i);
		changed |= why != weights->why[i] ||
			   floor(weights->share[i] * 1000) !=
				   floor(before * 1000);
		weights->why[i] = why;
	}
	weights->version += changed;
}

enum sma_weight_why sma_weight_why(const struct sma_weights *weights,
				   enum sma_factor factor)
{
	const struct sma_rule *rule = &weights->rules->factor[factor];
	double share = weights->share[factor];

	if (!weights->adapt)
		return WEIGHT_CONFIGURED;
	if (factor == FACTOR_RESPONSE_TIME)
		return WEIGHT_TARGET;
	if (isnan(sma_weight_correlation(weights, factor)))
		return WEIGHT_TOO_FEW;
	if (predicts(weights, factor) > 0)
		return share >= rule->most - 0.001 ? WEIGHT_AT_MOST :
						     WEIGHT_PREDICTS;
	return share <= rule->least + 0.001 ? WEIGHT_AT_LEAST :
					      WEIGHT_UNRELATED;
}

const char *sma_weight_why_name(enum sma_weight_why why)
{
	static const char *const names[WEIGHT_WHYS] = {
		[WEIGHT_CONFIGURED] = "configured",
		[WEIGHT_TARGET] = "is the response time",
		[WEIGHT_TOO_FEW] = "too few checks, or nothing varies",
		[WEIGHT_PREDICTS] = "predicts the response time",
		[WEIGHT_UNRELATED] = "does not predict the response time",
		[WEIGHT_AT_LEAST] =
			"does not predict the response time, at its minimum",
		[WEIGHT_AT_MOST] = "predicts the response time, at its maximum",
	};

	return names[why];
}
