// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows stay where they were put (RFC 10053 4.4): tables, states, fragments. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "flow.h"

#define CSID	"203.0.113.1"
#define FLOWS	400

static void sid_name(char *text, uint32_t i)
{
	snprintf(text, 32, "fd00:5::%x", i + 1);
}

/* A route with a next hop per weight; SIDs fd00:5::1, ::2, ... */
static struct cats_route_spec *spec_of(uint32_t policy, const char *csid,
				       const uint16_t *weights, uint32_t n)
{
	struct cats_route_spec *spec = spec_for(csid, 0);
	char sid[32];
	uint32_t i;

	for (i = 0; i < n; i++) {
		sid_name(sid, i);
		spec_nexthop(spec, policy, sid, weights[i]);
	}
	return spec;
}

static uint32_t place(struct fixture *x, struct packet *packet)
{
	static struct frame frame;
	int action;

	build(&frame, packet);
	action = run(x, x->in, &frame);
	if (action == XDP_DROP)
		return 0;
	assert_int_equal(action, XDP_REDIRECT);
	return sid_of(&frame)[15];
}

static uint32_t place_flow(struct fixture *x, uint32_t flow)
{
	struct packet packet = { .dst = CSID, .sport = 1024 + flow };

	return place(x, &packet);
}

static void place_all(struct fixture *x, uint8_t *at)
{
	uint32_t i;

	for (i = 0; i < FLOWS; i++)
		at[i] = place_flow(x, i);
}

static uint32_t moved(struct fixture *x, const uint8_t *before)
{
	uint32_t i, n = 0;

	for (i = 0; i < FLOWS; i++)
		n += place_flow(x, i) != before[i];
	return n;
}

static void set_nexthop(struct fixture *x, const char *sid, int state,
			int weight)
{
	struct cats_route_spec *spec = spec_for(CSID, 0);
	uint8_t addr[16];

	inet_pton(AF_INET6, sid, addr);
	assert_int_equal(cats_write_begin(&x->f), 0);
	if (cats_nexthop_set(&x->f, &spec->key, addr, state, weight))
		fail_msg("nexthop: %s", cats_error_message());
	cats_end(&x->f);
	free(spec);
}

static void test_weight_change(void **state)
{
	static const uint16_t before[] = { 1, 1, 1, 1 };
	static const uint16_t after[] = { 9, 1, 1, 1 };
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i;
	uint8_t at[FLOWS];

	spec_set(x, spec_of(policy, CSID, before, 4), CATS_ROUTE_ADD);
	place_all(x, at);
	for (i = 0; i < 20; i++) {
		spec_set(x, spec_of(policy, CSID, i % 2 ? before : after, 4),
			 CATS_ROUTE_REPLACE);
		assert_int_equal(moved(x, at), 0);
	}
}

static void test_drain(void **state)
{
	static const uint16_t weights[] = { 1, 1, 1, 1 };
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i;
	uint8_t at[FLOWS];

	spec_set(x, spec_of(policy, CSID, weights, 4), CATS_ROUTE_ADD);
	place_all(x, at);
	set_nexthop(x, "fd00:5::2", CATS_NEXTHOP_DRAIN, -1);
	assert_int_equal(moved(x, at), 0);
	for (i = FLOWS; i < 2 * FLOWS; i++)
		assert_int_not_equal(place_flow(x, i), 2);
	set_nexthop(x, "fd00:5::2", CATS_NEXTHOP_UP, -1);
	assert_int_equal(moved(x, at), 0);
}

static void test_down(void **state)
{
	static const uint16_t weights[] = { 1, 1, 1, 1 };
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i, on3 = 0, now;
	uint8_t at[FLOWS];

	spec_set(x, spec_of(policy, CSID, weights, 4), CATS_ROUTE_ADD);
	place_all(x, at);
	set_nexthop(x, "fd00:5::3", CATS_NEXTHOP_DOWN, -1);
	for (i = 0; i < FLOWS; i++) {
		now = place_flow(x, i);
		on3 += at[i] == 3;
		assert_int_not_equal(now, 3);
		if (at[i] != 3)
			assert_int_equal(now, at[i]);
		at[i] = now;
	}
	assert_true(on3 > FLOWS / 8);
	/* back up, it does not take back what has gone */
	set_nexthop(x, "fd00:5::3", CATS_NEXTHOP_UP, -1);
	assert_int_equal(moved(x, at), 0);
}

static void test_all_down(void **state)
{
	static const uint16_t weights[] = { 1, 1 };
	struct fixture *x = *state;

	spec_set(x, spec_of(add_policy(x, "P", 1, 0, 0), CSID, weights, 2),
		 CATS_ROUTE_ADD);
	set_nexthop(x, "fd00:5::1", CATS_NEXTHOP_DOWN, -1);
	set_nexthop(x, "fd00:5::2", CATS_NEXTHOP_DOWN, -1);
	assert_int_equal(place_flow(x, 1), 0);
	assert_int_equal(packets(x, CATS_DROP_NO_INSTANCE), 1);
	set_nexthop(x, "fd00:5::2", CATS_NEXTHOP_UP, -1);
	assert_int_equal(place_flow(x, 1), 2);
}

/* What leaves the route leaves its flows to the others, whose own stay. */
static void test_remove(void **state)
{
	static const uint16_t weights[] = { 1, 1, 1, 1 };
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i, now;
	uint8_t at[FLOWS];

	spec_set(x, spec_of(policy, CSID, weights, 4), CATS_ROUTE_ADD);
	place_all(x, at);
	spec_set(x, spec_of(policy, CSID, weights, 3), CATS_ROUTE_REPLACE);
	for (i = 0; i < FLOWS; i++) {
		now = place_flow(x, i);
		assert_int_not_equal(now, 4);
		if (at[i] != 4)
			assert_int_equal(now, at[i]);
	}
}

/*
 * Ids of next hops are given out again and again; flows of the last owner must
 * not take the new one for theirs.
 */
static void test_recycled_id(void **state)
{
	static const uint16_t weights[] = { 1, 1, 1, 1 };
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), round, i;
	struct cats_route_spec *spec;
	char sid[32];

	spec_set(x, spec_of(policy, CSID, weights, 4), CATS_ROUTE_ADD);
	for (round = 0; round < 40; round++) {
		spec = spec_for(CSID, 0);
		snprintf(sid, sizeof(sid), "fd00:5::%x", 16 + round % 200);
		spec_nexthop(spec, policy, sid, 1);
		spec_set(x, spec, CATS_ROUTE_REPLACE);
		for (i = 0; i < 8; i++)
			assert_int_equal(place_flow(x, i), 16 + round % 200);
	}
}

/*
 * The incarnation of an id has 8 bits.  When they come round, no flow may be
 * left that knew it 256 owners ago.
 */
static void test_incarnation_comes_round(void **state)
{
	static const uint16_t weights[] = { 1 };
	struct cats_route_spec *gone = spec_for(CSID, 0);
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), at = 0, i, way, id;
	struct cats_nexthop *nexthop;
	struct cats_flow flow;

	/* nothing rests: the lowest free id is given out, now and again below */
	assert_int_equal(cats_write_begin(&x->f), 0);
	assert_int_equal(cats_grace(&x->f), 0);
	cats_end(&x->f);
	spec_set(x, spec_of(policy, CSID, weights, 1), CATS_ROUTE_ADD);
	for (i = 0; i < 64; i++)
		place_flow(x, i);
	assert_true(cats_flow_each(&x->f, 0, &at, &flow));
	id = flow.nexthop;

	assert_int_equal(cats_write_begin(&x->f), 0);
	assert_int_equal(cats_route_del(&x->f, &gone->key), 0);
	assert_int_equal(cats_grace(&x->f), 0);
	cats_end(&x->f);
	free(gone);
	/* as if 254 more owners had come and gone */
	nexthop = cats_table_at(&x->f.nexthop, id);
	nexthop->incarnation = 255;
	spec_set(x, spec_of(policy, CSID, weights, 1), CATS_ROUTE_ADD);
	assert_int_equal(nexthop->incarnation, 0);
	for (i = 0; i < CATS_FLOW_BUCKETS; i++)
		for (way = 0; way < CATS_FLOW_WAYS; way++)
			assert_int_not_equal(
				CATS_FLOW_NEXTHOP(x->f.flow[i].entry[way]), id);
}

/* After its timeout a flow is placed by the table there is then. */
static void test_timeout(void **state)
{
	static const uint16_t before[] = { 1 }, after[] = { 0, 1 };
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i;
	struct cats_route_spec *spec;

	spec = spec_of(policy, CSID, before, 1);
	spec->conf.timeout_s = 1;
	spec_set(x, spec, CATS_ROUTE_ADD);
	assert_int_equal(place_flow(x, 1), 1);
	spec = spec_of(policy, CSID, after, 2);
	spec->conf.timeout_s = 1;
	spec_set(x, spec, CATS_ROUTE_REPLACE);
	/* kept alive, it stays for longer than the timeout */
	for (i = 0; i < 15; i++) {
		assert_int_equal(place_flow(x, 1), 1);
		poll(NULL, 0, 100);
	}
	/* 1 s of silence, and what the clock and its refresh may add */
	poll(NULL, 0, 1400);
	assert_int_equal(place_flow(x, 1), 2);
}

static void count_places(struct fixture *x, const struct packet *base,
			 int vary_proto, uint32_t *places)
{
	struct packet packet = *base;
	uint32_t i, where, seen = 0;

	for (i = 0; i < 64; i++) {
		packet.sport = 1000 + i;
		packet.dport = 80 + i;
		if (vary_proto)
			packet.proto = i % 2 ? IPPROTO_TCP : IPPROTO_UDP;
		where = place(x, &packet);
		seen |= 1u << where;
	}
	*places = __builtin_popcount(seen);
}

static void affinity_route(struct fixture *x, enum cats_affinity affinity)
{
	static const uint16_t weights[] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct cats_route_spec *spec;
	void *state = x;

	fixture_reset(&state);
	spec = spec_of(add_policy(x, "P", 1, 0, 0), "203.0.113.0/24", weights,
		       8);
	spec->conf.affinity = affinity;
	spec_set(x, spec, CATS_ROUTE_ADD);
}

static uint32_t places_of_destinations(struct fixture *x)
{
	struct packet packet = {};
	uint32_t i, seen = 0;
	char dst[32];

	for (i = 1; i < 65; i++) {
		snprintf(dst, sizeof(dst), "203.0.113.%u", i);
		packet.dst = dst;
		seen |= 1u << place(x, &packet);
	}
	return __builtin_popcount(seen);
}

static void test_affinity_keys(void **state)
{
	const struct packet packet = { .dst = "203.0.113.9" };
	struct fixture *x = *state;
	uint32_t places;

	affinity_route(x, CATS_AFFINITY_5TUPLE);
	count_places(x, &packet, 0, &places);
	assert_true(places > 4);
	affinity_route(x, CATS_AFFINITY_3TUPLE);
	count_places(x, &packet, 0, &places);
	assert_int_equal(places, 1);
	count_places(x, &packet, 1, &places);
	assert_true(places <= 2);
	assert_true(places_of_destinations(x) > 4);
	affinity_route(x, CATS_AFFINITY_2TUPLE);
	count_places(x, &packet, 1, &places);
	assert_int_equal(places, 1);
	assert_true(places_of_destinations(x) > 4);
	affinity_route(x, CATS_AFFINITY_SRC);
	assert_int_equal(places_of_destinations(x), 1);
}

/* Pings of one identifier are one flow; identifiers spread. */
static void test_icmp_echo(void **state)
{
	static const uint16_t weights[] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct packet packet = { .dst = CSID, .proto = IPPROTO_ICMP };
	struct fixture *x = *state;
	uint32_t i, where, seen = 0;

	spec_set(x, spec_of(add_policy(x, "P", 1, 0, 0), CSID, weights, 8),
		 CATS_ROUTE_ADD);
	for (i = 0; i < 64; i++) {
		packet.sport = i + 1;
		where = place(x, &packet);
		assert_int_equal(where, place(x, &packet));
		seen |= 1u << where;
	}
	assert_true(__builtin_popcount(seen) > 4);
}

/*
 * An ICMP error about what an instance sent reaches that instance: the quoted
 * packet is the flow turned around.
 */
static void test_icmp_error(void **state)
{
	static const uint16_t weights[] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct packet quoted = { .src = CSID, .dst = "192.0.2.1", .sport = 80 };
	struct packet error = { .dst = CSID, .src = "198.51.100.1",
				.proto = IPPROTO_ICMP, .icmp_type = 3,
				.payload = 28 };
	struct fixture *x = *state;
	static struct frame frame, inner;
	uint32_t i, where;

	spec_set(x, spec_of(add_policy(x, "P", 1, 0, 0), CSID, weights, 8),
		 CATS_ROUTE_ADD);
	for (i = 0; i < 32; i++) {
		where = place_flow(x, i);
		quoted.dport = 1024 + i;
		build(&inner, &quoted);
		build(&frame, &error);
		memcpy(frame.data + 14 + 28, inner.data + 14, 28);
		assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
		assert_int_equal(sid_of(&frame)[15], where);
	}
}

/* Later fragments have no ports, and go where the first one went. */
static void test_fragments(void **state)
{
	static const uint16_t weights[] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct packet whole = { .dst = CSID, .proto = IPPROTO_UDP,
				.payload = 64 };
	struct fixture *x = *state;
	struct packet first, later;
	uint32_t i, where;

	spec_set(x, spec_of(add_policy(x, "P", 1, 0, 0), CSID, weights, 8),
		 CATS_ROUTE_ADD);
	for (i = 0; i < 64; i++) {
		whole.sport = 2000 + i;
		where = place(x, &whole);
		first = whole;
		first.id = 7000 + i;
		first.frag = 0x2000;
		assert_int_equal(place(x, &first), where);
		later = first;
		later.frag = 0x2000 | 9;
		later.sport = 1; /* payload, not a port */
		assert_int_equal(place(x, &later), where);
		later.frag = 18;
		assert_int_equal(place(x, &later), where);
	}
}

/* What the control plane says a packet will do is what it does. */
static void test_route_get(void **state)
{
	static const uint16_t weights[] = { 3, 1, 4, 1, 5 };
	static const char *const csids[] = { CSID, "203.0.112.0/22",
					     "2001:db8:c5::/48" };
	static const char *const dsts[] = { CSID, "203.0.113.77",
					    "2001:db8:c5:9::1" };
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i, c, id, nh;
	struct cats_nexthop *nexthop;
	struct cats_tuple tuple = { .dport = 80, .proto = IPPROTO_TCP };
	struct packet packet;
	bool known;

	for (c = 0; c < 3; c++)
		spec_set(x, spec_of(policy, csids[c], weights, 5),
			 CATS_ROUTE_ADD);
	for (i = 0; i < 300; i++) {
		c = i % 3;
		inet_pton(c == 2 ? AF_INET6 : AF_INET,
			  c == 2 ? "2001:db8:1::1" : "192.0.2.1", tuple.saddr);
		inet_pton(c == 2 ? AF_INET6 : AF_INET, dsts[c], tuple.daddr);
		tuple.sport = 3000 + i;
		packet = (struct packet){ .dst = dsts[c],
					  .sport = tuple.sport };
		for (id = 1; ; id++) {
			struct cats_service *s = cats_table_at(&x->f.service,
							       id);
			struct cats_route_spec *want = spec_for(csids[c], 0);
			int same = s->used && !memcmp(&s->key, &want->key,
						      sizeof(s->key));

			free(want);
			if (same)
				break;
		}
		nh = cats_flow_nexthop(&x->f, id, &tuple, &known);
		assert_false(known);
		nexthop = cats_table_at(&x->f.nexthop, nh);
		assert_int_equal(place(x, &packet), nexthop->sid[15]);
		assert_int_equal(cats_flow_nexthop(&x->f, id, &tuple, &known),
				 nh);
		assert_true(known);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_weight_change), TEST(test_drain),
		TEST(test_down),	  TEST(test_all_down),
		TEST(test_remove),	  TEST(test_recycled_id),
		TEST(test_incarnation_comes_round),
		TEST(test_timeout),	  TEST(test_affinity_keys),
		TEST(test_icmp_echo),	  TEST(test_icmp_error),
		TEST(test_fragments),	  TEST(test_route_get),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
