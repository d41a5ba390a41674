// SPDX-License-Identifier: GPL-2.0-or-later
/* The selection of the C-PS: bounds, choice, damping. */
#include "error.h"
#include "select_bed.h"

static void test_first(void **state)
{
	struct select_bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.resolution = 800;
	assert_int_equal(bed_run(&bed), SELECT_START);
	for (i = 0; i < INSTANCES; i++) {
		assert_int_equal(bed_at(&bed, i, 0)->weight, 100);
		assert_int_equal(bed_at(&bed, i, 0)->reason, SELECT_KEPT);
		assert_int_equal(bed_at(&bed, i, 1)->reason, SELECT_OTHER_PATH);
	}
	assert_true(bed.report.error < 1e-9);
	assert_int_equal(bed.report.kept, INSTANCES);
	assert_int_equal(bed_run(&bed), SELECT_SAME);
}

static void test_headroom(void **state)
{
	struct select_bed bed;

	(void)state;
	bed_init(&bed);
	/* 90 and 10 of 100 flows: a tenth and nine tenths are free */
	bed.instance[0].flows = 90;
	bed.instance[1].flows = 10;
	bed.instance[2].capacity = 200;
	bed_run(&bed);
	assert_in_range(bed_weight(&bed, 1), 9 * bed_weight(&bed, 0) - 8,
			9 * bed_weight(&bed, 0) + 8);
	assert_in_range(bed_weight(&bed, 2), 2 * bed_weight(&bed, 3) - 1,
			2 * bed_weight(&bed, 3) + 1);
	assert_int_equal(bed_sum(&bed), 100);
}

static void test_order_of_candidates(void **state)
{
	struct select_candidate swapped[INSTANCES * PATHS];
	struct select_memory memory = {};
	struct select_report report;
	struct select_bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.nexthops = 3;
	for (i = 0; i < INSTANCES * PATHS; i++)
		swapped[INSTANCES * PATHS - 1 - i] = bed.candidate[i];
	bed_run(&bed);
	select_run(&bed.service, &memory, swapped, INSTANCES * PATHS, bed.now,
		   &report);
	for (i = 0; i < INSTANCES * PATHS; i++)
		assert_int_equal(bed.candidate[i].weight,
				 swapped[INSTANCES * PATHS - 1 - i].weight);
	/* all alike: the smallest CSCI-IDs */
	assert_true(bed_weight(&bed, 0) && bed_weight(&bed, 2));
	assert_int_equal(bed_at(&bed, 3, 0)->reason, SELECT_BEYOND);
}

/* Each bound: who is outside it is dropped for it, or for not being known. */
static void test_bounds(void **state)
{
	static const enum select_reason reasons[] = {
		SELECT_DELAY, SELECT_VARIATION, SELECT_LOSS, SELECT_LEVEL2,
		SELECT_CAPACITY, SELECT_COST, SELECT_STALE,
	};
	struct select_bed bed;
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
	bed_run(&bed);
	for (i = 0; i < 7; i++) {
		assert_int_equal(bed_at(&bed, i, 0)->reason, reasons[i]);
		assert_int_equal(bed.report.count[reasons[i]], PATHS);
		assert_false(bed_at(&bed, i, 0)->unknown);
	}
	assert_int_equal(bed_weight(&bed, 7), 100);
	assert_false(bed.report.unmet);
	bed.path[0][0].delay_us = bed.path[0][1].delay_us = NAN;
	bed_run(&bed);
	assert_int_equal(bed_at(&bed, 0, 0)->reason, SELECT_DELAY);
	assert_true(bed_at(&bed, 0, 0)->unknown);
}

static void test_unknown_is_not_zero(void **state)
{
	struct select_bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	/* nobody knows its load: it is not preferred to those with a tenth */
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].flows = 10;
	bed_run(&bed);
	for (i = 0; i < 20; i++) {
		bed_tick(&bed);
		bed.instance[0].flows = NAN;
		bed_run(&bed);
	}
	assert_in_range(bed_weight(&bed, 0), 11, 15);
}

/* Who was dropped has to be well inside the bound to come back. */
static void test_bound_hysteresis(void **state)
{
	struct select_bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.sla.delay_us = 1000;
	assert_int_equal(bed_run(&bed), SELECT_START);
	bed.path[0][0].delay_us = 1001;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_int_equal(bed_weight(&bed, 0), 0);
	/* it may still have flows */
	assert_true(bed_at(&bed, 0, 0)->serving);
	assert_int_equal(bed.report.draining, 1);
	bed.path[0][0].delay_us = 901;
	assert_int_equal(bed_run(&bed), SELECT_SAME);
	bed.path[0][0].delay_us = 900;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_int_equal(bed_at(&bed, 0, 0)->reason, SELECT_KEPT);
	assert_true(bed_weight(&bed, 0) > 0);
}

static void test_death_is_at_once(void **state)
{
	struct select_bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.tuning.burst = 1;
	bed.service.tuning.spacing_ms = 3600000;
	bed_run(&bed);
	/* no budget is asked */
	for (i = 0; i < 3; i++) {
		bed.instance[i].unhealthy = true;
		assert_int_equal(bed_run(&bed), SELECT_URGENT);
		assert_int_equal(bed_weight(&bed, i), 0);
		assert_false(bed_at(&bed, i, 0)->serving);
	}
	/* coming back is: there is one, and no more */
	bed.instance[0].unhealthy = false;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	bed.instance[1].unhealthy = false;
	assert_int_equal(bed_run(&bed), SELECT_HELD);
	bed.now += 3600000;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	bed.instance[3].state = SELECT_DOWN;
	bed.path[4][0].down = bed.path[4][1].down = true;
	assert_int_equal(bed_run(&bed), SELECT_URGENT);
	assert_int_equal(bed_at(&bed, 3, 0)->reason, SELECT_STATE_DOWN);
	assert_int_equal(bed_at(&bed, 4, 0)->reason, SELECT_PATH_DOWN);
}

/* The path dies, the instance goes on by the other one, with its share. */
static void test_other_path(void **state)
{
	struct select_bed bed;
	uint32_t weight;

	(void)state;
	bed_init(&bed);
	bed.instance[2].flows = 60;
	bed_run(&bed);
	weight = bed_weight(&bed, 2);
	bed.path[2][0].down = true;
	assert_int_equal(bed_run(&bed), SELECT_URGENT);
	assert_int_equal(bed_at(&bed, 2, 0)->weight, 0);
	assert_false(bed_at(&bed, 2, 0)->serving);
	assert_int_equal(bed_at(&bed, 2, 1)->weight, weight);
	/* back, and far better; then not better enough to go back */
	bed.path[2][0].down = false;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_int_equal(bed_at(&bed, 2, 0)->weight, weight);
	assert_false(bed_at(&bed, 2, 1)->serving);
	bed.path[2][1].delay_us = 950;
	assert_int_equal(bed_run(&bed), SELECT_SAME);
	bed.path[2][1].delay_us = 850;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_int_equal(bed_at(&bed, 2, 1)->weight, weight);
}

static void test_drain(void **state)
{
	struct select_bed bed;

	(void)state;
	bed_init(&bed);
	bed_run(&bed);
	bed.instance[5].state = SELECT_DRAIN;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_int_equal(bed_weight(&bed, 5), 0);
	assert_true(bed_at(&bed, 5, 0)->serving);
	select_drained(bed_at(&bed, 5, 0));
	assert_false(bed_at(&bed, 5, 0)->serving);
	assert_int_equal(bed_run(&bed), SELECT_SAME);
	/* one that takes flows cannot be drained */
	select_drained(bed_at(&bed, 0, 0));
	assert_true(bed_at(&bed, 0, 0)->serving);
}

/* All dead: the last decision stays, there is nobody to turn to. */
static void test_nobody_left(void **state)
{
	struct select_bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].unhealthy = true;
	assert_int_equal(bed_run(&bed), SELECT_SAME);
	assert_false(bed.memory.decided);
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].unhealthy = false;
	assert_int_equal(bed_run(&bed), SELECT_START);
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].unhealthy = true;
	assert_int_equal(bed_run(&bed), SELECT_SAME);
	assert_int_equal(bed_sum(&bed), 100);
}

/* Nobody meets the SLA: those that are alive, and it is said. */
static void test_unmet(void **state)
{
	struct select_bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.sla.delay_us = 10;
	bed.instance[0].unhealthy = true;
	bed.instance[1].state = SELECT_DRAIN;
	assert_int_equal(bed_run(&bed), SELECT_START);
	assert_true(bed.report.unmet);
	assert_int_equal(bed_weight(&bed, 0), 0);
	assert_int_equal(bed_weight(&bed, 1), 0);
	assert_int_equal(bed_at(&bed, 2, 0)->reason, SELECT_DELAY);
	assert_int_equal(bed_sum(&bed), 100);
	/* one that does takes all */
	bed.path[3][1].delay_us = 9;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_int_equal(bed_at(&bed, 3, 1)->weight, 100);
	assert_false(bed.report.unmet);
	assert_int_equal(bed.report.draining, INSTANCES - 3);
}

static void test_next_hops(void **state)
{
	struct select_bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.nexthops = 2;
	bed.instance[6].capacity = 300;
	bed.instance[7].capacity = 200;
	bed_run(&bed);
	assert_int_equal(bed_weight(&bed, 6), 60);
	assert_int_equal(bed_weight(&bed, 7), 40);
	assert_int_equal(bed.report.count[SELECT_BEYOND], INSTANCES - 2);
	/* a little better is not better */
	bed.instance[0].capacity = 210;
	assert_int_equal(bed_run(&bed), SELECT_SAME);
	bed.instance[0].capacity = 260;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_true(bed_weight(&bed, 0) > 0);
	assert_int_equal(bed_weight(&bed, 7), 0);
	assert_true(bed_at(&bed, 7, 0)->serving);
}

static void test_least_delay(void **state)
{
	struct select_bed bed;

	(void)state;
	bed_init(&bed);
	bed.service.objective = select_objective_find("least-delay");
	bed.path[3][1].delay_us = 500;
	bed.path[4][0].delay_us = 540;
	bed_run(&bed);
	assert_int_equal(bed_at(&bed, 3, 1)->weight, 50);
	assert_int_equal(bed_at(&bed, 4, 0)->weight, 50);
	assert_int_equal(bed_at(&bed, 0, 0)->reason, SELECT_WORSE);
	bed.path[3][1].delay_us = NAN;
	bed_run(&bed);
	assert_int_equal(bed_weight(&bed, 4), 100);
}

static void test_least_cost(void **state)
{
	struct select_bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.objective = select_objective_find("least-cost");
	for (i = 0; i < INSTANCES; i++)
		bed.instance[i].cost = 3 + i / 2;
	bed.instance[7].cost = NAN;
	bed_run(&bed);
	assert_int_equal(bed_weight(&bed, 0), 50);
	assert_int_equal(bed_weight(&bed, 1), 50);
	assert_int_equal(bed_at(&bed, 2, 0)->reason, SELECT_WORSE);
	assert_int_equal(bed_at(&bed, 7, 0)->reason, SELECT_WORSE);
}

/* draft-zhangb-cats-cmas section 6; ties as in the design. */
static void test_cmas(void **state)
{
	struct select_bed bed;
	int i;

	(void)state;
	bed_init(&bed);
	bed.service.objective = select_objective_find("cmas");
	bed.service.gas = 2;
	bed.service.wanted_cost = 4;
	/* paths are 1 and 2 ms long: there and back 2 and 4 */
	bed.service.sla.delay_us = 22000;
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
	bed_run(&bed);
	assert_int_equal(bed_weight(&bed, 4), 100);
	assert_int_equal(bed_at(&bed, 1, 0)->reason, SELECT_GAS);
	assert_int_equal(bed_at(&bed, 2, 0)->reason, SELECT_DELAY);
	assert_int_equal(bed_at(&bed, 3, 1)->reason, SELECT_DELAY);
	bed.instance[4].service_us = 20000;
	bed_run(&bed);
	assert_int_equal(bed_weight(&bed, 3), 100);
	/* nothing fits: nobody takes new flows, those there are stay */
	bed.service.gas = 9;
	assert_int_equal(bed_run(&bed), SELECT_BETTER);
	assert_int_equal(bed_sum(&bed), 0);
	assert_true(bed_at(&bed, 3, 0)->serving);
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
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
