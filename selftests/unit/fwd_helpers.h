/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random members and checks of a table, for the tests of both compilers. */
#ifndef CATS_TEST_FWD_H
#define CATS_TEST_FWD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cats/hash.h>
#include <cats/maps.h>

#include "fwd.h"

#define MEMBERS		CATS_NEXTHOPS_MAX
#define SEED		10053ULL

static uint64_t random_state;

static uint64_t random_u64(void)
{
	random_state += 0x9e3779b97f4a7c15ULL;
	return cats_hash_final(random_state);
}

/* Every test draws from the start of the same sequence. */
static int reseed(void **state)
{
	(void)state;
	random_state = SEED;
	return 0;
}

/* @most is the largest weight; 1 makes all equal. */
static void draw(struct cats_fwd_member *members, uint32_t n, uint32_t most)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		members[i].identity = random_u64();
		members[i].weight = 1 + random_u64() % most;
	}
}

static void count_slots(const struct cats_fwd_table *table, uint32_t n,
			uint32_t *counts)
{
	uint32_t i;

	memset(counts, 0, n * sizeof(*counts));
	for (i = 0; i < table->size; i++) {
		assert_true(table->slots[i] < n);
		counts[table->slots[i]]++;
	}
}

static uint64_t sum(const struct cats_fwd_member *members, uint32_t n)
{
	uint64_t total = 0;

	while (n--)
		total += members[n].weight;
	return total;
}

/* The reported error, computed here in another way: in floating point. */
static void assert_error(const struct cats_fwd_member *members, uint32_t n,
			 const struct cats_fwd_table *table)
{
	double total = sum(members, n), largest = 0;
	uint32_t counts[MEMBERS];
	uint32_t i;

	count_slots(table, n, counts);
	for (i = 0; i < n; i++) {
		double off = (double)counts[i] / table->size -
			     members[i].weight / total;

		if (off < 0)
			off = -off;
		if (off > largest)
			largest = off;
	}
	largest *= 1e6;
	assert_true(table->error_ppm >= largest - 1e-3);
	assert_true(table->error_ppm < largest + 1 + 1e-3);
}

#define TEST(f) cmocka_unit_test_setup(f, reseed)

#endif /* CATS_TEST_FWD_H */
