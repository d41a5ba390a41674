// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen client: commands from stdin, traffic in the background. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "flowgen.h"

#define FLOWS_MAX	1000000
#define SHARE_SOCKETS	2000	/* at a time */
#define SHARE_MAX	10000

/**
 * struct background - requests at a steady rate
 * @rate: per second, 0: none
 * @start: when it began, ns
 * @due: when the next request is due, ns
 * @cursor: flow that is asked next
 */
struct background {
	uint64_t rate;
	uint64_t start;
	uint64_t due;
	size_t cursor;
};

static struct client client;
static struct background background;

static void error_reply(const char *text)
{
	warn("%s", text);
	printf("{\"error\":\"%s\"}\n", text);
}

/* The next flow that has a socket and is not busy */
static struct flow *background_next(struct client *c)
{
	struct flows *set = &c->flows;
	struct flow *f;

	for (size_t i = 0; i < set->count; i++) {
		f = set->list[background.cursor++ % set->count];
		if (f->fd >= 0 && !f->waiting)
			return f;
	}
	return NULL;
}

/* Sends what is due; a burst after a pause is cut off. */
static void background_run(struct client *c)
{
	uint64_t now = now_ns();
	struct flow *f;

	if (!background.rate)
		return;
	if (now > background.due + NSEC / 10)
		background.due = now - NSEC / 10;
	for (int i = 0; i < BATCH && background.due <= now; i++) {
		f = background_next(c);
		if (f)
			flow_ask(c, f);
		background.due += NSEC / background.rate;
	}
}

/* Datagrams without an answer are sent again, now and then. */
static void background_repeat(struct client *c)
{
	static uint64_t next;
	uint64_t now = now_ns();

	if (!background.rate || now < next)
		return;
	next = now + NSEC / 20;
	for (size_t i = 0; i < c->flows.count; i++) {
		if (now - c->flows.list[i]->sent > c->deadline / 5)
			flow_repeat(c, c->flows.list[i]);
		if (i % BATCH == BATCH - 1)
			flows_poll(c, 0);
	}
}

static void do_background(struct client *c, unsigned long rate)
{
	if (!rate) {
		error_reply("background: the rate must not be 0");
		return;
	}
	round_begin(c, &c->flows);
	background.rate = rate;
	background.start = now_ns();
	background.due = background.start;
	printf("{\"command\":\"background\",\"flows\":%zu,\"rate\":%lu}\n",
	       c->flows.count, rate);
}

static void do_wait(struct client *c, unsigned long replies)
{
	uint64_t start = now_ns(), from = c->replies, last = from;
	uint64_t progress = start;

	while (background.rate && c->replies - from < replies) {
		background_run(c);
		background_repeat(c);
		flows_poll(c, 1);
		if (c->replies != last) {
			last = c->replies;
			progress = now_ns();
		} else if (now_ns() - progress > c->deadline) {
			break;
		}
	}
	printf("{\"command\":\"wait\",\"replies\":%llu,\"seconds\":%.3f}\n",
	       (unsigned long long)(c->replies - from),
	       (double)(now_ns() - start) / NSEC);
}

/* What is still out gets a whole deadline from now on. */
static void do_stop(struct client *c)
{
	background.rate = 0;
	for (size_t i = 0; i < c->flows.count; i++)
		c->flows.list[i]->start = now_ns();
	round_finish(c, &c->flows);
	report_flows(c, "stop", background.start);
}

static void do_probe(struct client *c)
{
	uint64_t start = now_ns();

	round_begin(c, &c->flows);
	round_ask(c, &c->flows);
	round_finish(c, &c->flows);
	report_flows(c, "probe", start);
}

static void do_open(struct client *c, enum proto proto, size_t count)
{
	uint64_t per_instance[INSTANCES_MAX + 1] = { 0 }, start = now_ns();
	size_t before = c->flows.count, opened;

	opened = round_open(c, &c->flows, proto, count);
	count_first(&c->flows, before, per_instance);
	report_opened(c, "open", count, opened, per_instance, start);
}

static void do_share(struct client *c, enum proto proto, size_t count,
		     size_t at_a_time)
{
	uint64_t per_instance[INSTANCES_MAX + 1] = { 0 }, start = now_ns();
	size_t opened = 0, n;

	for (size_t done = 0; done < count; done += n) {
		struct flows set = { 0 };

		n = count - done < at_a_time ? count - done : at_a_time;
		opened += round_open(c, &set, proto, n);
		count_first(&set, 0, per_instance);
		flows_free(c, &set);
	}
	report_opened(c, "share", count, opened, per_instance, start);
}

/* open and share: PROTO N [ K ] */
static void do_flows(struct client *c, const char *verb, char **arg, int args)
{
	unsigned long count, at_a_time = SHARE_SOCKETS;
	enum proto proto;

	if (args < 2 || args > 3 ||
	    (strcmp(arg[0], "tcp") && strcmp(arg[0], "udp"))) {
		error_reply("open and share need tcp or udp and a number");
		return;
	}
	proto = strcmp(arg[0], "udp") ? PROTO_TCP : PROTO_UDP;
	count = number(arg[1], FLOWS_MAX, "number of flows");
	if (args == 3)
		at_a_time = number(arg[2], SHARE_MAX, "flows at a time");
	if (!strcmp(verb, "open"))
		do_open(c, proto, count);
	else if (at_a_time)
		do_share(c, proto, count, at_a_time);
	else
		error_reply("share: no flows at a time");
}

static void do_close(struct client *c)
{
	size_t closed = c->flows.count;

	background.rate = 0;
	flows_free(c, &c->flows);
	printf("{\"command\":\"close\",\"flows\":%zu}\n", closed);
}

static void do_mark(struct client *c)
{
	flows_mark(c);
	printf("{\"command\":\"mark\",\"flows\":%zu}\n", c->flows.count);
}

/* Returns false on quit. */
static bool command(struct client *c, char *line)
{
	char *arg[4], *word, *save;
	unsigned long n = 0;
	int args = 0;

	for (word = strtok_r(line, " \t", &save); word && args < 4;
	     word = strtok_r(NULL, " \t", &save))
		arg[args++] = word;
	if (!args)
		return true;
	if (!strcmp(arg[0], "quit"))
		return false;
	if (!strcmp(arg[0], "open") || !strcmp(arg[0], "share")) {
		do_flows(c, arg[0], arg + 1, args - 1);
		return true;
	}
	if (args == 2)
		n = number(arg[1], 1UL << 40, arg[0]);
	if (args == 1 && !strcmp(arg[0], "probe"))
		do_probe(c);
	else if (args == 1 && !strcmp(arg[0], "stop"))
		do_stop(c);
	else if (args == 1 && !strcmp(arg[0], "mark"))
		do_mark(c);
	else if (args == 1 && !strcmp(arg[0], "close"))
		do_close(c);
	else if (args == 2 && !strcmp(arg[0], "background"))
		do_background(c, n);
	else if (args == 2 && !strcmp(arg[0], "wait"))
		do_wait(c, n);
	else if (args == 2 && !strcmp(arg[0], "get"))
		bulk_get(c, n);
	else if (args == 2 && !strcmp(arg[0], "put"))
		bulk_put(c, n);
	else
		error_reply("unknown command, or wrong number of arguments");
	return true;
}

/* Carries out the complete lines of what was read; false on quit. */
static bool commands(struct client *c, char *buf, size_t *used)
{
	char *start = buf, *end;

	buf[*used] = '\0';
	for (end = strchr(start, '\n'); end; end = strchr(start, '\n')) {
		*end = '\0';
		if (!command(c, start))
			return false;
		start = end + 1;
	}
	*used = strlen(start);
	memmove(buf, start, *used);
	return true;
}

static void client_loop(struct client *c)
{
	char buf[1024];
	size_t used = 0;
	ssize_t n;

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = c->epoll, .events = POLLIN },
		};

		if (poll(fds, 2, background.rate ? 1 : -1) < 0 &&
		    errno != EINTR)
			fail("poll: %s", strerror(errno));
		background_run(c);
		background_repeat(c);
		flows_poll(c, 0);
		if (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
			continue;
		if (used == sizeof(buf) - 1)
			fail("command of more than %zu bytes", used);
		n = read(STDIN_FILENO, buf + used, sizeof(buf) - 1 - used);
		if (n <= 0)
			return;
		used += n;
		if (!commands(c, buf, &used))
			return;
	}
}

static void client_options(struct client *c, int argc, char **argv)
{
	const char *source = NULL;
	unsigned int port;
	int opt;

	c->deadline = 2 * NSEC;
	c->port_base = 10000;
	while ((opt = getopt(argc, argv, "d:p:b:")) != -1) {
		if (opt == 'd')
			c->deadline = NSEC * number(optarg, 3600, "deadline");
		else if (opt == 'p')
			c->port_base = number(optarg, 65535, "source port");
		else if (opt == 'b')
			source = optarg;
		else
			exit(2);
	}
	if (argc - optind < 2 || argc - optind - 1 > TARGETS_MAX)
		fail("client needs 1 to %d ADDRs and a PORT", TARGETS_MAX);
	if (source)
		endpoint_parse(&c->source, source, 0);
	port = number(argv[argc - 1], 65535, "port");
	for (int i = optind; i < argc - 1; i++, c->targets++) {
		endpoint_parse(&c->target[c->targets], argv[i], port);
		c->port[PROTO_TCP][c->targets] = c->port_base;
		c->port[PROTO_UDP][c->targets] = c->port_base;
	}
}

int client_main(int argc, char **argv)
{
	client_options(&client, argc, argv);
	raise_file_limit();
	client.epoll = epoll_create1(0);
	if (client.epoll < 0)
		fail("epoll_create1: %s", strerror(errno));
	client_loop(&client);
	flows_free(&client, &client.flows);
	return 0;
}
