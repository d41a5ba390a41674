// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests and dumps against a kernel of our own: a thread that answers over
 * NETLINK_USERSOCK what the test tells it to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dump.h"
#include "error.h"

#define ITEM	(NLMSG_MIN_TYPE + 1)
#define ITEMS	1000	/* of a dump: many datagrams */

/**
 * struct fake - the kernel
 * @fd: its socket
 * @port: its address
 * @thread: it
 * @interrupted: this many dumps are
 * @stale: an answer to another request comes first
 * @err: negative errno at the end
 * @requests: that came
 */
struct fake {
	int fd;
	uint32_t port;
	pthread_t thread;
	int interrupted;
	bool stale;
	int err;
	int requests;
};

static void send_message(struct fake *fake, const struct nlmsghdr *request,
			 uint16_t type, uint16_t flags, const void *data,
			 uint32_t len)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	_Alignas(8) char buf[256] = {};
	struct nlmsghdr *nlh = (void *)buf;

	to.nl_pid = request->nlmsg_pid;
	nlh->nlmsg_len = NLMSG_HDRLEN + len;
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = request->nlmsg_seq;
	memcpy(buf + NLMSG_HDRLEN, data, len);
	sendto(fake->fd, buf, nlh->nlmsg_len, 0, (void *)&to, sizeof(to));
}

static void answer(struct fake *fake, struct nlmsghdr *request)
{
	uint16_t flags = NLM_F_MULTI;
	uint32_t i;

	fake->requests++;
	if (fake->stale) {
		request->nlmsg_seq--;
		i = 4711;
		send_message(fake, request, ITEM, flags, &i, sizeof(i));
		request->nlmsg_seq++;
	}
	for (i = 0; i < ITEMS; i++) {
		if (i == ITEMS / 2 && fake->requests <= fake->interrupted)
			flags |= NLM_F_DUMP_INTR;
		send_message(fake, request, ITEM, flags, &i, sizeof(i));
	}
	send_message(fake, request, NLMSG_DONE, flags, &fake->err,
		     sizeof(fake->err));
}

static void *run(void *arg)
{
	_Alignas(8) char buf[8192];
	struct fake *fake = arg;

	while (recv(fake->fd, buf, sizeof(buf), 0) >= NLMSG_HDRLEN)
		answer(fake, (void *)buf);
	return NULL;
}

static void start(struct fake *fake)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);

	memset(fake, 0, sizeof(*fake));
	fake->fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
	assert_true(fake->fd >= 0);
	assert_int_equal(bind(fake->fd, (void *)&addr, len), 0);
	assert_int_equal(getsockname(fake->fd, (void *)&addr, &len), 0);
	fake->port = addr.nl_pid;
	assert_int_equal(pthread_create(&fake->thread, NULL, run, fake), 0);
}

static void stop(struct fake *fake)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };

	/* what is no message ends the thread */
	to.nl_pid = fake->port;
	sendto(fake->fd, "", 1, 0, (void *)&to, sizeof(to));
	pthread_join(fake->thread, NULL);
	close(fake->fd);
}

/* One dump; what went to stderr is put into @warning. */
static int dump_all(struct fake *fake, struct cats_dump *dump, char *warning)
{
	struct cats_netlink nl;
	FILE *file = tmpfile();
	int ret, saved;

	assert_int_equal(cats_netlink_open(&nl, NETLINK_USERSOCK), 0);
	nl_socket_set_peer_port(nl.sk, fake->port);
	saved = dup(STDERR_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	ret = cats_dump_ask(&nl, nlmsg_alloc_simple(ITEM, NLM_F_DUMP),
			    "reading", dump);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	warning[fread(warning, 1, 255, file)] = '\0';
	fclose(file);
	cats_netlink_close(&nl);
	return ret;
}

/* Each item once, in the order they were sent. */
static void check_items(struct cats_dump *dump)
{
	struct nlmsghdr *nlh;
	uint32_t n = 0, i;

	while ((nlh = cats_dump_next(dump))) {
		memcpy(&i, nlmsg_data(nlh), sizeof(i));
		assert_int_equal(i, n++);
	}
	assert_int_equal(n, ITEMS);
	cats_dump_free(dump);
}

static void test_dump(void **state)
{
	struct cats_dump dump;
	struct fake fake;
	char warning[256];

	(void)state;
	start(&fake);
	assert_int_equal(dump_all(&fake, &dump, warning), 0);
	assert_string_equal(warning, "");
	check_items(&dump);
	stop(&fake);
	assert_int_equal(fake.requests, 1);
}

/* It is done again, and what the first try brought is forgotten. */
static void test_interrupted(void **state)
{
	struct cats_dump dump;
	struct fake fake;
	char warning[256];

	(void)state;
	start(&fake);
	fake.interrupted = 2;
	assert_int_equal(dump_all(&fake, &dump, warning), 0);
	assert_string_equal(warning, "");
	check_items(&dump);
	stop(&fake);
	assert_int_equal(fake.requests, 3);
}

static void test_always_interrupted(void **state)
{
	struct cats_dump dump;
	struct fake fake;
	char warning[256];

	(void)state;
	start(&fake);
	fake.interrupted = 1000;
	assert_int_equal(dump_all(&fake, &dump, warning), 0);
	assert_string_equal(warning, "Dump was interrupted and may be inconsistent.\n");
	check_items(&dump);
	stop(&fake);
	assert_int_equal(fake.requests, 4);
}

static void test_stale(void **state)
{
	struct cats_dump dump;
	struct fake fake;
	char warning[256];

	(void)state;
	start(&fake);
	fake.stale = true;
	assert_int_equal(dump_all(&fake, &dump, warning), 0);
	check_items(&dump);
	stop(&fake);
}

static void test_error(void **state)
{
	struct cats_dump dump;
	struct fake fake;
	char warning[256];

	(void)state;
	start(&fake);
	fake.err = -ENODEV;
	assert_int_equal(dump_all(&fake, &dump, warning), -ENODEV);
	assert_string_equal(cats_error_message(), "reading: No such device");
	cats_dump_free(&dump);
	stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_always_interrupted),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
