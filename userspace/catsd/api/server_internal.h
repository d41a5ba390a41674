/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the HTTP server share. */
#ifndef CATSD_API_SERVER_INTERNAL_H
#define CATSD_API_SERVER_INTERNAL_H

#include <event2/listener.h>

#include "api/connection.h"
#include "api/server.h"

/** struct api_refusal_kind - how an enum api_refusal is called and answered */
struct api_refusal_kind {
	const char *name;
	int status;
};

extern const struct api_refusal_kind api_refusals[API_REFUSAL_COUNT];

/**
 * struct api_server - one listener
 * @next: list of all
 * @http: of libevent
 * @listener: its socket
 * @resume: listens again when there were no descriptors
 * @context: of TLS, or NULL
 * @config: section
 * @tokens: file
 * @routes: what paths do
 * @ctx: for them
 * @calls: not answered yet
 * @waiting: length of @calls
 * @answered: calls that were not refused
 * @refused: by enum api_refusal
 * @connections: it has
 * @full: times there were no descriptors for another connection
 * @limit: of the lines about refusals of those who write
 * @full_limit: of the lines about @full
 */
struct api_server {
	struct api_server *next;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct event *resume;
	SSL_CTX *context;
	struct api_config config;
	struct api_tokens tokens;
	const struct api_route *routes;
	void *ctx;
	struct api_call *calls;
	unsigned int waiting;
	uint64_t answered;
	uint64_t refused[API_REFUSAL_COUNT];
	struct api_connections connections;
	uint64_t full;
	struct log_limit limit;
	struct log_limit full_limit;
};

/** api_on_request - of evhttp, for every request; @ctx is the server */
void api_on_request(struct evhttp_request *request, void *ctx);

#endif /* CATSD_API_SERVER_INTERNAL_H */
