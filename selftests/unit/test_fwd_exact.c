// SPDX-License-Identifier: GPL-2.0-or-later
/* The exact compiler: ratios, order, nearest ratios, limits. */
#include "fwd_helpers.h"

static void set_weights(struct cats_fwd_member *members,
			const uint32_t *weights, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		members[i].identity = i;
		members[i].weight = weights[i];
	}
}

static void assert_exact(const uint32_t *weights, uint32_t n,
			 const uint16_t *expect, uint32_t size)
{
	struct cats_fwd_member members[MEMBERS];
	struct cats_fwd_table table;

	set_weights(members, weights, n);
	assert_int_equal(cats_fwd_exact(members, n, 0, &table), 0);
	assert_int_equal(table.size, size);
	assert_int_equal(table.error_ppm, 0);
	assert_memory_equal(table.slots, expect, size * sizeof(*expect));
	cats_fwd_free(&table);
	assert_null(table.slots);
	assert_int_equal(table.size, 0);
}

static void exact_draft_figure_3(void **state)
{
	const uint32_t weights[] = { 20, 30, 30, 20 };
	const uint16_t expect[] = { 0, 0, 1, 1, 1, 2, 2, 2, 3, 3 };

	(void)state;
	assert_exact(weights, 4, expect, 10);
}

static void exact_small_ratios(void **state)
{
	const uint32_t even[] = { 1, 1 }, seven_three[] = { 7, 3 };
	const uint32_t same[] = { 500, 500 }, gap[] = { 4, 0, 2 };

	(void)state;
	assert_exact(even, 2, (const uint16_t[]) { 0, 1 }, 2);
	assert_exact(same, 2, (const uint16_t[]) { 0, 1 }, 2);
	assert_exact(seven_three, 2,
		     (const uint16_t[]) { 0, 0, 0, 0, 0, 0, 0, 1, 1, 1 }, 10);
	assert_exact(gap, 3, (const uint16_t[]) { 0, 0, 2 }, 3);
}

static void exact_thirds_need_a_hundred(void **state)
{
	const uint32_t weights[] = { 33, 33, 34 };
	struct cats_fwd_member members[3];
	struct cats_fwd_table table;
	uint32_t counts[3];

	(void)state;
	set_weights(members, weights, 3);
	assert_int_equal(cats_fwd_exact(members, 3, 0, &table), 0);
	assert_int_equal(table.size, 100);
	assert_int_equal(table.error_ppm, 0);
	count_slots(&table, 3, counts);
	assert_int_equal(counts[0], 33);
	assert_int_equal(counts[1], 33);
	assert_int_equal(counts[2], 34);
	cats_fwd_free(&table);
}

/* 1000:1 in 128 slots: the light one keeps a slot, 127:1 is the nearest. */
static void exact_keeps_one_slot(void **state)
{
	const uint32_t weights[] = { 1000, 1 };
	struct cats_fwd_member members[2];
	struct cats_fwd_table table;

	(void)state;
	set_weights(members, weights, 2);
	assert_int_equal(cats_fwd_exact(members, 2, 0, &table), 0);
	assert_int_equal(table.size, 128);
	assert_int_equal(table.slots[126], 0);
	assert_int_equal(table.slots[127], 1);
	assert_error(members, 2, &table);
	cats_fwd_free(&table);
	assert_int_equal(cats_fwd_exact(members, 2, 2000, &table), 0);
	assert_int_equal(table.size, 1001);
	assert_int_equal(table.error_ppm, 0);
	cats_fwd_free(&table);
}

/* 355:113 fits in 468 slots, not in 128: as near as trying all of them. */
static void exact_nearest_ratio(void **state)
{
	const uint32_t weights[] = { 355, 113 };
	struct cats_fwd_member members[2];
	struct cats_fwd_table table;
	uint32_t best = UINT32_MAX, size, i, counts[2];

	(void)state;
	set_weights(members, weights, 2);
	for (size = 2; size <= CATS_EXACT_SLOTS; size++) {
		for (i = 1; i < size; i++) {
			uint32_t ppm;
			int64_t off = 355LL * size - 468LL * i;

			ppm = (llabs(off) * 1000000 + 468 * size - 1) /
			      (468 * size);
			if (ppm < best)
				best = ppm;
		}
	}
	assert_int_equal(cats_fwd_exact(members, 2, 0, &table), 0);
	assert_int_equal(table.error_ppm, best);
	assert_error(members, 2, &table);
	count_slots(&table, 2, counts);
	assert_true(counts[0] > 3 * counts[1]);
	cats_fwd_free(&table);
}

/* Whatever fits is exact; what does not is contiguous, in order, and honest. */
static void exact_random(void **state)
{
	struct cats_fwd_member members[MEMBERS];
	struct cats_fwd_table table;
	uint32_t round, i;

	(void)state;
	for (round = 0; round < 2000; round++) {
		uint32_t n = 1 + random_u64() % 16, counts[MEMBERS];
		uint32_t bound = n + random_u64() % 500;

		draw(members, n, 1 + random_u64() % 1000);
		assert_int_equal(cats_fwd_exact(members, n, bound, &table), 0);
		assert_in_range(table.size, n, bound);
		assert_error(members, n, &table);
		if (sum(members, n) <= bound)
			assert_int_equal(table.error_ppm, 0);
		count_slots(&table, n, counts);
		for (i = 0; i < n; i++)
			assert_true(counts[i] > 0);
		for (i = 1; i < table.size; i++)
			assert_true(table.slots[i] >= table.slots[i - 1]);
		cats_fwd_free(&table);
	}
}

static void exact_limits(void **state)
{
	struct cats_fwd_member members[MEMBERS];
	struct cats_fwd_table table;

	(void)state;
	draw(members, MEMBERS, CATS_WEIGHT_MAX);
	assert_int_equal(cats_fwd_exact(members, 256, 0, &table), -ENOSPC);
	assert_null(table.slots);
	assert_int_equal(cats_fwd_exact(members, 2, CATS_FWD_SLOTS_MAX + 1,
					&table), -EINVAL);
	assert_int_equal(cats_fwd_exact(members, MEMBERS + 1, 0, &table),
			 -EINVAL);
	assert_int_equal(cats_fwd_exact(members, 256, CATS_FWD_SLOTS_MAX,
					&table), 0);
	assert_error(members, 256, &table);
	cats_fwd_free(&table);
	assert_int_equal(cats_fwd_exact(members, 64, 64, &table), 0);
	assert_int_equal(table.size, 64);
	assert_int_equal(table.slots[63], 63);
	cats_fwd_free(&table);
	assert_int_equal(cats_fwd_exact(members, 65, 64, &table), -ENOSPC);
	members[1].weight = CATS_WEIGHT_MAX + 1;
	assert_int_equal(cats_fwd_exact(members, 2, 0, &table), -EINVAL);
}

static void exact_no_weight(void **state)
{
	struct cats_fwd_member members[3] = { { 1, 0 }, { 2, 0 }, { 3, 0 } };
	struct cats_fwd_table table;

	(void)state;
	assert_int_equal(cats_fwd_exact(members, 3, 0, &table), 0);
	assert_int_equal(table.size, 0);
	assert_null(table.slots);
	members[1].weight = 5;
	assert_int_equal(cats_fwd_exact(members, 3, 0, &table), 0);
	assert_int_equal(table.size, 1);
	assert_int_equal(table.slots[0], 1);
	cats_fwd_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exact_draft_figure_3),
		TEST(exact_small_ratios),
		TEST(exact_thirds_need_a_hundred),
		TEST(exact_keeps_one_slot),
		TEST(exact_nearest_ratio),
		TEST(exact_random),
		TEST(exact_limits),
		TEST(exact_no_weight),
	};

	printf("# seed %llu\n", SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
