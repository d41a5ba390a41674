// SPDX-License-Identifier: GPL-2.0-or-later
/* What the egress sees of flows renews and ends their reservations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmas/table.h"
#include "egress/reserved.h"
#include "mapped.h"

static struct store *store;
static struct reserved *reserved;

static int begin(void **state)
{
	(void)state;
	store = store_new();
	reserved = store ? reserved_new(store) : NULL;
	return !reserved;
}

static int end(void **state)
{
	(void)state;
	reserved_free(reserved);
	store_free(store);
	return 0;
}

static const char *key_of(const char *id)
{
	static char key[64];

	snprintf(key, sizeof(key), RESERVATION_PREFIX "%s", id);
	return key;
}

static void reserve(const char *id, const char *csci, uint16_t sport)
{
	json_t *value = json_pack("{s:s, s:s, s:s, s:i, s:s, s:{s:s, s:i, s:i, s:s, s:s}}",
				  "service", "AR1", "site", "s2", "csci", csci,
				  "gas", 1, "state", "active", "flow",
				  "source", "192.0.2.7", "sport", sport,
				  "dport", 80, "protocol", "tcp", "csid",
				  "203.0.113.1");

	assert_int_equal(store_put(store, key_of(id), value, 1000), 0);
}

static struct cats_egress_flow flow(const char *csci, uint16_t sport)
{
	struct cats_egress_flow made = {
		.sport = sport, .dport = 80, .protocol = IPPROTO_TCP,
		.has_ports = true,
	};

	mapped_parse(csci, made.instance);
	mapped_parse("192.0.2.7", made.saddr);
	mapped_parse("203.0.113.1", made.daddr);
	return made;
}

static uint64_t left_ms(const char *id)
{
	const struct store_entry *entry = store_get(store, key_of(id));

	assert_non_null(entry);
	return entry->expires_ms - clock_monotonic_ms();
}

static void test_renewed(void **state)
{
	struct cats_egress_flow seen = flow("10.0.2.1", 4000);

	(void)state;
	reserve("a", "10.0.2.1", 4000);
	reserve("b", "10.0.2.1", 4001);
	assert_int_equal(reserved_count(reserved), 2);
	assert_int_equal(reserved_see(reserved, &seen, 60000),
			 RESERVED_RENEWED);
	assert_true(left_ms("a") > 30000);
	assert_true(left_ms("b") <= 1000);
	/* what nobody sees ends with its lease, and is forgotten */
	store_expire(store, clock_monotonic_ms() + 2000);
	assert_non_null(store_get(store, key_of("a")));
	assert_null(store_get(store, key_of("b")));
	assert_int_equal(reserved_count(reserved), 1);
}

/* Of another instance, another port, another protocol: another flow. */
static void test_others(void **state)
{
	struct cats_egress_flow other;

	(void)state;
	reserve("a", "10.0.2.1", 4000);
	other = flow("10.0.2.2", 4000);
	assert_int_equal(reserved_see(reserved, &other, 60000), RESERVED_NONE);
	other = flow("10.0.2.1", 4001);
	assert_int_equal(reserved_end(reserved, &other), RESERVED_NONE);
	other = flow("10.0.2.1", 4000);
	other.protocol = IPPROTO_UDP;
	assert_int_equal(reserved_end(reserved, &other), RESERVED_NONE);
	assert_true(left_ms("a") <= 1000);
}

/* The flow is free with its reservation, and nobody else's is. */
static void test_index(void **state)
{
	struct cats_egress_flow over = flow("10.0.2.1", 4000);
	static const char *const keys[] = {
		"cmas/flow/0/203.0.113.1/6/192.0.2.7/4000/80",
		"cmas/flow/0/203.0.113.1/6/192.0.2.7/4001/80",
	};
	size_t i;

	(void)state;
	reserve("a", "10.0.2.1", 4000);
	reserve("b", "10.0.2.1", 4001);
	for (i = 0; i < 2; i++)
		assert_int_equal(store_put(store, keys[i],
			json_pack("{s:s}", "reservation", i ? "b" : "a"), 0),
			0);
	over.end = CATS_FLOW_END_CLOSED;
	over.has_end = true;
	assert_int_equal(reserved_end(reserved, &over), RESERVED_ENDED);
	assert_null(store_get(store, key_of("a")));
	assert_null(store_get(store, keys[0]));
	assert_non_null(store_get(store, keys[1]));
	/* its key is another's by now: that one keeps it */
	store_put(store, keys[1], json_pack("{s:s}", "reservation", "c"), 0);
	over = flow("10.0.2.1", 4001);
	over.end = CATS_FLOW_END_CLOSED;
	over.has_end = true;
	assert_int_equal(reserved_end(reserved, &over), RESERVED_ENDED);
	assert_non_null(store_get(store, keys[1]));
}

static void test_ended(void **state)
{
	static const uint32_t ends[] = { CATS_FLOW_END_IDLE,
					 CATS_FLOW_END_CLOSED,
					 CATS_FLOW_END_RESET,
					 CATS_FLOW_END_MOVED,
					 CATS_FLOW_END_REMOVED };
	struct cats_egress_flow over = flow("10.0.2.1", 4000);
	size_t i;

	(void)state;
	over.has_end = true;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		reserve("a", "10.0.2.1", 4000);
		over.end = ends[i];
		assert_int_equal(reserved_end(reserved, &over),
				 RESERVED_ENDED);
		assert_null(store_get(store, key_of("a")));
		assert_int_equal(reserved_end(reserved, &over), RESERVED_NONE);
		assert_int_equal(reserved_count(reserved), 0);
	}
	/* a SYN opened it again: it goes on */
	reserve("a", "10.0.2.1", 4000);
	over.end = CATS_FLOW_END_RESTARTED;
	assert_int_equal(reserved_end(reserved, &over), RESERVED_KEPT);
	assert_non_null(store_get(store, key_of("a")));
}

/*
 * The same flow is reserved anew: the old reservation's end is not the new's.
 */
static void test_replaced(void **state)
{
	struct cats_egress_flow seen = flow("10.0.2.1", 4000);

	(void)state;
	reserve("a", "10.0.2.1", 4000);
	reserve("b", "10.0.2.1", 4000);
	assert_int_equal(reserved_count(reserved), 1);
	store_delete(store, key_of("a"));
	assert_int_equal(reserved_count(reserved), 1);
	assert_int_equal(reserved_see(reserved, &seen, 60000),
			 RESERVED_RENEWED);
	assert_true(left_ms("b") > 30000);
}

/* No flow, or what is none, is no reason for anything. */
static void test_malformed(void **state)
{
	(void)state;
	store_put(store, key_of("a"), json_pack("{s:s}", "csci", "10.0.2.1"),
		  0);
	store_put(store, key_of("b"), json_pack("{s:s, s:i}", "csci",
						"10.0.2.1", "flow", 7), 0);
	store_put(store, key_of("c"), json_pack("{s:s, s:{s:s}}", "csci", "x",
						"flow", "source", "y"), 0);
	assert_int_equal(reserved_count(reserved), 0);
}

/* What was there before the role was is known too. */
static void test_begun_later(void **state)
{
	struct cats_egress_flow seen = flow("10.0.2.1", 4000);

	(void)state;
	reserve("a", "10.0.2.1", 4000);
	reserved_free(reserved);
	reserved = reserved_new(store);
	assert_int_equal(reserved_see(reserved, &seen, 60000),
			 RESERVED_RENEWED);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_renewed),   TEST(test_others),
		TEST(test_ended),     TEST(test_replaced),
		TEST(test_malformed), TEST(test_begun_later),
		TEST(test_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
