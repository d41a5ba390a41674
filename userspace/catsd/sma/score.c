// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "score.h"

/* --- normalisation ------------------------------------------------------- */

/* The default of draft-ietf-cats-metric-definition. */
static double min_max(double position, double steepness)
{
	(void)steepness;
	return 1 - position;
}

static double logistic(double position, double steepness)
{
	return 1 / (1 + exp(steepness * (position - 0.5)));
}

/* Stretched so that best and worst have the best and the worst score. */
static double sigmoid(double position, double steepness)
{
	double top = logistic(0, steepness), bottom = logistic(1, steepness);

	return (logistic(position, steepness) - bottom) / (top - bottom);
}

static const struct sma_normalization normalizations[] = {
	{ "min-max", min_max, 0 },
	{ "sigmoid", sigmoid, 10 },
};

#define NORMALIZATIONS (sizeof(normalizations) / sizeof(normalizations[0]))

const struct sma_normalization *sma_normalization_find(const char *name)
{
	size_t i;

	for (i = 0; i < NORMALIZATIONS; i++)
		if (!strcmp(normalizations[i].name, name))
			return &normalizations[i];
	return NULL;
}

const char *sma_normalization_names(void)
{
	return "min-max, sigmoid";
}

double sma_score(const struct sma_normalization *how, double steepness,
		 double best, double worst, double value)
{
	double position = (value - best) / (worst - best);

	if (isnan(position))
		return NAN;
	position = fmin(1, fmax(0, position));
	return SCORE_MAX * how->score(position, steepness);
}

/* --- aggregation --------------------------------------------------------- */

static double weighted_mean(const struct sma_part *parts, int count,
			    double total)
{
	double sum = 0;
	int i;

	for (i = 0; i < count; i++)
		sum += parts[i].weight * parts[i].score;
	return sum / total;
}

/* One bad part counts for more than in a mean; a part of 0 makes all 0. */
static double geometric_mean(const struct sma_part *parts, int count,
			     double total)
{
	double sum = 0;
	int i;

	for (i = 0; i < count; i++)
		sum += parts[i].weight * log(parts[i].score / SCORE_MAX);
	return SCORE_MAX * exp(sum / total);
}

/* The worst part; weights only say whether something is part of it. */
static double minimum(const struct sma_part *parts, int count, double total)
{
	double least = SCORE_MAX;
	int i;

	(void)total;
	for (i = 0; i < count; i++)
		least = fmin(least, parts[i].score);
	return least;
}

static const struct sma_aggregation aggregations[] = {
	{ "weighted-mean", weighted_mean },
	{ "geometric-mean", geometric_mean },
	{ "minimum", minimum },
};

#define AGGREGATIONS (sizeof(aggregations) / sizeof(aggregations[0]))

const struct sma_aggregation *sma_aggregation_find(const char *name)
{
	size_t i;

	for (i = 0; i < AGGREGATIONS; i++)
		if (!strcmp(aggregations[i].name, name))
			return &aggregations[i];
	return NULL;
}

const char *sma_aggregation_names(void)
{
	return "weighted-mean, geometric-mean, minimum";
}

#define PARTS_MAX	32

double sma_aggregate(const struct sma_aggregation *how,
		     const struct sma_part *parts, int count, double *coverage)
{
	double all = 0, total = 0, score = NAN;
	struct sma_part known[PARTS_MAX];
	int i, n = 0;

	for (i = 0; i < count && n < PARTS_MAX; i++) {
		if (parts[i].weight <= 0)
			continue;
		all += parts[i].weight;
		if (isnan(parts[i].score))
			continue;
		total += parts[i].weight;
		known[n++] = parts[i];
	}
	if (n)
		score = fmin(SCORE_MAX, fmax(0, how->of(known, n, total)));
	if (coverage)
		*coverage = all > 0 ? total / all : 0;
	return score;
}

int sma_level(double score)
{
	if (isnan(score))
		return -1;
	/* a score of 700 that has become 699.9999999 is one of 700 */
	return floor(score / 100 + 1e-9);
}
