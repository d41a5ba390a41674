// SPDX-License-Identifier: GPL-2.0-or-later
/* Decisions from the records of a store, and C-PS that share one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "decision.h"
#include "error.h"
#include "ps/decide.h"
#include "ps/leftover.h"

#define PATIENCE_MS	5000

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
};
static const struct ps_config plain = {
	.lease_ms = &lease_ms,
	.hold_ms = &hold_ms,
	.services = &service,
	.services_count = 1,
};

#define KEY	"decision/100/203.0.113.1"

/**
 * struct bed - a store, an event loop, a C-PS
 * @catsd: what the role is given
 * @config: section
 * @decider: the C-PS
 */
struct bed {
	struct catsd catsd;
	struct ps_config config;
	struct ps_decider decider;
};

static void open_decider(struct bed *bed)
{
	memset(&bed->decider, 0, sizeof(bed->decider));
	assert_int_equal(ps_config_check(&bed->config), 0);
	assert_int_equal(ps_decider_open(&bed->decider, &bed->catsd,
					 &bed->config), 0);
}

static void bed_open(struct bed *bed, const struct ps_config *config)
{
	memset(bed, 0, sizeof(*bed));
	bed->config = *config;
	bed->catsd.base = event_base_new();
	bed->catsd.store = store_new();
	bed->catsd.site = "center";
	assert_non_null(bed->catsd.base);
	open_decider(bed);
}

static void bed_close(struct bed *bed)
{
	ps_decider_close(&bed->decider);
	store_free(bed->catsd.store);
	event_base_free(bed->catsd.base);
}

static void announce(struct bed *bed, const char *site, int host,
		     const char *extra)
{
	char key[64], text[512];
	json_t *record;

	snprintf(key, sizeof(key), "instance/%s/10.0.1.%d", site, host);
	snprintf(text, sizeof(text), "{\"site\": \"%s\", \"instance\": \"10.0.1.%d\", "
		 "\"csid\": [\"203.0.113.1\"], \"vrf\": 100, \"sid\": \"2001:db8:4::%d\", "
		 "\"endpoint\": \"2001:db8:e::%s\", \"capacity\": 100 %s}", site,
		 host, host, site + 1, extra);
	record = json_loads(text, 0, NULL);
	assert_non_null(record);
	assert_int_equal(store_put(bed->catsd.store, key, record, 0), 0);
}

static void metric(struct bed *bed, const char *site, int host, int flows,
		   const char *extra)
{
	char key[64], text[256];

	snprintf(key, sizeof(key), "metric/%s/10.0.1.%d", site, host);
	snprintf(text, sizeof(text), "{\"cps\": 900, \"raw\": {\"flows\": %d} %s}",
		 flows, extra);
	assert_int_equal(store_put(bed->catsd.store, key,
				   json_loads(text, 0, NULL), 0), 0);
}

static void path(struct bed *bed, const char *ingress, const char *policy,
		 const char *endpoint, double us, const char *state)
{
	json_t *record = json_pack("{s:s, s:s, s:s, s:s, s:{s:f}}", "site",
				   ingress, "policy", policy, "endpoint",
				   endpoint, "state", state, "delay", "avg",
				   2 * us);
	char key[64];

	snprintf(key, sizeof(key), "path/%s/%s", ingress, policy);
	assert_int_equal(store_put(bed->catsd.store, key, record, 0), 0);
}

/* Two sites, an instance each, a policy to each. */
static void two_sites(struct bed *bed)
{
	path(bed, "in", "P1", "2001:db8:e::1", 1000, "up");
	path(bed, "in", "P2", "2001:db8:e::2", 2000, "up");
	announce(bed, "s1", 1, "");
	announce(bed, "s2", 2, "");
}

static json_t *decision_at(struct bed *bed, const char *key)
{
	const struct store_entry *entry = store_get(bed->catsd.store, key);

	return entry ? entry->value : NULL;
}

static int sequence(struct bed *bed, const char *key)
{
	return json_integer_value(json_object_get(decision_at(bed, key),
						  "sequence"));
}

/* Weight of a SID in a decision, -1 if it is no next hop of it. */
static int weight(struct bed *bed, const char *key, int host)
{
	const json_t *nexthop;
	char sid[64];
	size_t i;

	snprintf(sid, sizeof(sid), "2001:db8:4::%d", host);
	json_array_foreach(json_object_get(decision_at(bed, key), "nexthops"),
			   i, nexthop)
		if (!strcmp(json_string_value(json_object_get(nexthop, "sid")),
			    sid))
			return json_integer_value(json_object_get(nexthop,
								  "weight"));
	return -1;
}

/* Turns of the loop until it is so. */
#define until(bed, condition) do {					\
	uint64_t end_ = clock_monotonic_ms() + PATIENCE_MS;		\
	while (!(condition)) {						\
		assert_true(clock_monotonic_ms() < end_);		\
		event_base_loop((bed)->catsd.base, EVLOOP_ONCE);	\
	}								\
} while (0)

/* As many turns as it takes until nothing is to be done at once. */
static void settle(struct bed *bed)
{
	int i;

	for (i = 0; i < 20; i++)
		event_base_loop(bed->catsd.base, EVLOOP_NONBLOCK);
}

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
	assert_string_equal(decision.nexthop[1].policy, "P2");
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

/* A second C-PS on the store of the first. */
static void open_second(struct bed *second, struct bed *first)
{
	*second = *first;
	second->config.name = "other";
	open_decider(second);
}

static uint32_t shards(const struct bed *bed)
{
	return bed->decider.claims.own;
}

static void test_shared(void **state)
{
	struct bed one, two;
	int before;

	(void)state;
	bed_open(&one, &plain);
	two_sites(&one);
	until(&one, sequence(&one, KEY) == 1);
	assert_int_equal(shards(&one), PS_SHARDS);
	open_second(&two, &one);
	until(&one, shards(&two) == PS_SHARDS / 2);
	assert_int_equal(shards(&one), PS_SHARDS / 2);
	/* the decision is made once, by one of them */
	before = one.decider.written + two.decider.written;
	metric(&one, "s1", 1, 1, ", \"health\": \"down\"");
	until(&one, sequence(&one, KEY) == 2);
	settle(&one);
	assert_int_equal(one.decider.written + two.decider.written,
			 before + 1);
	/* one ends: the other has all, and goes on */
	ps_decider_close(&one.decider);
	until(&two, shards(&two) == PS_SHARDS);
	metric(&two, "s1", 1, 1, "");
	metric(&two, "s2", 2, 1, ", \"health\": \"down\"");
	until(&two, weight(&two, KEY, 1) == 100);
	bed_close(&two);
}

/* One that lost its lease overwrites nothing, whatever it believes. */
static void test_fenced(void **state)
{
	struct bed one, two;
	struct ps_service *mine;

	(void)state;
	bed_open(&one, &plain);
	two_sites(&one);
	until(&one, sequence(&one, KEY) == 1);
	mine = &one.decider.services.service[0];
	/* as if it had been stopped while its lease ran out */
	event_del(one.decider.claims.beat);
	event_del(one.decider.claims.tick);
	store_unwatch(one.decider.claims.watch);
	one.decider.claims.watch = NULL;
	store_lease_revoke(one.catsd.store, one.decider.claims.lease, NULL,
			   NULL);
	one.decider.claims.lease = 0;
	open_second(&two, &one);
	until(&two, shards(&two) == PS_SHARDS);
	assert_int_equal(shards(&one), PS_SHARDS);
	metric(&one, "s1", 1, 1, ", \"health\": \"down\"");
	until(&one, sequence(&two, KEY) == 2);
	settle(&one);
	assert_string_equal(json_string_value(json_object_get(
		decision_at(&two, KEY), "writer")), "other");
	assert_true(one.decider.refused > 0);
	assert_true(mine->unwritten || !mine->claimed);
	ps_decider_close(&one.decider);
	bed_close(&two);
}

/* A store that does not take it gets it again. */
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
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_fenced),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
