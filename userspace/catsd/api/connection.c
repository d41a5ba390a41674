// SPDX-License-Identifier: GPL-2.0-or-later
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/connection.h"
#include "api/server_internal.h"

#define STATUS_LINE	12	/* "HTTP/1.1 400" */

/** enum phase - of a connection */
enum phase {
	BEGINNING,	/* evhttp is about to take it */
	WAITING,	/* for a request */
	READING,	/* there is some of a request */
	ANSWERING,	/* it is whole, ours to answer */
	WRITING,	/* the answer is on its way */
};

/**
 * struct api_connection - one
 * @evhttp: what it is to evhttp; first, see by_evhttp()
 * @server: whose
 * @list: of the server
 * @bev: its buffers; a reference while it is BEGINNING
 * @timer: what has to have happened by then
 * @in: callback
 * @out: callback
 * @asker: who; NULL while it is BEGINNING
 * @phase: it is in
 * @counted: why it is closed
 * @is_secure: there was a TLS handshake
 */
struct api_connection {
	struct evhttp_connection *evhttp;
	struct api_server *server;
	TAILQ_ENTRY(api_connection) list;
	struct bufferevent *bev;
	struct event *timer;
	struct evbuffer_cb_entry *in;
	struct evbuffer_cb_entry *out;
	struct api_asker *asker;
	enum phase phase;
	bool counted;
	bool is_secure;
};

#define API_NAME(symbol, name) name,

static const char *const names[] = { API_ENDINGS(API_NAME) };

#undef API_NAME

static int by_evhttp(const void *a, const void *b)
{
	const struct api_connection *left = a, *right = b;
	uintptr_t one = (uintptr_t)left->evhttp;
	uintptr_t other = (uintptr_t)right->evhttp;

	return (one > other) - (one < other);
}

static struct api_connection *find(struct api_server *server,
				   struct evhttp_connection *evhttp)
{
	const struct api_connection key = { .evhttp = evhttp };
	void *found = tfind(&key, &server->connections.by_evhttp, by_evhttp);

	return found ? *(struct api_connection **)found : NULL;
}

/* --- the end --------------------------------------------------------------- */

static void count(struct api_connection *connection, enum api_ending why)
{
	if (!connection->counted)
		connection->server->connections.ended[why]++;
	connection->counted = true;
}

static void free_connection(struct api_connection *connection)
{
	struct api_connections *all = &connection->server->connections;

	TAILQ_REMOVE(&all->list, connection, list);
	all->open--;
	if (connection->evhttp)
		tdelete(connection, &all->by_evhttp, by_evhttp);
	if (connection->asker)
		api_asker_leave(&all->askers, connection->asker);
	if (connection->in)
		evbuffer_remove_cb_entry(bufferevent_get_input(connection->bev),
					 connection->in);
	if (connection->out)
		evbuffer_remove_cb_entry(
			bufferevent_get_output(connection->bev),
			connection->out);
	if (connection->server->context)
		SSL_set_app_data(bufferevent_openssl_get_ssl(connection->bev),
				 NULL);
	event_free(connection->timer);
	free(connection);
}

static bool is_without_tls(const struct api_connection *connection)
{
	return connection->server->context && !connection->is_secure;
}

/* Of OpenSSL: it forgets that there was TLS once there was an error. */
static void on_handshake(const SSL *ssl, int where, int ret)
{
	struct api_connection *connection = SSL_get_app_data(ssl);

	(void)ret;
	if (connection && where & SSL_CB_HANDSHAKE_DONE)
		connection->is_secure = true;
}

/* Of evhttp, when it is about to free it, whyever. */
static void on_close(struct evhttp_connection *evhttp, void *ctx)
{
	struct api_connection *connection = ctx;

	(void)evhttp;
	if (is_without_tls(connection))
		count(connection, API_HANDSHAKE);
	else if (connection->phase == READING)
		count(connection, API_UNFINISHED);
	free_connection(connection);
}

static void end(struct api_connection *connection, enum api_ending why)
{
	count(connection, why);
	evhttp_connection_free(connection->evhttp);
}

/* --- from phase to phase --------------------------------------------------- */

static void allow(struct api_connection *connection, uint32_t seconds)
{
	const struct timeval later = { .tv_sec = seconds };

	event_add(connection->timer, &later);
}

static void enter(struct api_connection *connection, enum phase phase)
{
	struct api_connections *all = &connection->server->connections;

	connection->phase = phase;
	TAILQ_REMOVE(&all->list, connection, list);
	TAILQ_INSERT_TAIL(&all->list, connection, list);
	if (phase == ANSWERING)
		event_del(connection->timer);
	else
		allow(connection, phase == READING ? all->bounds.request_s :
						     all->bounds.idle_s);
}

static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info,
		     void *ctx)
{
	struct api_connection *connection = ctx;

	(void)in;
	/* the time of a request runs from its first octet */
	if (info->n_added && connection->phase == WAITING)
		enter(connection, READING);
}

/* evhttp answers by itself what it takes for no request. */
static void count_refusal(struct api_server *server, int status)
{
	switch (status) {
	case 413:
		server->refused[API_TOO_LARGE]++;
		break;
	case 405:
	case 501:
		server->refused[API_METHOD]++;
		break;
	default:
		server->refused[API_MALFORMED]++;
	}
}

/* Of a status line that was just added, after no more than 100 Continue. */
static int status_added(struct evbuffer *out,
			const struct evbuffer_cb_info *info)
{
	char text[8 * STATUS_LINE] = "";
	ev_ssize_t len = evbuffer_copyout(out, text, sizeof(text) - 1);

	if (len < (ev_ssize_t)(info->orig_size + STATUS_LINE))
		return 0;
	return atoi(text + info->orig_size + STATUS_LINE - 3);
}

static void on_output(struct evbuffer *out, const struct evbuffer_cb_info *info,
		      void *ctx)
{
	struct api_connection *connection = ctx;
	int status;

	if (!info->n_added || connection->phase == WRITING)
		return;
	if (connection->phase == READING) {
		status = status_added(out, info);
		/* 100 Continue: the request goes on */
		if (status < 200)
			return;
		count_refusal(connection->server, status);
	}
	enter(connection, WRITING);
}

static void on_answered(struct evhttp_request *request, void *ctx)
{
	struct api_connection *connection = ctx;
	struct evbuffer *in = bufferevent_get_input(connection->bev);

	(void)request;
	/* the next one may have come behind the last */
	enter(connection, evbuffer_get_length(in) ? READING : WAITING);
}

enum api_admission api_connections_request(struct api_server *server,
					   struct evhttp_request *request)
{
	struct api_connection *connection;

	connection = find(server, evhttp_request_get_connection(request));
	if (!connection)
		return API_UNTRACKED;
	enter(connection, ANSWERING);
	evhttp_request_set_on_complete_cb(request, on_answered, connection);
	return api_asker_may(&server->connections.askers, connection->asker) ?
		       API_ADMITTED : API_OVER_RATE;
}

/* --- the beginning --------------------------------------------------------- */

static void read_address(struct bufferevent *bev, uint8_t address[16])
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} peer = {};
	socklen_t len = sizeof(peer);

	memset(address, 0, 16);
	if (getpeername(bufferevent_getfd(bev), (struct sockaddr *)&peer, &len))
		return;
	if (peer.any.ss_family == AF_INET6) {
		memcpy(address, &peer.in6.sin6_addr, 16);
		return;
	}
	address[10] = address[11] = 0xff;
	memcpy(address + 12, &peer.in.sin_addr, 4);
}

/* Who means it has a request whole in no time. */
static struct api_connection *least_missed(struct api_connections *all)
{
	struct api_connection *connection;

	TAILQ_FOREACH(connection, &all->list, list)
		if (connection->phase == WAITING ||
		    connection->phase == READING)
			return connection;
	return NULL;
}

static void admit(struct api_connection *connection)
{
	struct api_connections *all = &connection->server->connections;
	struct api_connection *other;

	if (all->bounds.connections_per_address &&
	    connection->asker->connections >
	    all->bounds.connections_per_address) {
		end(connection, API_GREEDY);
		return;
	}
	if (all->open > all->bounds.connections) {
		other = least_missed(all);
		end(other ? other : connection,
		    other ? API_EVICTED : API_CROWDED);
		if (!other)
			return;
	}
	enter(connection, WAITING);
}

/*
 * evhttp has no hook for a new connection.  It is what it gives the callbacks of
 * the buffers; nothing has been read yet.
 */
static void begin(struct api_connection *connection)
{
	struct api_connections *all = &connection->server->connections;
	struct bufferevent *bev = connection->bev;
	uint8_t address[16];
	void *evhttp = NULL;

	bufferevent_getcb(bev, NULL, NULL, NULL, &evhttp);
	connection->evhttp = evhttp;
	if (evhttp && !tsearch(connection, &all->by_evhttp, by_evhttp))
		connection->evhttp = NULL;
	if (connection->evhttp) {
		read_address(bev, address);
		connection->asker = api_asker_connect(&all->askers, address);
		connection->in = evbuffer_add_cb(bufferevent_get_input(bev),
						 on_input, connection);
		connection->out = evbuffer_add_cb(bufferevent_get_output(bev),
						  on_output, connection);
	}
	if (connection->evhttp && connection->asker && connection->in &&
	    connection->out) {
		evhttp_connection_set_closecb(evhttp, on_close, connection);
		admit(connection);
	} else {
		/* no memory: here, or for evhttp, which has given it up */
		free_connection(connection);
		if (evhttp)
			evhttp_connection_free(evhttp);
	}
	bufferevent_decref(bev);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct api_connection *connection = ctx;

	(void)fd, (void)what;
	if (connection->phase == BEGINNING)
		begin(connection);
	else if (is_without_tls(connection))
		end(connection, API_HANDSHAKE);
	else
		end(connection, connection->phase == WAITING ? API_IDLE :
							       API_SLOW);
}

static struct bufferevent *make_buffers(struct event_base *base,
					struct api_server *server)
{
	SSL *ssl;

	if (!server->context)
		return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	ssl = SSL_new(server->context);
	return ssl ? bufferevent_openssl_socket_new(base, -1, ssl,
						    BUFFEREVENT_SSL_ACCEPTING,
						    BEV_OPT_CLOSE_ON_FREE) :
		     NULL;
}

/*
 * Of evhttp, for the buffers of a connection it has accepted.  Without memory it
 * makes its own, which have no TLS: no request of such a one is admitted.
 */
static struct bufferevent *on_accepted(struct event_base *base, void *ctx)
{
	struct api_connection *connection = calloc(1, sizeof(*connection));
	struct bufferevent *bev = make_buffers(base, ctx);
	struct api_server *server = ctx;

	if (connection && bev)
		connection->timer = evtimer_new(base, on_timer, connection);
	if (!connection || !connection->timer) {
		free(connection);
		return bev;
	}
	connection->bev = bev;
	connection->server = server;
	if (server->context)
		SSL_set_app_data(bufferevent_openssl_get_ssl(bev), connection);
	bufferevent_incref(bev);
	TAILQ_INSERT_TAIL(&server->connections.list, connection, list);
	server->connections.open++;
	server->connections.taken++;
	/* when evhttp has it, and before anything is read */
	event_active(connection->timer, EV_TIMEOUT, 0);
	return bev;
}

void api_connections_init(struct api_server *server,
			  const struct api_bounds *bounds)
{
	TAILQ_INIT(&server->connections.list);
	server->connections.bounds = *bounds;
	api_askers_init(&server->connections.askers, bounds->requests_per_s);
	if (server->context)
		SSL_CTX_set_info_callback(server->context, on_handshake);
	evhttp_set_bevcb(server->http, on_accepted, server);
}

void api_connections_clear(struct api_connections *connections)
{
	struct api_connection *connection;

	/* accepted in the last turn of the loop */
	while ((connection = TAILQ_FIRST(&connections->list))) {
		bufferevent_decref(connection->bev);
		free_connection(connection);
	}
	api_askers_clear(&connections->askers);
}

/* --- what is told of them -------------------------------------------------- */

json_t *api_connections_status(const struct api_connections *connections)
{
	json_t *ended = json_object();
	int i;

	for (i = 0; i < API_ENDING_COUNT; i++)
		json_object_set_new(ended, names[i],
				    json_integer(connections->ended[i]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "open",
			 (json_int_t)connections->open, "taken",
			 (json_int_t)connections->taken, "max",
			 (json_int_t)connections->bounds.connections,
			 "max-per-address", (json_int_t)
			 connections->bounds.connections_per_address,
			 "max-requests-per-s",
			 (json_int_t)connections->bounds.requests_per_s,
			 "idle-s", (json_int_t)connections->bounds.idle_s,
			 "request-s", (json_int_t)connections->bounds.request_s,
			 "ended", ended);
}

void api_connections_measure(const struct api_connections *connections,
			     const char *section, struct openmetrics *om)
{
	int i;

	om_gauge(om, "cats_api_connections", "Connections over HTTP there are.",
		 OM_LABELS({ "api", section }), connections->open);
	om_counter(om, "cats_api_accepted", "Connections over HTTP since the start.",
		   OM_LABELS({ "api", section }), connections->taken);
	for (i = 0; i < API_ENDING_COUNT; i++)
		om_counter(om, "cats_api_ended",
			   "Connections over HTTP that were closed for a limit, or amidst a request.",
			   OM_LABELS({ "api", section },
				     { "reason", names[i] }),
			   connections->ended[i]);
}
