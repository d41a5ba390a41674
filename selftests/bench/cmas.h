/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CMAS load: a catsd, sites, clients, and what they know to be true. */
#ifndef BENCH_CMAS_H
#define BENCH_CMAS_H

#include <event2/event.h>
#include <event2/http.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define OFFER_S		3
#define LEASE_S		4
#define SERVICES	8
#define ROWS		8	/* of a service: sites */
#define TOKEN		"operator-token-of-the-load"

/** struct options - of the command line */
struct options {
	uint64_t operations;
	unsigned int clients;
	unsigned int gas;	/* of a row */
	unsigned int kill_ms;	/* about every so many; 0: never */
	unsigned int seed;
	bool requests_only;	/* what is granted is left to its offer */
	const char *catsd;
	const char *etcd;	/* URL[,URL]: the store; NULL: in SQLite */
};

/**
 * struct load - the whole
 * @options: of it
 * @base: event loop
 * @directory: of store, file, log
 * @port: of the API
 * @pid: catsd
 * @done: operations that were answered
 * @granted: requests with success
 * @refused: requests without
 * @unanswered: operations that were lost with catsd or a connection
 * @abandoned: reservations left to their lease on purpose
 * @kills: of catsd
 * @models: whole models sent while the load ran
 * @wrong: what must not be
 * @live: gas of a row that is known to be reserved, [service][row]
 * @cpu_s: of catsd, all of them
 */
struct load {
	struct options options;
	struct event_base *base;
	char directory[64];
	uint16_t port;
	pid_t pid;
	uint64_t done;
	uint64_t granted;
	uint64_t refused;
	uint64_t unanswered;
	uint64_t abandoned;
	uint64_t kills;
	uint64_t models;
	uint64_t wrong;
	unsigned int live[SERVICES][ROWS];
	double cpu_s;
};

/** load_fail - print what is wrong, count it. */
void load_fail(struct load *load, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** now_ms - CLOCK_MONOTONIC */
uint64_t now_ms(void);

/* cmas_lab.c */

/** lab_start - directory, file, first catsd, models; exits if it cannot. */
void lab_start(struct load *load);
/** lab_kill - kill -9, and start again. */
void lab_kill(struct load *load);
/** lab_end - wait until every lease has ended; look at the table; stop. */
void lab_end(struct load *load);
/** lab_ask - a request of our own; its status, 0 without an answer */
int lab_ask(struct load *load, enum evhttp_cmd_type method, const char *path,
	    json_t *body, json_t **answer);
/** lab_model - a site sends the whole of its model anew. */
int lab_model(struct load *load, unsigned int row);

/* cmas_worker.c */

/** workers_run - until there were so many operations. */
void workers_run(struct load *load);

#endif /* BENCH_CMAS_H */
