/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections of an HTTP server, from accept to close: how many there may be,
 * of whom, and how long one may take.  What evhttp refuses before there is a
 * request for us is counted here.
 */
#ifndef CATSD_API_CONNECTION_H
#define CATSD_API_CONNECTION_H

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <jansson.h>
#include <sys/queue.h>

#include "api/asker.h"
#include "api/config.h"
#include "openmetrics.h"

struct api_connection;
struct api_server;

/** API_ENDINGS - X(symbol, name) */
#define API_ENDINGS(X)							\
	X(API_CROWDED, "crowded")					\
	X(API_GREEDY, "per-address")					\
	X(API_EVICTED, "evicted")					\
	X(API_IDLE, "idle")						\
	X(API_SLOW, "slow")						\
	X(API_UNFINISHED, "unfinished")					\
	X(API_HANDSHAKE, "handshake")

#define API_ENDING_SYMBOL(symbol, name) symbol,

/**
 * enum api_ending - why a connection was closed, other than by who opened it
 * between two requests
 *
 * crowded: as many as there may be, and all of them are being answered;
 * per-address: as many as one address may have; evicted: the one that has waited
 * longest for a request, or the rest of one, to make room; idle: no request for
 * idle-s; slow: a request was not whole after request-s, or its
 * answer not taken after idle-s; unfinished: closed by the client amidst a
 * request; handshake: there was no TLS.
 */
enum api_ending {
	API_ENDINGS(API_ENDING_SYMBOL)
	API_ENDING_COUNT
};

#undef API_ENDING_SYMBOL

/**
 * struct api_connections - of a server
 * @list: all, the one longest without news first
 * @by_evhttp: tsearch(3), by what evhttp knows them by
 * @open: length of @list
 * @taken: since the start
 * @ended: by enum api_ending
 * @askers: by address
 * @bounds: what may be
 */
struct api_connections {
	TAILQ_HEAD(, api_connection) list;
	void *by_evhttp;
	uint32_t open;
	uint64_t taken;
	uint64_t ended[API_ENDING_COUNT];
	struct api_askers askers;
	struct api_bounds bounds;
};

/** api_connections_init - none yet; for evhttp of @server */
void api_connections_init(struct api_server *server,
			  const struct api_bounds *bounds);
/** api_connections_clear - after evhttp_free(), or without evhttp */
void api_connections_clear(struct api_connections *connections);

/** enum api_admission - may a request be looked at? */
enum api_admission {
	API_ADMITTED,
	API_OVER_RATE,	/* its address has sent too many */
	API_UNTRACKED,	/* there was no memory for its connection */
};

/** api_connections_request - a request is whole */
enum api_admission api_connections_request(struct api_server *server,
					   struct evhttp_request *request);

/** api_connections_status - a new object */
json_t *api_connections_status(const struct api_connections *connections);
/** api_connections_measure - samples with label "api" = @section */
void api_connections_measure(const struct api_connections *connections,
			     const char *section, struct openmetrics *om);

#endif /* CATSD_API_CONNECTION_H */
