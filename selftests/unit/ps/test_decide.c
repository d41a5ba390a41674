// SPDX-License-Identifier: GPL-2.0-or-later
/* Decisions from the records of a store, and C-PS that share one. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "decision.h"
#include "error.h"
#include "ps/leftover.h"

static uint32_t vrf = 100, hold_ms = 20, no_hold, lease_ms = 1000;
static double delay_us = 5000;
static char *csids[] = { "203.0.113.1", "203.0.113.2" };
static struct ps_sla_config sla = { .delay_us = &delay_us };
static struct ps_service_config service = {
	.csid = csids,
	.csid_count = 2,
	.vrf = &vrf,
	.sla = &sla,
	.affinity = "src",
	.mode = "control",
};
static const struct ps_config plain = {
	.lease_ms = &lease_ms,
	.hold_ms = &hold_ms,
	.services = &service,
	.services_count = 1,
};

#define KEY	"decision/100/203.0.113.1"

static void test_decided(void **state)
{
	struct decision decision;
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	assert_int_equal(weight(&bed, KEY, 1), 50);
	assert_int_equal(weight(&bed, KEY, 2), 50);
	assert_int_equal(decision_parse(decision_at(&bed, KEY), &decision), 0);
	assert_int_equal(decision.vrf, 100);
	assert_int_equal(decision.route.affinity, CATS_AFFINITY_SRC);
	assert_int_equal(decision.route.mode, 1);
	assert_string_equal(decision.policy, "weighted");
	assert_string_equal(decision.nexthop[1].policy, "P2");
	assert_string_equal(decision.nexthop[1].site, "s2");
	/* nobody has the other CS-ID */
	assert_null(decision_at(&bed, "decision/100/203.0.113.2"));
	bed_close(&bed);
}

/* Only services that use a fact are selected anew when it changes. */
static void test_touched_only(void **state)
{
	struct bed bed;
	uint64_t runs;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	announce(&bed, "s1", 3, ", \"csid\": [\"203.0.113.2\"]");
	until(&bed, sequence(&bed, "decision/100/203.0.113.2") == 1);
	settle(&bed);
	runs = bed.decider.runs;
	metric(&bed, "s1", 3, 10, "");
	settle(&bed);
	assert_int_equal(bed.decider.runs, runs + 1);
	metric(&bed, "s3", 9, 10, "");
	settle(&bed);
	assert_int_equal(bed.decider.runs, runs + 1);
	/* the policy both use */
	path(&bed, "in", "P1", "2001:db8:e::1", 1001, "up");
	settle(&bed);
	assert_int_equal(bed.decider.runs, runs + 3);
	bed_close(&bed);
}

static void test_changes(void **state)
{
	struct bed bed;
	json_t *gone;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	/* out of the SLA: keeps its flows */
	path(&bed, "in", "P1", "2001:db8:e::1", 5001, "up");
	settle(&bed);
	assert_int_equal(sequence(&bed, KEY), 2);
	assert_int_equal(weight(&bed, KEY, 1), 0);
	assert_int_equal(weight(&bed, KEY, 2), 100);
	assert_null(json_object_get(decision_at(&bed, KEY), "gone"));
	path(&bed, "in", "P1", "2001:db8:e::1", 1000, "up");
	settle(&bed);
	assert_int_equal(weight(&bed, KEY, 1), 50);
	/* dead: its flows move */
	metric(&bed, "s2", 2, 5, ", \"health\": \"down\"");
	settle(&bed);
	assert_int_equal(weight(&bed, KEY, 2), -1);
	gone = json_object_get(decision_at(&bed, KEY), "gone");
	assert_int_equal(json_array_size(gone), 1);
	assert_string_equal(json_string_value(json_array_get(gone, 0)),
			    "2001:db8:4::2");
	assert_string_equal(json_string_value(json_object_get(
		decision_at(&bed, KEY), "reason")), "urgent");
	bed_close(&bed);
}

/* Its site says nothing any more: it is last, but its flows do not end. */
static void test_silence(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	store_delete(bed.catsd.store, "instance/s1/10.0.1.1");
	settle(&bed);
	assert_int_equal(weight(&bed, KEY, 1), 0);
	store_delete(bed.catsd.store, "instance/s2/10.0.1.2");
	settle(&bed);
	/* all are silent: they are alive for all we know */
	assert_int_equal(weight(&bed, KEY, 1), 50);
	assert_int_equal(weight(&bed, KEY, 2), 50);
	assert_true(json_is_true(json_object_get(decision_at(&bed, KEY),
						 "unmet")));
	announce(&bed, "s2", 2, "");
	settle(&bed);
	assert_int_equal(weight(&bed, KEY, 2), 100);
	bed_close(&bed);
}

/* One that has been silent for long is forgotten, with its memory. */
static void test_forgotten(void **state)
{
	struct bed bed;
	uint64_t now;
	int i;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	store_delete(bed.catsd.store, "instance/s1/10.0.1.1");
	settle(&bed);
	now = clock_monotonic_ms();
	facts_sweep(&bed.decider.facts, now + FACTS_FORGET_MS / 2);
	settle(&bed);
	assert_int_equal(weight(&bed, KEY, 1), 0);
	for (i = 0; i < 2; i++) {
		facts_sweep(&bed.decider.facts, now + 2 * FACTS_FORGET_MS);
		settle(&bed);
	}
	assert_int_equal(bed.decider.services.service[0].candidates, 1);
	assert_null(bed.decider.facts.instances->next);
	/* it comes back as a new one */
	announce(&bed, "s1", 1, "");
	settle(&bed);
	assert_int_equal(weight(&bed, KEY, 1), 50);
	bed_close(&bed);
}

/* What is not right is counted, and what was known before stays. */
static void test_malformed(void **state)
{
	static const char *const wrong[] = {
		", \"sid\": \"10.0.0.1\"", ", \"sid\": 7", ", \"csid\": []",
		", \"csid\": [\"x\"]", ", \"csid\": [1]", ", \"capacity\": 0",
		", \"capacity\": -1", ", \"capacity\": 1e300",
		", \"cost\": \"3\"", ", \"state\": \"gone\"", ", \"vrf\": -1",
		", \"endpoint\": \"\"", ", \"instance\": \"10.0.1.9\"",
		", \"computing-us\": 0",
	};
	struct bed bed;
	size_t i;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		announce(&bed, "s1", 1, wrong[i]);
		settle(&bed);
		assert_int_equal(bed.decider.facts.malformed, i + 1);
		assert_int_equal(sequence(&bed, KEY), 1);
	}
	metric(&bed, "s1", 1, -4, "");
	path(&bed, "in", "P1", "2001:db8:e::1", -1, "up");
	store_put(bed.catsd.store, "metric/s1/10.0.1.1",
		  json_pack("{s:i}", "cps", 1001), 0);
	store_put(bed.catsd.store, "instance/s1/10.0.1.1/x", json_object(), 0);
	store_put(bed.catsd.store, "instance/s1/host", json_object(), 0);
	settle(&bed);
	assert_int_equal(bed.decider.facts.malformed, i + 5);
	assert_int_equal(sequence(&bed, KEY), 1);
	bed_close(&bed);
}

/* Another process of the same C-PS goes on where the first ended. */
static void test_restart(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	metric(&bed, "s1", 1, 80, "");
	until(&bed, sequence(&bed, KEY) == 1);
	assert_in_range(weight(&bed, KEY, 1), 1, 30);
	ps_decider_close(&bed.decider);
	open_decider(&bed);
	settle(&bed);
	assert_int_equal(sequence(&bed, KEY), 1);
	/* and sees what has changed since */
	metric(&bed, "s2", 2, 5, ", \"health\": \"down\"");
	settle(&bed);
	assert_int_equal(sequence(&bed, KEY), 2);
	assert_int_equal(weight(&bed, KEY, 1), 100);
	bed_close(&bed);
}

/* A service that is taken out of the file takes its decision along. */
static void test_leftover(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	store_put(bed.catsd.store, "decision/100/203.0.113.9",
		  json_pack("{s:s}", "writer", "somebody"), 0);
	ps_decider_close(&bed.decider);
	csids[0] = "203.0.113.3";
	open_decider(&bed);
	settle(&bed);
	assert_non_null(decision_at(&bed, KEY));
	ps_leftover_delete(bed.catsd.store, &bed.decider.services,
			   &bed.decider.claims);
	settle(&bed);
	assert_null(decision_at(&bed, KEY));
	assert_non_null(decision_at(&bed, "decision/100/203.0.113.9"));
	csids[0] = "203.0.113.1";
	bed_close(&bed);
}

/* What is found is not given up because not all have been heard of yet. */
static void test_restart_unheard(void **state)
{
	struct ps_config config = plain;
	struct bed bed;
	uint32_t long_hold = 10000;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	ps_decider_close(&bed.decider);
	store_delete(bed.catsd.store, "instance/s2/10.0.1.2");
	config.hold_ms = &long_hold;
	bed.config = config;
	open_decider(&bed);
	settle(&bed);
	assert_int_equal(sequence(&bed, KEY), 1);
	announce(&bed, "s2", 2, "");
	settle(&bed);
	assert_int_equal(sequence(&bed, KEY), 1);
	assert_int_equal(bed.decider.services.service[0].memory.decided, 1);
	/* one that does not come is not waited for for ever */
	ps_decider_close(&bed.decider);
	store_delete(bed.catsd.store, "instance/s2/10.0.1.2");
	config.hold_ms = &no_hold;
	bed.config = config;
	open_decider(&bed);
	until(&bed, sequence(&bed, KEY) == 2);
	assert_int_equal(weight(&bed, KEY, 1), 100);
	bed_close(&bed);
}

static void test_ingresses(void **state)
{
	char *ingresses[] = { "in", "out" };
	struct ps_config config = plain;
	struct bed bed;

	(void)state;
	config.ingresses = ingresses;
	config.ingresses_count = 2;
	bed_open(&bed, &config);
	two_sites(&bed);
	path(&bed, "out", "P1", "2001:db8:e::1", 9000, "up");
	path(&bed, "out", "P2", "2001:db8:e::2", 1000, "up");
	until(&bed, sequence(&bed, KEY "/in") && sequence(&bed, KEY "/out"));
	assert_int_equal(weight(&bed, KEY "/in", 1), 50);
	assert_int_equal(weight(&bed, KEY "/out", 1), -1);
	assert_int_equal(weight(&bed, KEY "/out", 2), 100);
	assert_null(decision_at(&bed, KEY));
	/* for all, the worst of them counts */
	ps_decider_close(&bed.decider);
	bed.config = plain;
	open_decider(&bed);
	until(&bed, sequence(&bed, KEY));
	assert_int_equal(weight(&bed, KEY, 2), 100);
	bed_close(&bed);
}

/* RFC 10053 5.3: the center weighs, the ingress knows its paths. */
static void test_hybrid(void **state)
{
	struct ps_config config = plain;
	struct bed center, here;

	(void)state;
	bed_open(&center, &plain);
	two_sites(&center);
	path(&center, "in", "P3", "2001:db8:e::3", 1000, "up");
	announce(&center, "s3", 3, "");
	metric(&center, "s1", 1, 80, "");
	metric(&center, "s2", 2, 10, "");
	metric(&center, "s3", 3, 10, "");
	until(&center, sequence(&center, KEY) == 1);
	here = center;
	config.placement = "hybrid";
	config.name = "ingress";
	here.config = config;
	here.catsd.site = "in";
	open_decider(&here);
	until(&here, sequence(&here, KEY "/in") == 1);
	/* as the center has it: one in ten is free there */
	assert_int_equal(weight(&here, KEY "/in", 1), weight(&here, KEY, 1));
	assert_int_equal(weight(&here, KEY "/in", 2), weight(&here, KEY, 2));
	/* a path that is bad here is not used here */
	path(&here, "in", "P2", "2001:db8:e::2", 9000, "up");
	settle(&here);
	assert_int_equal(weight(&here, KEY "/in", 2), 0);
	/* the center drops one: so does the ingress */
	metric(&center, "s3", 3, 10, ", \"health\": \"down\"");
	until(&here, weight(&here, KEY "/in", 1) == 100);
	ps_decider_close(&here.decider);
	bed_close(&center);
}

static void test_explained(void **state)
{
	json_t *lines = json_array(), *question, *candidate;
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	announce(&bed, "s3", 3, "");
	path(&bed, "in", "P1", "2001:db8:e::1", 6000, "up");
	until(&bed, sequence(&bed, KEY) == 1);
	question = json_pack("{s:s}", "csid", "203.0.113.1");
	assert_int_equal(ps_decider_ask(&bed.decider, question, lines), 0);
	assert_int_equal(json_array_size(lines), 1);
	candidate = json_array_get(json_object_get(json_array_get(lines, 0),
						   "candidates"), 0);
	assert_string_equal(json_string_value(json_object_get(candidate,
			    "reason")), "delay");
	candidate = json_array_get(json_object_get(json_array_get(lines, 0),
						   "candidates"), 2);
	assert_string_equal(json_string_value(json_object_get(candidate,
			    "reason")), "no-policy");
	json_decref(question);
	question = json_pack("{s:s}", "csid", "x");
	assert_true(ps_decider_ask(&bed.decider, question, lines) < 0);
	json_decref(question);
	json_decref(lines);
	bed_close(&bed);
}

static void test_check(void **state)
{
	struct ps_config config = plain;
	char *policy = "best";

	(void)state;
	config.services = NULL;
	config.services_count = 0;
	assert_true(ps_config_check(&config) < 0);
	config = plain;
	config.placement = "anywhere";
	assert_true(ps_config_check(&config) < 0);
	assert_non_null(strstr(cats_error_message(), "placement"));
	config = plain;
	csids[1] = "203.0.113.1";
	assert_true(ps_config_check(&config) < 0);
	assert_non_null(strstr(cats_error_message(), "twice"));
	csids[1] = "203.0.113";
	assert_true(ps_config_check(&config) < 0);
	assert_non_null(strstr(cats_error_message(), "no IP address"));
	csids[1] = "203.0.113.2";
	service.policy = policy;
	assert_true(ps_config_check(&config) < 0);
	assert_non_null(strstr(cats_error_message(), "best"));
	service.policy = NULL;
	service.affinity = "cookie";
	assert_true(ps_config_check(&config) < 0);
	assert_non_null(strstr(cats_error_message(), "affinity"));
	service.affinity = "src";
	assert_int_equal(ps_config_check(&config), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decided),
		cmocka_unit_test(test_touched_only),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_leftover),
		cmocka_unit_test(test_restart_unheard),
		cmocka_unit_test(test_ingresses),
		cmocka_unit_test(test_hybrid),
		cmocka_unit_test(test_explained),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
