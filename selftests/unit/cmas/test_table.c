// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole service table: Figure 1 of the draft, delays, states, gas, order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cmas/table.h"
#include "mapped.h"

static struct store *store;
static struct cmas_table *table;

static int begin(void **state)
{
	(void)state;
	store = store_new();
	table = store ? cmas_table_new(store, NULL) : NULL;
	return !table;
}

static int end(void **state)
{
	(void)state;
	cmas_table_free(table);
	store_free(store);
	return 0;
}

static void put(const char *key, const char *text, uint64_t ttl_ms)
{
	json_error_t error;
	json_t *value = json_loads(text, 0, &error);

	if (!value)
		fail_msg("%s: %s", text, error.text);
	assert_int_equal(store_put(store, key, value, ttl_ms), 0);
}

static struct cmas_entry *entry_of(const char *site, const char *csci)
{
	uint8_t addr[16];

	assert_true(mapped_parse(csci, addr));
	return cmas_table_entry(table, site, addr);
}

static bool row_of(const char *site, const char *csci, struct cmas_row *row)
{
	struct cmas_entry *entry = entry_of(site, csci);
	const char *policy;

	assert_non_null(entry);
	return cmas_table_row(table, entry, "in1", row, &policy);
}

#define PATH(endpoint, state, avg)					\
	"{\"endpoint\":\"" endpoint "\",\"state\":\"" state "\","	\
	"\"delay\":{\"what\":\"round-trip\",\"unit\":\"us\",\"avg\":" avg "}}"

#define ROW(service, csci, gas, cost, endpoint)				\
	"{\"service\":\"" service "\",\"csci\":\"" csci "\",\"gas\":" gas	\
	",\"cost\":" cost ",\"endpoint\":\"" endpoint "\"}"

/* Two sites behind CATS-Forwarders 2 and 3; the client comes by 1. */
static void figure_1(void)
{
	put("cmas/service/1", "{\"computing-time\":{\"max-us\":1000}}", 0);
	put("cmas/service/2", "{\"computing-time\":{\"max-us\":2000}}", 0);
	put("cmas/service/3", "{\"computing-time\":{\"max-us\":3000}}", 0);
	put("path/in1/two", PATH("2001:db8::2", "up", "4000.4"), 0);
	put("path/in1/three", PATH("2001:db8::3", "up", "7000"), 0);
	put("path/elsewhere/two", PATH("2001:db8::2", "up", "1"), 0);
	put("cmas/model/s2", "{\"epoch\":\"a\",\"sequence\":1,\"rows\":["
	    ROW("1", "10.0.2.1", "3", "4", "2001:db8::2") ","
	    ROW("2", "10.0.2.2", "6", "5", "2001:db8::2") "]}", 0);
	put("cmas/model/s3", "{\"epoch\":\"a\",\"sequence\":1,\"rows\":["
	    ROW("1", "10.0.3.3", "2", "7", "2001:db8::3") ","
	    ROW("3", "10.0.3.4", "1", "2", "2001:db8::3") "]}", 0);
}

static void check_row(const char *site, const char *csci, uint32_t gas,
		      uint64_t cost, uint64_t computing, uint64_t network)
{
	struct cmas_row row;

	assert_true(row_of(site, csci, &row));
	assert_int_equal(row.gas, gas);
	assert_int_equal(row.cost, cost);
	assert_int_equal(row.computing_us, computing);
	assert_int_equal(row.network_us, network);
}

static void test_figure_1(void **state)
{
	(void)state;
	figure_1();
	check_row("s2", "10.0.2.1", 3, 4, 1000, 4000);
	check_row("s3", "10.0.3.3", 2, 7, 1000, 7000);
	check_row("s2", "10.0.2.2", 6, 5, 2000, 4000);
	check_row("s3", "10.0.3.4", 1, 2, 3000, 7000);
	assert_int_equal(cmas_table_service(table, "1")->count, 2);
	assert_null(cmas_table_service(table, "4"));
}

/* The same, if everything was there before the table was. */
static void test_begun_later(void **state)
{
	cmas_table_free(table);
	figure_1();
	put("cmas/reservation/0", "{\"service\":\"1\",\"site\":\"s2\",\"csci\":\"10.0.2.1\",\"gas\":2,\"state\":\"active\"}", 0);
	table = cmas_table_new(store, NULL);
	assert_non_null(table);
	check_row("s2", "10.0.2.1", 1, 4, 1000, 4000);
	cmas_table_free(table);
	store_delete(store, "cmas/reservation/0");
	table = cmas_table_new(store, NULL);
	test_figure_1(state);
}

static void test_delay(void **state)
{
	const uint32_t assumed = 77;

	(void)state;
	figure_1();
	/* a second way is taken if it is shorter, and up */
	put("path/in1/more", PATH("2001:db8::2", "up", "300"), 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, 300);
	put("path/in1/more", PATH("2001:db8::2", "down", "300"), 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, 4000);
	store_delete(store, "path/in1/two");
	check_row("s2", "10.0.2.1", 3, 4, 1000, CMAS_DELAY_UNKNOWN);
	/* what is no delay is unknown: no number, another unit, none */
	put("path/in1/two", PATH("2001:db8::2", "up", "null"), 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, CMAS_DELAY_UNKNOWN);
	put("path/in1/two", PATH("2001:db8::2", "up", "-1"), 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, CMAS_DELAY_UNKNOWN);
	put("path/in1/two", "{\"endpoint\":\"2001:db8::2\",\"state\":\"up\",\"delay\":{\"unit\":\"ms\",\"avg\":4}}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, CMAS_DELAY_UNKNOWN);
	put("path/in1/two", "{\"endpoint\":7}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, CMAS_DELAY_UNKNOWN);
	cmas_table_free(table);
	table = cmas_table_new(store, &assumed);
	check_row("s2", "10.0.2.1", 3, 4, 1000, 77);
	check_row("s3", "10.0.3.3", 2, 7, 1000, 7000);
}

/* Model, instance, measurement, catalogue: in this order. */
static void test_computing(void **state)
{
	(void)state;
	figure_1();
	put("metric/s2/10.0.2.1", "{\"raw\":{\"response-time\":444.4}}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 444, 4000);
	put("instance/s2/10.0.2.1", "{\"computing-us\":50}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 50, 4000);
	put("instance/s2/10.0.2.1", "{\"computing-us\":\"x\"}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 444, 4000);
	put("instance/s2/10.0.2.1", "{\"computing-us\":50}", 0);
	put("cmas/model/s2", "{\"rows\":[{\"service\":\"1\",\"csci\":\"10.0.2.1\",\"gas\":3,\"cost\":4,\"computing-us\":9,\"endpoint\":\"2001:db8::2\"}]}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 9, 4000);
	store_delete(store, "metric/s2/10.0.2.1");
	put("cmas/service/1", "{\"computing-time\":{\"max-us\":5}}", 0);
	check_row("s3", "10.0.3.3", 2, 7, 5, 7000);
	store_delete(store, "cmas/service/1");
	check_row("s3", "10.0.3.3", 2, 7, CMAS_DELAY_UNKNOWN, 7000);
}

static void test_states(void **state)
{
	struct cmas_row row;

	(void)state;
	figure_1();
	put("instance/s2/10.0.2.1", "{\"state\":\"drain\"}", 0);
	assert_false(row_of("s2", "10.0.2.1", &row));
	put("instance/s2/10.0.2.1", "{\"state\":\"up\",\"endpoint\":\"2001:db8::3\"}", 0);
	/* the model's endpoint counts more */
	check_row("s2", "10.0.2.1", 3, 4, 1000, 4000);
	put("instance/s2/10.0.2.1", "{\"state\":\"down\"}", 0);
	assert_false(row_of("s2", "10.0.2.1", &row));
	store_delete(store, "instance/s2/10.0.2.1");
	assert_true(row_of("s2", "10.0.2.1", &row));
	/* a model without: the instance's */
	put("cmas/model/s2", "{\"rows\":[{\"service\":\"1\",\"csci\":\"10.0.2.1\",\"gas\":3,\"cost\":4}]}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, CMAS_DELAY_UNKNOWN);
	put("instance/s2/10.0.2.1", "{\"state\":\"up\",\"endpoint\":\"2001:db8::3\"}", 0);
	check_row("s2", "10.0.2.1", 3, 4, 1000, 7000);
}

/* Who had a CSCI-ID first keeps it, until it gives it up. */
static void test_shadowed(void **state)
{
	struct cmas_row row;
	uint8_t csci[16];

	(void)state;
	figure_1();
	mapped_parse("10.0.2.1", csci);
	put("cmas/model/s3", "{\"rows\":[" ROW("1", "10.0.2.1", "9", "1", "2001:db8::3") "]}", 0);
	assert_true(row_of("s2", "10.0.2.1", &row));
	assert_false(row_of("s3", "10.0.2.1", &row));
	assert_string_equal(cmas_table_owner(table, csci), "s2");
	/* to be seen again, with another number, is not to be the first */
	put("cmas/model/s2", "{\"rows\":[" ROW("1", "10.0.2.1", "8", "1", "2001:db8::2") "]}", 0);
	assert_true(row_of("s2", "10.0.2.1", &row));
	store_delete(store, "cmas/model/s2");
	assert_null(entry_of("s2", "10.0.2.1"));
	assert_true(row_of("s3", "10.0.2.1", &row));
	assert_string_equal(cmas_table_owner(table, csci), "s3");
}

static void reserve(unsigned int id, unsigned int gas, const char *state,
		    uint64_t ttl_ms)
{
	char key[64], text[160];

	snprintf(key, sizeof(key), "cmas/reservation/%u", id);
	snprintf(text, sizeof(text), "{\"service\":\"1\",\"site\":\"s2\",\"csci\":\"10.0.2.1\",\"gas\":%u,\"state\":\"%s\"}",
		 gas, state);
	put(key, text, ttl_ms);
}

static void test_gas(void **state)
{
	struct cmas_entry *entry;
	struct cmas_row row;

	(void)state;
	figure_1();
	entry = entry_of("s2", "10.0.2.1");
	reserve(1, 2, "held", 0);
	assert_int_equal(cmas_table_gas(entry), 3);
	check_row("s2", "10.0.2.1", 1, 4, 1000, 4000);
	reserve(1, 2, "active", 0);
	assert_int_equal(cmas_table_gas(entry), 1);
	cmas_table_pend(entry, 1);
	check_row("s2", "10.0.2.1", 0, 4, 1000, 4000);
	/* more than there is, after the site has taken back: none, not less */
	reserve(2, 7, "active", 0);
	assert_int_equal(cmas_table_gas(entry), 0);
	store_delete(store, "cmas/model/s2");
	assert_false(row_of("s2", "10.0.2.1", &row));
	store_delete(store, "cmas/reservation/1");
	store_delete(store, "cmas/reservation/2");
	/* what is on its way keeps the row */
	assert_ptr_equal(entry_of("s2", "10.0.2.1"), entry);
	cmas_table_unpend(table, entry, 1);
	assert_null(entry_of("s2", "10.0.2.1"));
	assert_int_equal(cmas_table_reservations(table), 0);
}

static void test_expired(void **state)
{
	(void)state;
	figure_1();
	reserve(1, 2, "active", 1);
	check_row("s2", "10.0.2.1", 1, 4, 1000, 4000);
	store_expire(store, clock_monotonic_ms() + 10);
	check_row("s2", "10.0.2.1", 3, 4, 1000, 4000);
}

static void test_malformed(void **state)
{
	static const char *const models[] = {
		"{}", "{\"rows\":7}", "{\"rows\":[7]}",
		"{\"rows\":[{\"csci\":\"x\"}]}",
		"{\"rows\":[{\"csci\":\"10.0.9.1\",\"gas\":-5,\"cost\":\"x\"}]}",
	};
	size_t i;

	(void)state;
	figure_1();
	for (i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		put("cmas/model/s9", models[i], 0);
	assert_int_equal(cmas_table_malformed(table), 2);
	assert_int_equal(cmas_table_gas(entry_of("s9", "10.0.9.1")), 0);
	put("cmas/reservation/1", "{\"csci\":7}", 0);
	put("cmas/reservation/2", "{\"csci\":\"10.0.2.1\",\"site\":\"s2\",\"service\":\"1\",\"gas\":-3}", 0);
	put("cmas/model/a/b", "{\"rows\":[]}", 0);
	assert_int_equal(cmas_table_malformed(table), 4);
	check_row("s2", "10.0.2.1", 3, 4, 1000, 4000);
}

static void random_reservation(unsigned int *gas, bool *active)
{
	unsigned int id = random() % 40;
	char key[64];

	snprintf(key, sizeof(key), "cmas/reservation/%u", id);
	if (random() % 3 == 0) {
		store_delete(store, key);
		gas[id] = 0;
		return;
	}
	gas[id] = 1 + random() % 5;
	active[id] = random() % 2;
	reserve(id, gas[id], active[id] ? "active" : "held", 0);
}

/* 20,000 changes in any order: the sums are those of what there is. */
static void test_any_order(void **state)
{
	unsigned int gas[40] = {}, turn, id;
	struct cmas_entry *entry;
	uint64_t sum[2];
	bool active[40] = {};

	(void)state;
	figure_1();
	srandom(11);
	for (turn = 0; turn < 20000; turn++) {
		if (random() % 20 == 0)
			store_delete(store, "cmas/model/s2");
		else if (random() % 20 == 0)
			put("cmas/model/s2", "{\"rows\":[" ROW("1", "10.0.2.1", "30", "4", "::") "]}", 0);
		else
			random_reservation(gas, active);
		sum[0] = sum[1] = 0;
		for (id = 0; id < 40; id++)
			sum[active[id]] += gas[id];
		entry = entry_of("s2", "10.0.2.1");
		if (!entry) {
			assert_int_equal(sum[0] + sum[1], 0);
			continue;
		}
		assert_int_equal(entry->held, sum[0]);
		assert_int_equal(entry->active, sum[1]);
		assert_true(cmas_table_gas(entry) <= 30);
	}
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_figure_1), TEST(test_begun_later),
		TEST(test_delay),    TEST(test_computing),
		TEST(test_states),   TEST(test_shadowed),
		TEST(test_gas),	     TEST(test_expired),
		TEST(test_malformed), TEST(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
