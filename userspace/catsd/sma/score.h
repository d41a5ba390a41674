/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scores 0..1000 out of values: normalisation and aggregation functions, which
 * are named because both ends must use the same (RFC 10053 5.4).
 */
#ifndef SMA_SCORE_H
#define SMA_SCORE_H

#define SCORE_MAX	1000
#define LEVEL_MAX	10	/* of level 1 and 2 */

/**
 * struct sma_normalization - how a value becomes a score
 * @name: in the file and in records
 * @score: of the position of a value between best (0) and worst (1); its
 *	result is 1 for 0, 0 for 1 and never rises
 * @steepness: of it, where it has one; default
 */
struct sma_normalization {
	const char *name;
	double (*score)(double position, double steepness);
	double steepness;
};

/**
 * struct sma_part - a part of a score
 * @score: 0..1000; NAN: unknown
 * @weight: its share; 0: not part of it
 */
struct sma_part {
	double score;
	double weight;
};

/**
 * struct sma_aggregation - how scores become one
 * @name: in the file and in records
 * @of: of known parts with weights above 0 that add up to @total; at least one
 */
struct sma_aggregation {
	const char *name;
	double (*of)(const struct sma_part *parts, int count, double total);
};

/** sma_normalization_find - NULL if there is none of that name. */
const struct sma_normalization *sma_normalization_find(const char *name);
/** sma_normalization_names - of all, for messages. */
const char *sma_normalization_names(void);
/** sma_aggregation_find - NULL if there is none of that name. */
const struct sma_aggregation *sma_aggregation_find(const char *name);
/** sma_aggregation_names - of all, for messages. */
const char *sma_aggregation_names(void);

/**
 * sma_score - score of a value
 * @how: normalisation
 * @steepness: of it
 * @best: value with the score 1000
 * @worst: value with the score 0
 * @value: clamped to what is between; NAN
 *
 * Return: 0..1000, NAN for an unknown value.
 */
double sma_score(const struct sma_normalization *how, double steepness,
		 double best, double worst, double value);

/**
 * sma_aggregate - one score out of several
 * @how: aggregation
 * @parts: unknown ones are left out, and the others have their share
 * @count: of @parts
 * @coverage: how much of all weight is of known parts, 0..1; or NULL
 *
 * Return: 0..1000, NAN if nothing is known.
 */
double sma_aggregate(const struct sma_aggregation *how,
		     const struct sma_part *parts, int count,
		     double *coverage);

/**
 * sma_level - level-1 or level-2 value of a score
 *
 * Return: 0..10, score / 100 rounded down; -1 for an unknown score.
 */
int sma_level(double score);

#endif /* SMA_SCORE_H */
