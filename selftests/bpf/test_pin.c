// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows that are pinned from userspace before their first packet (CMAS, 6). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "flow.h"
#include "flow_pins.h"
#include "mapped.h"
#include "service_index.h"

#define CSID4	"203.0.113.1"
#define CSID6	"2001:db8:c5::1"
#define FLOWS	500
#define SITES	4

/* Next hops to instances 10.0.0.1, 10.0.0.2, ... by SIDs fd00:5::1, ::2, ... */
static void make_route(struct fixture *x, const char *csid, uint8_t affinity)
{
	struct cats_route_spec *spec = spec_for(csid, 0);
	uint32_t policy = add_policy(x, csid, 1, 0, 0), i;
	char text[32];

	spec->conf.affinity = affinity;
	for (i = 0; i < SITES; i++) {
		snprintf(text, sizeof(text), "fd00:5::%x", i + 1);
		spec_nexthop(spec, policy, text, 1);
		snprintf(text, sizeof(text), "10.0.0.%u", i + 1);
		mapped_parse(text, spec->nexthop[i].instance);
	}
	spec_set(x, spec, CATS_ROUTE_ADD);
}

static uint32_t service_of(struct fixture *x, const char *csid)
{
	struct cats_route_spec *spec = spec_for(csid, 0);
	uint32_t id = cats_service_find(&x->f, &spec->key);

	free(spec);
	assert_int_not_equal(id, 0);
	return id;
}

static void read_address(const char *text, uint8_t addr[16])
{
	memset(addr, 0, 16);
	assert_int_equal(inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET,
				   text, addr), 1);
}

static struct cats_tuple tuple_of(const struct packet *packet)
{
	struct cats_tuple tuple = {
		.sport = packet->sport, .dport = packet->dport,
		.proto = packet->proto,
	};

	read_address(packet->src, tuple.saddr);
	read_address(packet->dst, tuple.daddr);
	return tuple;
}

static int pin(struct fixture *x, const struct packet *packet, uint32_t to)
{
	struct cats_tuple tuple = tuple_of(packet);
	uint32_t service = service_of(x, packet->dst), nexthop;
	uint8_t instance[16];
	char text[32];
	int ret;

	snprintf(text, sizeof(text), "10.0.0.%u", to);
	mapped_parse(text, instance);
	assert_int_equal(cats_read_begin(&x->f), 0);
	nexthop = cats_flow_nexthop_to(&x->f, service, instance);
	ret = nexthop ? cats_flow_pin(&x->f, service, &tuple, nexthop,
				      CATS_FLOW_PINNED) :
			-ENOENT;
	cats_end(&x->f);
	return ret;
}

static bool unpin(struct fixture *x, const struct packet *packet, uint32_t from)
{
	struct cats_tuple tuple = tuple_of(packet);
	uint8_t instance[16];
	char text[32];

	snprintf(text, sizeof(text), "10.0.0.%u", from);
	mapped_parse(text, instance);
	return cats_flow_unpin(&x->f, service_of(x, packet->dst), &tuple,
			       instance);
}

static uint32_t place(struct fixture *x, const struct packet *packet)
{
	static struct frame frame;

	build(&frame, packet);
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	return sid_of(&frame)[15];
}

static struct packet packet_of(const char *csid, uint16_t flow)
{
	return (struct packet){
		.src = strchr(csid, ':') ? "2001:db8:1::7" : "192.0.2.7",
		.dst = csid, .proto = flow & 1 ? IPPROTO_UDP : IPPROTO_TCP,
		.sport = 1024 + flow, .dport = 80,
	};
}

/* Its first packet goes where it was pinned, and so do the others. */
static void check_pinned(struct fixture *x, const char *csid)
{
	uint32_t i, turn;

	make_route(x, csid, CATS_AFFINITY_5TUPLE);
	for (i = 0; i < FLOWS; i++) {
		const struct packet packet = packet_of(csid, i);

		assert_int_equal(pin(x, &packet, 1 + i % SITES), 0);
	}
	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < FLOWS; i++) {
			const struct packet packet = packet_of(csid, i);

			assert_int_equal(place(x, &packet), 1 + i % SITES);
		}
}

static void test_ipv4(void **state)
{
	check_pinned(*state, CSID4);
}

static void test_ipv6(void **state)
{
	check_pinned(*state, CSID6);
}

/* A flow that is known elsewhere moves; unpinned, it is placed as before. */
static void test_moved(void **state)
{
	struct fixture *x = *state;
	uint32_t i, first, to;

	make_route(x, CSID4, CATS_AFFINITY_5TUPLE);
	for (i = 0; i < FLOWS; i++) {
		const struct packet packet = packet_of(CSID4, i);

		first = place(x, &packet);
		to = 1 + first % SITES;
		assert_int_equal(pin(x, &packet, to), 0);
		assert_int_equal(place(x, &packet), to);
		/* of another instance there is nothing to forget */
		assert_false(unpin(x, &packet, first));
		assert_int_equal(place(x, &packet), to);
		assert_true(unpin(x, &packet, to));
		assert_int_equal(place(x, &packet), first);
	}
}

/* By source, all flows of a client are one. */
static void test_affinity(void **state)
{
	struct packet packet = packet_of(CSID4, 0);
	struct fixture *x = *state;
	uint32_t to;

	make_route(x, CSID4, CATS_AFFINITY_SRC);
	for (to = 1; to <= SITES; to++) {
		assert_int_equal(pin(x, &packet, to), 0);
		packet.sport++;
		packet.proto = IPPROTO_UDP;
		assert_int_equal(place(x, &packet), to);
	}
}

static void set_state(struct fixture *x, const char *text, int state)
{
	struct cats_route_spec *spec = spec_for(CSID4, 0);
	uint8_t sid[16];

	inet_pton(AF_INET6, text, sid);
	assert_int_equal(cats_write_begin(&x->f), 0);
	assert_int_equal(cats_nexthop_set(&x->f, &spec->key, sid, state, -1),
			 0);
	cats_end(&x->f);
	free(spec);
}

/* What takes no new flows takes no pinned ones; what is down loses its own. */
static void test_states(void **state)
{
	const struct packet known = packet_of(CSID4, 1);
	const struct packet new = packet_of(CSID4, 2);
	struct fixture *x = *state;

	make_route(x, CSID4, CATS_AFFINITY_5TUPLE);
	assert_int_equal(pin(x, &known, 2), 0);
	set_state(x, "fd00:5::2", CATS_NEXTHOP_DRAIN);
	assert_int_equal(place(x, &known), 2);
	assert_int_equal(pin(x, &new, 2), -ENOENT);
	set_state(x, "fd00:5::2", CATS_NEXTHOP_DOWN);
	assert_int_not_equal(place(x, &known), 2);
	assert_int_equal(pin(x, &new, 2), -ENOENT);
	assert_int_equal(pin(x, &new, 9), -ENOENT);
	set_state(x, "fd00:5::2", CATS_NEXTHOP_UP);
	assert_int_equal(pin(x, &new, 2), 0);
	assert_int_equal(place(x, &new), 2);
}

/* The next hop of one route is none of another's. */
static void test_other_route(void **state)
{
	const struct packet packet = packet_of(CSID4, 1);
	struct cats_tuple tuple = tuple_of(&packet);
	struct fixture *x = *state;
	uint8_t instance[16];
	uint32_t other;

	make_route(x, CSID4, CATS_AFFINITY_5TUPLE);
	make_route(x, CSID6, CATS_AFFINITY_5TUPLE);
	mapped_parse("10.0.0.1", instance);
	other = cats_flow_nexthop_to(&x->f, service_of(x, CSID6), instance);
	assert_int_not_equal(other, 0);
	assert_int_equal(cats_flow_pin(&x->f, service_of(x, CSID4), &tuple,
				       other, 0), -ENOENT);
	assert_int_equal(cats_flow_pin(&x->f, service_of(x, CSID4), &tuple,
				       0x7fffff, 0), -ENOENT);
}

/* It is shown as one that a packet made. */
static void test_shown(void **state)
{
	const struct packet packet = packet_of(CSID6, 6);
	struct fixture *x = *state;
	struct cats_flow flow;
	uint32_t at = 0, n = 0;

	make_route(x, CSID6, CATS_AFFINITY_5TUPLE);
	assert_int_equal(pin(x, &packet, 3), 0);
	while (cats_flow_each(&x->f, service_of(x, CSID6), &at, &flow)) {
		n++;
		assert_int_equal(flow.key->sport, packet.sport);
		assert_int_equal(flow.key->dport, packet.dport);
		assert_int_equal(flow.key->proto, packet.proto);
		assert_int_equal(flow.key->family, CATS_FAMILY_IPV6);
	}
	assert_int_equal(n, 1);
}

/* --- pinned flows that nobody wants any more ------------------------------- */

static bool keep(struct fixture *x, struct cats_flow_pins *pins,
		 const struct packet *packet, uint32_t to)
{
	struct cats_tuple tuple = tuple_of(packet);
	uint8_t instance[16];
	char text[32];

	snprintf(text, sizeof(text), "10.0.0.%u", to);
	mapped_parse(text, instance);
	return cats_flow_keep(&x->f, pins, service_of(x, packet->dst), &tuple,
			      instance);
}

static uint32_t flows(struct fixture *x)
{
	struct cats_flow flow;
	uint32_t at = 0, n = 0;

	while (cats_flow_each(&x->f, 0, &at, &flow))
		n++;
	return n;
}

/* What is not wanted twice goes, and nothing else does: no flow of a packet. */
static void check_pruned(struct fixture *x, uint8_t affinity)
{
	struct cats_flow_pins *pins = cats_flow_pins_new();
	struct packet packet[4];
	uint64_t removed = 0;
	uint32_t i, turn;

	assert_non_null(pins);
	make_route(x, CSID4, affinity);
	for (i = 0; i < 4; i++) {
		packet[i] = packet_of(CSID4, i);
		packet[i].src = i & 1 ? "192.0.2.8" : "192.0.2.7";
		packet[i].proto = i < 2 ? IPPROTO_UDP : IPPROTO_TCP;
	}
	assert_int_equal(pin(x, &packet[0], 1), 0);
	assert_int_equal(pin(x, &packet[1], 2), 0);
	place(x, &packet[2]);
	place(x, &packet[3]);
	i = flows(x);
	for (turn = 0; turn < 3; turn++) {
		cats_flow_pins_begin(pins);
		assert_true(keep(x, pins, &packet[0], 1));
		assert_false(keep(x, pins, &packet[0], 2));
		assert_int_equal(cats_flow_prune(&x->f, pins, &removed), !turn);
		assert_int_equal(removed, turn > 0);
		assert_int_equal(flows(x), i - (turn > 0));
	}
	cats_flow_pins_free(pins);
}

static void test_pruned(void **state)
{
	check_pruned(*state, CATS_AFFINITY_5TUPLE);
}

static void test_pruned_coarse(void **state)
{
	check_pruned(*state, CATS_AFFINITY_3TUPLE);
}

/* Another flow there than the time before: it is not wanted once only. */
static void test_pruned_changed(void **state)
{
	struct cats_flow_pins *pins = cats_flow_pins_new();
	const struct packet packet = packet_of(CSID4, 1);
	struct fixture *x = *state;
	uint64_t removed = 0;

	make_route(x, CSID4, CATS_AFFINITY_5TUPLE);
	assert_int_equal(pin(x, &packet, 1), 0);
	assert_int_equal(cats_flow_prune(&x->f, pins, &removed), 1);
	assert_int_equal(pin(x, &packet, 2), 0);
	assert_int_equal(cats_flow_prune(&x->f, pins, &removed), 1);
	assert_int_equal(removed, 0);
	assert_int_equal(place(x, &packet), 2);
	assert_int_equal(cats_flow_prune(&x->f, pins, &removed), 0);
	assert_int_equal(removed, 1);
	cats_flow_pins_free(pins);
}

/* Who pinned was killed before the place was its flow's: the other's stays. */
static void test_pruned_described(void **state)
{
	struct cats_flow_pins *pins = cats_flow_pins_new();
	const struct packet packet = packet_of(CSID4, 1);
	struct fixture *x = *state;
	struct cats_flow_key *key;
	struct cats_flow flow;
	uint64_t removed = 0;
	uint32_t at = 0, to, turn;

	make_route(x, CSID4, CATS_AFFINITY_5TUPLE);
	to = place(x, &packet);
	assert_true(cats_flow_each(&x->f, 0, &at, &flow));
	key = (struct cats_flow_key *)flow.key;
	key->sport++;
	key->flags = CATS_FLOW_PINNED;
	for (turn = 0; turn < 3; turn++)
		assert_int_equal(cats_flow_prune(&x->f, pins, &removed), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(place(x, &packet), to);
	cats_flow_pins_free(pins);
}

#define TEST(name)	cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ipv4),     TEST(test_ipv6),
		TEST(test_moved),    TEST(test_affinity),
		TEST(test_states),   TEST(test_other_route),
		TEST(test_shown),    TEST(test_pruned),
		TEST(test_pruned_coarse), TEST(test_pruned_changed),
		TEST(test_pruned_described),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
