// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call lives from its request to its answer, which may be turns of the loop
 * later, when the store has it.  evhttp does not read from a connection
 * meanwhile, so that there is one call a connection.
 */
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "api/server_internal.h"

#define BODY_METHODS	(EVHTTP_REQ_PUT | EVHTTP_REQ_POST | EVHTTP_REQ_PATCH)

#define API_NAME(symbol, name, status) { name, status },

const struct api_refusal_kind api_refusals[API_REFUSAL_COUNT] = {
	API_REFUSALS(API_NAME)
};

#undef API_NAME

/* --- calls ---------------------------------------------------------------- */

static void free_call(struct api_call *call)
{
	struct api_call **at = &call->server->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	call->server->waiting--;
	evhttp_clear_headers(&call->query);
	api_who_clear(&call->who);
	json_decref(call->body);
	free(call->job);
	free(call);
}

static struct api_call *make_call(struct api_server *server,
				  struct evhttp_request *request)
{
	struct api_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	TAILQ_INIT(&call->query);
	call->server = server;
	call->request = request;
	call->next = server->calls;
	server->calls = call;
	server->waiting++;
	return call;
}

const char *api_header(const struct api_call *call, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(
					  call->request), name);
}

const char *api_query(const struct api_call *call, const char *name)
{
	return evhttp_find_header(&call->query, name);
}

void api_set_header(struct api_call *call, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(call->request),
			  name, value);
}

static void reply(struct api_call *call, int status, const char *type,
		  const char *text, size_t len)
{
	struct evbuffer *out;

	out = evhttp_request_get_output_buffer(call->request);
	if (text) {
		api_set_header(call, "Content-Type", type);
		evbuffer_add(out, text, len);
	}
	api_set_header(call, "Cache-Control", "no-store");
	api_set_header(call, "X-Content-Type-Options", "nosniff");
	evhttp_send_reply(call->request, status, NULL, NULL);
	free_call(call);
}

void api_answer(struct api_call *call, int status, json_t *body)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	json_decref(body);
	call->server->answered++;
	reply(call, status, "application/json", text, text ? strlen(text) : 0);
	free(text);
}

void api_answer_text(struct api_call *call, const char *type, const char *text,
		     size_t len)
{
	call->server->answered++;
	reply(call, HTTP_OK, type, text, len);
}

void api_refuse(struct api_call *call, enum api_refusal reason,
		const char *fmt, ...)
{
	struct api_server *server = call->server;
	char why[512], *text = NULL;
	json_t *body;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	server->refused[reason]++;
	if (reason == API_NOT_GRANTED || reason == API_UNAUTHENTICATED)
		catsd_log_limited(&server->limit, LOG_WARNING,
				  "%s: \"%s\" refused: %s",
				  server->config.section, call->who.name, why);
	body = json_pack("{s:s, s:s}", "error", why, "reason",
			 api_refusals[reason].name);
	if (body)
		text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (reason == API_UNAUTHENTICATED)
		api_set_header(call, "WWW-Authenticate", "Bearer");
	reply(call, api_refusals[reason].status, "application/json", text,
	      text ? strlen(text) : 0);
	free(text);
}

/* --- from a request to a route -------------------------------------------- */

/* The next segment of @path, decoded; false: too long, or with a NUL. */
static bool take_segment(const char **path, char *segment)
{
	size_t len = strcspn(*path, "/"), decoded;
	char raw[3 * API_SEGMENT_MAX], *text;
	bool fits = false;

	if (!len || len >= sizeof(raw))
		return false;
	memcpy(raw, *path, len);
	raw[len] = '\0';
	*path += len;
	text = evhttp_uridecode(raw, 0, &decoded);
	if (text && decoded < API_SEGMENT_MAX && strlen(text) == decoded) {
		strcpy(segment, text);
		fits = true;
	}
	free(text);
	return fits;
}

static bool path_matches(struct api_call *call, const char *pattern,
			 const char *path)
{
	unsigned int n = 0;

	while (*pattern) {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		pattern += 2;
		if (!take_segment(&path, call->segment[n++]))
			return false;
	}
	return !*path;
}

/* @known: there is something at this path, with whatever method */
static const struct api_route *find_route(struct api_call *call,
					  const char *path, bool *known)
{
	enum evhttp_cmd_type method = evhttp_request_get_command(call->request);
	const struct api_route *route;

	*known = false;
	for (route = call->server->routes; route->path; route++) {
		if (!path_matches(call, route->path, path))
			continue;
		*known = true;
		if (route->method == method)
			return route;
	}
	return NULL;
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t len = sizeof(json) - 1;

	return type && !strncasecmp(type, json, len) &&
	       (!type[len] || type[len] == ';' || type[len] == ' ');
}

/* A page of somebody else's cannot send this type without asking (CORS). */
static bool read_body(struct api_call *call)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(call->request);
	size_t len = evbuffer_get_length(in);
	json_error_t error = { .text = "it is empty" };
	const char *text;

	if (!(evhttp_request_get_command(call->request) & BODY_METHODS))
		return true;
	if (len > API_BODY_MAX) {
		api_refuse(call, API_TOO_LARGE, "a body has at most %u octets",
			   API_BODY_MAX);
		return false;
	}
	if (!is_json(api_header(call, "Content-Type"))) {
		api_refuse(call, API_MEDIA_TYPE,
			   "a body is application/json");
		return false;
	}
	text = len ? (const char *)evbuffer_pullup(in, len) : NULL;
	if (text)
		call->body = json_loadb(text, len, JSON_REJECT_DUPLICATES,
					&error);
	if (json_is_object(call->body))
		return true;
	api_refuse(call, API_MALFORMED, "the body is no JSON object%s%.200s",
		   call->body ? "" : ": ", call->body ? "" : error.text);
	return false;
}

static bool may(struct api_call *call, const struct api_route *route)
{
	struct evhttp_connection *connection;
	const char *header = api_header(call, "Authorization");

	/* asking costs; who only reads is not asked */
	if (!route->who)
		return true;
	connection = evhttp_request_get_connection(call->request);
	if (api_who_read(&call->who, &call->server->tokens,
			 evhttp_connection_get_bufferevent(connection),
			 header)) {
		api_refuse(call, API_UNAVAILABLE, "out of memory");
		return false;
	}
	if (!call->who.kinds) {
		api_refuse(call, API_UNAUTHENTICATED,
			   header ? "this token is not known" :
				    "a token or a client certificate is needed");
		return false;
	}
	if (call->who.kinds & route->who)
		return true;
	api_refuse(call, API_NOT_GRANTED, "%s may not do this",
		   call->who.name);
	return false;
}

static void dispatch(struct api_call *call)
{
	const struct evhttp_uri *uri;
	const struct api_route *route;
	const char *path, *query;
	bool known;

	uri = evhttp_request_get_evhttp_uri(call->request);
	path = uri ? evhttp_uri_get_path(uri) : NULL;
	query = uri ? evhttp_uri_get_query(uri) : NULL;
	if (!path || (query && evhttp_parse_query_str(query, &call->query))) {
		api_refuse(call, API_MALFORMED, "this is no path");
		return;
	}
	route = find_route(call, path, &known);
	if (!route) {
		api_refuse(call, known ? API_METHOD : API_UNKNOWN,
			   known ? "%.200s does not take this method" :
				   "there is no %.200s", path);
		return;
	}
	if (may(call, route) && read_body(call))
		route->handle(call, call->server->ctx);
}

void api_on_request(struct evhttp_request *request, void *ctx)
{
	enum api_admission admission = api_connections_request(ctx, request);
	struct api_call *call = make_call(ctx, request);

	if (!call) {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, "out of memory");
	} else if (admission == API_ADMITTED) {
		dispatch(call);
	} else if (admission == API_OVER_RATE) {
		api_set_header(call, "Retry-After", "1");
		api_refuse(call, API_TOO_MANY, "more requests in a second than one address may send");
	} else {
		api_refuse(call, API_UNAVAILABLE, "out of memory");
	}
}
