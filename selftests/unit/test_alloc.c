// SPDX-License-Identifier: GPL-2.0-or-later
/* Allocators of ids and slots, against a plain map of who owns what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define CHUNK	1024
#define CHUNKS	8
#define LIMIT	(CHUNK * CHUNKS)

static void test_ids(void **state)
{
	struct cats_ids ids;
	uint32_t i, id, seen[200] = {};

	(void)state;
	assert_int_equal(cats_ids_init(&ids, 200), 0);
	for (i = 1; i < 200; i++) {
		id = cats_ids_get(&ids);
		assert_true(id > 0 && id < 200);
		assert_int_equal(seen[id]++, 0);
	}
	assert_int_equal(cats_ids_get(&ids), 0);
	/* what rests is not given out before it has rested */
	cats_ids_put(&ids, 77);
	assert_int_equal(cats_ids_get(&ids), 0);
	cats_ids_rested(&ids);
	assert_int_equal(cats_ids_get(&ids), 77);
	cats_ids_undo(&ids, 130);
	assert_int_equal(cats_ids_get(&ids), 130);
	cats_ids_fini(&ids);
}

static void claim(uint8_t *owned, uint32_t base, uint32_t size, uint8_t from,
		  uint8_t to)
{
	uint32_t i;

	assert_true(base + size <= LIMIT);
	assert_int_equal(base / CHUNK, (base + size - 1) / CHUNK);
	for (i = base; i < base + size; i++) {
		assert_int_equal(owned[i], from);
		owned[i] = to;
	}
}

/* No slot has two owners, no range crosses a chunk, nothing is lost. */
static void test_slots_random(void **state)
{
	static struct cats_range held[512];
	static uint8_t owned[LIMIT];
	struct cats_slots slots = {};
	uint32_t n = 0, i, at, base, size;

	(void)state;
	srand(1);
	cats_slots_reset(&slots, CHUNK, LIMIT);
	for (i = 0; i < 20000; i++) {
		if (rand() % 2 && n < 512) {
			size = 1 + rand() % (rand() % 8 ? 40 : CHUNK);
			if (cats_slots_get(&slots, size, &base))
				continue;
			claim(owned, base, size, 0, 1);
			held[n++] = (struct cats_range){ base, size };
		} else if (n) {
			at = rand() % n;
			claim(owned, held[at].base, held[at].size, 1, 2);
			cats_slots_put(&slots, held[at].base, held[at].size);
			held[at] = held[--n];
		}
		if (i % 50 == 0) {
			cats_slots_rested(&slots);
			for (at = 0; at < LIMIT; at++)
				owned[at] = owned[at] == 2 ? 0 : owned[at];
		}
	}
	while (n--)
		cats_slots_put(&slots, held[n].base, held[n].size);
	cats_slots_rested(&slots);
	for (i = 0; i < CHUNKS; i++)
		assert_int_equal(cats_slots_get(&slots, CHUNK, &base), 0);
	assert_int_equal(cats_slots_get(&slots, 1, &base), -ENOSPC);
	cats_slots_fini(&slots);
}

/* What a new process reads off the tables leaves the same gaps. */
static void test_slots_load(void **state)
{
	struct cats_range used[] = { { 2000, 48 }, { 0, 10 }, { 1024, 500 },
				     { 10, 1000 } };
	static uint8_t owned[LIMIT];
	struct cats_slots slots = {};
	uint32_t i, base, total = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		memset(owned + used[i].base, 1, used[i].size);
		total += used[i].size;
	}
	cats_slots_reset(&slots, CHUNK, LIMIT);
	assert_int_equal(cats_slots_load(&slots, used, 4), 0);
	while (!cats_slots_get(&slots, 1, &base)) {
		claim(owned, base, 1, 0, 1);
		total++;
	}
	assert_int_equal(total, LIMIT);
	cats_slots_fini(&slots);
}

static void test_slots_too_big(void **state)
{
	struct cats_slots slots = {};
	uint32_t base;

	(void)state;
	cats_slots_reset(&slots, CHUNK, LIMIT);
	assert_int_equal(cats_slots_get(&slots, CHUNK + 1, &base), -ENOSPC);
	assert_int_equal(cats_slots_get(&slots, 0, &base), -ENOSPC);
	cats_slots_fini(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_slots_random),
		cmocka_unit_test(test_slots_load),
		cmocka_unit_test(test_slots_too_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
