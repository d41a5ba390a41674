// SPDX-License-Identifier: GPL-2.0-or-later
/* CMAS, section 6: Table 2 and Figure 1 of the draft, ties, limits, order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cmas_select.h"
#include "mapped.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static struct cmas_row row(const char *csci, uint32_t gas, uint64_t cost,
			   uint64_t computing_us, uint64_t network_us)
{
	struct cmas_row made = {
		.gas = gas, .cost = cost, .computing_us = computing_us,
		.network_us = network_us,
	};

	assert_true(mapped_parse(csci, made.csci));
	return made;
}

static size_t choose(const struct cmas_row *rows, size_t n, uint32_t gas,
		     uint64_t cost, uint64_t delay_us, const char *reason)
{
	const struct cmas_request request = {
		.gas = gas, .cost = cost, .delay_us = delay_us,
	};
	struct cmas_choice choice;

	cmas_select(&request, rows, n, &choice);
	assert_string_equal(cmas_reason(&choice), reason);
	if (choice.row == CMAS_NO_ROW)
		assert_int_equal(choice.real_delay_us, CMAS_DELAY_UNKNOWN);
	else
		assert_int_equal(choice.real_delay_us,
				 cmas_real_delay(&rows[choice.row]));
	return choice.row;
}

/* Table 2, with the computing times of Table 1; each service has one row. */
static void test_table_2(void **state)
{
	const struct cmas_row ar1 = row("192.0.2.1", 3, 4, 1000, 500);
	const struct cmas_row tp1 = row("192.0.2.2", 6, 5, 20000, 500);
	const struct cmas_row lb1 = row("192.0.2.3", 2, 7, 3000000, 500);
	const struct cmas_row st1 = row("192.0.2.4", 1, 2, 1000000, 500);

	(void)state;
	/* "so three clients can be served simultaneously" */
	assert_int_equal(choose(&ar1, 1, 3, 4, 1500, "fits"), 0);
	assert_int_equal(choose(&ar1, 1, 4, 4, 1500, "gas"), CMAS_NO_ROW);
	assert_int_equal(choose(&ar1, 1, 1, 4, 1499, "delay"), CMAS_NO_ROW);
	assert_int_equal(choose(&tp1, 1, 6, 0, 20500, "fits"), 0);
	assert_int_equal(choose(&tp1, 1, 7, 0, 20500, "gas"), CMAS_NO_ROW);
	assert_int_equal(choose(&lb1, 1, 2, 100, 3000500, "fits"), 0);
	assert_int_equal(choose(&st1, 1, 1, 2, 1000500, "fits"), 0);
	assert_int_equal(choose(&st1, 1, 2, 2, 1000500, "gas"), CMAS_NO_ROW);
	assert_int_equal(choose(NULL, 0, 1, 1, 1, "unknown-service"),
			 CMAS_NO_ROW);
}

/* Figure 1: CS-ID 1 at CSCI-ID 1 of site 2 and at CSCI-ID 3 of site 3. */
static void test_figure_1(void **state)
{
	struct cmas_row rows[] = {
		row("10.0.2.1", 3, 4, 1000, 4000),
		row("10.0.3.3", 5, 9, 1000, 2000),
	};

	(void)state;
	/* the cost closest to what is asked for, dearer or cheaper */
	assert_int_equal(choose(rows, 2, 1, 5, 10000, "fits"), 0);
	assert_int_equal(choose(rows, 2, 1, 8, 10000, "fits"), 1);
	assert_int_equal(choose(rows, 2, 1, 0, 10000, "fits"), 0);
	assert_int_equal(choose(rows, 2, 1, 1000, 10000, "fits"), 1);
	/* only site 3 has so much, only site 3 is so close */
	assert_int_equal(choose(rows, 2, 4, 4, 10000, "fits"), 1);
	assert_int_equal(choose(rows, 2, 1, 4, 4999, "fits"), 1);
	/* the tunnels of three clients are set up: site 2 is used up */
	rows[0].gas = 0;
	assert_int_equal(choose(rows, 2, 1, 4, 10000, "fits"), 1);
	assert_int_equal(choose(rows, 2, 1, 4, 2999, "delay"), CMAS_NO_ROW);
	assert_int_equal(choose(rows, 2, 6, 4, 10000, "gas"), CMAS_NO_ROW);
}

static void test_ties(void **state)
{
	const struct cmas_row rows[] = {
		row("10.0.0.9", 1, 12, 100, 100),
		row("10.0.0.8", 1, 8, 100, 99),
		row("10.0.0.10", 1, 8, 99, 100),
		row("2001:db8::1", 1, 12, 199, 0),
	};

	(void)state;
	/* all are 2 away from 10; three take 199 us; of these, the addresses as
	 * numbers: .8 before .10, IPv4 before IPv6
	 */
	assert_int_equal(choose(rows, 4, 1, 10, 1000, "fits"), 1);
	assert_int_equal(choose(rows + 2, 2, 1, 10, 1000, "fits"), 0);
	/* one that is closer wins whatever its delay is */
	assert_int_equal(choose(rows, 1, 1, 10, 1000, "fits"), 0);
	assert_int_equal(choose(rows, 2, 1, 11, 1000, "fits"), 0);
}

/* Unknown is not zero, and nothing wraps round. */
static void test_limits(void **state)
{
	const struct cmas_row rows[] = {
		row("10.0.0.1", CMAS_GAS_MAX, CMAS_COST_MAX,
		    CMAS_DELAY_UNKNOWN, 5),
		row("10.0.0.2", 1, 0, 5, CMAS_DELAY_UNKNOWN),
		row("10.0.0.3", 1, 0, CMAS_DELAY_UNKNOWN,
		    CMAS_DELAY_UNKNOWN),
		row("10.0.0.4", CMAS_GAS_MAX, CMAS_COST_MAX,
		    CMAS_DELAY_UNKNOWN - 1, 0),
	};
	const struct cmas_request least = { .gas = 1, .delay_us = 1 };
	struct cmas_choice choice;

	(void)state;
	assert_int_equal(choose(rows, 3, 1, 0, CMAS_DELAY_MAX,
				"unknown-delay"), CMAS_NO_ROW);
	assert_int_equal(choose(rows, 4, 1, 0, CMAS_DELAY_MAX, "delay"),
			 CMAS_NO_ROW);
	assert_int_equal(choose(rows, 3, CMAS_GAS_MAX, 0, CMAS_DELAY_UNKNOWN,
				"unknown-delay"), CMAS_NO_ROW);
	cmas_select(&least, rows, 4, &choice);
	assert_int_equal(choice.count[CMAS_UNKNOWN_DELAY], 3);
	assert_int_equal(choice.count[CMAS_TOO_SLOW], 1);
	assert_int_equal(choice.count[CMAS_FITS], 0);
}

/* What a reader of section 6 would write: sort, take the first. */
static int by_section_6(const void *a, const void *b, void *arg)
{
	const struct cmas_request *request = arg;

	return cmas_better(request, a, b) ? -1 :
	       cmas_better(request, b, a) ? 1 : 0;
}

static const struct cmas_row *
first_that_fits(const struct cmas_request *request, struct cmas_row *rows,
		size_t n)
{
	size_t i;

	qsort_r(rows, n, sizeof(rows[0]), by_section_6, (void *)request);
	for (i = 0; i < n; i++)
		if (cmas_judge(request, &rows[i]) == CMAS_FITS)
			return &rows[i];
	return NULL;
}

/* 20,000 random tables: the choice is the first of the sorted, in any order. */
static void test_order(void **state)
{
	struct cmas_row rows[12], sorted[12];
	struct cmas_choice choice;
	struct cmas_request request;
	const struct cmas_row *want;
	unsigned int turn, n, i;

	(void)state;
	srandom(5);
	for (turn = 0; turn < 20000; turn++) {
		n = random() % (COUNT(rows) + 1);
		memset(rows, 0, sizeof(rows));
		for (i = 0; i < n; i++) {
			rows[i].csci[15] = i * 7 % 13;
			rows[i].gas = random() % 4;
			rows[i].cost = random() % 6;
			rows[i].computing_us = random() % 4;
			rows[i].network_us = random() % 4;
		}
		request = (struct cmas_request){
			.gas = 1 + random() % 3, .cost = random() % 6,
			.delay_us = random() % 8,
		};
		memcpy(sorted, rows, sizeof(rows));
		cmas_select(&request, rows, n, &choice);
		want = first_that_fits(&request, sorted, n);
		assert_true(!want == (choice.row == CMAS_NO_ROW));
		if (want)
			assert_memory_equal(want, &rows[choice.row],
					    sizeof(*want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_2),
		cmocka_unit_test(test_figure_1),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
