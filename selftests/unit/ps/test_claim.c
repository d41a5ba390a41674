// SPDX-License-Identifier: GPL-2.0-or-later
/* Several C-PS on one store: shards, who has them, and who may write. */
#include <string.h>

#include "bed.h"

#define KEY	"decision/100/203.0.113.1"

static uint32_t vrf = 100, hold_ms = 20, lease_ms = 1000;
static char *csids[] = { "203.0.113.1", "203.0.113.2" };
static struct ps_service_config service = {
	.csid = csids,
	.csid_count = 2,
	.vrf = &vrf,
};
static const struct ps_config plain = {
	.lease_ms = &lease_ms,
	.hold_ms = &hold_ms,
	.services = &service,
	.services_count = 1,
};

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
	name_claim_free(one.decider.claims.member);
	one.decider.claims.member = NULL;
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

/* It lost the shard while it wrote, nothing is written, and it has it again. */
static void test_refused(void **state)
{
	struct ps_service *mine;
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	two_sites(&bed);
	until(&bed, sequence(&bed, KEY) == 1);
	mine = &bed.decider.services.service[0];
	bed.decider.claims.claim[mine->shard].revision--;
	store_delete(bed.catsd.store, KEY);
	metric(&bed, "s1", 1, 1, ", \"health\": \"down\"");
	until(&bed, bed.decider.refused > 0);
	until(&bed, decision_at(&bed, KEY));
	assert_int_equal(weight(&bed, KEY, 1), -1);
	assert_int_equal(weight(&bed, KEY, 2), 100);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_fenced),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
