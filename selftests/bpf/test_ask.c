// SPDX-License-Identifier: GPL-2.0-or-later
/* Routes in mode control: what is asked, and when the table decides instead. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "builder.h"
#include "flow_internal.h"
#include "service_index.h"
#include "questions.h"

#define CSID4	"203.0.113.1"
#define CSID6	"2001:db8:c5::1"
#define SECOND	1000000000ull
#define WAITING	(CATS_QUESTION_RING / sizeof(struct cats_question))

/* The last question, and how many there were. */
static struct cats_question last;
static uint32_t questions;

static void keep(void *ctx, const struct cats_question *question)
{
	(void)ctx;
	last = *question;
	questions++;
}

/* The last end, and how many there were. */
static struct cats_flow_end last_end;
static uint32_t ends;

static void keep_end(void *ctx, const struct cats_flow_end *end)
{
	(void)ctx;
	last_end = *end;
	ends++;
}

static void make_route(struct fixture *x, const char *csid, uint8_t flags)
{
	struct cats_route_spec *spec = spec_for(csid, 0);

	spec->conf.flags = flags;
	spec_nexthop(spec, add_policy(x, csid, 1, 0, 0), "fd00:5::1", 1);
	spec_set(x, spec, CATS_ROUTE_ADD);
}

static struct cats_questions *open_questions(struct fixture *x, uint64_t ns)
{
	struct cats_questions *asked;

	if (cats_questions_open(&x->f, keep, keep_end, NULL, &asked))
		fail_msg("questions: %s", cats_error_message());
	/* what a test before left behind */
	while (cats_questions_read(asked, UINT32_MAX))
		;
	questions = 0;
	ends = 0;
	cats_questions_promise(asked, ns);
	return asked;
}

static uint64_t extra(struct fixture *x, enum cats_extra what)
{
	return cats_count_total(&x->f, what).packets;
}

static int run_packet(struct fixture *x, const struct packet *packet,
		      struct frame *frame)
{
	build(frame, packet);
	return run(x, x->in, frame);
}

/* All of the packet, and what is known of it. */
static void test_question(void **state)
{
	static const char *const csids[] = { CSID4, CSID6 };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, SECOND);
	static struct frame frame, sent;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		const struct packet packet = { .dst = csids[i], .sport = 4711,
					       .dport = 443, .vlans = i,
					       .payload = 100 };

		make_route(x, csids[i], CATS_SERVICE_CONTROL);
		build(&sent, &packet);
		assert_int_equal(run_packet(x, &packet, &frame), XDP_DROP);
		assert_int_equal(packets(x, CATS_CONSUMED_ASKED), i + 1);
		assert_int_equal(cats_questions_read(asked, 10), 1);
		assert_int_equal(last.len, sent.len);
		assert_memory_equal(last.frame, sent.data, sent.len);
		assert_int_equal(last.ifindex, x->in);
		assert_int_equal(last.sport, 4711);
		assert_int_equal(last.dport, 443);
		assert_int_equal(last.proto, IPPROTO_TCP);
		assert_int_equal(last.family, i ? CATS_FAMILY_IPV6 :
						  CATS_FAMILY_IPV4);
	}
	cats_questions_close(asked);
}

/* In mode table, of nobody, for a route without next hops: no question. */
static void test_not_asked(void **state)
{
	const struct packet packet = { .dst = CSID4 };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, SECOND);
	static struct frame frame;

	make_route(x, CSID4, 0);
	make_route(x, CSID6, CATS_SERVICE_CONTROL);
	assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
	cats_questions_promise(asked, 0);
	assert_int_equal(run_packet(x, &(struct packet){ .dst = CSID6 },
				    &frame), XDP_REDIRECT);
	assert_int_equal(extra(x, CATS_EXTRA_ASK_NOBODY), 1);
	cats_questions_close(asked);
	assert_int_equal(run_packet(x, &(struct packet){ .dst = CSID6,
							 .sport = 1 },
				    &frame), XDP_REDIRECT);
	assert_int_equal(extra(x, CATS_EXTRA_ASK_NOBODY), 2);
	assert_int_equal(questions, 0);
}

/* A known flow asks nothing: the packet before it was placed by the table. */
static void test_known(void **state)
{
	const struct packet packet = { .dst = CSID4 };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, 0);
	static struct frame frame;

	make_route(x, CSID4, CATS_SERVICE_CONTROL);
	assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
	cats_questions_promise(asked, SECOND);
	assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
	assert_int_equal(cats_questions_read(asked, 10), 0);
	cats_questions_close(asked);
}

static void test_too_long(void **state)
{
	const struct packet packet = { .dst = CSID4,
				       .payload = CATS_QUESTION_FRAME };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, SECOND);
	static struct frame frame;

	make_route(x, CSID4, CATS_SERVICE_CONTROL);
	assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
	assert_int_equal(extra(x, CATS_EXTRA_ASK_LONG), 1);
	cats_questions_close(asked);
}

/* More than may wait are placed by the table, and none of the others is lost. */
static void test_full(void **state)
{
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, 60 * SECOND);
	static struct frame frame;
	uint32_t i, consumed = 0, n = 2 * WAITING;

	make_route(x, CSID4, CATS_SERVICE_CONTROL);
	for (i = 0; i < n; i++)
		consumed += run_packet(x, &(struct packet){ .dst = CSID4,
						.sport = 1000 + i },
				       &frame) == XDP_DROP;
	assert_in_range(consumed, WAITING / 2, WAITING);
	assert_int_equal(extra(x, CATS_EXTRA_ASK_FULL), n - consumed);
	while (cats_questions_read(asked, 7))
		;
	assert_int_equal(questions, consumed);
	assert_int_equal(run_packet(x, &(struct packet){ .dst = CSID4 },
				    &frame), XDP_DROP);
	cats_questions_close(asked);
}

static int open_out(void)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_IPV6),
				    .sll_ifindex = if_nametoindex("out0p") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&addr, sizeof(addr)), 0);
	return fd;
}

/* Sent on, it leaves encapsulated, and does not ask again. */
static void test_sent_on(void **state)
{
	const struct packet packet = { .dst = CSID4, .payload = 64 };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, 10 * SECOND);
	struct pollfd out = { .fd = open_out(), .events = POLLIN };
	static struct frame frame;

	make_route(x, CSID4, CATS_SERVICE_CONTROL);
	assert_int_equal(run_packet(x, &packet, &frame), XDP_DROP);
	assert_int_equal(cats_questions_read(asked, 1), 1);
	if (cats_question_send_on(asked, &last))
		fail_msg("%s", cats_error_message());
	do {
		assert_int_equal(poll(&out, 1, 5000), 1);
		frame.len = recv(out.fd, frame.data, sizeof(frame.data), 0);
		/* the host says something of its own now and then */
	} while (frame.len != last.len + CATS_IP6_LEN + 8 + 16);
	assert_sid(&frame, "fd00:5::1");
	assert_int_equal(cats_questions_read(asked, 1), 0);
	assert_int_equal(packets(x, CATS_CONSUMED_ASKED), 1);
	assert_int_equal(packets(x, CATS_STEERED), 1);
	/* from a device that is no port */
	last.ifindex = x->plain;
	assert_int_equal(cats_question_send_on(asked, &last), -ENODEV);
	close(out.fd);
	cats_questions_close(asked);
}

#define FIN	0x11
#define RST	0x04
#define PSH	0x18

/* Is the end of a known flow told?  The flow itself stays known. */
static void end_flow(struct fixture *x, struct cats_questions *asked,
		     const struct packet *like, bool is_told)
{
	struct packet packet = *like;
	uint64_t was = packets(x, CATS_STEERED);
	static const uint8_t flags[] = { PSH, FIN, RST };
	static struct frame frame;
	uint32_t i, before;

	for (i = 0; i < sizeof(flags); i++) {
		packet.tcp_flags = flags[i];
		before = ends;
		assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
		cats_questions_read(asked, 10);
		assert_int_equal(ends - before, is_told && flags[i] != PSH);
	}
	assert_int_equal(packets(x, CATS_STEERED), was + 3);
}

static uint64_t hash_of(struct fixture *x, const struct packet *packet)
{
	struct cats_route_spec *spec = spec_for(packet->dst, 0);
	struct cats_tuple tuple = { .sport = 40000, .dport = 80,
				    .proto = IPPROTO_TCP };
	struct cats_service *service;

	inet_pton(strchr(packet->dst, ':') ? AF_INET6 : AF_INET,
		  strchr(packet->dst, ':') ? "2001:db8:1::1" : "192.0.2.1",
		  tuple.saddr);
	memcpy(tuple.daddr, spec->key.addr, sizeof(tuple.daddr));
	service = cats_table_at(&x->f.service,
				cats_service_find(&x->f, &spec->key));
	free(spec);
	return cats_flow_hash(&x->f, service, &tuple);
}

static void test_end(void **state)
{
	static const char *const csids[] = { CSID4, CSID6 };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, 0);
	static struct frame frame;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		const struct packet packet = { .dst = csids[i], .payload = 20,
					       .vlans = i };

		make_route(x, csids[i], CATS_SERVICE_CONTROL);
		assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
		/* nobody answers: nobody is told */
		end_flow(x, asked, &packet, false);
		cats_questions_promise(asked, SECOND);
		end_flow(x, asked, &packet, true);
		assert_true(last_end.hash == hash_of(x, &packet));
		cats_questions_promise(asked, 0);
	}
	cats_questions_close(asked);
}

/* Of a route in mode table, of UDP, of a header that is cut off: nothing. */
static void test_no_end(void **state)
{
	const struct packet udp = { .dst = CSID6, .proto = IPPROTO_UDP,
				    .payload = 40 };
	const struct packet tcp = { .dst = CSID6, .tcp_flags = FIN };
	struct packet table = { .dst = CSID4 };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, 0);
	static struct frame frame;

	make_route(x, CSID4, 0);
	make_route(x, CSID6, CATS_SERVICE_CONTROL);
	assert_int_equal(run_packet(x, &table, &frame), XDP_REDIRECT);
	assert_int_equal(run_packet(x, &udp, &frame), XDP_REDIRECT);
	assert_int_equal(run_packet(x, &tcp, &frame), XDP_REDIRECT);
	cats_questions_promise(asked, SECOND);
	end_flow(x, asked, &table, false);
	end_flow(x, asked, &udp, false);
	/* ports, but no flags any more */
	build(&frame, &tcp);
	frame.len -= 8;
	frame.data[14 + 5] = 12;
	assert_int_equal(run(x, x->in, &frame), XDP_REDIRECT);
	cats_questions_read(asked, 10);
	assert_int_equal(ends, 0);
	cats_questions_close(asked);
}

/* What has no room is counted; the packets go on. */
static void test_ends_full(void **state)
{
	const struct packet packet = { .dst = CSID4, .tcp_flags = FIN };
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, 0);
	uint32_t room = CATS_END_RING / 24, i;
	static struct frame frame;

	make_route(x, CSID4, CATS_SERVICE_CONTROL);
	assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
	cats_questions_promise(asked, 60 * SECOND);
	for (i = 0; i < room + 10; i++)
		assert_int_equal(run_packet(x, &packet, &frame), XDP_REDIRECT);
	assert_in_range(extra(x, CATS_EXTRA_END_FULL), 10, 11);
	cats_questions_read(asked, 10);
	assert_int_equal(ends + extra(x, CATS_EXTRA_END_FULL), room + 10);
	cats_questions_close(asked);
}

static void test_one_reader(void **state)
{
	struct fixture *x = *state;
	struct cats_questions *asked = open_questions(x, SECOND), *second;

	assert_int_equal(cats_questions_open(&x->f, keep, NULL, NULL, &second),
			 -EBUSY);
	cats_questions_close(asked);
	assert_int_equal(cats_questions_open(&x->f, keep, NULL, NULL, &second),
			 0);
	cats_questions_close(second);
}

#define TEST(name)	cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_question), TEST(test_not_asked), TEST(test_known),
		TEST(test_too_long), TEST(test_full), TEST(test_sent_on),
		TEST(test_end), TEST(test_no_end), TEST(test_ends_full),
		TEST(test_one_reader),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
