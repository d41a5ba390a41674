// SPDX-License-Identifier: GPL-2.0-or-later
/* Levels with hysteresis, intervals and budgets; flapping, ramps, noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "damping.h"
#include "error.h"

#define SAMPLE_MS	100
#define HOUR_MS		(3600 * 1000)
#define UPDATES_MAX	(HOUR_MS / SAMPLE_MS)

static const struct gradient tens = {
	.levels = { 10, 20, 30, 40, 50, 60, 70, 80, 90 },
	.count = 9,
	.hysteresis = 2,
};

static const struct damping_config limits = {
	.interval_ms = 10000,
	.burst = 3,
	.spacing_ms = 5000,
};

static uint64_t sent[UPDATES_MAX];
static unsigned int updates;
static struct damping damping;
static struct damped damped;

typedef double (*signal_fn)(uint64_t ms);

/* run SIGNAL for an hour; what was sent when is in sent[] */
static void run(signal_fn signal, const struct gradient *gradient)
{
	enum damping_reason reason;
	uint64_t ms;
	unsigned int levels;
	double value;

	memset(&damping, 0, sizeof(damping));
	damped_init(&damped);
	updates = 0;
	for (ms = 0; ms < HOUR_MS; ms += SAMPLE_MS) {
		value = signal(ms);
		levels = damped_sample(&damped, gradient, value);
		reason = damping_sample(&damping, &limits, ms, levels);
		if (reason == DAMPING_NONE) {
			damped_kept(&damped, value);
			continue;
		}
		damped_sent(&damped, value);
		sent[updates++] = ms;
	}
}

/* In no period, from any update to any later one, more than is promised. */
static void check_budget(void)
{
	unsigned int i, j;

	for (i = 0; i < updates; i++)
		for (j = i; j < updates && j < i + 500; j++)
			assert_true(j - i + 1 <= limits.burst +
				    (sent[j] - sent[i]) / limits.spacing_ms);
}

static void check_interval(void)
{
	unsigned int i;

	assert_int_equal(sent[0], 0);
	for (i = 1; i < updates; i++)
		assert_true(sent[i] - sent[i - 1] <= limits.interval_ms);
	assert_true(HOUR_MS - sent[updates - 1] <= limits.interval_ms);
}

static double constant(uint64_t ms)
{
	(void)ms;
	return 55;
}

static double flapping(uint64_t ms)
{
	return ms / SAMPLE_MS % 2 ? 5 : 95;
}

static double ramp(uint64_t ms)
{
	return 100.0 * ms / HOUR_MS;
}

static uint64_t seed;

static double any(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) / (double)(1U << 31);
}

/* Within the hysteresis, around a level. */
static double noise(uint64_t ms)
{
	(void)ms;
	return 50 + 1.99 * (any() - 0.5);
}

static double vanishing(uint64_t ms)
{
	return ms / 30000 % 2 ? NAN : 55;
}

static void test_levels(void **state)
{
	static const struct {
		int from;
		double value;
		int to;
	} steps[] = {
		{ GRADIENT_UNKNOWN, 9.9, 0 },	{ GRADIENT_UNKNOWN, 10, 1 },
		{ GRADIENT_UNKNOWN, 1000, 9 },	{ 0, 9.99, 0 },
		{ 0, 10, 1 },			{ 1, 9, 1 },
		{ 1, 8, 1 },			{ 1, 7.99, 0 },
		{ 9, 88, 9 },			{ 9, 87.9, 8 },
		{ 9, 0, 0 },			{ 0, 95, 9 },
		{ 5, 39, 4 },			{ 5, 37.9, 3 },
		{ 9, -INFINITY, 0 },		{ 0, INFINITY, 9 },
		{ 5, NAN, GRADIENT_UNKNOWN },	{ 2, 25, 2 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		assert_int_equal(gradient_level(&tens, steps[i].from,
						steps[i].value), steps[i].to);
}

static void test_constant(void **state)
{
	(void)state;
	run(constant, &tens);
	check_interval();
	assert_int_equal(updates, HOUR_MS / limits.interval_ms);
	assert_int_equal(damping.updates[DAMPING_START], 1);
	assert_int_equal(damping.updates[DAMPING_THRESHOLD], 0);
	assert_int_equal(damping.suppressed, 0);
	assert_true(damped.max_error == 0);
}

static void test_flapping(void **state)
{
	(void)state;
	run(flapping, &tens);
	check_budget();
	check_interval();
	assert_true(updates <= limits.burst + HOUR_MS / limits.spacing_ms);
	assert_true(damping.suppressed > 0);
	assert_int_equal(damping.samples, HOUR_MS / SAMPLE_MS);
}

static void test_ramp(void **state)
{
	(void)state;
	run(ramp, &tens);
	check_budget();
	check_interval();
	assert_int_equal(damping.updates[DAMPING_THRESHOLD], tens.count);
	assert_int_equal(damping.suppressed, 0);
	/* what the interval lets pass */
	assert_true(damped.max_error <= 100.0 * limits.interval_ms / HOUR_MS);
}

static void test_noise(void **state)
{
	(void)state;
	seed = 1;
	run(noise, &tens);
	check_interval();
	/* the first sample may be below the level; then it is reached once */
	assert_true(damping.updates[DAMPING_THRESHOLD] <= 1);
	assert_true(damped.max_error <= 2);
}

static void test_unknown(void **state)
{
	(void)state;
	run(vanishing, &tens);
	check_budget();
	check_interval();
	/* known and unknown again are told, like any other level */
	assert_int_equal(damping.updates[DAMPING_THRESHOLD], 119);
	assert_true(damped.max_error == 0);
}

static void test_no_levels(void **state)
{
	static const struct gradient none;

	(void)state;
	run(flapping, &none);
	check_interval();
	assert_int_equal(damping.updates[DAMPING_THRESHOLD], 0);
	assert_int_equal(updates, HOUR_MS / limits.interval_ms);
}

/* Told at once, and again as soon as there is budget; not if it went back. */
static void test_waiting(void **state)
{
	static const struct damping_config slow = { 60000, 2, 30000 };
	struct damping d = {};

	(void)state;
	assert_int_equal(damping_sample(&d, &slow, 0, 2), DAMPING_START);
	assert_int_equal(damping_sample(&d, &slow, 100, 2),
			 DAMPING_THRESHOLD);
	assert_int_equal(damping_sample(&d, &slow, 200, 2), DAMPING_NONE);
	assert_int_equal(damping_sample(&d, &slow, 29999, 2), DAMPING_NONE);
	assert_int_equal(d.suppressed, 1);
	assert_int_equal(damping_sample(&d, &slow, 30000, 2),
			 DAMPING_THRESHOLD);
	assert_int_equal(damping_sample(&d, &slow, 40000, 2), DAMPING_NONE);
	assert_int_equal(damping_sample(&d, &slow, 50000, 0), DAMPING_NONE);
	assert_int_equal(damping_sample(&d, &slow, 61000, 0), DAMPING_NONE);
	assert_int_equal(d.suppressed, 2);
	assert_int_equal(damping_sample(&d, &slow, 90000, 0),
			 DAMPING_INTERVAL);
}

/* Noise about a level, and then a load that is real. */
static void test_kept_back(void **state)
{
	struct damping d = {};
	uint64_t ms;

	(void)state;
	assert_int_equal(damping_sample(&d, &limits, 0, 0), DAMPING_START);
	assert_int_equal(damping_sample(&d, &limits, 100, 1),
			 DAMPING_THRESHOLD);
	for (ms = 200; ms < 4000; ms += 100)
		assert_int_equal(damping_sample(&d, &limits, ms, 1),
				 DAMPING_NONE);
	assert_int_equal(damping_sample(&d, &limits, 4000, 2),
			 DAMPING_THRESHOLD);
	assert_int_equal(damping_sample(&d, &limits, 4100, 9), DAMPING_NONE);
	assert_int_equal(damping_sample(&d, &limits, 5000, 9),
			 DAMPING_THRESHOLD);
}

static void refused(const struct gradient *gradient, const char *why)
{
	assert_int_equal(gradient_check(gradient), -EINVAL);
	assert_non_null(strstr(cats_error_message(), why));
}

static void test_checks(void **state)
{
	static const struct damping_config scant = { 1000, 1, 1001 }, none = {};
	struct gradient g = tens;

	(void)state;
	assert_int_equal(gradient_check(&tens), 0);
	g.hysteresis = 10;
	refused(&g, "not less than the gap");
	g.hysteresis = -1;
	refused(&g, "negative");
	g.hysteresis = NAN;
	refused(&g, "negative");
	g = tens;
	g.levels[3] = 30;
	refused(&g, "not above");
	g.levels[3] = NAN;
	refused(&g, "not a number");
	g.count = GRADIENT_LEVELS_MAX + 1;
	refused(&g, "can be");
	assert_int_equal(damping_check(&limits), 0);
	assert_int_equal(damping_check(&scant), -EINVAL);
	assert_int_equal(damping_check(&none), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_flapping),
		cmocka_unit_test(test_ramp),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_no_levels),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_kept_back),
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
