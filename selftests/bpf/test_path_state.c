// SPDX-License-Identifier: GPL-2.0-or-later
/* A path that is down: its flows move, new ones avoid it (design: path state). */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "flow.h"
#include "path_state.h"
#include "service_index.h"

#define CSID	"203.0.113.1"
#define FLOWS	300

/* Next hops fd00:5::1, ::2, ... of one route, each over a policy of its own. */
static void add_paths(struct fixture *x, uint32_t *policy, uint32_t n,
		      enum cats_compiler compiler)
{
	struct cats_route_spec *spec = spec_for(CSID, 0);
	char name[16];
	uint32_t i;

	spec->conf.compiler = compiler;
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "P%u", i + 1);
		policy[i] = add_policy(x, name, 1, 0, 0);
		snprintf(name, sizeof(name), "fd00:5::%x", i + 1);
		spec_nexthop(spec, policy[i], name, 1);
	}
	spec_set(x, spec, CATS_ROUTE_ADD);
}

/* The number of the next hop that a flow went to, 0 if it was dropped. */
static uint32_t place(struct fixture *x, uint32_t flow)
{
	const struct packet packet = { .dst = CSID, .sport = 1024 + flow };
	static struct frame frame;
	int action;

	build(&frame, &packet);
	action = run(x, x->in, &frame);
	if (action == XDP_DROP)
		return 0;
	assert_int_equal(action, XDP_REDIRECT);
	return sid_of(&frame)[15];
}

/* The same, as `cats route get` says. */
static uint32_t predict(struct fixture *x, uint32_t flow, bool *known)
{
	struct cats_route_spec *spec = spec_for(CSID, 0);
	struct cats_tuple tuple = { .sport = 1024 + flow, .dport = 80,
				    .proto = IPPROTO_TCP };
	struct cats_nexthop *nexthop;
	uint32_t id;

	inet_pton(AF_INET, "192.0.2.1", tuple.saddr);
	inet_pton(AF_INET, CSID, tuple.daddr);
	id = cats_flow_nexthop(&x->f, cats_service_find(&x->f, &spec->key),
			       &tuple, known);
	free(spec);
	nexthop = id ? cats_table_at(&x->f.nexthop, id) : NULL;
	return nexthop ? nexthop->sid[15] : 0;
}

static void set(struct fixture *x, uint32_t policy, enum cats_liveness liveness)
{
	cats_path_set_liveness(&x->f, policy, liveness);
}

static void set_state(struct fixture *x, const char *sid, int state)
{
	struct cats_route_spec *spec = spec_for(CSID, 0);
	uint8_t addr[16];

	inet_pton(AF_INET6, sid, addr);
	assert_int_equal(cats_write_begin(&x->f), 0);
	assert_int_equal(cats_nexthop_set(&x->f, &spec->key, addr, state, -1),
			 0);
	cats_end(&x->f);
	free(spec);
}

/* Flows of the path move, those of others stay; back up, nothing comes back. */
static void check_flows_move(struct fixture *x, enum cats_compiler compiler)
{
	uint32_t policy[4], i, moved = 0, now;
	uint8_t at[FLOWS];
	bool known;

	add_paths(x, policy, 4, compiler);
	for (i = 0; i < FLOWS; i++)
		at[i] = place(x, i);
	set(x, policy[1], CATS_PATH_DOWN);
	for (i = 0; i < FLOWS; i++) {
		now = predict(x, i, &known);
		assert_int_equal(known, at[i] != 2);
		assert_int_equal(place(x, i), now);
		assert_int_not_equal(now, 2);
		if (at[i] != 2)
			assert_int_equal(now, at[i]);
		moved += at[i] == 2;
		at[i] = now;
	}
	assert_true(moved > FLOWS / 8);
	set(x, policy[1], CATS_PATH_UP);
	for (i = 0; i < FLOWS; i++)
		assert_int_equal(place(x, i), at[i]);
}

static void test_flows_move(void **state)
{
	check_flows_move(*state, CATS_COMPILER_MAGLEV);
}

static void test_flows_move_exact(void **state)
{
	check_flows_move(*state, CATS_COMPILER_EXACT);
}

/* New flows avoid the path and spread over the others, until it is back. */
static void test_new_flows_avoid(void **state)
{
	uint32_t policy[4], on[5] = {}, i;
	struct fixture *x = *state;
	bool known;

	add_paths(x, policy, 4, CATS_COMPILER_MAGLEV);
	set(x, policy[0], CATS_PATH_DOWN);
	for (i = 0; i < FLOWS; i++) {
		uint32_t want = predict(x, i, &known), now = place(x, i);

		assert_false(known);
		assert_int_equal(now, want);
		on[now]++;
	}
	assert_int_equal(on[0] + on[1], 0);
	for (i = 2; i < 5; i++)
		assert_true(on[i] > FLOWS / 5);
	set(x, policy[0], CATS_PATH_UP);
	for (i = FLOWS; i < 2 * FLOWS; i++)
		on[place(x, i)]++;
	assert_true(on[1] > FLOWS / 8);
}

/* One path of many is left: no turn of the hash need find it, the list does. */
static void test_last_one(void **state)
{
	struct fixture *x = *state;
	uint32_t policy[40], i;
	bool known;

	add_paths(x, policy, 40, CATS_COMPILER_MAGLEV);
	for (i = 0; i < 39; i++)
		set(x, policy[i], CATS_PATH_DOWN);
	for (i = 0; i < FLOWS; i++) {
		assert_int_equal(predict(x, i, &known), 40);
		assert_int_equal(place(x, i), 40);
	}
	assert_int_equal(packets(x, CATS_DROP_PATH_DOWN), 0);
}

static void test_all_down(void **state)
{
	struct fixture *x = *state;
	uint32_t policy[2];
	bool known;

	add_paths(x, policy, 2, CATS_COMPILER_MAGLEV);
	assert_int_not_equal(place(x, 1), 0);
	set(x, policy[0], CATS_PATH_DOWN);
	set(x, policy[1], CATS_PATH_DOWN);
	assert_int_equal(predict(x, 1, &known), 0);
	assert_int_equal(place(x, 1), 0);
	assert_int_equal(place(x, 2), 0);
	assert_int_equal(packets(x, CATS_DROP_PATH_DOWN), 2);
	assert_int_equal(packets(x, CATS_DROP_NO_INSTANCE), 0);
	set(x, policy[1], CATS_PATH_UP);
	assert_int_equal(place(x, 2), 2);
}

/* What drains takes no new flow, not even when all else is cut off. */
static void test_drain(void **state)
{
	struct fixture *x = *state;
	uint32_t policy[3], i, kept = FLOWS;

	add_paths(x, policy, 3, CATS_COMPILER_MAGLEV);
	for (i = 0; i < FLOWS && kept == FLOWS; i++)
		if (place(x, i) == 2)
			kept = i;
	set_state(x, "fd00:5::2", CATS_NEXTHOP_DRAIN);
	set(x, policy[0], CATS_PATH_DOWN);
	for (i = FLOWS; i < 2 * FLOWS; i++)
		assert_int_equal(place(x, i), 3);
	set(x, policy[2], CATS_PATH_DOWN);
	assert_int_equal(place(x, 2 * FLOWS), 0);
	assert_int_equal(packets(x, CATS_DROP_PATH_DOWN), 1);
	/* a flow it has stays, as long as its path is there */
	assert_int_equal(place(x, kept), 2);
	set(x, policy[1], CATS_PATH_DOWN);
	assert_int_equal(place(x, kept), 0);
}

/* A policy of a recycled id does not inherit what was known of the last one. */
static void test_new_policy_is_unknown(void **state)
{
	struct fixture *x = *state;
	uint32_t policy, again;

	/* nothing rests: the lowest free id is given out, now and again below */
	assert_int_equal(cats_write_begin(&x->f), 0);
	assert_int_equal(cats_grace(&x->f), 0);
	cats_end(&x->f);
	policy = add_policy(x, "P1", 1, 0, 0);
	set(x, policy, CATS_PATH_DOWN);
	assert_int_equal(cats_path_state(&x->f, policy)->downs, 1);
	assert_int_equal(cats_write_begin(&x->f), 0);
	assert_int_equal(cats_policy_del(&x->f, "P1"), 0);
	assert_int_equal(cats_grace(&x->f), 0);
	cats_end(&x->f);
	again = add_policy(x, "P1", 1, 0, 0);
	assert_int_equal(again, policy);
	assert_int_equal(cats_path_liveness(&x->f, again), CATS_PATH_UNKNOWN);
	assert_int_equal(cats_path_state(&x->f, again)->downs, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flows_move),	    TEST(test_flows_move_exact),
		TEST(test_new_flows_avoid), TEST(test_last_one),
		TEST(test_all_down),	    TEST(test_drain),
		TEST(test_new_policy_is_unknown),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
