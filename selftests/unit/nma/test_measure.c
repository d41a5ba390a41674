// SPDX-License-Identifier: GPL-2.0-or-later
/* What a window of probes says: percentiles, loss by direction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "nma/measure.h"

static struct nma_measure measure;
static struct nma_result result;

static int begin(void **state)
{
	(void)state;
	memset(&measure, 0, sizeof(measure));
	return 0;
}

static void near(uint64_t got, uint64_t want)
{
	assert_in_range(got, want - want / 30, want + want / 30);
}

/* 1 us to 10 ms, evenly: a percentile is right to 3 %. */
static void test_delay(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 1; i <= 10000; i++)
		measure_delay(&measure, i % 4, i * 1000, 7000);
	measure_finish(&measure, true, &result);
	assert_int_equal(result.delay.count, 10000);
	assert_int_equal(result.delay.min, 1000);
	assert_int_equal(result.delay.max, 10000000);
	assert_int_equal(result.delay.sum / 10000, 5000500);
	near(result.p50, 5000000);
	near(result.p90, 9000000);
	near(result.p99, 9900000);
	assert_int_equal(result.variation, result.p99 - 1000);
	assert_int_equal(result.labels[1].delay.count, 2500);
	assert_int_equal(result.held.sum / 10000, 7000);
	assert_in_range(result.held_deviation, 0, 1);
	/* the next window begins empty */
	measure_finish(&measure, true, &result);
	assert_int_equal(result.delay.count, 0);
	assert_int_equal(result.p99, 0);
}

/* Percentiles never leave what was measured; huge values are not lost. */
static void test_extremes(void **state)
{
	(void)state;
	measure_delay(&measure, 0, 3, 0);
	measure_finish(&measure, true, &result);
	assert_int_equal(result.p50, 3);
	assert_int_equal(result.p99, 3);
	measure_delay(&measure, 0, UINT64_MAX / 2, 0);
	measure_finish(&measure, true, &result);
	assert_int_equal(result.p99, UINT64_MAX / 2);
}

/*
 * 100 probes: 5 do not reach the reflector, 3 or 4 answers do not come back.  Its
 * numbers say which (RFC 8762 4).
 */
static void probes(uint32_t from, uint32_t *reflected)
{
	uint32_t i;

	for (i = from; i < from + 100; i++) {
		if (i % 20 == 7) {
			measure_lost(&measure, 0);
			continue;
		}
		if (i % 33 == 1)
			measure_lost(&measure, 0);
		else
			measure_answered(&measure, 0, i, *reflected);
		++*reflected;
	}
}

static void test_directions(void **state)
{
	/* the reflector has counted for others of this session before */
	uint32_t reflected = 4000000000u;

	(void)state;
	probes(0, &reflected);
	measure_finish(&measure, true, &result);
	probes(100, &reflected);
	measure_finish(&measure, true, &result);
	assert_int_equal(result.loss.probes, 100);
	assert_int_equal(result.loss.probes - result.loss.answered, 9);
	assert_int_equal(result.loss.forward, 5);
	/* which way the very last one went, the next window tells */
	assert_int_equal(result.loss.backward, 3);
	/* without a count of its own nothing is said of directions */
	probes(200, &reflected);
	measure_finish(&measure, false, &result);
	assert_int_equal(result.loss.forward + result.loss.backward, 0);
}

/* A reflector that starts afresh is no reason to report nonsense. */
static void test_reflector_restarts(void **state)
{
	uint32_t reflected = 5000;

	(void)state;
	probes(0, &reflected);
	measure_finish(&measure, true, &result);
	reflected = 0;
	probes(100, &reflected);
	measure_finish(&measure, true, &result);
	assert_in_range(result.loss.forward, 0, 100);
	assert_in_range(result.loss.backward, 0, 100);
	probes(200, &reflected);
	measure_finish(&measure, true, &result);
	assert_int_equal(result.loss.forward, 5);
}

/* Answers out of order are answers. */
static void test_reordered(void **state)
{
	(void)state;
	measure_answered(&measure, 0, 1, 1);
	measure_answered(&measure, 0, 3, 3);
	measure_answered(&measure, 0, 2, 2);
	measure_answered(&measure, 0, 4, 4);
	measure_finish(&measure, true, &result);
	assert_int_equal(result.loss.answered, 4);
	assert_int_equal(result.loss.forward + result.loss.backward, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_delay),	       TEST(test_extremes),
		TEST(test_directions),	       TEST(test_reordered),
		TEST(test_reflector_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
