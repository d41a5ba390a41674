// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen server: a service contact instance that says who it is. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "flowgen.h"

enum kind { KIND_LISTEN, KIND_DATAGRAM, KIND_STREAM };

/**
 * struct conn - a socket of the server
 * @kind: enum kind
 * @fd: the socket
 * @put: bytes of a PUT still to come
 * @sum: checksum of those that came
 * @get: bytes of a GET still to be sent
 * @offset: of those that were sent
 * @line_len: bytes in @line
 * @in_pos: first byte of @in not looked at
 * @in_len: bytes in @in
 * @out_pos: first byte of @out not sent
 * @out_len: bytes in @out
 * @line: a request that is not complete yet
 * @in: received
 * @out: to be sent
 */
struct conn {
	enum kind kind;
	int fd;
	uint64_t put;
	uint64_t sum;
	uint64_t get;
	uint64_t offset;
	size_t line_len;
	size_t in_pos;
	size_t in_len;
	size_t out_pos;
	size_t out_len;
	char line[LINE_LEN];
	char in[2048];
	char out[4096];
};

static const char *server_name;
static int server_epoll;

/* What a "who" request is answered with; @reply has room for LINE_LEN. */
static size_t answer(const char *request, char *reply)
{
	const char *text = strchr(request, ' ');
	int n;

	n = snprintf(reply, LINE_LEN, "%s%.60s\n", server_name,
		     text ? text : "");
	return n;
}

static void conn_add(int fd, enum kind kind)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	struct epoll_event ev = {
		.events = EPOLLIN | (kind == KIND_STREAM ? EPOLLOUT | EPOLLET :
				     0),
		.data.ptr = conn,
	};

	if (!conn)
		fail("out of memory");
	conn->kind = kind;
	conn->fd = fd;
	if (epoll_ctl(server_epoll, EPOLL_CTL_ADD, fd, &ev))
		fail("epoll_ctl: %s", strerror(errno));
}

static void conn_free(struct conn *conn)
{
	close(conn->fd);
	free(conn);
}

static void conn_accept(struct conn *conn)
{
	int fd, one = 1;

	for (;;) {
		fd = accept4(conn->fd, NULL, NULL, SOCK_NONBLOCK);
		if (fd < 0) {
			if (errno != EAGAIN && errno != ECONNABORTED &&
			    errno != EINTR)
				warn("accept: %s", strerror(errno));
			return;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		conn_add(fd, KIND_STREAM);
	}
}

static void conn_datagrams(struct conn *conn)
{
	struct sockaddr_storage from;
	char request[LINE_LEN], reply[LINE_LEN];
	socklen_t len;
	ssize_t n;

	for (int i = 0; i < BATCH; i++) {
		len = sizeof(from);
		n = recvfrom(conn->fd, request, sizeof(request) - 1, 0,
			     (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		request[n] = '\0';
		request[strcspn(request, "\n")] = '\0';
		n = answer(request, reply);
		/* a lost reply is asked for again */
		sendto(conn->fd, reply, n, 0, (struct sockaddr *)&from, len);
	}
}

/* Returns false when the request makes no sense. */
static bool conn_request(struct conn *conn)
{
	unsigned long long n;

	conn->line[conn->line_len] = '\0';
	conn->line_len = 0;
	if (!strncmp(conn->line, "who", 3)) {
		conn->out_len = answer(conn->line, conn->out);
		return true;
	}
	if (sscanf(conn->line, "PUT %llu", &n) == 1 && n) {
		conn->put = n;
		conn->sum = CHECKSUM_INIT;
		return true;
	}
	if (sscanf(conn->line, "GET %llu", &n) == 1) {
		conn->get = n;
		conn->offset = 0;
		return true;
	}
	return false;
}

static void conn_put(struct conn *conn)
{
	size_t n = conn->in_len - conn->in_pos;

	if (n > conn->put)
		n = conn->put;
	conn->sum = checksum(conn->sum, conn->in + conn->in_pos, n);
	conn->in_pos += n;
	conn->put -= n;
	if (!conn->put)
		conn->out_len = snprintf(conn->out, sizeof(conn->out),
					 "%016" PRIx64 "\n", conn->sum);
}

/* Uses up input until there is something to send. */
static bool conn_input(struct conn *conn)
{
	char byte;

	while (conn->in_pos < conn->in_len && !conn->out_len && !conn->get) {
		if (conn->put) {
			conn_put(conn);
			continue;
		}
		byte = conn->in[conn->in_pos++];
		if (byte == '\n') {
			if (!conn_request(conn))
				return false;
		} else if (conn->line_len < sizeof(conn->line) - 1) {
			conn->line[conn->line_len++] = byte;
		} else {
			return false;
		}
	}
	return true;
}

/* Returns 1 when all is sent, 0 when the socket is full, -1 on errors. */
static int conn_flush(struct conn *conn)
{
	ssize_t n;

	for (;;) {
		while (conn->out_pos < conn->out_len) {
			n = send(conn->fd, conn->out + conn->out_pos,
				 conn->out_len - conn->out_pos, MSG_NOSIGNAL);
			if (n < 0)
				return errno == EAGAIN ? 0 : -1;
			conn->out_pos += n;
		}
		conn->out_pos = 0;
		conn->out_len = conn->get < sizeof(conn->out) ?
				conn->get : sizeof(conn->out);
		if (!conn->out_len)
			return 1;
		pattern_fill(conn->out, conn->out_len, conn->offset);
		conn->offset += conn->out_len;
		conn->get -= conn->out_len;
	}
}

/* Goes on until the socket has neither input nor room. */
static void conn_stream(struct conn *conn)
{
	ssize_t n;
	int rc;

	for (;;) {
		rc = conn_flush(conn);
		if (rc < 0)
			break;
		if (!rc)
			return;
		if (conn->in_pos == conn->in_len) {
			n = recv(conn->fd, conn->in, sizeof(conn->in), 0);
			if (n < 0 && errno == EAGAIN)
				return;
			if (n <= 0)
				break;
			conn->in_pos = 0;
			conn->in_len = n;
		}
		if (!conn_input(conn))
			break;
	}
	conn_free(conn);
}

static void server_listen(const char *addr, unsigned int port, int type)
{
	int fd, one = 1, room = 32 << 20;
	struct endpoint ep;

	endpoint_parse(&ep, addr, port);
	fd = socket(ep.addr.ss_family, type | SOCK_NONBLOCK, 0);
	if (fd < 0)
		fail("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ep.addr.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ep.addr, ep.len))
		fail("%s: bind to %s port %u: %s", server_name, addr, port,
		     strerror(errno));
	if (type == SOCK_DGRAM) {
		/* thousands of flows may ask at once */
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
		conn_add(fd, KIND_DATAGRAM);
		return;
	}
	if (listen(fd, 4096))
		fail("%s: listen on %s port %u: %s", server_name, addr, port,
		     strerror(errno));
	conn_add(fd, KIND_LISTEN);
}

static void server_loop(void)
{
	struct epoll_event ev[256];
	struct conn *conn;
	int n;

	for (;;) {
		n = epoll_wait(server_epoll, ev, 256, -1);
		if (n < 0 && errno != EINTR)
			fail("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < n; i++) {
			conn = ev[i].data.ptr;
			if (conn->kind == KIND_LISTEN)
				conn_accept(conn);
			else if (conn->kind == KIND_DATAGRAM)
				conn_datagrams(conn);
			else
				conn_stream(conn);
		}
	}
}

int server_main(int argc, char **argv)
{
	unsigned int port;

	if (argc < 4)
		fail("server needs NAME ADDR... PORT");
	server_name = argv[1];
	if (!*server_name || strlen(server_name) >= NAME_LEN ||
	    strspn(server_name, "abcdefghijklmnopqrstuvwxyz0123456789"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_") != strlen(server_name))
		fail("\"%s\" is not a name: letters, digits, . - _",
		     server_name);
	port = number(argv[argc - 1], 65535, "port");
	raise_file_limit();
	server_epoll = epoll_create1(0);
	if (server_epoll < 0)
		fail("epoll_create1: %s", strerror(errno));
	for (int i = 2; i < argc - 1; i++) {
		server_listen(argv[i], port, SOCK_STREAM);
		server_listen(argv[i], port, SOCK_DGRAM);
	}
	printf("%s ready\n", server_name);
	fflush(stdout);
	server_loop();
	return 0;
}
