/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flowgen: real TCP and UDP flows against an anycast address, and the service
 * instances that answer them.
 *
 * Protocol, over TCP and UDP alike: a request is a line.  "who [text]" is
 * answered with the name of the instance and the text.  Over TCP, "PUT n" is
 * followed by n bytes and answered with their FNV-1a checksum, "GET n" is
 * answered with n bytes of the pattern.
 */
#ifndef FLOWGEN_H
#define FLOWGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define NAME_LEN		32	/* of an instance, with the final 0 */
#define LINE_LEN		96	/* of a request or a reply */
#define INSTANCES_MAX		64
#define TARGETS_MAX		4
#define NSEC			1000000000ULL
#define BATCH			64	/* requests between two looks at replies */

enum proto { PROTO_TCP, PROTO_UDP, PROTOS };

/** struct endpoint - an address to bind or to connect to */
struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
};

/**
 * struct flow - one flow of the client, from open to close
 * @fd: its socket, -1 when it broke
 * @proto: enum proto
 * @first: instance that answered first, or at the last mark; 0: none
 * @last: instance that answered last
 * @asked: was asked in this round
 * @answered: answered in this round
 * @waiting: a request is out
 * @unsent: the request waits for the socket
 * @moved: an answer came from another instance than @first
 * @broken: the TCP connection was reset or ended
 * @error: why it broke
 * @seq: number of the last request
 * @start: when it was first sent, ns
 * @sent: when it was last sent, ns
 * @used: bytes in @line
 * @line: a reply that is not complete yet
 */
struct flow {
	int fd;
	uint8_t proto;
	uint8_t first;
	uint8_t last;
	bool asked;
	bool answered;
	bool waiting;
	bool unsent;
	bool moved;
	bool broken;
	int error;
	uint32_t seq;
	uint64_t start;
	uint64_t sent;
	size_t used;
	char line[LINE_LEN];
};

/** struct flows - a growing list of flows */
struct flows {
	struct flow **list;
	size_t count;
	size_t room;
};

/**
 * struct client - everything the client knows
 * @epoll: file descriptor
 * @target: anycast addresses; flows are spread over them in turn
 * @targets: how many
 * @source: address to send from; len 0: the kernel chooses
 * @port_base: first source port
 * @port: next source port, by protocol and target
 * @deadline: how long a flow may take to answer, ns
 * @flows: those that are kept open
 * @waiting: requests that are out, of all flows
 * @requests: sent in this round, without repetitions
 * @replies: received in this round
 * @instance: names, from 1 on
 * @instances: how many
 */
struct client {
	int epoll;
	struct endpoint target[TARGETS_MAX];
	unsigned int targets;
	struct endpoint source;
	unsigned int port_base;
	unsigned int port[PROTOS][TARGETS_MAX];
	uint64_t deadline;
	struct flows flows;
	size_t waiting;
	uint64_t requests;
	uint64_t replies;
	char instance[INSTANCES_MAX + 1][NAME_LEN];
	unsigned int instances;
};

/* flowgen_util.c */
void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
uint64_t now_ns(void);
void endpoint_parse(struct endpoint *ep, const char *addr, unsigned int port);
void endpoint_set_port(struct endpoint *ep, unsigned int port);
unsigned long number(const char *text, unsigned long max, const char *what);
void raise_file_limit(void);
void pattern_fill(void *buf, size_t len, uint64_t offset);
uint64_t checksum(uint64_t sum, const void *buf, size_t len);
#define CHECKSUM_INIT	0xcbf29ce484222325ULL

/* flowgen_flow.c */
int flow_open(struct client *c, struct flow *f, enum proto proto,
	      unsigned int target);
void flow_close(struct client *c, struct flow *f);
void flow_ask(struct client *c, struct flow *f);
void flow_repeat(struct client *c, struct flow *f);
void flows_poll(struct client *c, int timeout_ms);
int flow_bind(struct client *c, int fd, enum proto proto, unsigned int target);

/* flowgen_round.c */
void flows_add(struct flows *set, struct flow *f);
void flows_free(struct client *c, struct flows *set);
void round_begin(struct client *c, struct flows *set);
void round_ask(struct client *c, struct flows *set);
void round_finish(struct client *c, struct flows *set);
size_t round_open(struct client *c, struct flows *set, enum proto proto,
		  size_t count);
void flows_mark(struct client *c);

/* flowgen_report.c */
void report_flows(struct client *c, const char *command, uint64_t start);
void count_first(const struct flows *set, size_t from, uint64_t *count);
void report_opened(struct client *c, const char *command, size_t wanted,
		   size_t opened, const uint64_t *count, uint64_t start);
void report_bulk(const char *command, size_t bytes, size_t good,
		 const char *instance, const char *error, uint64_t start);

/* flowgen_bulk.c */
void bulk_get(struct client *c, size_t bytes);
void bulk_put(struct client *c, size_t bytes);

/* flowgen_client.c, flowgen_server.c */
int client_main(int argc, char **argv);
int server_main(int argc, char **argv);

#endif /* FLOWGEN_H */
