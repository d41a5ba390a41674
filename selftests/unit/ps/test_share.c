// SPDX-License-Identifier: GPL-2.0-or-later
/* Shares and weights of the selection, from one metric to the next. */
#include "select_bed.h"

static void test_quantise(void **state)
{
	const double draft[] = { 0.2, 0.3, 0.3, 0.2 };
	const double thirds[] = { 1.0 / 3, 1.0 / 3, 1.0 / 3 };
	const double tiny[] = { 0.001, 0.001, 0.001, 0.997 };
	uint32_t weight[4], i;
	double error;

	(void)state;
	assert_true(select_quantise(draft, 4, 10, weight) < 1e-9);
	assert_int_equal(weight[0], 2);
	assert_int_equal(weight[1], 3);
	error = select_quantise(thirds, 3, 100, weight);
	assert_true(fabs(error - (0.34 - 1.0 / 3)) < 1e-9);
	assert_int_equal(weight[0] + weight[1] + weight[2], 100);
	/* nobody is left without */
	error = select_quantise(tiny, 4, 4, weight);
	for (i = 0; i < 4; i++)
		assert_int_equal(weight[i], 1);
	assert_true(fabs(error - 0.747) < 1e-9);
}

static void test_quantise_random(void **state)
{
	double share[SELECT_NEXTHOPS_MAX], total, error;
	uint32_t weight[SELECT_NEXTHOPS_MAX];
	uint32_t round, i, n, sum, resolution, raised;

	(void)state;
	for (round = 0; round < 2000; round++) {
		n = 1 + (round * 7919) % SELECT_NEXTHOPS_MAX;
		resolution = n + (round * 104729) % 3000;
		total = 0;
		for (i = 0; i < n; i++)
			total += share[i] = 1 + (i * 31 + round * 17) % 101;
		for (i = 0, raised = 0; i < n; i++) {
			share[i] /= total;
			raised += share[i] * resolution < 1;
		}
		error = select_quantise(share, n, resolution, weight);
		for (i = 0, sum = 0; i < n; i++) {
			assert_true(weight[i] >= 1);
			sum += weight[i];
		}
		assert_int_equal(sum, resolution);
		if (!raised)
			assert_true(error < 1.0 / resolution + 1e-12);
	}
}

/**
 * struct plant - instances whose load follows the weights, a metric late
 * @rate: flows there are, all in all
 * @ingresses: that select by the same metrics
 */
struct plant {
	double rate;
	int ingresses;
};

/* Largest distance of a load from the mean, over the last rounds. */
static double settle(const struct plant *plant, uint64_t interval, double skew)
{
	struct select_bed bed[4];
	double worst = 0, load, mean;
	int round, i, j;

	for (j = 0; j < plant->ingresses; j++) {
		bed_init(&bed[j]);
		bed[j].service.resolution = 1000;
		bed[j].now = 1000;
	}
	for (round = 0; round < 60; round++) {
		for (i = 0, mean = 0; i < INSTANCES; i++)
			mean += bed[0].instance[i].flows / 100 / INSTANCES;
		for (i = 0; round >= 40 && i < INSTANCES; i++)
			worst = fmax(worst, fabs(bed[0].instance[i].flows /
						 100 - mean));
		for (j = 0; j < plant->ingresses; j++) {
			bed[j].now += interval;
			for (i = 0; i < INSTANCES; i++)
				bed[j].instance[i].sampled_ms = bed[j].now;
			bed_run(&bed[j]);
		}
		for (i = 0; i < INSTANCES; i++) {
			for (j = 0, load = 0; j < plant->ingresses; j++)
				load += bed_weight(&bed[j], i) / 1000.0;
			load *= plant->rate / plant->ingresses;
			/* the first half is slower than it says */
			load *= i < INSTANCES / 2 ? skew : 1;
			for (j = 0; j < plant->ingresses; j++)
				bed[j].instance[i].flows = load;
		}
	}
	return worst;
}

/* No herding: four ingresses, metrics of 15 s, instances that are not alike. */
static void test_no_oscillation(void **state)
{
	const struct plant one = { 600, 1 }, four = { 600, 4 };

	(void)state;
	assert_true(settle(&one, 15000, 1.5) < 0.06);
	assert_true(settle(&four, 15000, 1.5) < 0.06);
	assert_true(settle(&four, 1000, 1.5) < 0.06);
	assert_true(settle(&four, 100, 1.5) < 0.06);
}

/* Half of them take 20 ms for a flow, half 80; alike, all would have @load. */
static void settle_speed(double load, double *fast, double *slow)
{
	double per_us = load * 100 * (INSTANCES / 2) *
			(1 / 20000.0 + 1 / 80000.0), computing;
	struct select_bed bed;
	int round, i;

	bed_init(&bed);
	bed.service.resolution = 1000;
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].service_us = i % 2 ? 80000 : 20000;
	for (round = 0; round < 100; round++) {
		bed_tick(&bed);
		bed_run(&bed);
		for (i = 0; i < INSTANCES; i++) {
			computing = bed.instance[i].service_us;
			bed.instance[i].flows = bed_weight(&bed, i) / 1000.0 *
						per_us * computing;
		}
	}
	*fast = bed.instance[0].flows / 100;
	*slow = bed.instance[1].flows / 100;
}

/* The fast ones have more to do, as far as there is room; nobody is full. */
static void test_speed(void **state)
{
	double fast, slow;

	(void)state;
	settle_speed(0.4, &fast, &slow);
	assert_true(fast > 1.3 * slow);
	assert_true(fast < 0.75);
	settle_speed(0.8, &fast, &slow);
	assert_true(fast > slow);
	assert_true(fast < 0.93);
	settle_speed(0.95, &fast, &slow);
	assert_true(fast < 1 && slow < 1);
}

/* Of few flows the number is chance: their share does not follow it. */
static void test_chance(void **state)
{
	uint32_t few = 0, was;
	struct select_bed bed;
	int round;

	(void)state;
	bed_init(&bed);
	bed.service.resolution = 10000;
	bed.instance[0].capacity = 4;
	bed_run(&bed);
	for (round = 0; round < 50; round++) {
		bed_tick(&bed);
		/* both half full, and now and then a half more or less */
		bed.instance[0].flows = 2 + (round % 3 - 1);
		bed.instance[1].flows = 50 + 25 * (round % 3 - 1);
		was = bed_weight(&bed, 0);
		bed_run(&bed);
		few += bed_weight(&bed, 0) > was ? bed_weight(&bed, 0) - was :
						  was - bed_weight(&bed, 0);
	}
	/* less than a tenth of it each time */
	assert_true(few < 50 * bed_weight(&bed, 0) / 10);
}

/* Part of its weight an instance loses that has half more flows than usual. */
static double lost(uint64_t interval_ms, double service_us)
{
	struct select_bed bed;
	int round, i;
	double was;

	bed_init(&bed);
	bed.service.resolution = 10000;
	bed.service.tuning.gain = 0;
	bed.service.tuning.worth = 0;
	for (i = 0; i < INSTANCES; i++) {
		bed.instance[i].service_us = service_us;
		bed.instance[i].flows = 60;
	}
	for (round = 0; round < 5; round++) {
		bed.now += interval_ms;
		for (i = 0; i < INSTANCES; i++)
			bed.instance[i].sampled_ms = bed.now;
		bed.instance[3].flows = round < 4 ? 60 : 90;
		was = bed_weight(&bed, 3);
		bed_run(&bed);
	}
	return 1 - bed_weight(&bed, 3) / was;
}

/* What will not be so when the next metric comes is not chased. */
static void test_tilt(void **state)
{
	(void)state;
	/* flows last 200 ms */
	assert_true(lost(50, 200000) > 0.3);
	assert_true(lost(200, 200000) < lost(50, 200000) / 1.5);
	assert_true(lost(200, 200000) > 0.1);
	assert_true(lost(3000, 200000) < 0.01);
	/* nobody knows how long: carefully, and not for long either */
	assert_true(lost(50, NAN) > 0.05);
	assert_true(lost(50, NAN) < 0.15);
	assert_true(lost(3000, NAN) < 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantise),
		cmocka_unit_test(test_quantise_random),
		cmocka_unit_test(test_no_oscillation),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_tilt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
