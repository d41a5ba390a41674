// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base64.h"
#include "carh.h"
#include "error.h"
#include "record.h"

int sma_words_init(struct sma_words *words, const char *site,
		   const struct sma_config *config)
{
	/* names of draft-ietf-cats-metric-definition, which change a lot */
	static const char *const types[CATEGORIES + 1] = {
		[CATEGORY_COMPUTING] = "computing_comb",
		[CATEGORY_SERVICE] = "service_comb",
		[CATEGORIES] = "norm_fi",
	};
	json_t **member = (json_t **)words;
	size_t i;

	memset(words, 0, sizeof(*words));
	words->site = json_string(site);
	for (i = 0; i < DAMPING_REASONS; i++)
		words->reason[i] = json_string(damping_reason_name(i));
	for (i = 0; i < HEALTH_STATES; i++)
		words->health[i] = json_string(sma_health_state_name(i));
	for (i = 0; i <= CATEGORIES; i++)
		words->type[i] = json_string(types[i]);
	words->unit = json_string("");
	words->format = json_string("uint");
	words->length = json_integer(1);
	words->statistics = json_string("mean");
	words->window = json_integer(config->window_ms);
	words->ttl = json_integer(config->ttl_s);
	words->level[0] = json_integer(1);
	words->level[1] = json_integer(2);
	words->score_source = json_pack("[s, s, s]", "directly measured",
					"normalization", "aggregation");
	words->estimated_source = json_pack("[s, s, s]", "estimation",
					    "normalization", "aggregation");
	for (i = 0; i < sizeof(*words) / sizeof(*member); i++)
		if (!member[i])
			return cats_error(ENOMEM, "out of memory");
	return 0;
}

void sma_words_fini(struct sma_words *words)
{
	json_t **member = (json_t **)words;
	size_t i;

	for (i = 0; i < sizeof(*words) / sizeof(*member); i++)
		json_decref(member[i]);
	memset(words, 0, sizeof(*words));
}

json_t *sma_number(double value)
{
	if (isnan(value))
		return json_null();
	/* as an integer where it is one: shorter, and what it is */
	value = round(value * 10000) / 10000;
	if (value == floor(value) && fabs(value) < 1e15)
		return json_integer(value);
	return json_real(value);
}

static json_t *level_number(double score)
{
	int level = sma_level(score);

	return level < 0 ? json_null() : json_integer(level);
}

static json_t *encode(const struct sma_subject *subject, double nqi,
		      uint16_t ttl_s)
{
	struct carh carh = { .ttl_s = ttl_s, .timestamp = carh_time_now() };
	char text[BASE64_LEN(CARH_ENCODED_MAX) + 1];
	const struct sma_factor_type *type;
	uint8_t data[CARH_ENCODED_MAX];
	int i, len;

	for (i = 0; i < FACTORS; i++) {
		type = &sma_factor_types[i];
		if (type->cai)
			carh_put(&carh, type->cai,
				 subject->values[i] * type->cai_scale);
	}
	/* rounded down, like the levels that are made of them */
	carh_put(&carh, CAI_CPS, floor(subject->cps + 1e-6));
	carh_put(&carh, CAI_NQI, floor(nqi + 1e-6));
	len = carh_encode(&carh, data, sizeof(data));
	if (len < 0)
		return NULL;
	base64_encode(data, len, text);
	return json_string(text);
}

static json_t *one_metric(const struct sma_words *words,
			  const struct sma_subject *subject, int index,
			  double score)
{
	bool estimated = !subject->is_host && !subject->has_cgroup &&
			 index != CATEGORY_SERVICE;
	json_t *metric = json_object();

	json_object_set(metric, "type", words->type[index]);
	json_object_set(metric, "level", words->level[index == CATEGORIES]);
	json_object_set(metric, "format", words->format);
	json_object_set(metric, "length", words->length);
	json_object_set(metric, "unit", words->unit);
	json_object_set(metric, "source", estimated ? words->estimated_source :
						      words->score_source);
	json_object_set(metric, "statistics", words->statistics);
	json_object_set(metric, "window", words->window);
	json_object_set_new(metric, "value", level_number(score));
	return metric;
}

static void add_scores(const struct sma_words *words,
		       const struct sma_subject *subject, double nqi,
		       json_t *record)
{
	json_t *level1 = json_object(), *metrics = json_array();
	int i;

	for (i = 0; i < CATEGORIES; i++) {
		if (isnan(subject->category[i]))
			continue;
		json_object_set_new(level1, sma_category_name(i),
				    level_number(subject->category[i]));
		json_array_append_new(metrics,
				      one_metric(words, subject, i,
						 subject->category[i]));
	}
	if (!isnan(nqi))
		json_object_set_new(level1, "communication",
				    level_number(nqi));
	if (!isnan(subject->cps))
		json_array_append_new(metrics,
				      one_metric(words, subject, CATEGORIES,
						 subject->cps));
	json_object_set_new(record, "level1", level1);
	json_object_set_new(record, "level2", level_number(subject->cps));
	json_object_set_new(record, "cps", isnan(subject->cps) ? json_null() :
			    json_integer(floor(subject->cps + 1e-6)));
	json_object_set_new(record, "nqi", isnan(nqi) ? json_null() :
			    json_integer(floor(nqi + 1e-6)));
	json_object_set_new(record, "coverage", sma_number(subject->coverage));
	json_object_set_new(record, "metrics", metrics);
}

static void add_raw(const struct sma_subject *subject, json_t *record)
{
	json_t *raw = json_object(), *unknown = json_array();
	const char *name;
	int i;

	for (i = 0; i < FACTORS; i++) {
		name = sma_factor_types[i].name;
		if (!sma_subject_has(subject, i))
			continue;
		if (isnan(subject->values[i]))
			json_array_append_new(unknown, json_string(name));
		else
			json_object_set_new(raw, name,
					    sma_number(subject->values[i]));
	}
	json_object_set_new(record, "raw", raw);
	json_object_set_new(record, "unknown", unknown);
}

json_t *sma_record(const struct sma_words *words,
		   const struct sma_subject *subject,
		   enum damping_reason reason, double nqi)
{
	const struct sma_service *service = subject->service;
	const struct sma_health *health = subject->health;
	json_t *record = json_object(), *carh;

	carh = encode(subject, nqi, json_integer_value(words->ttl));
	if (!record || !carh) {
		json_decref(record);
		json_decref(carh);
		cats_error(ENOMEM, "out of memory");
		return NULL;
	}
	json_object_set(record, "site", words->site);
	if (!subject->is_host) {
		json_object_set_new(record, "instance",
				    json_string(subject->name));
		json_object_set(record, "csid", service->csid);
	}
	if (health)
		json_object_set(record, "health",
				words->health[sma_health_state(health)]);
	json_object_set_new(record, "sequence",
			    json_integer(subject->sequence));
	json_object_set(record, "reason", words->reason[reason]);
	json_object_set_new(record, "carh", carh);
	json_object_set(record, "ttl", words->ttl);
	add_scores(words, subject, nqi, record);
	json_object_set(record, "functions", service->functions);
	json_object_set(record, "weights", service->weights_json);
	if (service->why_json)
		json_object_set(record, "weights-why", service->why_json);
	add_raw(subject, record);
	return record;
}

/* Who normalises with other bounds gets other scores: they are told too. */
static json_t *describe_functions(const struct sma_rules *rules)
{
	json_t *functions = json_object(), *bounds = json_object();
	const struct sma_rule *rule;
	int i;

	json_object_set_new(functions, "normalization",
			    json_string(rules->normalization->name));
	if (rules->normalization->steepness)
		json_object_set_new(functions, "steepness",
				    json_real(rules->steepness));
	json_object_set_new(functions, "aggregation",
			    json_string(rules->aggregation->name));
	for (i = 0; i < FACTORS; i++) {
		rule = &rules->factor[i];
		if (rule->share)
			json_object_set_new(bounds, sma_factor_types[i].name,
					    json_pack("[o, o]",
						      sma_number(rule->best),
						      sma_number(rule->worst)));
	}
	json_object_set_new(functions, "bounds", bounds);
	return functions;
}

void sma_service_describe(struct sma_service *service)
{
	const struct sma_weights *weights = &service->weights;
	json_t *shares, *whys;
	const char *name;
	int i;

	if (service->functions && service->version == weights->version)
		return;
	if (!service->functions)
		service->functions = describe_functions(&service->rules);
	shares = json_object();
	whys = weights->adapt ? json_object() : NULL;
	for (i = 0; i < FACTORS; i++) {
		name = sma_factor_types[i].name;
		if (!service->rules.factor[i].share)
			continue;
		json_object_set_new(shares, name,
				    sma_number(weights->share[i]));
		if (whys)
			json_object_set_new(whys, name,
				json_string(sma_weight_why_name(
					sma_weight_why(weights, i))));
	}
	/* records in the store keep the old ones */
	json_decref(service->weights_json);
	json_decref(service->why_json);
	service->weights_json = shares;
	service->why_json = whys;
	service->version = weights->version;
}
