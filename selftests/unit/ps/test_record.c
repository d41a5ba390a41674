// SPDX-License-Identifier: GPL-2.0-or-later
/* Decisions a C-PS finds: they go on, with the route the file has now. */
#include <string.h>

#include "bed.h"
#include "decision.h"

#define KEY	"decision/100/203.0.113.1"

static uint32_t vrf = 100, hold_ms = 10, timeout_s = 77;
static char *csids[] = { "203.0.113.1" };

/* Another C-PS with the same store. */
static void again(struct bed *bed, struct ps_service_config *service)
{
	ps_decider_close(&bed->decider);
	bed->config.services = service;
	open_decider(bed);
}

static void expect_route(struct bed *bed, uint8_t mode, uint32_t timeout,
			 const char *policy)
{
	struct decision decision;

	assert_int_equal(decision_parse(decision_at(bed, KEY), &decision), 0);
	assert_int_equal(decision.route.mode, mode);
	assert_int_equal(decision.route.timeout_s, timeout);
	assert_string_equal(decision.policy, policy);
	assert_int_equal(decision.nexthops, 2);
}

static void test_file_changes(void **state)
{
	struct ps_service_config one = { .csid = csids, .csid_count = 1,
					 .vrf = &vrf };
	struct ps_service_config other = { .csid = csids, .csid_count = 1,
					   .vrf = &vrf, .mode = "control",
					   .timeout = &timeout_s,
					   .policy = "least-response" };
	const struct ps_config config = { .hold_ms = &hold_ms,
					  .services = &one,
					  .services_count = 1 };
	struct bed bed;

	(void)state;
	bed_open(&bed, &config);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	expect_route(&bed, 0, CATS_TIMEOUT_DEFAULT, "weighted");
	/* the same file: nothing is decided */
	again(&bed, &one);
	until(&bed, bed.decider.runs);
	assert_int_equal(sequence(&bed, KEY), 1);
	again(&bed, &other);
	until(&bed, sequence(&bed, KEY) == 2);
	expect_route(&bed, 1, 77, "least-response");
	assert_int_equal(weight(&bed, KEY, 1), 50);
	again(&bed, &one);
	until(&bed, sequence(&bed, KEY) == 3);
	expect_route(&bed, 0, CATS_TIMEOUT_DEFAULT, "weighted");
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
