/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of an HTTP/1 response as a health check needs (RFC 9112): the status,
 * and that the header is one.  Whatever an endpoint sends, it costs a line of
 * memory.
 */
#ifndef SMA_HTTP_H
#define SMA_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_LINE_MAX	8192	/* octets of a line */
#define HTTP_HEADER_MAX	32768	/* of all lines together */

/** enum sma_http_state - how far it is */
enum sma_http_state {
	HTTP_MORE,	/* header not complete */
	HTTP_DONE,	/* header complete: @status is valid */
	HTTP_BAD,	/* no HTTP/1 response */
};

/**
 * struct sma_http - a response being read; all 0 before the first octet
 * @state: how far it is
 * @in_fields: behind the status line
 * @status: 100 to 599
 * @octets: taken so far
 * @len: octets in @line
 * @line: that is not complete
 */
struct sma_http {
	enum sma_http_state state;
	bool in_fields;
	uint16_t status;
	uint32_t octets;
	uint16_t len;
	char line[HTTP_LINE_MAX];
};

/** sma_http_feed - more octets; those behind the header are not looked at. */
enum sma_http_state sma_http_feed(struct sma_http *http, const void *data,
				  size_t len);

#endif /* SMA_HTTP_H */
