// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen client: one flow, from its socket to its answers. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "flowgen.h"

#define PORT_END	65536u

/* Next free source port: none is used twice before all were used. */
int flow_bind(struct client *c, int fd, enum proto proto, unsigned int target)
{
	unsigned int *port = &c->port[proto][target];
	struct endpoint ep = c->source;

	if (!ep.len) {
		ep.addr.ss_family = c->target[target].addr.ss_family;
		ep.len = c->target[target].len;
	}
	for (unsigned int i = c->port_base; i < PORT_END; i++) {
		if (*port >= PORT_END)
			*port = c->port_base;
		endpoint_set_port(&ep, (*port)++);
		if (!bind(fd, (struct sockaddr *)&ep.addr, ep.len))
			return 0;
		if (errno != EADDRINUSE)
			break;
	}
	return -1;
}

static int flow_socket(struct client *c, enum proto proto, unsigned int target)
{
	int fd, one = 1, type = proto == PROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	struct endpoint *to = &c->target[target];

	fd = socket(to->addr.ss_family, type | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		warn("socket: %s", strerror(errno));
		return -1;
	}
	if (to->addr.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (proto == PROTO_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (flow_bind(c, fd, proto, target)) {
		warn("bind to a source port: %s", strerror(errno));
		close(fd);
		return -1;
	}
	if (connect(fd, (struct sockaddr *)&to->addr, to->len) &&
	    errno != EINPROGRESS) {
		warn("connect: %s", strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int flow_open(struct client *c, struct flow *f, enum proto proto,
	      unsigned int target)
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = f,
	};

	memset(f, 0, sizeof(*f));
	f->proto = proto;
	f->fd = flow_socket(c, proto, target);
	if (f->fd < 0)
		return -1;
	if (!epoll_ctl(c->epoll, EPOLL_CTL_ADD, f->fd, &ev))
		return 0;
	warn("epoll_ctl: %s", strerror(errno));
	close(f->fd);
	f->fd = -1;
	return -1;
}

static void flow_waiting(struct client *c, struct flow *f, bool waiting)
{
	if (f->waiting != waiting)
		c->waiting += waiting ? 1 : -1;
	f->waiting = waiting;
}

void flow_close(struct client *c, struct flow *f)
{
	flow_waiting(c, f, false);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static void flow_broke(struct client *c, struct flow *f, int error)
{
	f->broken = true;
	f->error = error;
	flow_close(c, f);
}

/*
 * Errors of a UDP socket say what became of an earlier datagram: the request
 * is repeated later.  A TCP connection is gone with its first error.
 */
static void flow_send(struct client *c, struct flow *f)
{
	char request[LINE_LEN];
	int n = snprintf(request, sizeof(request), "who %u\n", f->seq);

	f->sent = now_ns();
	f->unsent = false;
	if (send(f->fd, request, n, MSG_NOSIGNAL) == n)
		return;
	if (errno == EAGAIN || f->proto == PROTO_UDP)
		f->unsent = true;
	else
		flow_broke(c, f, errno);
}

void flow_ask(struct client *c, struct flow *f)
{
	f->seq++;
	f->asked = true;
	flow_waiting(c, f, true);
	c->requests++;
	flow_send(c, f);
	f->start = f->sent;
}

/* A datagram may get lost, a TCP stream looks after itself. */
void flow_repeat(struct client *c, struct flow *f)
{
	if (f->fd >= 0 && f->waiting && f->proto == PROTO_UDP)
		flow_send(c, f);
}

static unsigned int instance_id(struct client *c, const char *name)
{
	unsigned int i;

	for (i = 1; i <= c->instances; i++)
		if (!strcmp(c->instance[i], name))
			return i;
	if (c->instances == INSTANCES_MAX)
		fail("more than %d instances answer", INSTANCES_MAX);
	c->instances = i;
	strcpy(c->instance[i], name);
	return i;
}

static void flow_reply(struct client *c, struct flow *f, const char *line)
{
	char name[NAME_LEN];
	unsigned int seq;

	if (sscanf(line, "%31[A-Za-z0-9._-] %u", name, &seq) != 2) {
		warn("reply \"%s\" makes no sense", line);
		return;
	}
	f->last = instance_id(c, name);
	if (!f->first)
		f->first = f->last;
	if (f->first != f->last)
		f->moved = true;
	if (seq != f->seq || !f->waiting)
		return;
	flow_waiting(c, f, false);
	f->answered = true;
	c->replies++;
}

static void flow_input(struct client *c, struct flow *f, size_t len)
{
	char *start = f->line, *end;

	f->used += len;
	f->line[f->used] = '\0';
	for (end = strchr(start, '\n'); end; end = strchr(start, '\n')) {
		*end = '\0';
		flow_reply(c, f, start);
		start = end + 1;
	}
	f->used = strlen(start);
	memmove(f->line, start, f->used);
	if (f->used == sizeof(f->line) - 1)
		f->used = 0;
}

static void flow_receive(struct client *c, struct flow *f)
{
	ssize_t n;

	while (f->fd >= 0) {
		n = recv(f->fd, f->line + f->used,
			 sizeof(f->line) - 1 - f->used, 0);
		if (n > 0)
			flow_input(c, f, n);
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (f->proto == PROTO_TCP)
			flow_broke(c, f, n ? errno : 0);
	}
}

/* Handles what has arrived; waits for it up to @timeout_ms. */
void flows_poll(struct client *c, int timeout_ms)
{
	struct epoll_event ev[256];
	struct flow *f;
	int n;

	n = epoll_wait(c->epoll, ev, 256, timeout_ms);
	if (n < 0 && errno != EINTR)
		fail("epoll_wait: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		f = ev[i].data.ptr;
		flow_receive(c, f);
		if (f->fd >= 0 && f->unsent && ev[i].events & EPOLLOUT)
			flow_send(c, f);
	}
}
