// SPDX-License-Identifier: GPL-2.0-or-later
/* The consistent compiler: shares, disruption, order, limits. */
#include "fwd_helpers.h"

/* Each count is less than one slot away from weight / total * size. */
static void assert_shares(const struct cats_fwd_member *members, uint32_t n,
			  const struct cats_fwd_table *table)
{
	uint64_t total = sum(members, n);
	uint32_t counts[MEMBERS];
	uint32_t i;

	count_slots(table, n, counts);
	for (i = 0; i < n; i++) {
		int64_t off = (int64_t)counts[i] * (int64_t)total -
			      (int64_t)members[i].weight * table->size;

		assert_true((uint64_t)llabs(off) < total);
	}
}

static void primes(void **state)
{
	(void)state;
	assert_int_equal(cats_fwd_prime(0), 2);
	assert_int_equal(cats_fwd_prime(8), 11);
	assert_int_equal(cats_fwd_prime(9), 11);
	assert_int_equal(cats_fwd_prime(4093), 4093);
	assert_int_equal(cats_fwd_prime(4094), 4099);
	assert_int_equal(cats_fwd_prime(262139), 262139);
	assert_int_equal(cats_fwd_prime(262140), 0);
	assert_int_equal(cats_fwd_prime(UINT32_MAX), 0);
}

static void maglev_sizes(void **state)
{
	uint32_t n;

	(void)state;
	assert_int_equal(cats_fwd_maglev_size(0), 1);
	assert_int_equal(cats_fwd_maglev_size(1), 1);
	assert_int_equal(cats_fwd_maglev_size(2), 2039);
	assert_int_equal(cats_fwd_maglev_size(4), 4093);
	assert_int_equal(cats_fwd_maglev_size(5), 8191);
	assert_int_equal(cats_fwd_maglev_size(256), 262139);
	for (n = 2; n <= MEMBERS; n++) {
		uint32_t size = cats_fwd_maglev_size(n);

		assert_in_range(size, 1000 * n, CATS_FWD_SLOTS_MAX);
		assert_int_equal(cats_fwd_prime(size), size);
	}
}

static void maglev_limits(void **state)
{
	struct cats_fwd_member members[MEMBERS];
	struct cats_fwd_table table;

	(void)state;
	draw(members, MEMBERS, 1);
	assert_int_equal(cats_fwd_maglev(members, 2, 0, &table), -EINVAL);
	assert_int_equal(cats_fwd_maglev(members, 2, 4095, &table), -EINVAL);
	/* a prime, but above one chunk */
	assert_int_equal(cats_fwd_maglev(members, 2, 262147, &table), -EINVAL);
	assert_int_equal(cats_fwd_maglev(members, 2, 1, &table), -ENOSPC);
	assert_int_equal(cats_fwd_maglev(members, 4, 3, &table), -ENOSPC);
	assert_null(table.slots);
	assert_int_equal(cats_fwd_maglev(members, 3, 3, &table), 0);
	assert_shares(members, 3, &table);
	cats_fwd_free(&table);
	assert_int_equal(cats_fwd_maglev(members, 1, 1, &table), 0);
	assert_int_equal(table.size, 1);
	assert_int_equal(table.slots[0], 0);
	cats_fwd_free(&table);
	members[0].weight = CATS_WEIGHT_MAX + 1;
	assert_int_equal(cats_fwd_maglev(members, 1, 1, &table), -EINVAL);
}

static void maglev_no_weight(void **state)
{
	struct cats_fwd_member members[3] = { { 1, 0 }, { 2, 0 }, { 3, 0 } };
	struct cats_fwd_table table;
	uint32_t counts[3];

	(void)state;
	assert_int_equal(cats_fwd_maglev(members, 3, 4093, &table), 0);
	assert_int_equal(table.size, 0);
	assert_null(table.slots);
	members[1].weight = 5;
	assert_int_equal(cats_fwd_maglev(members, 3, 4093, &table), 0);
	count_slots(&table, 3, counts);
	assert_int_equal(counts[1], 4093);
	cats_fwd_free(&table);
}

static void maglev_shares(void **state)
{
	static const uint32_t sizes[] = { 2, 3, 101, 1021, 2039, 4093 };
	struct cats_fwd_member members[MEMBERS];
	struct cats_fwd_table table;
	uint32_t round;

	(void)state;
	for (round = 0; round < 1000; round++) {
		uint32_t size = sizes[random_u64() % 6];
		uint32_t n = 1 + random_u64() % (size < 64 ? size : 64);

		draw(members, n, CATS_WEIGHT_MAX >> random_u64() % 16);
		assert_int_equal(cats_fwd_maglev(members, n, size, &table), 0);
		assert_int_equal(table.size, size);
		assert_shares(members, n, &table);
		assert_error(members, n, &table);
		cats_fwd_free(&table);
	}
}

/* The largest and the most uneven tables. */
static void maglev_extremes(void **state)
{
	struct cats_fwd_member members[MEMBERS];
	struct cats_fwd_table table;
	uint32_t i;

	(void)state;
	draw(members, MEMBERS, CATS_WEIGHT_MAX);
	assert_int_equal(cats_fwd_maglev(members, MEMBERS, 262139, &table), 0);
	assert_shares(members, MEMBERS, &table);
	cats_fwd_free(&table);
	for (i = 0; i < MEMBERS; i++)
		members[i].weight = 1;
	members[7].weight = CATS_WEIGHT_MAX;
	assert_int_equal(cats_fwd_maglev(members, MEMBERS, 262139, &table), 0);
	assert_shares(members, MEMBERS, &table);
	cats_fwd_free(&table);
}

static void maglev_ignores_order(void **state)
{
	struct cats_fwd_member members[64], mixed[64];
	struct cats_fwd_table a, b;
	uint32_t round, i;

	(void)state;
	for (round = 0; round < 100; round++) {
		uint32_t n = 2 + random_u64() % 63, turn = random_u64() % n;
		uint32_t size = cats_fwd_prime(20 * n);

		draw(members, n, 1 + random_u64() % 50);
		for (i = 0; i < n; i++)
			mixed[n - 1 - (i + turn) % n] = members[i];
		assert_int_equal(cats_fwd_maglev(members, n, size, &a), 0);
		assert_int_equal(cats_fwd_maglev(mixed, n, size, &b), 0);
		for (i = 0; i < size; i++)
			assert_int_equal(members[a.slots[i]].identity,
					 mixed[b.slots[i]].identity);
		cats_fwd_free(&a);
		cats_fwd_free(&b);
	}
}

/* The same next hop twice is not an error. */
static void maglev_twins(void **state)
{
	struct cats_fwd_member members[5];
	struct cats_fwd_table table;

	(void)state;
	draw(members, 5, 9);
	members[1] = members[4];
	members[3].identity = members[4].identity;
	assert_int_equal(cats_fwd_maglev(members, 5, 8191, &table), 0);
	assert_shares(members, 5, &table);
	cats_fwd_free(&table);
}

/* Slots of the others that change when member @gone leaves. */
static uint32_t disruption(const struct cats_fwd_member *members, uint32_t n,
			   const struct cats_fwd_table *before, uint32_t gone)
{
	struct cats_fwd_member rest[MEMBERS];
	struct cats_fwd_table after;
	uint32_t i, moved = 0;

	for (i = 0; i < n - 1; i++)
		rest[i] = members[i + (i >= gone)];
	assert_int_equal(cats_fwd_maglev(rest, n - 1, before->size, &after), 0);
	for (i = 0; i < before->size; i++) {
		uint32_t now = after.slots[i] + (after.slots[i] >= gone);

		moved += before->slots[i] != gone && before->slots[i] != now;
	}
	cats_fwd_free(&after);
	return moved;
}

/**
 * struct disrupted - what leaving does, over many sets of members
 * @cases: members that left
 * @above: of these, how many moved more than 1 % of all slots plus rounding
 * @sum: moved slots of the others, in ppm of all, over all cases
 * @worst: most of any case
 */
struct disrupted {
	uint32_t cases;
	uint32_t above;
	uint64_t sum;
	uint32_t worst;
};

static void leave(uint32_t n, uint32_t most, struct disrupted *result)
{
	struct cats_fwd_member members[MEMBERS];
	struct cats_fwd_table table;
	uint32_t size = cats_fwd_maglev_size(n), gone;

	draw(members, n, most);
	assert_int_equal(cats_fwd_maglev(members, n, size, &table), 0);
	for (gone = 0; gone < n && gone < 4; gone++) {
		uint32_t moved = disruption(members, n, &table, gone);
		uint32_t ppm = moved * 1000000ULL / size;

		result->cases++;
		result->above += moved > size / 100 + n;
		result->sum += ppm;
		if (ppm > result->worst)
			result->worst = ppm;
	}
	cats_fwd_free(&table);
}

/*
 * Which slots collide is chance, so the promise is about the average and the
 * 99th percentile; no case may be far off.
 */
static void assert_disruption(uint32_t n, uint32_t most)
{
	struct disrupted result = { 0 };
	uint32_t round;

	for (round = 0; round < (n > 16 ? 1 : 1000 / (n * n) + 1); round++)
		leave(n, most, &result);
	print_message("# n=%u weights 1..%u: %u cases, average %.3f %%, worst %.3f %%\n",
		      n, most, result.cases,
		      result.sum / 1e4 / result.cases, result.worst / 1e4);
	assert_true(result.sum / result.cases < 6000);
	assert_true(result.above * 100 <= result.cases);
	assert_true(result.worst < 15000);
}

static void maglev_leave_equal(void **state)
{
	static const uint32_t ns[] = { 2, 3, 4, 10, 16, 64, 100, 256 };
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		assert_disruption(ns[i], 1);
}

static void maglev_leave_uneven(void **state)
{
	static const uint32_t ns[] = { 2, 3, 4, 10, 16, 64, 100, 256 };
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		assert_disruption(ns[i], 10);
		assert_disruption(ns[i], 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(primes),
		TEST(maglev_sizes),
		TEST(maglev_limits),
		TEST(maglev_no_weight),
		TEST(maglev_shares),
		TEST(maglev_extremes),
		TEST(maglev_ignores_order),
		TEST(maglev_twins),
		TEST(maglev_leave_equal),
		TEST(maglev_leave_uneven),
	};

	printf("# seed %llu\n", SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
