// SPDX-License-Identifier: GPL-2.0-or-later
/* Which packets are ours, which route they match, and what is counted. */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

static int send_to(struct fixture *x, uint32_t ifindex, const char *dst,
		   struct frame *frame)
{
	const struct packet packet = { .dst = dst };

	build(frame, &packet);
	return run(x, ifindex, frame);
}

/* What is not ours goes on as it came, every byte of it. */
static void check_passed(struct fixture *x, uint32_t ifindex,
			 struct frame *frame, enum cats_reason reason)
{
	struct frame *before = malloc(sizeof(*before));
	uint64_t count = packets(x, reason);

	*before = *frame;
	assert_int_equal(run(x, ifindex, frame), XDP_PASS);
	assert_int_equal(frame->len, before->len);
	assert_memory_equal(frame->data, before->data, frame->len);
	assert_int_equal(packets(x, reason), count + 1);
	free(before);
}

static void test_not_ours(void **state)
{
	const struct packet other = { .dst = "198.51.100.9", .payload = 50 };
	const struct packet csid = { .dst = "203.0.113.1", .payload = 50 };
	const struct packet tagged = { .dst = "198.51.100.9", .vlans = 2 };
	struct fixture *x = *state;
	static struct frame frame;

	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 1, 0, 0),
		  "fd00:5::1");
	build(&frame, &other);
	check_passed(x, x->in, &frame, CATS_PASS_NOT_SERVICE);
	build(&frame, &tagged);
	check_passed(x, x->in, &frame, CATS_PASS_NOT_SERVICE);
	build(&frame, &csid);
	check_passed(x, x->plain, &frame, CATS_PASS_NOT_PORT);
	build(&frame, &csid);
	frame.data[12] = 8;
	frame.data[13] = 6; /* ARP */
	check_passed(x, x->in, &frame, CATS_PASS_NOT_IP);
	build(&frame, &csid);
	frame.data[14] = 0x65; /* version 6 in an IPv4 frame */
	check_passed(x, x->in, &frame, CATS_PASS_NOT_IP);
	build(&frame, &csid);
	frame.len = 30; /* half an IPv4 header */
	check_passed(x, x->in, &frame, CATS_PASS_NOT_IP);
}

static void test_vrf(void **state)
{
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0);
	static struct frame frame;

	add_route(x, "203.0.113.1", 0, policy, "fd00:5::1");
	add_route(x, "203.0.113.1", 7, policy, "fd00:5::7");
	assert_int_equal(send_to(x, x->in, "203.0.113.1", &frame),
			 XDP_REDIRECT);
	assert_sid(&frame, "fd00:5::1");
	assert_int_equal(send_to(x, x->in7, "203.0.113.1", &frame),
			 XDP_REDIRECT);
	assert_sid(&frame, "fd00:5::7");
}

static void test_longest_prefix(void **state)
{
	static const struct {
		const char *prefix, *sid, *inside;
	} routes[] = {
		{ "0.0.0.0/0", "fd00:5::4:0", "8.8.8.8" },
		{ "203.0.0.0/8", "fd00:5::4:8", "203.9.9.9" },
		{ "203.0.113.0/24", "fd00:5::4:24", "203.0.113.127" },
		{ "203.0.113.128/25", "fd00:5::4:25", "203.0.113.130" },
		{ "203.0.113.128/31", "fd00:5::4:31", "203.0.113.128" },
		{ "203.0.113.1", "fd00:5::4:32", "203.0.113.1" },
		{ "::/0", "fd00:5::6:0", "3fff::1" },
		{ "2001:db8::/32", "fd00:5::6:32", "2001:db8:ffff::1" },
		{ "2001:db8:c5::/64", "fd00:5::6:64", "2001:db8:c5::ffff" },
		{ "2001:db8:c5::80/121", "fd00:5::6:121", "2001:db8:c5::ff" },
		{ "2001:db8:c5::fe/127", "fd00:5::6:127", "2001:db8:c5::fe" },
		{ "2001:db8:c5::1", "fd00:5::6:128", "2001:db8:c5::1" },
	};
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0);
	const size_t n = sizeof(routes) / sizeof(routes[0]);
	static struct frame frame;
	size_t i, at;

	/* in an order that is neither up nor down */
	for (i = 0; i < n; i++) {
		at = i * 5 % n;
		add_route(x, routes[at].prefix, 0, policy, routes[at].sid);
	}
	for (i = 0; i < n; i++) {
		assert_int_equal(send_to(x, x->in, routes[i].inside, &frame),
				 XDP_REDIRECT);
		if (i != 9) /* ::ff is inside ::fe/127 as well */
			assert_sid(&frame, routes[i].sid);
	}
	assert_int_equal(send_to(x, x->in, "2001:db8:c5::85", &frame),
			 XDP_REDIRECT);
	assert_sid(&frame, "fd00:5::6:121");
}

/* When the last route of a length goes, the next shorter one takes over. */
static void test_prefix_leaves(void **state)
{
	struct cats_route_spec *gone = spec_for("203.0.113.0/24", 0);
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0);
	static struct frame frame;

	add_route(x, "203.0.0.0/16", 0, policy, "fd00:5::16");
	add_route(x, "203.0.113.0/24", 0, policy, "fd00:5::24");
	send_to(x, x->in, "203.0.113.5", &frame);
	assert_sid(&frame, "fd00:5::24");
	assert_int_equal(cats_write_begin(&x->f), 0);
	assert_int_equal(cats_route_del(&x->f, &gone->key), 0);
	cats_end(&x->f);
	free(gone);
	send_to(x, x->in, "203.0.113.5", &frame);
	assert_sid(&frame, "fd00:5::16");
}

static void test_blackhole(void **state)
{
	struct cats_route_spec *spec = spec_for("203.0.113.0/24", 0);
	struct fixture *x = *state;
	static struct frame frame;

	spec->conf.flags = CATS_SERVICE_BLACKHOLE;
	spec_set(x, spec, CATS_ROUTE_ADD);
	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 1, 0, 0),
		  "fd00:5::1");
	assert_int_equal(send_to(x, x->in, "203.0.113.9", &frame), XDP_DROP);
	assert_int_equal(packets(x, CATS_DROP_BLACKHOLE), 1);
	assert_int_equal(send_to(x, x->in, "203.0.113.1", &frame),
			 XDP_REDIRECT);
}

/* A thousand routes crowd the buckets of the index; each is found. */
static void test_many(void **state)
{
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i;
	static struct frame frame;
	char csid[32], sid[32];

	for (i = 0; i < 3000; i++) {
		snprintf(csid, sizeof(csid), "10.%u.%u.1", i / 200, i % 200);
		snprintf(sid, sizeof(sid), "fd00:5::%x", i + 1);
		add_route(x, csid, 0, policy, sid);
	}
	for (i = 0; i < 3000; i++) {
		snprintf(csid, sizeof(csid), "10.%u.%u.1", i / 200, i % 200);
		snprintf(sid, sizeof(sid), "fd00:5::%x", i + 1);
		assert_int_equal(send_to(x, x->in, csid, &frame),
				 XDP_REDIRECT);
		assert_sid(&frame, sid);
	}
	assert_int_equal(send_to(x, x->in, "10.0.0.2", &frame), XDP_PASS);
}

/* A bucket that is full spills into its neighbour, and stays searchable. */
static void test_index_overflow(void **state)
{
	struct fixture *x = *state;
	uint32_t policy = add_policy(x, "P", 1, 0, 0), i, n = 0, nr = 0;
	char csid[12][32], sid[32];
	static struct frame frame;
	uint64_t hash;

	/* one in CATS_INDEX_BUCKETS: nothing more than the hash for the others */
	for (i = 0; n < 12; i++) {
		hash = cats_hash_service(x->f.control->hash_key, 0,
					 CATS_FAMILY_IPV4, 32, 0,
					 10u << 24 | i);
		if (!n)
			nr = hash & (CATS_INDEX_BUCKETS - 1);
		if ((hash & (CATS_INDEX_BUCKETS - 1)) != nr)
			continue;
		snprintf(csid[n], sizeof(csid[n]), "10.%u.%u.%u", i >> 16,
			 i >> 8 & 255, i & 255);
		snprintf(sid, sizeof(sid), "fd00:5::%x", n + 1);
		add_route(x, csid[n++], 0, policy, sid);
	}
	for (i = 0; i < n; i++) {
		snprintf(sid, sizeof(sid), "fd00:5::%x", i + 1);
		assert_int_equal(send_to(x, x->in, csid[i], &frame),
				 XDP_REDIRECT);
		assert_sid(&frame, sid);
	}
}

/* Every packet ends in one verdict, and the bytes are those of the packets. */
static void test_counters(void **state)
{
	const struct packet packet = { .dst = "203.0.113.1", .payload = 60 };
	struct fixture *x = *state;
	uint64_t sum = 0;
	static struct frame frame;
	uint32_t i;

	add_route(x, "203.0.113.1", 0, add_policy(x, "P", 1, 0, 0),
		  "fd00:5::1");
	for (i = 0; i < 50; i++) {
		build(&frame, &packet);
		run(x, x->in, &frame);
		send_to(x, x->in, "198.51.100.1", &frame);
		send_to(x, x->plain, "203.0.113.1", &frame);
	}
	for (i = 0; i < CATS_REASON_MAX; i++)
		sum += packets(x, i);
	assert_int_equal(sum, 150);
	assert_int_equal(cats_count_total(&x->f, CATS_STEERED).bytes,
			 50 * 100);
}

#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_ours),	  TEST(test_vrf),
		TEST(test_longest_prefix), TEST(test_prefix_leaves),
		TEST(test_blackhole),	  TEST(test_many),
		TEST(test_index_overflow), TEST(test_counters),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
