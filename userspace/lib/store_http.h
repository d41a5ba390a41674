/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP requests with JSON, from an event loop: libcurl's multi on libevent. */
#ifndef CATS_STORE_HTTP_H
#define CATS_STORE_HTTP_H

#include <event2/event.h>
#include <jansson.h>

struct http;
struct http_call;

/** struct http_tls - PEM files; NULL: none */
struct http_tls {
	const char *certificate;
	const char *key;
	const char *ca;
};

/** http_line_fn - an object of the answer has come; may cancel the call */
typedef void (*http_line_fn)(void *ctx, const json_t *object);

/**
 * http_done_fn - the call ended, and is gone
 * @ctx: as given
 * @status: of HTTP; 0: there was no whole answer
 * @why: then, why
 */
typedef void (*http_done_fn)(void *ctx, long status, const char *why);

/** http_new - NULL: no memory, or no libcurl; @tls and its strings outlive it. */
struct http *http_new(struct event_base *base, const struct http_tls *tls);
/** http_free - cancels what runs; NULL is fine. */
void http_free(struct http *http);

/**
 * http_post - send an object
 * @http: http
 * @url: to
 * @body: the reference is taken
 * @timeout_ms: for the whole answer; 0: a stream without an end
 * @line: is told each line of the answer
 * @done: is told the end, unless it is cancelled
 * @ctx: for both
 *
 * Return: NULL: no memory.
 */
struct http_call *http_post(struct http *http, const char *url, json_t *body,
			    long timeout_ms, http_line_fn line,
			    http_done_fn done, void *ctx);

/** http_cancel - nobody is told anything any more; NULL is fine. */
void http_cancel(struct http_call *call);

#endif /* CATS_STORE_HTTP_H */
