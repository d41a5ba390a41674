// SPDX-License-Identifier: GPL-2.0-or-later
/* Begin and end of an HTTP server: address, TLS, limits, counters. */
#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "api/server_internal.h"
#include "endpoint.h"
#include "error.h"

#define HEADERS_MAX	8192
#define RESUME_S	1
#define METHODS		(EVHTTP_REQ_GET | EVHTTP_REQ_PUT | EVHTTP_REQ_POST | \
			 EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE)

static struct api_server *servers;

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
	if (!config->tls && !endpoint_is_loopback(&at))
		return cats_error(EINVAL, "%s: \"%s\" is not loopback: \"tls: true\" is needed",
				  key, config->listen);
	if (config->tls && !catsd->tls)
		return cats_error(EINVAL, "%s: tls: the section tls is needed",
				  config->section);
	ret = api_limits_check(config->section, config->limits);
	if (ret)
		return ret;
	ret = api_tokens_load(&tokens);
	api_tokens_free(&tokens);
	if (ret || !config->tls)
		return ret;
	context = tls_context(catsd->tls);
	SSL_CTX_free(context);
	return context ? 0 : -EINVAL;
}

static int use_tls(struct api_server *server, const struct tls_config *tls)
{
	server->context = tls_context(tls);
	if (!server->context)
		return -EINVAL;
	/* who has no certificate may have a token, or only read */
	SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER, NULL);
	return 0;
}

static void on_resume(evutil_socket_t fd, short what, void *ctx)
{
	struct api_server *server = ctx;

	(void)fd, (void)what;
	evconnlistener_enable(server->listener);
}

/*
 * No descriptors: connections wait until some that say nothing have timed out.
 * The context is that of evhttp.
 */
static void on_full(struct evconnlistener *listener, void *ctx)
{
	const struct timeval later = { .tv_sec = RESUME_S };
	struct api_server *server = servers;

	(void)ctx;
	while (server->listener != listener)
		server = server->next;
	server->full++;
	catsd_log_limited(&server->full_limit, LOG_WARNING,
			  "%s: no connection can be taken: %s",
			  server->config.section, strerror(errno));
	evconnlistener_disable(listener);
	event_add(server->resume, &later);
}

/* evhttp's own has room for 128 that connect at once: the others wait a second */
static int listen_at(struct api_server *server, const struct endpoint *at)
{
	struct event_base *base = event_get_base(server->resume);
	struct evconnlistener *listener;

	listener = evconnlistener_new_bind(base, NULL, NULL,
					   LEV_OPT_REUSEABLE |
					   LEV_OPT_CLOSE_ON_EXEC |
					   LEV_OPT_CLOSE_ON_FREE, SOMAXCONN,
					   (const struct sockaddr *)&at->addr,
					   at->len);
	if (!listener)
		return cats_error(errno, "%s: listen: %s: %s",
				  server->config.section,
				  server->config.listen, strerror(errno));
	if (!evhttp_bind_listener(server->http, listener)) {
		evconnlistener_free(listener);
		return cats_error_kernel(ENOMEM, server->config.section);
	}
	server->listener = listener;
	evconnlistener_set_error_cb(listener, on_full);
	return 0;
}

static int bind_to(struct api_server *server)
{
	struct api_bounds bounds;
	struct endpoint at;
	int ret = endpoint_parse(server->config.section, server->config.listen,
				 &at);

	if (ret)
		return ret;
	evhttp_set_allowed_methods(server->http, METHODS);
	evhttp_set_max_headers_size(server->http, HEADERS_MAX);
	/* a bit more than we take: then it is we who refuse and count */
	evhttp_set_max_body_size(server->http, 2 * API_BODY_MAX);
	bounds = api_limits_bounds(server->config.limits,
				   endpoint_is_loopback(&at));
	/* each octet begins this anew: it is api/connection.c that counts */
	evhttp_set_timeout(server->http, 2 * (bounds.idle_s +
					      bounds.request_s));
	api_connections_init(server, &bounds);
	evhttp_set_gencb(server->http, api_on_request, server);
	return listen_at(server, &at);
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
	server->next = servers;
	servers = server;
	TAILQ_INIT(&server->connections.list);
	server->http = evhttp_new(catsd->base);
	server->resume = evtimer_new(catsd->base, on_resume, server);
	if (server->http && server->resume)
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
	struct api_server **at = &servers;

	if (!server)
		return;
	while (*at != server)
		at = &(*at)->next;
	*at = server->next;
	while (server->calls)
		api_refuse(server->calls, API_UNAVAILABLE, "catsd ends");
	if (server->http)
		evhttp_free(server->http);
	api_connections_clear(&server->connections);
	if (server->resume)
		event_free(server->resume);
	SSL_CTX_free(server->context);
	api_tokens_free(&server->tokens);
	free(server);
}

json_t *api_status(const struct api_server *server)
{
	json_t *refused = json_object();
	int i;

	for (i = 0; i < API_REFUSAL_COUNT; i++)
		json_object_set_new(refused, api_refusals[i].name,
				    json_integer(server->refused[i]));
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:o, s:o}", "listen",
			 server->config.listen, "tls", server->config.tls,
			 "tokens", (json_int_t)server->tokens.count,
			 "answered", (json_int_t)server->answered, "waiting",
			 (json_int_t)server->waiting, "full",
			 (json_int_t)server->full, "refused", refused,
			 "connections",
			 api_connections_status(&server->connections));
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
	om_counter(om, "cats_api_full",
		   "Times there were no descriptors for another connection.",
		   api, server->full);
	for (i = 0; i < API_REFUSAL_COUNT; i++)
		om_counter(om, "cats_api_refusals",
			   "Requests over HTTP that were refused, by reason.",
			   OM_LABELS({ "api", server->config.section },
				     { "reason", api_refusals[i].name }),
			   server->refused[i]);
}
