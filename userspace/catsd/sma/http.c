// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "http.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ] */
static enum sma_http_state status_line(struct sma_http *http)
{
	const char *line = http->line;

	/* the space behind the status is left out often enough */
	if (http->len < 12 || memcmp(line, "HTTP/1.", 7) ||
	    !is_digit(line[7]) || line[8] != ' ' || !is_digit(line[9]) ||
	    !is_digit(line[10]) || !is_digit(line[11]) ||
	    (http->len > 12 && line[12] != ' '))
		return HTTP_BAD;
	http->status = 100 * (line[9] - '0') + 10 * (line[10] - '0') +
		       line[11] - '0';
	if (http->status < 100 || http->status > 599)
		return HTTP_BAD;
	http->in_fields = true;
	return HTTP_MORE;
}

/* RFC 9112 5: field-name ":" ...; the name is a token, 5.1 */
static enum sma_http_state field_line(struct sma_http *http)
{
	const char *colon = memchr(http->line, ':', http->len), *c;

	if (!http->len) {
		/* RFC 9110 15.2: an interim response, another one follows */
		http->in_fields = http->status >= 200;
		return http->status >= 200 ? HTTP_DONE : HTTP_MORE;
	}
	/* obsolete folding, RFC 9112 5.2: a response with it is still one */
	if (http->line[0] == ' ' || http->line[0] == '\t')
		return HTTP_MORE;
	if (!colon || colon == http->line)
		return HTTP_BAD;
	for (c = http->line; c < colon; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return HTTP_BAD;
	return HTTP_MORE;
}

static enum sma_http_state take_line(struct sma_http *http)
{
	enum sma_http_state state;

	/* RFC 9112 2.2: a recipient may take a LF alone for the end */
	if (http->len && http->line[http->len - 1] == '\r')
		http->len--;
	if (memchr(http->line, '\0', http->len) ||
	    memchr(http->line, '\r', http->len))
		return HTTP_BAD;
	state = http->in_fields ? field_line(http) : status_line(http);
	http->len = 0;
	return state;
}

enum sma_http_state sma_http_feed(struct sma_http *http, const void *data,
				  size_t len)
{
	const char *octet = data;
	size_t i;

	for (i = 0; i < len && http->state == HTTP_MORE; i++) {
		if (++http->octets > HTTP_HEADER_MAX)
			http->state = HTTP_BAD;
		else if (octet[i] == '\n')
			http->state = take_line(http);
		else if (http->len == HTTP_LINE_MAX)
			http->state = HTTP_BAD;
		else
			http->line[http->len++] = octet[i];
	}
	return http->state;
}
