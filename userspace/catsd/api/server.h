/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP with JSON: routes, who may use them, limits, refusals that are counted
 * by reason.  Plain on loopback, TLS where the file says so; an address that is
 * not loopback needs TLS.
 */
#ifndef CATSD_API_SERVER_H
#define CATSD_API_SERVER_H

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>

#include "api/auth.h"
#include "api/config.h"
#include "openmetrics.h"
#include "role.h"

#define API_SEGMENTS_MAX	4	/* {}, of a path */
#define API_SEGMENT_MAX		64
#define API_BODY_MAX		(256u << 10)

/** API_REFUSALS - X(symbol, name, status of HTTP) */
#define API_REFUSALS(X)							\
	X(API_MALFORMED, "malformed", 400)				\
	X(API_UNAUTHENTICATED, "unauthenticated", 401)			\
	X(API_NOT_GRANTED, "not-granted", 403)				\
	X(API_UNKNOWN, "unknown", 404)					\
	X(API_METHOD, "method", 405)					\
	X(API_CONFLICT, "conflict", 409)				\
	X(API_PRECONDITION, "precondition", 412)			\
	X(API_TOO_LARGE, "too-large", 413)				\
	X(API_MEDIA_TYPE, "media-type", 415)				\
	X(API_INVALID, "invalid", 422)					\
	X(API_TOO_MANY, "too-many", 429)				\
	X(API_FULL, "full", 507)					\
	X(API_UNAVAILABLE, "unavailable", 503)

#define API_SYMBOL(symbol, name, status) symbol,

/**
 * enum api_refusal - why something was not done
 *
 * malformed: no JSON object, no path; unauthenticated: nobody we know;
 * not-granted: somebody else's; unknown: there is no such thing; method: not on
 * this path; conflict: with what there is; precondition: it has changed since;
 * too-large; media-type: not application/json; invalid: a member is wrong;
 * too-many: requests of this address; full: a limit is reached; unavailable: the
 * store, now.  malformed, method and too-large count what evhttp answers, too.
 */
enum api_refusal {
	API_REFUSALS(API_SYMBOL)
	API_REFUSAL_COUNT
};

#undef API_SYMBOL

struct api_server;

/**
 * struct api_call - a request, until it is answered
 * @next: list of the server
 * @server: it
 * @request: of evhttp
 * @who: asks
 * @segment: what stands for each {} of the path
 * @query: parameters
 * @body: an object, of PUT, POST and PATCH; else NULL
 * @job: of who answers later: freed with the call; NULL
 */
struct api_call {
	struct api_call *next;
	struct api_server *server;
	struct evhttp_request *request;
	struct api_who who;
	char segment[API_SEGMENTS_MAX][API_SEGMENT_MAX];
	struct evkeyvalq query;
	json_t *body;
	void *job;
};

/**
 * struct api_route - what a path does
 * @method: one of evhttp
 * @path: with {} for a segment that varies; NULL ends a list
 * @who: mask of enum api_kind; API_ANYBODY: no matter who
 * @handle: answers, now or later, once
 */
struct api_route {
	enum evhttp_cmd_type method;
	const char *path;
	unsigned int who;
	void (*handle)(struct api_call *call, void *ctx);
};

/**
 * struct api_config - of a server
 * @section: of the file, for messages
 * @listen: ADDRESS:PORT
 * @tokens: file, or NULL
 * @tls: speak it; the section tls is needed then
 * @limits: of the section, or NULL
 */
struct api_config {
	const char *section;
	const char *listen;
	const char *tokens;
	bool tls;
	const struct api_limits *limits;
};

/** api_check - is the section right?  0 or -EINVAL with a message. */
int api_check(const struct catsd *catsd, const struct api_config *config);

/**
 * api_open - serve
 * @catsd: daemon
 * @config: its strings outlive the server
 * @routes: the same
 * @ctx: for their functions
 * @server: result
 *
 * Return: 0 or a negative errno with a message.
 */
int api_open(struct catsd *catsd, const struct api_config *config,
	     const struct api_route *routes, void *ctx,
	     struct api_server **server);
/** api_close - calls that wait are forgotten; NULL is fine. */
void api_close(struct api_server *server);

/** api_header - an input header, or NULL */
const char *api_header(const struct api_call *call, const char *name);
/** api_query - a parameter, or NULL */
const char *api_query(const struct api_call *call, const char *name);
/** api_set_header - of the answer */
void api_set_header(struct api_call *call, const char *name,
		    const char *value);

/** api_answer - and done; the reference to @body is taken, NULL: none. */
void api_answer(struct api_call *call, int status, json_t *body);

/** api_answer_text - the same with something else than JSON */
void api_answer_text(struct api_call *call, const char *type, const char *text,
		     size_t len);

/** api_refuse - counted; {"error": text, "reason": name} */
void api_refuse(struct api_call *call, enum api_refusal reason,
		const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** api_status - calls and refusals, a new object */
json_t *api_status(const struct api_server *server);
/** api_measure - the same as samples, with label "api" = section */
void api_measure(const struct api_server *server, struct openmetrics *om);

#endif /* CATSD_API_SERVER_H */
