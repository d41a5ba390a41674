// SPDX-License-Identifier: GPL-2.0-or-later
/* Do weights follow what predicts the response time, and stay within bounds? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "sma/weight.h"

#define assert_near(got, wanted, by) \
	assert_true(fabs((got) - (wanted)) <= (by))

#define INSTANCES	4
#define HOUR_S		3600

static struct sma_rules rules;
static struct sma_weights weights;
static struct sma_usual usual[INSTANCES];
static uint64_t seed;
static double now_s;

static double any(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) / (double)(1U << 31);
}

/* Load that wanders from second to second, and differs among instances. */
static double load[INSTANCES][FACTORS];

static void wander(int instance, enum sma_factor factor)
{
	double *x = &load[instance][factor];

	*x += 0.1 * (0.2 + 0.15 * instance - *x) + 0.2 * (any() - 0.5);
	*x = fmin(1, fmax(0, *x));
}

typedef double (*response_fn)(const double values[FACTORS], int instance);

/* The last instance is ten times slower, whatever its load is. */
static double by_memory(const double values[FACTORS], int instance)
{
	return (instance == INSTANCES - 1 ? 10000 : 1000) *
	       (1 + 5 * values[FACTOR_MEMORY_UTILISATION]) *
	       (1 + 0.2 * any());
}

static double by_cpu(const double values[FACTORS], int instance)
{
	(void)instance;
	return 1000 * (1 + 5 * values[FACTOR_CPU_UTILISATION]) *
	       (1 + 0.2 * any());
}

static double by_nothing(const double values[FACTORS], int instance)
{
	(void)values, (void)instance;
	return 1000 * (1 + any());
}

static double inverse(const double values[FACTORS], int instance)
{
	return 1e6 / by_memory(values, instance);
}

static void check_bounds(void)
{
	const struct sma_rule *rule;
	double sum = 0;
	int i;

	for (i = 0; i < FACTORS; i++) {
		rule = &rules.factor[i];
		assert_true(weights.share[i] >= rule->least - 1e-9);
		assert_true(weights.share[i] <= rule->most + 1e-9);
		sum += weights.share[i];
	}
	assert_near(sum, 1, 1e-6);
	assert_near(weights.share[FACTOR_RESPONSE_TIME],
		    rules.factor[FACTOR_RESPONSE_TIME].share, 1e-9);
}

/* run SECONDS: a check of every instance in five seconds */
static void run(unsigned int seconds, response_fn response)
{
	double values[FACTORS];
	unsigned int s;
	int i;

	for (s = 0; s < seconds; s++, now_s++) {
		for (i = 0; i < INSTANCES; i++) {
			wander(i, FACTOR_CPU_UTILISATION);
			wander(i, FACTOR_MEMORY_UTILISATION);
			if (s % 5 != (unsigned int)i)
				continue;
			sma_factors_unknown(values);
			memcpy(values, load[i], sizeof(values));
			values[FACTOR_GPU_UTILISATION] = NAN;
			values[FACTOR_RESPONSE_TIME] = response(values, i);
			sma_weights_learn(&weights, &usual[i], values,
					  values[FACTOR_RESPONSE_TIME], now_s);
		}
		sma_weights_move(&weights, now_s);
		check_bounds();
	}
}

static int setup(void **state)
{
	struct sma_service_config service = { .name = (char *)"web" };
	struct sma_config config = {};

	(void)state;
	seed = 1;
	now_s = 1;
	memset(load, 0, sizeof(load));
	memset(usual, 0, sizeof(usual));
	assert_int_equal(sma_rules_make(&rules, &config, &service), 0);
	sma_weights_init(&weights, &rules, true);
	return 0;
}

static double times(enum sma_factor factor)
{
	return weights.share[factor] / rules.factor[factor].share;
}

static void test_predicts(void **state)
{
	(void)state;
	run(HOUR_S, by_memory);
	print_message("# memory x %.2f, r %.2f; cpu x %.2f, r %.2f\n",
		      times(FACTOR_MEMORY_UTILISATION),
		      sma_weight_correlation(&weights,
					     FACTOR_MEMORY_UTILISATION),
		      times(FACTOR_CPU_UTILISATION),
		      sma_weight_correlation(&weights,
					     FACTOR_CPU_UTILISATION));
	assert_true(times(FACTOR_MEMORY_UTILISATION) > 1.5);
	assert_true(times(FACTOR_CPU_UTILISATION) < 0.8);
	assert_true(sma_weight_correlation(&weights,
					   FACTOR_MEMORY_UTILISATION) > 0.7);
	assert_int_equal(sma_weight_why(&weights, FACTOR_RESPONSE_TIME),
			 WEIGHT_TARGET);
	/* never measured: it keeps its part of what is not spoken for */
	assert_int_equal(sma_weight_why(&weights, FACTOR_GPU_UTILISATION),
			 WEIGHT_TOO_FEW);
	assert_true(weights.version > 0);
}

static void test_changes(void **state)
{
	(void)state;
	run(HOUR_S, by_memory);
	assert_true(times(FACTOR_MEMORY_UTILISATION) >
		    times(FACTOR_CPU_UTILISATION));
	run(HOUR_S, by_cpu);
	assert_true(times(FACTOR_CPU_UTILISATION) >
		    times(FACTOR_MEMORY_UTILISATION) * 1.5);
}

static void test_nothing_predicts(void **state)
{
	(void)state;
	run(HOUR_S, by_nothing);
	/* both alike, as configured; chance makes a little difference */
	assert_near(times(FACTOR_CPU_UTILISATION) /
			    times(FACTOR_MEMORY_UTILISATION), 1, 0.5);
	assert_true(sma_weight_why(&weights, FACTOR_CPU_UTILISATION) !=
		    WEIGHT_TOO_FEW);
}

/* Faster when it is worse: that is no reason to weigh it more. */
static void test_inverse(void **state)
{
	(void)state;
	run(HOUR_S, inverse);
	assert_true(sma_weight_correlation(&weights,
					   FACTOR_MEMORY_UTILISATION) < -0.7);
	assert_true(times(FACTOR_MEMORY_UTILISATION) < 1);
}

static void test_limits(void **state)
{
	(void)state;
	rules.factor[FACTOR_MEMORY_UTILISATION].most =
		rules.factor[FACTOR_MEMORY_UTILISATION].share * 1.1;
	rules.factor[FACTOR_CPU_UTILISATION].least =
		rules.factor[FACTOR_CPU_UTILISATION].share * 0.95;
	run(HOUR_S, by_memory);
	assert_near(times(FACTOR_MEMORY_UTILISATION), 1.1, 0.01);
	assert_near(times(FACTOR_CPU_UTILISATION), 0.95, 0.01);
	assert_int_equal(sma_weight_why(&weights, FACTOR_MEMORY_UTILISATION),
			 WEIGHT_AT_MOST);
	assert_int_equal(sma_weight_why(&weights, FACTOR_CPU_UTILISATION),
			 WEIGHT_AT_LEAST);
}

static void test_off(void **state)
{
	(void)state;
	sma_weights_init(&weights, &rules, false);
	run(HOUR_S, by_memory);
	assert_near(times(FACTOR_MEMORY_UTILISATION), 1, 0);
	assert_int_equal(weights.version, 0);
	assert_int_equal(sma_weight_why(&weights, FACTOR_CPU_UTILISATION),
			 WEIGHT_CONFIGURED);
}

static void test_few(void **state)
{
	(void)state;
	run(30, by_memory);
	assert_near(times(FACTOR_MEMORY_UTILISATION), 1, 1e-6);
	assert_int_equal(sma_weight_why(&weights, FACTOR_MEMORY_UTILISATION),
			 WEIGHT_TOO_FEW);
}

/* Values that nobody should have measured. */
static void test_odd_values(void **state)
{
	static const double odd[] = { NAN, INFINITY, -INFINITY, -1, 0, 1e300 };
	double values[FACTORS];
	unsigned int i, j, n;

	(void)state;
	for (n = 0; n < 100; n++)
		for (i = 0; i < 6; i++)
			for (j = 0; j < 6; j++, now_s++) {
				sma_factors_unknown(values);
				values[FACTOR_CPU_UTILISATION] = odd[i];
				values[FACTOR_MEMORY_UTILISATION] = any();
				sma_weights_learn(&weights, usual, values,
						  odd[j], now_s);
				sma_weights_move(&weights, now_s);
				check_bounds();
			}
	/* and it still learns, once that is forgotten */
	run(2 * HOUR_S, by_memory);
	assert_true(times(FACTOR_MEMORY_UTILISATION) > 1.5);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_predicts),	     TEST(test_changes),
		TEST(test_nothing_predicts), TEST(test_inverse),
		TEST(test_limits),	     TEST(test_off),
		TEST(test_few),		     TEST(test_odd_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
