// SPDX-License-Identifier: GPL-2.0-or-later
/* The selection of the C-PS: bounds, choice, shares, weights, damping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "ps/select/select.h"
#include "ps/select/stage.h"

#define INSTANCES	8
#define PATHS		2

/**
 * struct bed - instances by two paths each
 * @service: how
 * @memory: of it
 * @instance: facts
 * @path: facts, of each instance its own
 * @candidate: in the order of the instances
 * @report: of the last run
 * @now: ms
 */
struct bed {
	struct select_service service;
	struct select_memory memory;
	struct select_instance instance[INSTANCES];
	struct select_path path[INSTANCES][PATHS];
	struct select_candidate candidate[INSTANCES * PATHS];
	struct select_report report;
	uint64_t now;
};

static void bed_init(struct bed *bed)
{
	int i, j;

	memset(bed, 0, sizeof(*bed));
	select_service_init(&bed->service);
	bed->now = 1000;
	for (i = 0; i < INSTANCES; i++) {
		bed->instance[i] = (struct select_instance){
			.score = NAN, .flows = 0, .capacity = 100,
			.service_us = NAN, .cost = NAN, .gas = NAN,
			.sampled_ms = bed->now,
		};
		bed->instance[i].id[15] = i + 1;
		for (j = 0; j < PATHS; j++) {
			bed->path[i][j] = (struct select_path){
				.delay_us = 1000 * (j + 1),
				.variation_us = 10, .loss = 0,
			};
			bed->candidate[PATHS * i + j].instance =
				&bed->instance[i];
			bed->candidate[PATHS * i + j].path = &bed->path[i][j];
		}
	}
}

static enum select_change run(struct bed *bed)
{
	select_run(&bed->service, &bed->memory, bed->candidate,
		   INSTANCES * PATHS, bed->now, &bed->report);
	return bed->report.change;
}

/* Metrics anew, a second later. */
static void tick(struct bed *bed)
{
	int i;

	bed->now += 1000;
	for (i = 0; i < INSTANCES; i++)
		bed->instance[i].sampled_ms = bed->now;
}

static struct select_candidate *at(struct bed *bed, int instance, int path)
{
	return &bed->candidate[PATHS * instance + path];
}

static uint32_t weight_of(struct bed *bed, int instance)
{
	return at(bed, instance, 0)->weight + at(bed, instance, 1)->weight;
}

static uint32_t sum_of(struct bed *bed)
{
	uint32_t sum = 0;
	int i;

	for (i = 0; i < INSTANCES; i++)
		sum += weight_of(bed, i);
	return sum;
}

static void test_first(void **state)
{
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.resolution = 800;
	assert_int_equal(run(&bed), SELECT_START);
	for (i = 0; i < INSTANCES; i++) {
		assert_int_equal(at(&bed, i, 0)->weight, 100);
		assert_int_equal(at(&bed, i, 0)->reason, SELECT_KEPT);
		assert_int_equal(at(&bed, i, 1)->reason, SELECT_OTHER_PATH);
	}
	assert_true(bed.report.error < 1e-9);
	assert_int_equal(bed.report.kept, INSTANCES);
	assert_int_equal(run(&bed), SELECT_SAME);
}

static void test_headroom(void **state)
{
	struct bed bed;

	(void)state;
	bed_init(&bed);
	/* 90 and 10 of 100 flows: a tenth and nine tenths are free */
	bed.instance[0].flows = 90;
	bed.instance[1].flows = 10;
	bed.instance[2].capacity = 200;
	run(&bed);
	assert_in_range(weight_of(&bed, 1), 9 * weight_of(&bed, 0) - 8,
			9 * weight_of(&bed, 0) + 8);
	assert_in_range(weight_of(&bed, 2), 2 * weight_of(&bed, 3) - 1,
			2 * weight_of(&bed, 3) + 1);
	assert_int_equal(sum_of(&bed), 100);
}

static void test_order_of_candidates(void **state)
{
	struct select_candidate swapped[INSTANCES * PATHS];
	struct select_memory memory = {};
	struct select_report report;
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.nexthops = 3;
	for (i = 0; i < INSTANCES * PATHS; i++)
		swapped[INSTANCES * PATHS - 1 - i] = bed.candidate[i];
	run(&bed);
	select_run(&bed.service, &memory, swapped, INSTANCES * PATHS, bed.now,
		   &report);
	for (i = 0; i < INSTANCES * PATHS; i++)
		assert_int_equal(bed.candidate[i].weight,
				 swapped[INSTANCES * PATHS - 1 - i].weight);
	/* all alike: the smallest CSCI-IDs */
	assert_true(weight_of(&bed, 0) && weight_of(&bed, 2));
	assert_int_equal(at(&bed, 3, 0)->reason, SELECT_BEYOND);
}

/* Each bound: who is outside it is dropped for it, or for not being known. */
static void test_bounds(void **state)
{
	static const enum select_reason reasons[] = {
		SELECT_DELAY, SELECT_VARIATION, SELECT_LOSS, SELECT_LEVEL2,
		SELECT_CAPACITY, SELECT_COST, SELECT_STALE,
	};
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.sla = (struct select_sla){ 5000, 100, 0.01, 4, 0.9, 7,
					       3000 };
	for (i = 0; i < INSTANCES; i++) {
		bed.instance[i].score = 400;
		bed.instance[i].cost = 7;
	}
	bed.path[0][0].delay_us = bed.path[0][1].delay_us = 5001;
	bed.path[1][0].variation_us = bed.path[1][1].variation_us = 101;
	bed.path[2][0].loss = bed.path[2][1].loss = 0.02;
	bed.instance[3].score = 399;
	bed.instance[4].flows = 91;
	bed.instance[5].cost = 8;
	bed.now = 4000;
	bed.instance[6].sampled_ms = 999;
	run(&bed);
	for (i = 0; i < 7; i++) {
		assert_int_equal(at(&bed, i, 0)->reason, reasons[i]);
		assert_int_equal(bed.report.count[reasons[i]], PATHS);
		assert_false(at(&bed, i, 0)->unknown);
	}
	assert_int_equal(weight_of(&bed, 7), 100);
	assert_false(bed.report.unmet);
	bed.path[0][0].delay_us = bed.path[0][1].delay_us = NAN;
	run(&bed);
	assert_int_equal(at(&bed, 0, 0)->reason, SELECT_DELAY);
	assert_true(at(&bed, 0, 0)->unknown);
}

static void test_unknown_is_not_zero(void **state)
{
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	/* nobody knows its load: it is not preferred to those with a tenth */
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].flows = 10;
	run(&bed);
	for (i = 0; i < 20; i++) {
		tick(&bed);
		bed.instance[0].flows = NAN;
		run(&bed);
	}
	assert_in_range(weight_of(&bed, 0), 11, 15);
}

/* Who was dropped has to be well inside the bound to come back. */
static void test_bound_hysteresis(void **state)
{
	struct bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.sla.delay_us = 1000;
	assert_int_equal(run(&bed), SELECT_START);
	bed.path[0][0].delay_us = 1001;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_int_equal(weight_of(&bed, 0), 0);
	/* it may still have flows */
	assert_true(at(&bed, 0, 0)->serving);
	assert_int_equal(bed.report.draining, 1);
	bed.path[0][0].delay_us = 901;
	assert_int_equal(run(&bed), SELECT_SAME);
	bed.path[0][0].delay_us = 900;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_int_equal(at(&bed, 0, 0)->reason, SELECT_KEPT);
	assert_true(weight_of(&bed, 0) > 0);
}

static void test_death_is_at_once(void **state)
{
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.tuning.burst = 1;
	bed.service.tuning.spacing_ms = 3600000;
	run(&bed);
	/* no budget is asked */
	for (i = 0; i < 3; i++) {
		bed.instance[i].unhealthy = true;
		assert_int_equal(run(&bed), SELECT_URGENT);
		assert_int_equal(weight_of(&bed, i), 0);
		assert_false(at(&bed, i, 0)->serving);
	}
	/* coming back is: there is one, and no more */
	bed.instance[0].unhealthy = false;
	assert_int_equal(run(&bed), SELECT_BETTER);
	bed.instance[1].unhealthy = false;
	assert_int_equal(run(&bed), SELECT_HELD);
	bed.now += 3600000;
	assert_int_equal(run(&bed), SELECT_BETTER);
	bed.instance[3].state = SELECT_DOWN;
	bed.path[4][0].down = bed.path[4][1].down = true;
	assert_int_equal(run(&bed), SELECT_URGENT);
	assert_int_equal(at(&bed, 3, 0)->reason, SELECT_STATE_DOWN);
	assert_int_equal(at(&bed, 4, 0)->reason, SELECT_PATH_DOWN);
}

/* The path dies, the instance goes on by the other one, with its share. */
static void test_other_path(void **state)
{
	struct bed bed;
	uint32_t weight;

	(void)state;
	bed_init(&bed);
	bed.instance[2].flows = 60;
	run(&bed);
	weight = weight_of(&bed, 2);
	bed.path[2][0].down = true;
	assert_int_equal(run(&bed), SELECT_URGENT);
	assert_int_equal(at(&bed, 2, 0)->weight, 0);
	assert_false(at(&bed, 2, 0)->serving);
	assert_int_equal(at(&bed, 2, 1)->weight, weight);
	/* back, and far better; then not better enough to go back */
	bed.path[2][0].down = false;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_int_equal(at(&bed, 2, 0)->weight, weight);
	assert_false(at(&bed, 2, 1)->serving);
	bed.path[2][1].delay_us = 950;
	assert_int_equal(run(&bed), SELECT_SAME);
	bed.path[2][1].delay_us = 850;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_int_equal(at(&bed, 2, 1)->weight, weight);
}

static void test_drain(void **state)
{
	struct bed bed;

	(void)state;
	bed_init(&bed);
	run(&bed);
	bed.instance[5].state = SELECT_DRAIN;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_int_equal(weight_of(&bed, 5), 0);
	assert_true(at(&bed, 5, 0)->serving);
	select_drained(at(&bed, 5, 0));
	assert_false(at(&bed, 5, 0)->serving);
	assert_int_equal(run(&bed), SELECT_SAME);
	/* one that takes flows cannot be drained */
	select_drained(at(&bed, 0, 0));
	assert_true(at(&bed, 0, 0)->serving);
}

/* All dead: the last decision stays, there is nobody to turn to. */
static void test_nobody_left(void **state)
{
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].unhealthy = true;
	assert_int_equal(run(&bed), SELECT_SAME);
	assert_false(bed.memory.decided);
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].unhealthy = false;
	assert_int_equal(run(&bed), SELECT_START);
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].unhealthy = true;
	assert_int_equal(run(&bed), SELECT_SAME);
	assert_int_equal(sum_of(&bed), 100);
}

/* Nobody meets the SLA: those that are alive, and it is said. */
static void test_unmet(void **state)
{
	struct bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.sla.delay_us = 10;
	bed.instance[0].unhealthy = true;
	bed.instance[1].state = SELECT_DRAIN;
	assert_int_equal(run(&bed), SELECT_START);
	assert_true(bed.report.unmet);
	assert_int_equal(weight_of(&bed, 0), 0);
	assert_int_equal(weight_of(&bed, 1), 0);
	assert_int_equal(at(&bed, 2, 0)->reason, SELECT_DELAY);
	assert_int_equal(sum_of(&bed), 100);
	/* one that does takes all */
	bed.path[3][1].delay_us = 9;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_int_equal(at(&bed, 3, 1)->weight, 100);
	assert_false(bed.report.unmet);
	assert_int_equal(bed.report.draining, INSTANCES - 3);
}

static void test_next_hops(void **state)
{
	struct bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.nexthops = 2;
	bed.instance[6].capacity = 300;
	bed.instance[7].capacity = 200;
	run(&bed);
	assert_int_equal(weight_of(&bed, 6), 60);
	assert_int_equal(weight_of(&bed, 7), 40);
	assert_int_equal(bed.report.count[SELECT_BEYOND], INSTANCES - 2);
	/* a little better is not better */
	bed.instance[0].capacity = 210;
	assert_int_equal(run(&bed), SELECT_SAME);
	bed.instance[0].capacity = 260;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_true(weight_of(&bed, 0) > 0);
	assert_int_equal(weight_of(&bed, 7), 0);
	assert_true(at(&bed, 7, 0)->serving);
}

static void test_least_delay(void **state)
{
	struct bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.objective = select_objective_find("least-delay");
	bed.path[3][1].delay_us = 500;
	bed.path[4][0].delay_us = 540;
	run(&bed);
	assert_int_equal(at(&bed, 3, 1)->weight, 50);
	assert_int_equal(at(&bed, 4, 0)->weight, 50);
	assert_int_equal(at(&bed, 0, 0)->reason, SELECT_WORSE);
	bed.path[3][1].delay_us = NAN;
	run(&bed);
	assert_int_equal(weight_of(&bed, 4), 100);
}

static void test_least_cost(void **state)
{
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.objective = select_objective_find("least-cost");
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].cost = 3 + i / 2;
	bed.instance[7].cost = NAN;
	run(&bed);
	assert_int_equal(weight_of(&bed, 0), 50);
	assert_int_equal(weight_of(&bed, 1), 50);
	assert_int_equal(at(&bed, 2, 0)->reason, SELECT_WORSE);
	assert_int_equal(at(&bed, 7, 0)->reason, SELECT_WORSE);
}

/* draft-zhangb-cats-cmas section 6; ties as in the design. */
static void test_cmas(void **state)
{
	struct bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.objective = select_objective_find("cmas");
	bed.service.gas = 2;
	bed.service.wanted_cost = 4;
	bed.service.sla.delay_us = 21000;
	for (i = 0; i < INSTANCES; i++) {
		bed.instance[i].gas = 3;
		bed.instance[i].cost = 6;
		bed.instance[i].service_us = 20000;
	}
	bed.instance[1].cost = 4;
	bed.instance[1].gas = 1;		/* too few */
	bed.instance[2].cost = 4;
	bed.instance[2].service_us = 20001;	/* too slow */
	bed.instance[3].cost = 5;
	bed.instance[4].cost = 3;		/* as far, and faster */
	bed.instance[4].service_us = 19000;
	run(&bed);
	assert_int_equal(weight_of(&bed, 4), 100);
	assert_int_equal(at(&bed, 1, 0)->reason, SELECT_GAS);
	assert_int_equal(at(&bed, 2, 0)->reason, SELECT_DELAY);
	assert_int_equal(at(&bed, 3, 1)->reason, SELECT_DELAY);
	bed.instance[4].service_us = 20000;
	run(&bed);
	assert_int_equal(weight_of(&bed, 3), 100);
	/* nothing fits: nobody takes new flows, those there are stay */
	bed.service.gas = 9;
	assert_int_equal(run(&bed), SELECT_BETTER);
	assert_int_equal(sum_of(&bed), 0);
	assert_true(at(&bed, 3, 0)->serving);
}

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
	struct bed bed[4];
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
			run(&bed[j]);
		}
		for (i = 0; i < INSTANCES; i++) {
			for (j = 0, load = 0; j < plant->ingresses; j++)
				load += weight_of(&bed[j], i) / 1000.0;
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
	struct bed bed;
	int round, i;

	bed_init(&bed);
	bed.service.resolution = 1000;
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].service_us = i % 2 ? 80000 : 20000;
	for (round = 0; round < 100; round++) {
		tick(&bed);
		run(&bed);
		for (i = 0; i < INSTANCES; i++) {
			computing = bed.instance[i].service_us;
			bed.instance[i].flows = weight_of(&bed, i) / 1000.0 *
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
	struct bed bed;
	int round;

	(void)state;
	bed_init(&bed);
	bed.service.resolution = 10000;
	bed.instance[0].capacity = 4;
	run(&bed);
	for (round = 0; round < 50; round++) {
		tick(&bed);
		/* both half full, and now and then a half more or less */
		bed.instance[0].flows = 2 + (round % 3 - 1);
		bed.instance[1].flows = 50 + 25 * (round % 3 - 1);
		was = weight_of(&bed, 0);
		run(&bed);
		few += weight_of(&bed, 0) > was ? weight_of(&bed, 0) - was :
						  was - weight_of(&bed, 0);
	}
	/* less than a tenth of it each time */
	assert_true(few < 50 * weight_of(&bed, 0) / 10);
}

/* Part of its weight an instance loses that has half more flows than usual. */
static double lost(uint64_t interval_ms, double service_us)
{
	struct bed bed;
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
		was = weight_of(&bed, 3);
		run(&bed);
	}
	return 1 - weight_of(&bed, 3) / was;
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

static void test_check(void **state)
{
	struct select_service service;

	(void)state;
	select_service_init(&service);
	assert_int_equal(select_service_check(&service), 0);
	service.nexthops = 257;
	assert_int_equal(select_service_check(&service), -EINVAL);
	service.nexthops = 128;
	assert_int_equal(select_service_check(&service), -EINVAL);
	assert_non_null(strstr(cats_error_message(), "resolution"));
	service.resolution = 128;
	assert_int_equal(select_service_check(&service), 0);
	service.sla.loss = 1.1;
	assert_int_equal(select_service_check(&service), -EINVAL);
	assert_non_null(strstr(cats_error_message(), "loss"));
	service.sla.loss = 0;
	service.tuning.gain = NAN;
	assert_int_equal(select_service_check(&service), -EINVAL);
	service.tuning.gain = 0.5;
	service.objective = select_objective_find("best");
	assert_int_equal(select_service_check(&service), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_headroom),
		cmocka_unit_test(test_order_of_candidates),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_unknown_is_not_zero),
		cmocka_unit_test(test_bound_hysteresis),
		cmocka_unit_test(test_death_is_at_once),
		cmocka_unit_test(test_other_path),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_nobody_left),
		cmocka_unit_test(test_unmet),
		cmocka_unit_test(test_next_hops),
		cmocka_unit_test(test_least_delay),
		cmocka_unit_test(test_least_cost),
		cmocka_unit_test(test_cmas),
		cmocka_unit_test(test_quantise),
		cmocka_unit_test(test_quantise_random),
		cmocka_unit_test(test_no_oscillation),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_tilt),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
