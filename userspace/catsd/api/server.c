// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call lives from its request to its answer, which may be turns of the loop
 * later, when the store has it.  evhttp does not read from a connection
 * meanwhile, so that there is one call a connection.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "api/server.h"
#include "endpoint.h"
#include "error.h"

#define HEADERS_MAX	8192
#define TIMEOUT_S	60
#define METHODS		(EVHTTP_REQ_GET | EVHTTP_REQ_PUT | EVHTTP_REQ_POST | \
			 EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE)
#define BODY_METHODS	(EVHTTP_REQ_PUT | EVHTTP_REQ_POST | EVHTTP_REQ_PATCH)

#define API_NAME(symbol, name, status) { name, status },

static const struct {
	const char *name;
	int status;
} refusals[] = { API_REFUSALS(API_NAME) };

#undef API_NAME

/**
 * struct api_server - one listener
 * @http: of libevent
 * @context: of TLS, or NULL
 * @config: section
 * @tokens: file
 * @routes: what paths do
 * @ctx: for them
 * @calls: not answered yet
 * @waiting: length of @calls
 * @answered: calls that were not refused
 * @refused: by enum api_refusal
 * @limit: of the lines about refusals of those who write
 */
struct api_server {
	struct evhttp *http;
	SSL_CTX *context;
	struct api_config config;
	struct api_tokens tokens;
	const struct api_route *routes;
	void *ctx;
	struct api_call *calls;
	unsigned int waiting;
	uint64_t answered;
	uint64_t refused[API_REFUSAL_COUNT];
	struct log_limit limit;
};

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
			 refusals[reason].name);
	if (body)
		text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (reason == API_UNAUTHENTICATED)
		api_set_header(call, "WWW-Authenticate", "Bearer");
	reply(call, refusals[reason].status, "application/json", text,
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

static void on_request(struct evhttp_request *request, void *ctx)
{
	struct api_call *call = make_call(ctx, request);

	if (call)
		dispatch(call);
	else
		evhttp_send_error(request, HTTP_SERVUNAVAIL, "out of memory");
}

/* --- begin and end -------------------------------------------------------- */

static bool is_loopback(const struct endpoint *at)
{
	const struct sockaddr_in *in = (const void *)&at->addr;
	const struct sockaddr_in6 *in6 = (const void *)&at->addr;

	if (at->addr.ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

int api_check(const struct catsd *catsd, const struct api_config *config)
{
	struct api_tokens tokens = { .path = config->tokens };
	char key[64];
	struct endpoint at;
	SSL_CTX *context;
	int ret;

	snprintf(key, sizeof(key), "%s: listen", config->section);
	ret = endpoint_parse(key, config->listen, &at);
	if (ret)
		return ret;
	if (!config->tls && !is_loopback(&at))
		return cats_error(EINVAL, "%s: \"%s\" is not loopback: \"tls: true\" is needed",
				  key, config->listen);
	if (config->tls && !catsd->tls)
		return cats_error(EINVAL, "%s: tls: the section tls is needed",
				  config->section);
	ret = api_tokens_load(&tokens);
	api_tokens_free(&tokens);
	if (ret || !config->tls)
		return ret;
	context = tls_context(catsd->tls);
	SSL_CTX_free(context);
	return context ? 0 : -EINVAL;
}

static struct bufferevent *make_tls(struct event_base *base, void *ctx)
{
	struct api_server *server = ctx;
	SSL *ssl = SSL_new(server->context);

	return bufferevent_openssl_socket_new(base, -1, ssl,
					      BUFFEREVENT_SSL_ACCEPTING,
					      BEV_OPT_CLOSE_ON_FREE);
}

static int use_tls(struct api_server *server, const struct tls_config *tls)
{
	server->context = tls_context(tls);
	if (!server->context)
		return -EINVAL;
	/* who has no certificate may have a token, or only read */
	SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER, NULL);
	evhttp_set_bevcb(server->http, make_tls, server);
	return 0;
}

static int bind_to(struct api_server *server)
{
	struct endpoint at;
	int ret = endpoint_parse(server->config.section, server->config.listen,
				 &at);

	if (ret)
		return ret;
	evhttp_set_allowed_methods(server->http, METHODS);
	evhttp_set_max_headers_size(server->http, HEADERS_MAX);
	/* a bit more than we take: then it is we who refuse and count */
	evhttp_set_max_body_size(server->http, 2 * API_BODY_MAX);
	evhttp_set_timeout(server->http, TIMEOUT_S);
	evhttp_set_gencb(server->http, on_request, server);
	if (evhttp_bind_socket(server->http, at.host, at.port))
		return cats_error(errno, "%s: listen: %s: %s",
				  server->config.section,
				  server->config.listen, strerror(errno));
	return 0;
}

int api_open(struct catsd *catsd, const struct api_config *config,
	     const struct api_route *routes, void *ctx,
	     struct api_server **result)
{
	struct api_server *server = calloc(1, sizeof(*server));
	int ret = -ENOMEM;

	*result = NULL;
	if (!server)
		return cats_error_kernel(ENOMEM, config->section);
	server->config = *config;
	server->tokens.path = config->tokens;
	server->routes = routes;
	server->ctx = ctx;
	server->http = evhttp_new(catsd->base);
	if (server->http)
		ret = api_tokens_load(&server->tokens);
	else
		cats_error_kernel(ENOMEM, config->section);
	if (!ret && config->tls)
		ret = use_tls(server, catsd->tls);
	if (!ret)
		ret = bind_to(server);
	if (ret)
		api_close(server);
	else
		*result = server;
	return ret;
}

void api_close(struct api_server *server)
{
	if (!server)
		return;
	while (server->calls)
		api_refuse(server->calls, API_UNAVAILABLE, "catsd ends");
	if (server->http)
		evhttp_free(server->http);
	SSL_CTX_free(server->context);
	api_tokens_free(&server->tokens);
	free(server);
}

json_t *api_status(const struct api_server *server)
{
	json_t *refused = json_object();
	int i;

	for (i = 0; i < API_REFUSAL_COUNT; i++)
		json_object_set_new(refused, refusals[i].name,
				    json_integer(server->refused[i]));
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:o}", "listen",
			 server->config.listen, "tls", server->config.tls,
			 "tokens", (json_int_t)server->tokens.count,
			 "answered", (json_int_t)server->answered, "waiting",
			 (json_int_t)server->waiting, "refused", refused);
}

void api_measure(const struct api_server *server, struct openmetrics *om)
{
	const struct om_label *api = OM_LABELS({ "api",
						 server->config.section });
	int i;

	om_counter(om, "cats_api_answers", "Requests over HTTP that were answered, not refused.",
		   api, server->answered);
	om_gauge(om, "cats_api_waiting", "Requests over HTTP that wait for the store.",
		 api, server->waiting);
	for (i = 0; i < API_REFUSAL_COUNT; i++)
		om_counter(om, "cats_api_refusals",
			   "Requests over HTTP that were refused, by reason.",
			   OM_LABELS({ "api", server->config.section },
				     { "reason", refusals[i].name }),
			   server->refused[i]);
}
