// SPDX-License-Identifier: GPL-2.0-or-later
/* Normalisation, aggregation, levels, the NQI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "sma/nqi.h"
#include "sma/rules.h"
#include "sma/score.h"

#define assert_near(got, wanted, by) \
	assert_true(fabs((got) - (wanted)) <= (by))

static void test_min_max(void **state)
{
	const struct sma_normalization *how =
		sma_normalization_find("min-max");

	(void)state;
	assert_near(sma_score(how, 0, 0, 1, 0), 1000, 0);
	assert_near(sma_score(how, 0, 0, 1, 0.25), 750, 1e-9);
	assert_near(sma_score(how, 0, 0, 1, 1), 0, 0);
	/* clamped */
	assert_near(sma_score(how, 0, 0, 1, -5), 1000, 0);
	assert_near(sma_score(how, 0, 0, 1, INFINITY), 0, 0);
	/* more is better */
	assert_near(sma_score(how, 0, 4000, 1000, 1750), 250, 1e-9);
	assert_true(isnan(sma_score(how, 0, 0, 1, NAN)));
}

static void test_sigmoid(void **state)
{
	const struct sma_normalization *how =
		sma_normalization_find("sigmoid");
	double before = 1001, score;
	int i;

	(void)state;
	assert_near(sma_score(how, 10, 0, 1, 0), 1000, 1e-9);
	assert_near(sma_score(how, 10, 0, 1, 0.5), 500, 1e-9);
	assert_near(sma_score(how, 10, 0, 1, 1), 0, 1e-9);
	for (i = 0; i <= 100; i++) {
		score = sma_score(how, how->steepness, 0, 100, i);
		assert_true(score < before);
		before = score;
	}
	assert_null(sma_normalization_find("none"));
}

static double aggregate(const char *name, const struct sma_part *parts,
			int count)
{
	return sma_aggregate(sma_aggregation_find(name), parts, count, NULL);
}

static void test_aggregation(void **state)
{
	const struct sma_part parts[] = {
		{ 900, 3 }, { 100, 1 }, { NAN, 4 }, { 0, 0 },
	};
	const struct sma_part unknown[] = { { NAN, 1 }, { 500, 0 } };
	const struct sma_part bad[] = { { 900, 1 }, { 0, 1 } };
	double coverage;

	(void)state;
	assert_near(aggregate("weighted-mean", parts, 4), 700, 1e-9);
	assert_near(aggregate("geometric-mean", parts, 4),
		    1000 * pow(0.9, 0.75) * pow(0.1, 0.25), 1e-9);
	assert_near(aggregate("minimum", parts, 4), 100, 0);
	assert_near(aggregate("geometric-mean", bad, 2), 0, 1e-9);
	/* nothing known is nothing, not 0 */
	assert_true(isnan(aggregate("weighted-mean", unknown, 2)));
	assert_true(isnan(aggregate("minimum", unknown, 2)));
	assert_true(isnan(aggregate("minimum", parts, 0)));
	sma_aggregate(sma_aggregation_find("minimum"), parts, 4, &coverage);
	assert_near(coverage, 0.5, 1e-9);
	sma_aggregate(sma_aggregation_find("minimum"), unknown, 2, &coverage);
	assert_near(coverage, 0, 0);
	assert_null(sma_aggregation_find(""));
}

static void test_level(void **state)
{
	(void)state;
	assert_int_equal(sma_level(0), 0);
	assert_int_equal(sma_level(99.99), 0);
	assert_int_equal(sma_level(100), 1);
	assert_int_equal(sma_level(0.7 * 1000), 7);
	assert_int_equal(sma_level(999.9), 9);
	assert_int_equal(sma_level(1000), 10);
	assert_int_equal(sma_level(NAN), -1);
}

static void test_default_rules(void **state)
{
	struct sma_service_config service = { .name = (char *)"web" };
	struct sma_config config = {};
	struct sma_rules rules;
	double sum = 0;
	int i;

	(void)state;
	assert_int_equal(sma_rules_make(&rules, &config, &service), 0);
	for (i = 0; i < FACTORS; i++)
		sum += rules.factor[i].share;
	assert_near(sum, 1, 1e-9);
	assert_int_equal(sma_rules_make(&rules, &config, NULL), 0);
	for (i = 0, sum = 0; i < FACTORS; i++)
		sum += rules.factor[i].share;
	assert_near(sum, 1, 1e-9);
	/* what a host does not have */
	assert_near(rules.factor[FACTOR_RESPONSE_TIME].share, 0, 0);
	assert_near(rules.factor[FACTOR_HOST_CPU_UTILISATION].share, 0, 0);
	assert_true(isnan(sma_score_factor(&rules, FACTOR_CPU_CORES, 4)));
}

static double nqi(const char *text)
{
	struct sma_config config = {};
	struct sma_nqi_rules rules;
	json_t *record = json_loads(text, 0, NULL);
	double index;

	assert_non_null(record);
	assert_int_equal(sma_nqi_rules_make(&rules, &config), 0);
	index = sma_nqi_path(&rules, record);
	json_decref(record);
	return index;
}

static void test_nqi(void **state)
{
	(void)state;
	/* 0.5 x 0.8 + 0.3 x 1 + 0.2 x 0.9 */
	assert_near(nqi("{\"state\": \"up\", \"delay\": {\"avg\": 20000},"
			"\"loss\": {\"round-trip\": 0},"
			"\"variation\": {\"name\": \"pdv-p99\", \"value\": 3000}}"),
		    880, 1e-6);
	/* only loss is known: 2 % of 5 % */
	assert_near(nqi("{\"loss\": {\"round-trip\": 0.02}}"), 600, 1e-6);
	assert_near(nqi("{\"state\": \"down\", \"delay\": {\"avg\": 1}}"), 0, 0);
	assert_near(nqi("{\"delay\": {\"avg\": 1e9}}"), 0, 0);
	assert_true(isnan(nqi("{\"state\": \"up\"}")));
	assert_true(isnan(nqi("{\"state\": \"unknown\", \"loss\": "
			      "{\"round-trip\": 0}}")));
	assert_true(isnan(nqi("{\"delay\": {\"avg\": \"20\"}, \"loss\": []}")));
	assert_true(isnan(nqi("{\"delay\": null}")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_min_max),
		cmocka_unit_test(test_sigmoid),
		cmocka_unit_test(test_aggregation),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_default_rules),
		cmocka_unit_test(test_nqi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
