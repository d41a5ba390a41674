// SPDX-License-Identifier: GPL-2.0-or-later
/* Least expected response: what an ingress sees itself, and what metrics add. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>

#include "ps/select/respond.h"

#define MS	1000ull

static struct respond instance(double capacity, double service_us)
{
	return (struct respond){ .capacity = capacity,
				 .service_us = service_us, .delay_us = 5000 };
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6 * fabs(b) + 1e-9;
}

static void test_idle(void **state)
{
	struct respond fast = instance(4, 100000), slow = instance(4, 200000);

	(void)state;
	assert_true(near(respond_cost(&fast), 110000));
	assert_true(near(respond_cost(&slow), 210000));
	/* as long as nobody waits it costs the same */
	respond_begin(&fast, MS);
	respond_begin(&fast, 2 * MS);
	assert_true(near(respond_cost(&fast), 110000));
}

static void test_queue(void **state)
{
	struct respond fast = instance(4, 100000), slow = instance(4, 200000);
	double was;
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		respond_begin(&fast, i * MS);
	/* one waits for a quarter of the service time, and makes others wait */
	assert_true(respond_cost(&fast) > 135000);
	assert_true(respond_cost(&fast) < respond_cost(&slow));
	for (; respond_cost(&fast) < respond_cost(&slow); i++) {
		assert_in_range(i, 0, 12);
		respond_begin(&fast, i * MS);
	}
	was = respond_cost(&fast);
	respond_end(&fast, i * MS);
	assert_true(respond_cost(&fast) < was);
}

/* Of flows that have ended nothing is left, and there are never less than none. */
static void test_ends(void **state)
{
	struct respond r = instance(2, 100000);
	double idle = respond_cost(&r);
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		respond_begin(&r, i * MS);
	for (i = 0; i < 1001; i++)
		respond_end(&r, (1000 + i) * MS);
	assert_int_equal(r.own, 0);
	assert_true(near(respond_cost(&r), idle));
}

/* A metric counts our own flows as well: only the rest is of others. */
static void test_others(void **state)
{
	struct respond r = instance(10, 100000);
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		respond_begin(&r, 100 * MS + i);
	respond_metric(&r, 8, 200 * MS);
	assert_true(near(r.others, 5));
	/* the same again from others, however many we have meanwhile */
	for (i = 0; i < 4; i++)
		respond_begin(&r, 300 * MS + i);
	respond_metric(&r, 12, 400 * MS);
	assert_true(near(r.others, 5));
	/* fewer than we know of: they are on their way out */
	respond_metric(&r, 1, 500 * MS);
	assert_true(r.others < 5 && r.others >= 0);
}

/* What began after the metric, or had not come there, is not in it. */
static void test_when(void **state)
{
	struct respond r = instance(10, 100000);

	(void)state;
	respond_begin(&r, 100 * MS);
	respond_begin(&r, 198 * MS);
	respond_begin(&r, 204 * MS);
	respond_metric(&r, 1, 200 * MS);
	assert_true(near(r.others, 0));
	/* two are there at 210; one had been served by then, seen at 213 */
	respond_end(&r, 213 * MS);
	respond_metric(&r, 2, 210 * MS);
	assert_true(near(r.others, 0));
	/* at 206 it had not */
	respond_metric(&r, 3 - 1, 206 * MS);
	assert_true(near(r.others, 0));
}

/* An end that is told of late counts when it was. */
static void test_late(void **state)
{
	struct respond r = instance(10, 100000);

	(void)state;
	respond_begin(&r, 100 * MS);
	respond_begin(&r, 300 * MS);
	respond_end(&r, 150 * MS);
	respond_metric(&r, 4, 200 * MS);
	assert_true(near(r.others, 4));
}

/* Metrics older than what is remembered do no harm. */
static void test_log(void **state)
{
	struct respond r = instance(1000, 100000);
	int i;

	(void)state;
	for (i = 0; i < 2 * RESPOND_LOG; i++)
		respond_begin(&r, 1000 * MS + i * MS);
	respond_metric(&r, 0, 1);
	assert_true(near(r.others, 0));
	respond_metric(&r, 2 * RESPOND_LOG, 10000 * MS);
	assert_true(near(r.others, 0));
}

/* Who varies more is less likely to have room. */
static void test_spread(void **state)
{
	struct respond steady = instance(10, 100000), wild = steady;
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		respond_metric(&steady, 8, (i + 1) * 1000 * MS);
		respond_metric(&wild, i % 2 ? 16 : 0, (i + 1) * 1000 * MS);
	}
	assert_true(near(steady.others, 8));
	assert_true(fabs(wild.others - 8) < 3);
	assert_true(respond_cost(&steady) < respond_cost(&wild));
	assert_true(isfinite(respond_cost(&wild)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
