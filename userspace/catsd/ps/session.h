/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection of one agent to this C-PS. */
#ifndef CATSD_PS_SESSION_H
#define CATSD_PS_SESSION_H

#include <event2/event.h>
#include <openssl/ssl.h>

#include "ps/admit.h"

struct session;

/**
 * struct sessions - all of them
 * @base: event loop
 * @context: of TLS
 * @admit: gate
 * @first: list
 * @count: length of it
 * @opened: handshakes that were completed
 * @failed: handshakes that were not
 * @broken: sessions ended because of what the agent sent
 * @limit: of the lines about these
 */
struct sessions {
	struct event_base *base;
	SSL_CTX *context;
	struct admit *admit;
	struct session *first;
	unsigned int count;
	uint64_t opened;
	uint64_t failed;
	uint64_t broken;
	struct log_limit limit;
};

/** session_accept - a connection that came; @fd is taken. */
void session_accept(struct sessions *sessions, evutil_socket_t fd);
/** sessions_close - all. */
void sessions_close(struct sessions *sessions);
/** sessions_status - who is connected, a new array. */
json_t *sessions_status(const struct sessions *sessions);

#endif /* CATSD_PS_SESSION_H */
