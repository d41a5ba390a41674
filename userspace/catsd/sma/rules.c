// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "rules.h"

/* How far an adapted weight may go from its share without the file's word. */
#define ADAPT_TIMES	4

static int bad(const char *where, const char *factor, const char *key,
	       const char *what)
{
	return cats_error(EINVAL, "sma.%sfactors.%s%s%s: %s", where, factor,
			  key[0] ? "." : "", key, what);
}

static int take_bounds(struct sma_rule *rule, const char *where,
		       const struct sma_factor_config *entry)
{
	if (entry->best)
		rule->best = *entry->best;
	if (entry->worst)
		rule->worst = *entry->worst;
	if (!isfinite(rule->best) || !isfinite(rule->worst))
		return bad(where, entry->factor, "best", "is no number");
	if (rule->best == rule->worst)
		return bad(where, entry->factor, "worst",
			   entry->worst ? "is the same as best" :
					  "is needed, as best is: the factor has no bounds of its own");
	return 0;
}

static int take_factor(struct sma_rules *rules, const char *where,
		       const struct sma_factor_config *entry, double total)
{
	int factor = sma_factor_find(entry->factor);
	struct sma_rule *rule;

	if (factor < 0)
		return bad(where, entry->factor, "", "there is no such factor");
	rule = &rules->factor[factor];
	if (rule->share)
		return bad(where, entry->factor, "", "is there twice");
	if (!(entry->weight > 0 && entry->weight <= 1e6))
		return bad(where, entry->factor, "weight",
			   "above 0 and up to 1000000 can be");
	rule->share = entry->weight / total;
	rule->least = entry->weight_min ? *entry->weight_min :
					  rule->share / ADAPT_TIMES;
	rule->most = entry->weight_max ? *entry->weight_max :
					 fmin(1, rule->share * ADAPT_TIMES);
	if (!(rule->least >= 0 && rule->least <= rule->share))
		return bad(where, entry->factor, "weight-min",
			   "is not between 0 and the weight's share of the whole");
	if (!(rule->most >= rule->share && rule->most <= 1))
		return bad(where, entry->factor, "weight-max",
			   "is not between the weight's share of the whole and 1");
	return take_bounds(rule, where, entry);
}

static int from_file(struct sma_rules *rules, const char *where,
		     const struct sma_factor_config *entries, uint32_t count)
{
	double total = 0;
	uint32_t i;
	int ret;

	for (i = 0; i < count; i++)
		total += entries[i].weight;
	for (i = 0; i < count; i++) {
		ret = take_factor(rules, where, &entries[i], total);
		if (ret)
			return ret;
	}
	return 0;
}

static void from_defaults(struct sma_rules *rules)
{
	double total = 0;
	struct sma_rule *rule;
	int i;

	for (i = 0; i < FACTORS; i++)
		total += sma_factor_types[i].weight;
	for (i = 0; i < FACTORS; i++) {
		rule = &rules->factor[i];
		rule->share = sma_factor_types[i].weight / total;
		rule->least = rule->share / ADAPT_TIMES;
		rule->most = fmin(1, rule->share * ADAPT_TIMES);
	}
}

static void take_functions(struct sma_rules *rules,
			   const struct sma_config *config)
{
	rules->normalization = sma_normalization_find(
		config->normalization ? config->normalization : "min-max");
	rules->steepness = config->steepness ? *config->steepness :
					       rules->normalization->steepness;
	rules->aggregation = sma_aggregation_find(
		config->aggregation ? config->aggregation : "weighted-mean");
}

/* What a host does not have gives its weight to the rest. */
static void keep_host(struct sma_rules *rules)
{
	double total = 0;
	int i;

	for (i = 0; i < FACTORS; i++) {
		if (!sma_factor_of_host(i))
			rules->factor[i].share = 0;
		total += rules->factor[i].share;
	}
	for (i = 0; i < FACTORS && total > 0; i++)
		rules->factor[i].share /= total;
}

static int make(struct sma_rules *rules, const struct sma_config *config,
		const struct sma_service_config *service)
{
	char where[128] = "";
	int i;

	memset(rules, 0, sizeof(*rules));
	take_functions(rules, config);
	for (i = 0; i < FACTORS; i++) {
		rules->factor[i].best = sma_factor_types[i].best;
		rules->factor[i].worst = sma_factor_types[i].worst;
	}
	if (service && service->factors_count) {
		snprintf(where, sizeof(where), "services.%s.", service->name);
		return from_file(rules, where, service->factors,
				 service->factors_count);
	}
	if (config->factors_count)
		return from_file(rules, where, config->factors,
				 config->factors_count);
	from_defaults(rules);
	return 0;
}

int sma_rules_make(struct sma_rules *rules, const struct sma_config *config,
		   const struct sma_service_config *service)
{
	int ret = make(rules, config, service);

	if (!ret && !service)
		keep_host(rules);
	return ret;
}

const char *sma_value_name(int value)
{
	if (value == VALUE_CPS)
		return "cps";
	return value == VALUE_NQI ? "nqi" : sma_factor_types[value].name;
}

static int find_value(const char *name)
{
	int i;

	for (i = 0; i < VALUES; i++)
		if (!strcmp(sma_value_name(i), name))
			return i;
	return -1;
}

/* Every level-2 value is one of these levels. */
static void default_levels(struct gradient *gradient)
{
	int i;

	gradient->count = LEVEL_MAX - 1;
	for (i = 0; i < LEVEL_MAX - 1; i++)
		gradient->levels[i] = (i + 1) * SCORE_MAX / LEVEL_MAX;
	gradient->hysteresis = SCORE_MAX / LEVEL_MAX / 5;
}

static int take_levels(struct gradient *gradient,
		       const struct sma_levels_config *entry)
{
	double gap = INFINITY;
	uint32_t i;

	if (entry->levels_count > GRADIENT_LEVELS_MAX)
		return cats_error(EINVAL, "up to %u can be",
				  GRADIENT_LEVELS_MAX);
	gradient->count = entry->levels_count;
	for (i = 0; i < entry->levels_count; i++) {
		gradient->levels[i] = entry->levels[i];
		if (i)
			gap = fmin(gap, entry->levels[i] -
						entry->levels[i - 1]);
	}
	if (entry->hysteresis)
		gradient->hysteresis = *entry->hysteresis;
	else if (isinf(gap))
		gradient->hysteresis = fabs(entry->levels[0]) / 5;
	else
		gradient->hysteresis = fmax(0, gap) / 5;
	return gradient_check(gradient);
}

int sma_gradients_make(struct gradient gradients[VALUES],
		       const struct sma_config *config)
{
	char why[256];
	uint32_t i;
	int value;

	memset(gradients, 0, sizeof(*gradients) * VALUES);
	if (!config->levels_count) {
		default_levels(&gradients[VALUE_CPS]);
		default_levels(&gradients[VALUE_NQI]);
	}
	for (i = 0; i < config->levels_count; i++) {
		value = find_value(config->levels[i].value);
		if (value < 0)
			return cats_error(EINVAL, "sma.levels.value: \"%s\" is neither cps, nqi nor a factor",
					  config->levels[i].value);
		if (gradients[value].count)
			return cats_error(EINVAL, "sma.levels.%s: is there twice",
					  config->levels[i].value);
		if (take_levels(&gradients[value], &config->levels[i])) {
			snprintf(why, sizeof(why), "%s", cats_error_message());
			return cats_error(EINVAL, "sma.levels.%s: %s",
					  config->levels[i].value, why);
		}
	}
	return 0;
}

double sma_score_factor(const struct sma_rules *rules, enum sma_factor factor,
			double value)
{
	const struct sma_rule *rule = &rules->factor[factor];

	if (rule->best == rule->worst)
		return NAN;
	return sma_score(rules->normalization, rules->steepness, rule->best,
			 rule->worst, value);
}
