// SPDX-License-Identifier: GPL-2.0-or-later
/* What cannot be steered: malformed packets, ICMP errors in answer to others. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "builder.h"

/* in0 is a veth: see cats_answer() in bpf/icmp.h */
#define ANSWERED	XDP_REDIRECT

#define CSID4	"203.0.113.1"
#define CSID6	"2001:db8:c5::1"

static void add_both(struct fixture *x, uint32_t mtu)
{
	uint32_t policy = add_policy(x, "P", 2, 0, mtu);

	add_route(x, CSID4, 0, policy, "fd00:5::4");
	add_route(x, CSID6, 0, policy, "fd00:5::6");
}

static void check_dropped(struct fixture *x, struct frame *frame,
			  enum cats_reason reason)
{
	uint64_t count = packets(x, reason);

	assert_int_equal(run(x, x->in, frame), XDP_DROP);
	assert_int_equal(packets(x, reason), count + 1);
}

static void test_malformed_ip4(void **state)
{
	const struct packet packet = { .dst = CSID4, .payload = 40 };
	struct fixture *x = *state;
	static struct frame frame;
	uint32_t len;

	add_both(x, 0);
	build(&frame, &packet);
	frame.data[14 + 3]++; /* longer than the frame */
	check_dropped(x, &frame, CATS_DROP_MALFORMED);
	build(&frame, &packet);
	frame.data[14] = 0x44; /* header shorter than a header */
	check_dropped(x, &frame, CATS_DROP_MALFORMED);
	build(&frame, &packet);
	frame.data[14 + 2] = 0;
	frame.data[14 + 3] = 10; /* total length below the header's */
	check_dropped(x, &frame, CATS_DROP_MALFORMED);
	build(&frame, &packet);
	frame.data[14 + 2] = 0;
	frame.data[14 + 3] = 22; /* no room for ports */
	check_dropped(x, &frame, CATS_DROP_MALFORMED);
	/* every length from a whole IP header on: dropped or steered, no more */
	for (len = 34; len < 94; len++) {
		build(&frame, &packet);
		frame.len = len;
		check_dropped(x, &frame, CATS_DROP_MALFORMED);
	}
}

/* Put @n extension headers of @type, 8 bytes each, before the TCP header. */
static void insert_ext(struct frame *frame, uint8_t type, int n, uint8_t byte3)
{
	uint8_t *ip = frame->data + 14;
	int i;

	memmove(ip + 40 + 8 * n, ip + 40, frame->len - 54);
	memset(ip + 40, 0, 8 * n);
	for (i = 0; i < n; i++) {
		ip[40 + 8 * i] = i + 1 < n ? type : 6;
		ip[40 + 8 * i + 3] = byte3;
	}
	ip[6] = type;
	frame->len += 8 * n;
	ip[4] = (frame->len - 54) >> 8;
	ip[5] = frame->len - 54;
}

static void test_extension_headers(void **state)
{
	const struct packet packet = { .dst = CSID6, .payload = 40 };
	struct fixture *x = *state;
	static struct frame frame;

	add_both(x, 0);
	build(&frame, &packet);
	insert_ext(&frame, 60, 6, 0);
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	build(&frame, &packet);
	insert_ext(&frame, 60, 7, 0);
	check_dropped(x, &frame, CATS_DROP_EXT_HEADERS);
	build(&frame, &packet);
	insert_ext(&frame, 43, 1, 0); /* a routing header that is used up */
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	build(&frame, &packet);
	insert_ext(&frame, 43, 1, 1);
	check_dropped(x, &frame, CATS_DROP_ROUTING_HEADER);
	build(&frame, &packet);
	insert_ext(&frame, 60, 1, 0);
	frame.data[14 + 41] = 255; /* its length leads out of the packet */
	check_dropped(x, &frame, CATS_DROP_MALFORMED);
}

static uint32_t pseudo6(const uint8_t *ip, uint32_t len)
{
	uint32_t sum = 58 + len, i;

	for (i = 8; i < 40; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	return sum;
}

/* RFC 4443 3.2: a well-formed error, quoting what it is about, to its sender */
static void check_icmp6(const struct frame *got, const struct frame *sent,
			uint8_t type, uint32_t mtu, uint32_t quote)
{
	const uint8_t *ip = got->data + 14, *icmp = ip + 40;
	uint8_t source[16];

	inet_pton(AF_INET6, "2001:db8:1::fe", source);
	assert_int_equal(got->len, 14 + 48 + quote);
	assert_memory_equal(got->data, sent->data + 6, 6);
	assert_memory_equal(got->data + 6, sent->data, 6);
	assert_memory_equal(got->data + 12, sent->data + 12, 2);
	assert_int_equal(ip[0] << 24 | ip[1] << 16 | ip[2] << 8 | ip[3],
			 0x60000000);
	assert_int_equal(ip[4] << 8 | ip[5], 8 + quote);
	assert_int_equal(ip[6], 58);
	assert_int_equal(ip[7], 64);
	assert_memory_equal(ip + 8, source, 16);
	assert_memory_equal(ip + 24, sent->data + 14 + 8, 16);
	assert_int_equal(icmp[0], type);
	assert_int_equal(icmp[1], 0);
	assert_int_equal(icmp[4] << 24 | icmp[5] << 16 | icmp[6] << 8 |
			 icmp[7], mtu);
	assert_memory_equal(icmp + 8, sent->data + 14, quote);
	assert_int_equal(checksum(icmp, 8 + quote, pseudo6(ip, 8 + quote)), 0);
}

static void check_icmp4(const struct frame *got, const struct frame *sent,
			uint8_t type, uint8_t code, uint32_t mtu,
			uint32_t quote)
{
	const uint8_t *ip = got->data + 14, *icmp = ip + 20;
	const uint8_t source[4] = { 192, 0, 2, 254 };

	assert_int_equal(got->len, 14 + 28 + quote);
	assert_memory_equal(got->data, sent->data + 6, 6);
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[2] << 8 | ip[3], 28 + quote);
	assert_int_equal(ip[9], 1);
	assert_int_equal(checksum(ip, 20, 0), 0);
	assert_memory_equal(ip + 12, source, 4);
	assert_memory_equal(ip + 16, sent->data + 14 + 12, 4);
	assert_int_equal(icmp[0], type);
	assert_int_equal(icmp[1], code);
	assert_int_equal(icmp[4] << 24 | icmp[5] << 16 | icmp[6] << 8 |
			 icmp[7], mtu);
	assert_memory_equal(icmp + 8, sent->data + 14, quote);
	assert_int_equal(checksum(icmp, 8 + quote, 0), 0);
}

/* Two segments and the SID: 40 + 8 + 32 bytes of headers in 1500. */
static void test_too_big(void **state)
{
	struct packet packet = { .dst = CSID6, .payload = 1420 - 60 };
	struct fixture *x = *state;
	static struct frame frame, sent;

	add_both(x, 1500);
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	packet.payload++;
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), ANSWERED);
	check_icmp6(&frame, &sent, 2, 1420, 1232);

	packet.dst = CSID4;
	packet.frag = 0x4000;
	packet.payload = 1420 - 40;
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	packet.payload++;
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), ANSWERED);
	check_icmp4(&frame, &sent, 3, 4, 1420, 548);
	assert_int_equal(packets(x, CATS_DROP_TOO_BIG), 2);
	assert_int_equal(packets(x, CATS_STEERED), 2);
}

/* The tags of the answer are those of the question. */
static void test_too_big_vlan(void **state)
{
	const struct packet packet = { .dst = CSID6, .payload = 1400,
				       .vlans = 2 };
	struct fixture *x = *state;
	static struct frame frame, sent;

	add_both(x, 1500);
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), ANSWERED);
	assert_memory_equal(frame.data + 12, sent.data + 12, 10);
	memmove(frame.data + 14, frame.data + 22, frame.len - 22);
	frame.len -= 8;
	memcpy(frame.data + 12, "\x86\xdd", 2);
	memmove(sent.data + 14, sent.data + 22, sent.len - 22);
	memcpy(sent.data + 12, "\x86\xdd", 2);
	check_icmp6(&frame, &sent, 2, 1420, 1232);
}

/* Any other device sends an answer back by itself. */
static void test_answer_by_tx(void **state)
{
	const struct packet packet = { .dst = CSID6, .payload = 1400 };
	struct fixture *x = *state;
	static struct frame frame;

	add_both(x, 1500);
	assert_int_equal(bpf_map_delete_elem(x->f.out_fd, &x->in), 0);
	build(&frame, &packet);
	assert_int_equal(run(x, x->in, &frame), XDP_TX);
	assert_int_equal(bpf_map_update_elem(x->f.out_fd, &x->in, &x->in, 0),
			 0);
}

/* A jumbo frame in several buffers is cut to the quotation as well. */
static void test_too_big_multi_buffer(void **state)
{
	const struct packet packet = { .dst = CSID6, .payload = 8000 };
	struct fixture *x = *state;
	static struct frame frame, sent;

	add_both(x, 1500);
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), ANSWERED);
	check_icmp6(&frame, &sent, 2, 1420, 1232);
}

static void test_hop_limit(void **state)
{
	struct packet packet = { .dst = CSID6, .hoplimit = 1, .payload = 64 };
	struct fixture *x = *state;
	static struct frame frame, sent;

	add_both(x, 0);
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), ANSWERED);
	check_icmp6(&frame, &sent, 3, 0, 48);
	packet.dst = CSID4;
	build(&sent, &packet);
	frame = sent;
	assert_int_equal(run(x, x->in, &frame), ANSWERED);
	check_icmp4(&frame, &sent, 11, 0, 0, 28);
	assert_int_equal(packets(x, CATS_DROP_HOP_LIMIT), 2);
	packet.hoplimit = 2;
	build(&frame, &packet);
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
}

/* RFC 4443 2.4 e: no error about an error, nor to a multicast source. */
static void test_no_error_about_error(void **state)
{
	struct packet packet = { .dst = CSID6, .hoplimit = 1, .payload = 64,
				 .proto = IPPROTO_ICMPV6, .icmp_type = 1 };
	struct fixture *x = *state;
	static struct frame frame;

	add_both(x, 0);
	build(&frame, &packet);
	check_dropped(x, &frame, CATS_DROP_HOP_LIMIT);
	packet.proto = IPPROTO_UDP;
	packet.src = "ff02::1";
	build(&frame, &packet);
	check_dropped(x, &frame, CATS_DROP_HOP_LIMIT);
	packet.src = "::";
	build(&frame, &packet);
	check_dropped(x, &frame, CATS_DROP_HOP_LIMIT);
	packet.src = NULL;
	build(&frame, &packet);
	frame.data[0] |= 1;
	check_dropped(x, &frame, CATS_DROP_HOP_LIMIT);
}

/* RFC 4443 2.4 f: what the bucket withholds is counted as such. */
static void test_rate_limit(void **state)
{
	const struct packet packet = { .dst = CSID6, .hoplimit = 1 };
	struct fixture *x = *state;
	static struct frame frame;
	uint32_t sent = 0, i;

	add_both(x, 0);
	for (i = 0; i < 20000; i++) {
		build(&frame, &packet);
		sent += run(x, x->in, &frame) == ANSWERED;
	}
	assert_int_equal(packets(x, CATS_DROP_HOP_LIMIT), sent);
	assert_int_equal(packets(x, CATS_DROP_ICMP_LIMIT), 20000 - sent);
	assert_true(sent >= CATS_ICMP_BURST);
	assert_true(packets(x, CATS_DROP_ICMP_LIMIT) > 0);
}

#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_malformed_ip4),
		TEST(test_extension_headers),
		TEST(test_too_big),
		TEST(test_too_big_vlan),
		TEST(test_answer_by_tx),
		TEST(test_too_big_multi_buffer),
		TEST(test_hop_limit),
		TEST(test_no_error_about_error),
		TEST(test_rate_limit),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
