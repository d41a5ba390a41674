// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "nqi.h"

/**
 * struct part_type - a part of the index
 * @name: in the file
 * @object: of C-NMA's record, and in it
 * @key: the value
 * @weight: relative to the others'
 * @worst: value with the worst score; the best is 0
 */
static const struct part_type {
	const char *name;
	const char *object;
	const char *key;
	double weight;
	double worst;
} types[NQI_PARTS] = {
	[NQI_DELAY] = { "delay", "delay", "avg", 5, 100000 },	/* us */
	[NQI_LOSS] = { "loss", "loss", "round-trip", 3, 0.05 },
	[NQI_VARIATION] = { "variation", "variation", "value", 2, 30000 },
};

static int find(const char *name)
{
	int i;

	for (i = 0; i < NQI_PARTS; i++)
		if (!strcmp(types[i].name, name))
			return i;
	return -1;
}

static int bad(const char *name, const char *key, const char *what)
{
	return cats_error(EINVAL, "sma.nqi.%s%s%s: %s", name,
			  key[0] ? "." : "", key, what);
}

static int take(struct sma_nqi_rules *rules,
		const struct sma_factor_config *entry, double total)
{
	int part = find(entry->factor);

	if (part < 0)
		return bad(entry->factor, "", "is none of delay, loss, variation");
	if (rules->part[part].share)
		return bad(entry->factor, "", "is there twice");
	if (!(entry->weight > 0 && entry->weight <= 1e6))
		return bad(entry->factor, "weight",
			   "above 0 and up to 1000000 can be");
	if (entry->weight_min || entry->weight_max)
		return bad(entry->factor, "weight-min",
			   "the weights of the NQI do not adapt");
	rules->part[part].share = entry->weight / total;
	if (entry->best)
		rules->part[part].best = *entry->best;
	if (entry->worst)
		rules->part[part].worst = *entry->worst;
	/* false for what is no number, too */
	if (!(rules->part[part].best < rules->part[part].worst))
		return bad(entry->factor, "worst", "is not above best");
	return 0;
}

int sma_nqi_rules_make(struct sma_nqi_rules *rules,
		       const struct sma_config *config)
{
	double total = 0;
	uint32_t i;
	int ret;

	memset(rules, 0, sizeof(*rules));
	rules->normalization = sma_normalization_find(
		config->normalization ? config->normalization : "min-max");
	rules->steepness = config->steepness ? *config->steepness :
					       rules->normalization->steepness;
	for (i = 0; i < NQI_PARTS; i++) {
		rules->part[i].worst = types[i].worst;
		if (!config->nqi_count)
			rules->part[i].share = types[i].weight / 10;
	}
	for (i = 0; i < config->nqi_count; i++)
		total += config->nqi[i].weight;
	for (i = 0; i < config->nqi_count; i++) {
		ret = take(rules, &config->nqi[i], total);
		if (ret)
			return ret;
	}
	return 0;
}

double sma_nqi_path(const struct sma_nqi_rules *rules, const json_t *record)
{
	/* the draft says weighted average, whatever the file has for the CPS */
	const struct sma_aggregation *mean =
		sma_aggregation_find("weighted-mean");
	const char *state = json_string_value(json_object_get(record, "state"));
	struct sma_part parts[NQI_PARTS];
	json_t *value;
	int i;

	if (state && !strcmp(state, "down"))
		return 0;
	/* no probe was answered yet, and none can have been lost */
	if (state && !strcmp(state, "unknown"))
		return NAN;
	for (i = 0; i < NQI_PARTS; i++) {
		value = json_object_get(json_object_get(record,
							types[i].object),
					types[i].key);
		parts[i].weight = rules->part[i].share;
		parts[i].score = sma_score(rules->normalization,
					   rules->steepness,
					   rules->part[i].best,
					   rules->part[i].worst,
					   json_is_number(value) ?
						json_number_value(value) : NAN);
	}
	return sma_aggregate(mean, parts, NQI_PARTS, NULL);
}
