// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl says which sockets and which time to wait for, libevent waits.
 * Nothing is told from within libcurl: it may not be called back there.
 */
#include <event2/buffer.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libcurl.h"
#include "store_http.h"

#define CONNECT_MS	2000
#define ANSWER_MAX	(256u << 20)

/**
 * struct http_call - one request
 * @next: list
 * @http: it belongs to
 * @easy: transfer
 * @body: what is sent
 * @in: what came and was not told yet
 * @line: is told it
 * @done: is told the end
 * @ctx: for both
 * @ended: nothing more comes
 * @code: how it ended
 * @gone: cancelled or told; freed when nobody walks the list
 */
struct http_call {
	struct http_call *next;
	struct http *http;
	CURL *easy;
	char *body;
	struct evbuffer *in;
	http_line_fn line;
	http_done_fn done;
	void *ctx;
	bool ended;
	CURLcode code;
	bool gone;
	char why[CURL_ERROR_SIZE];
};

struct http {
	struct event_base *base;
	const struct http_tls *tls;
	CURLM *multi;
	struct event *timer;
	struct curl_slist *headers;
	struct http_call *calls;
	unsigned int telling;
};

static void free_call(struct http_call *call)
{
	if (call->easy) {
		libcurl.multi_remove_handle(call->http->multi, call->easy);
		libcurl.easy_cleanup(call->easy);
	}
	if (call->in)
		evbuffer_free(call->in);
	free(call->body);
	free(call);
}

static void sweep(struct http *http)
{
	struct http_call **at = &http->calls, *call;

	while ((call = *at)) {
		if (!call->gone) {
			at = &call->next;
			continue;
		}
		*at = call->next;
		free_call(call);
	}
}

static void tell_lines(struct http_call *call)
{
	json_t *object;
	char *text;

	while (!call->gone &&
	       (text = evbuffer_readln(call->in, NULL, EVBUFFER_EOL_LF))) {
		object = json_loads(text, 0, NULL);
		/* streams have empty lines in between */
		if (object)
			call->line(call->ctx, object);
		json_decref(object);
		free(text);
	}
}

static void tell_end(struct http_call *call)
{
	const char *why = call->why[0] ? call->why :
					 libcurl.easy_strerror(call->code);
	long status = 0;

	if (call->code == CURLE_OK)
		libcurl.easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE,
				  &status);
	call->gone = true;
	call->done(call->ctx, status, why);
}

static void tell(struct http *http)
{
	struct http_call *call;

	http->telling++;
	for (call = http->calls; call; call = call->next) {
		if (call->gone)
			continue;
		/* the last line may lack its end */
		if (call->ended && evbuffer_get_length(call->in))
			evbuffer_add(call->in, "\n", 1);
		tell_lines(call);
		if (call->ended && !call->gone)
			tell_end(call);
	}
	if (!--http->telling)
		sweep(http);
}

static void act(struct http *http, curl_socket_t fd, int what)
{
	struct http_call *call;
	CURLMsg *message;
	int running;

	libcurl.multi_socket_action(http->multi, fd, what, &running);
	while ((message = libcurl.multi_info_read(http->multi, &running))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		libcurl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  (char **)&call);
		call->ended = true;
		call->code = message->data.result;
	}
	tell(http);
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
	act(ctx, fd, (what & EV_READ ? CURL_CSELECT_IN : 0) |
		     (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx,
		       void *event)
{
	short events = EV_PERSIST;
	struct http *http = ctx;

	(void)easy;
	if (event)
		event_free(event);
	libcurl.multi_assign(http->multi, fd, NULL);
	if (what == CURL_POLL_REMOVE)
		return 0;
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	event = event_new(http->base, fd, events, on_socket, http);
	if (!event)
		return -1;
	event_add(event, NULL);
	libcurl.multi_assign(http->multi, fd, event);
	return 0;
}

static int want_timer(CURLM *multi, long ms, void *ctx)
{
	const struct timeval after = { .tv_sec = ms / 1000,
				       .tv_usec = ms % 1000 * 1000 };
	struct http *http = ctx;

	(void)multi;
	if (ms < 0)
		return event_del(http->timer);
	return event_add(http->timer, &after);
}

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
	struct http_call *call = ctx;

	(void)size;
	/* no answer of ours is that long */
	if (evbuffer_get_length(call->in) + count > ANSWER_MAX ||
	    evbuffer_add(call->in, data, count))
		return 0;
	return count;
}

struct http *http_new(struct event_base *base, const struct http_tls *tls)
{
	struct http *http = libcurl_load() ? NULL : calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->base = base;
	http->tls = tls;
	http->multi = libcurl.multi_init();
	http->timer = event_new(base, -1, 0, on_timer, http);
	http->headers = libcurl.slist_append(NULL,
					     "Content-Type: application/json");
	if (!http->multi || !http->timer || !http->headers) {
		http_free(http);
		return NULL;
	}
	libcurl.multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	libcurl.multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	libcurl.multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	libcurl.multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	return http;
}

void http_free(struct http *http)
{
	struct http_call *call;

	if (!http)
		return;
	for (call = http->calls; call; call = call->next)
		call->gone = true;
	sweep(http);
	if (http->multi)
		libcurl.multi_cleanup(http->multi);
	if (http->timer)
		event_free(http->timer);
	libcurl.slist_free_all(http->headers);
	free(http);
}

static void set_tls(CURL *easy, const struct http_tls *tls)
{
	libcurl.easy_setopt(easy, CURLOPT_SSLVERSION,
			 (long)CURL_SSLVERSION_TLSv1_2);
	if (tls->ca)
		libcurl.easy_setopt(easy, CURLOPT_CAINFO, tls->ca);
	if (tls->certificate)
		libcurl.easy_setopt(easy, CURLOPT_SSLCERT, tls->certificate);
	if (tls->key)
		libcurl.easy_setopt(easy, CURLOPT_SSLKEY, tls->key);
}

static void set_up(struct http_call *call, const char *url, long timeout_ms)
{
	CURL *easy = call->easy;

	libcurl.easy_setopt(easy, CURLOPT_URL, url);
	libcurl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	libcurl.easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
	libcurl.easy_setopt(easy, CURLOPT_HTTPHEADER, call->http->headers);
	libcurl.easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_1_1);
	libcurl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	libcurl.easy_setopt(easy, CURLOPT_WRITEDATA, call);
	libcurl.easy_setopt(easy, CURLOPT_PRIVATE, call);
	libcurl.easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
	libcurl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* no proxy of the environment is asked */
	libcurl.easy_setopt(easy, CURLOPT_PROXY, "");
	libcurl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	libcurl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	libcurl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	set_tls(easy, call->http->tls);
}

struct http_call *http_post(struct http *http, const char *url, json_t *body,
			    long timeout_ms, http_line_fn line,
			    http_done_fn done, void *ctx)
{
	struct http_call *call = calloc(1, sizeof(*call));

	if (!call) {
		json_decref(body);
		return NULL;
	}
	call->http = http;
	call->line = line;
	call->done = done;
	call->ctx = ctx;
	call->in = evbuffer_new();
	call->body = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	call->easy = libcurl.easy_init();
	if (!call->in || !call->body || !call->easy) {
		free_call(call);
		return NULL;
	}
	set_up(call, url, timeout_ms);
	call->next = http->calls;
	http->calls = call;
	libcurl.multi_add_handle(http->multi, call->easy);
	return call;
}

void http_cancel(struct http_call *call)
{
	if (!call || call->gone)
		return;
	call->gone = true;
	if (!call->http->telling)
		sweep(call->http);
}
