// SPDX-License-Identifier: GPL-2.0-or-later
/* Encapsulation, byte by byte, against headers written out here by hand. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "builder.h"
#include "underlay.h"

#define SID	"fd00:e:5::51"

static const uint8_t neighbour[6] = { 2, 0, 0, 0, 0xe, 1 };

static void in6(uint8_t *at, const char *text)
{
	assert_int_equal(inet_pton(AF_INET6, text, at), 1);
}

/* RFC 8754 2 and RFC 8986 5.1/5.2 for fd00:e::1 ... ::n, then the SID. */
static uint32_t expect_outer(uint8_t *out, uint32_t nsegs, int full,
			     const struct packet *packet, uint32_t inner,
			     uint32_t label)
{
	uint8_t proto = strchr(packet->dst, ':') ? 41 : 4;
	uint32_t total = nsegs + 1, listed = full ? total : total - 1, i;
	uint32_t srh = listed ? 8 + 16 * listed : 0;
	char text[32];

	memset(out, 0, 40 + srh);
	out[0] = 0x60 | packet->tos >> 4;
	out[1] = (uint8_t)(packet->tos << 4) | label >> 16;
	out[2] = label >> 8;
	out[3] = label;
	out[4] = (srh + inner) >> 8;
	out[5] = srh + inner;
	out[6] = listed ? 43 : proto;
	out[7] = 64;
	in6(out + 8, "fd00:e::fe");
	in6(out + 24, nsegs ? "fd00:e::1" : SID);
	if (!listed)
		return 40;
	out[40] = proto;
	out[41] = 2 * listed;
	out[42] = 4;
	out[43] = total - 1;
	out[44] = listed - 1;
	for (i = 0; i < listed; i++) {
		/* Segment List[i] is segment total - 1 - i of the travel */
		snprintf(text, sizeof(text), "fd00:e::%x", total - i);
		in6(out + 48 + 16 * i, i ? text : SID);
	}
	return 40 + srh;
}

static void expect_inner(struct frame *want, const struct packet *packet)
{
	uint8_t *ip;

	build(want, packet);
	ip = want->data + l3_of(packet);
	if (ip[0] >> 4 == 6) {
		ip[7]--;
		return;
	}
	ip[8]--;
	ip[10] = ip[11] = 0;
	*(uint16_t *)(ip + 10) = htons(checksum(ip, 20, 0));
}

static uint32_t label_of(const struct frame *frame)
{
	return (frame->data[15] & 0xf) << 16 | frame->data[16] << 8 |
	       frame->data[17];
}

static void check_encap(struct fixture *x, const struct packet *packet,
			uint32_t nsegs, int full)
{
	static struct frame frame, want;
	uint8_t outer[CATS_OUTER_MAX];
	uint32_t len, l3 = l3_of(packet), inner;

	build(&frame, packet);
	inner = frame.len - l3;
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	len = expect_outer(outer, nsegs, full, packet, inner,
			   label_of(&frame));
	assert_int_equal(frame.len, 14 + len + inner);
	assert_memory_equal(frame.data, neighbour, 6);
	assert_int_equal(frame.data[12] << 8 | frame.data[13], 0x86dd);
	assert_memory_equal(frame.data + 14, outer, len);
	expect_inner(&want, packet);
	assert_memory_equal(frame.data + 14 + len, want.data + l3, inner);
	assert_int_not_equal(label_of(&frame), 0);
}

static void encap_matrix(struct fixture *x, uint8_t flags)
{
	const struct packet packet4 = { .dst = "203.0.113.1", .payload = 100,
					.tos = 0xb9 };
	const struct packet packet6 = { .dst = "2001:db8:c5::1",
					.payload = 100, .tos = 0x2e };
	int full = !!(flags & CATS_POLICY_FULL_SRH);
	uint32_t nsegs;
	void *state = x;

	for (nsegs = 0; nsegs < CATS_SEGS_MAX; nsegs++) {
		uint32_t policy = add_policy(x, "P", nsegs, flags, 0);

		add_route(x, "203.0.113.1", 0, policy, SID);
		add_route(x, "2001:db8:c5::1", 0, policy, SID);
		check_encap(x, &packet4, nsegs, full);
		check_encap(x, &packet6, nsegs, full);
		assert_int_equal(packets(x, CATS_STEERED), 2);
		fixture_reset(&state);
	}
}

/* H.Encaps.Red and H.Encaps, 1 to 10 segments, IPv4 and IPv6 inside. */
static void test_reduced(void **state)
{
	encap_matrix(*state, 0);
}

static void test_full(void **state)
{
	encap_matrix(*state, CATS_POLICY_FULL_SRH);
}

static void test_vlan(void **state)
{
	struct packet packet = { .dst = "203.0.113.1", .payload = 20 };
	struct fixture *x = *state;

	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 1, 0, 0), SID);
	for (packet.vlans = 1; packet.vlans <= 2; packet.vlans++)
		check_encap(x, &packet, 1, 0);
}

/* Ethernet padding is behind the packet; it is not sent on. */
static void test_padding(void **state)
{
	struct packet packet = { .dst = "203.0.113.1", .proto = IPPROTO_UDP };
	struct fixture *x = *state;
	static struct frame frame;

	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 1, 0, 0), SID);
	build(&frame, &packet);
	memset(frame.data + frame.len, 0xee, 60 - frame.len);
	frame.len = 60;
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	assert_int_equal(frame.data[14 + 4] << 8 | frame.data[14 + 5],
			 24 + 28);
	assert_int_equal(frame.len, 14 + 64 + 28);
}

/* Labels: one per flow, well spread, and not the flow's own hash in the clear. */
static void test_flow_label(void **state)
{
	struct packet packet = { .dst = "2001:db8:c5::1" };
	uint32_t seen[512] = {}, i, j, same = 0;
	struct fixture *x = *state;
	static struct frame frame;

	add_route(x, "2001:db8:c5::1", 0, add_policy(x, "P", 1, 0, 0), SID);
	for (i = 0; i < 512; i++) {
		packet.sport = 1024 + i;
		build(&frame, &packet);
		run(x, x->in, &frame);
		seen[i] = label_of(&frame);
		packet.payload = 40;
		build(&frame, &packet);
		run(x, x->in, &frame);
		assert_int_equal(seen[i], label_of(&frame));
		for (j = 0; j < i; j++)
			same += seen[i] == seen[j];
	}
	/* 512 labels of 2^20: an eighth of a collision is expected */
	assert_true(same < 5);
}

static int kernel_at_least(int major, int minor)
{
	struct utsname uts;
	int have[2] = {};

	uname(&uts);
	sscanf(uts.release, "%d.%d", &have[0], &have[1]);
	return have[0] > major || (have[0] == major && have[1] >= minor);
}

static void set_resolved(struct fixture *x, int resolved)
{
	struct cats_path *path;
	uint32_t id = UINT32_MAX;

	while ((path = cats_table_each(&x->f.path, &id)))
		if (path->policy && resolved)
			path->encap[path->sel & 1].flags |= CATS_ENCAP_RESOLVED;
		else
			path->encap[path->sel & 1].flags &=
				~CATS_ENCAP_RESOLVED;
}

/* The frame stays addressed to us, so that the stack forwards it. */
static void test_unresolved(void **state)
{
	const struct packet packet = { .dst = "203.0.113.1", .payload = 9 };
	struct fixture *x = *state;
	static struct frame frame, before;

	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 2, 0, 0), SID);
	set_resolved(x, 0);
	build(&frame, &packet);
	before = frame;
	assert_int_equal(run(x, x->in, &frame), XDP_PASS);
	assert_memory_equal(frame.data, before.data, 12);
	assert_int_equal(frame.data[12] << 8 | frame.data[13], 0x86dd);
	assert_sid(&frame, SID);
	assert_int_equal(packets(x, CATS_STEERED_STACK), 1);
}

/*
 * A veth whose other end has neither GRO nor a program loses what is redirected
 * to it; since Linux 6.3 it says so, and the stack sends instead.
 */
static void test_deaf_veth(void **state)
{
	const struct packet packet = { .dst = "203.0.113.1", .payload = 9 };
	struct fixture *x = *state;
	static struct frame frame;
	int action;

	if (!kernel_at_least(6, 3)) {
		print_message("# before Linux 6.3 a veth does not say so\n");
		skip();
	}
	assert_int_equal(system("ethtool -K out0p gro off"), 0);
	cats_underlay_close(x->f.underlay);
	x->f.underlay = NULL;
	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 2, 0, 0), SID);
	build(&frame, &packet);
	action = run(x, x->in, &frame);
	assert_int_equal(system("ethtool -K out0p gro on"), 0);
	cats_underlay_close(x->f.underlay);
	x->f.underlay = NULL;
	assert_int_equal(action, XDP_PASS);
	assert_int_equal(packets(x, CATS_STEERED_STACK), 1);
}

/* 6.1 cannot redirect it: encapsulated all the same, and left to the stack. */
static void test_multi_buffer(void **state)
{
	const struct packet packet = { .dst = "203.0.113.1", .payload = 8000 };
	struct fixture *x = *state;
	static struct frame frame, want;

	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 1, 0, 0), SID);
	build(&frame, &packet);
	assert_int_equal(run(x, x->in, &frame), XDP_PASS);
	assert_int_equal(packets(x, CATS_STEERED_FRAGS), 1);
	expect_inner(&want, &packet);
	assert_int_equal(frame.len, want.len + 64);
	assert_memory_equal(frame.data + 14 + 64, want.data + 14,
			    want.len - 14);
}

#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reduced),    TEST(test_full),
		TEST(test_vlan),       TEST(test_padding),
		TEST(test_flow_label), TEST(test_unresolved),
		TEST(test_multi_buffer), TEST(test_deaf_veth),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
