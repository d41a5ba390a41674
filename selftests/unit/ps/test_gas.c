// SPDX-License-Identifier: GPL-2.0-or-later
/* Policy cmas: gas is what the service models have, less what is reserved. */
#include <event2/event.h>
#include <stdio.h>

#include "bed.h"

#define KEY	"decision/100/203.0.113.1"

static uint32_t vrf = 100, hold_ms = 20, lease_ms = 1000;
static uint64_t cost = 5;
static char *csid[] = { "203.0.113.1" };
static struct ps_service_config service = {
	.csid = csid, .csid_count = 1, .vrf = &vrf, .policy = "cmas",
	.wanted_cost = &cost,
};
static const struct ps_config config = {
	.lease_ms = &lease_ms, .hold_ms = &hold_ms, .services = &service,
	.services_count = 1,
};

static void put(struct bed *bed, const char *key, json_t *record)
{
	assert_non_null(record);
	assert_int_equal(store_put(bed->catsd.store, key, record, 0), 0);
}

static void model(struct bed *bed, const char *site, const char *instance,
		  int gas)
{
	char key[64];

	snprintf(key, sizeof(key), "cmas/model/%s", site);
	put(bed, key, json_pack("{s:s, s:i, s:[{s:s, s:i, s:i, s:s}]}", "epoch",
				"e", "sequence", 1, "rows", "service", "AR1",
				"gas", gas, "cost", 5, "csci", instance));
}

static json_t *reservation(const char *site, const char *instance, int gas)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "client", "c",
			 "service", "AR1", "site", site, "csci", instance,
			 "gas", gas, "cost", 5, "state", "active");
}

static void two_instances(struct bed *bed)
{
	static const char *const more = ", \"cost\": 5, \"computing-us\": 1000";

	path(bed, "in", "P1", "2001:db8:e::1", 1000, "up");
	path(bed, "in", "P2", "2001:db8:e::2", 1000, "up");
	announce(bed, "s1", 1, more);
	announce(bed, "s2", 2, more);
}

/* Who is equal otherwise is chosen while it has gas. */
static void test_reserved(void **state)
{
	static const char *const id =
		"cmas/reservation/0123456789abcdef0123456789abcdef";
	struct bed bed;

	(void)state;
	bed_open(&bed, &config);
	two_instances(&bed);
	settle(&bed);
	assert_int_equal(weight(&bed, KEY, 1), -1);
	model(&bed, "s1", "10.0.1.1", 2);
	model(&bed, "s2", "10.0.1.2", 2);
	until(&bed, weight(&bed, KEY, 1) == 100);
	put(&bed, id, reservation("s1", "10.0.1.1", 2));
	until(&bed, weight(&bed, KEY, 2) == 100);
	/* what it had it keeps */
	assert_int_equal(weight(&bed, KEY, 1), 0);
	assert_int_equal(store_delete(bed.catsd.store, id), 0);
	model(&bed, "s2", "10.0.1.2", 0);
	until(&bed, weight(&bed, KEY, 1) == 100);
	bed_close(&bed);
}

/* Without a model nobody knows of any gas, and it is not taken for plenty. */
static void test_unknown(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, &config);
	two_instances(&bed);
	model(&bed, "s2", "10.0.1.2", 1);
	until(&bed, weight(&bed, KEY, 2) == 100);
	assert_int_equal(weight(&bed, KEY, 1), -1);
	bed_close(&bed);
}

/* The model may be there before the instance. */
static void test_model_first(void **state)
{
	struct bed bed;
	int i;

	(void)state;
	bed_open(&bed, &config);
	model(&bed, "s1", "10.0.1.1", 1);
	/* its look is over when the slower timers have fired, too */
	for (i = 0; i < 5; i++)
		event_base_loop(bed.catsd.base, EVLOOP_ONCE);
	two_instances(&bed);
	until(&bed, weight(&bed, KEY, 1) == 100);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_model_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
