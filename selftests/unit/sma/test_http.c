// SPDX-License-Identifier: GPL-2.0-or-later
/* HTTP responses of health checks, right, wrong, and mutated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sma/http.h"

#define FUZZ_ROUNDS	20000

static const struct {
	const char *name;
	const char *text;
	enum sma_http_state state;
	int status;
} responses[] = {
	{ "plain", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", HTTP_DONE, 200 },
	{ "1.0", "HTTP/1.0 503 Busy\r\n\r\n", HTTP_DONE, 503 },
	{ "no field", "HTTP/1.1 204 \r\n\r\n", HTTP_DONE, 204 },
	{ "no reason, no space", "HTTP/1.1 200\r\n\r\n", HTTP_DONE, 200 },
	{ "LF alone", "HTTP/1.1 200 OK\nA: b\n\n", HTTP_DONE, 200 },
	{ "interim", "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
	  HTTP_DONE, 200 },
	{ "folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", HTTP_DONE,
	  200 },
	{ "empty value", "HTTP/1.1 200 OK\r\nA:\r\n\r\n", HTTP_DONE, 200 },
	{ "nothing", "", HTTP_MORE, 0 },
	{ "half a line", "HTTP/1.1 20", HTTP_MORE, 0 },
	{ "no end", "HTTP/1.1 200 OK\r\nA: b\r\n", HTTP_MORE, 200 },
	{ "interim only", "HTTP/1.1 100 Continue\r\n\r\n", HTTP_MORE, 100 },
	{ "not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", HTTP_BAD, 0 },
	{ "HTTP/2", "HTTP/2 200\r\n\r\n", HTTP_BAD, 0 },
	{ "lower case", "http/1.1 200 OK\r\n\r\n", HTTP_BAD, 0 },
	{ "two digits", "HTTP/1.1 20 OK\r\n\r\n", HTTP_BAD, 0 },
	{ "four digits", "HTTP/1.1 2000 OK\r\n\r\n", HTTP_BAD, 0 },
	{ "status 099", "HTTP/1.1 099 OK\r\n\r\n", HTTP_BAD, 99 },
	{ "status 600", "HTTP/1.1 600 OK\r\n\r\n", HTTP_BAD, 600 },
	{ "negative", "HTTP/1.1 -20 OK\r\n\r\n", HTTP_BAD, 0 },
	{ "empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", HTTP_BAD, 0 },
	{ "field without colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
	  HTTP_BAD, 200 },
	{ "field without name", "HTTP/1.1 200 OK\r\n: b\r\n\r\n", HTTP_BAD,
	  200 },
	{ "space in a name", "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", HTTP_BAD,
	  200 },
	{ "CR inside", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n", HTTP_BAD, 200 },
	{ "not even a status behind an interim one",
	  "HTTP/1.1 100 Continue\r\n\r\nA: b\r\n", HTTP_BAD, 100 },
};

#define RESPONSES (sizeof(responses) / sizeof(responses[0]))

/* At once, and octet by octet: the same. */
static void test_responses(void **state)
{
	struct sma_http whole, parts;
	const char *text;
	size_t i, at;

	(void)state;
	for (i = 0; i < RESPONSES; i++) {
		print_message("# %s\n", responses[i].name);
		text = responses[i].text;
		memset(&whole, 0, sizeof(whole));
		memset(&parts, 0, sizeof(parts));
		assert_int_equal(sma_http_feed(&whole, text, strlen(text)),
				 responses[i].state);
		assert_int_equal(whole.status, responses[i].status);
		for (at = 0; text[at]; at++)
			sma_http_feed(&parts, text + at, 1);
		assert_int_equal(parts.state, whole.state);
		assert_int_equal(parts.status, whole.status);
	}
}

static void test_nul(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nA: \0b\r\n\r\n";
	struct sma_http http = {};

	(void)state;
	assert_int_equal(sma_http_feed(&http, text, sizeof(text) - 1),
			 HTTP_BAD);
}

/* A response that never ends costs no more than its bounds. */
static void test_endless(void **state)
{
	static const char status[] = "HTTP/1.1 200 OK\r\n";
	static const char interim[] = "HTTP/1.1 102 Wait\r\n\r\n";
	struct sma_http http = {};
	unsigned int turns = 0;

	(void)state;
	while (sma_http_feed(&http, "x", 1) == HTTP_MORE)
		assert_true(++turns < HTTP_LINE_MAX + 2);
	assert_int_equal(http.state, HTTP_BAD);
	memset(&http, 0, sizeof(http));
	sma_http_feed(&http, status, strlen(status));
	while (sma_http_feed(&http, "A: b\r\n", 6) == HTTP_MORE)
		assert_true(http.octets <= HTTP_HEADER_MAX);
	assert_int_equal(http.state, HTTP_BAD);
	memset(&http, 0, sizeof(http));
	while (sma_http_feed(&http, interim, strlen(interim)) == HTTP_MORE)
		assert_true(http.octets <= HTTP_HEADER_MAX);
	assert_int_equal(http.state, HTTP_BAD);
}

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static size_t mutate(char *data, size_t len, size_t room)
{
	unsigned int n;

	for (n = any(4); n; n--) {
		switch (any(4)) {
		case 0:
			if (len)
				data[any(len)] = any(256);
			break;
		case 1:
			if (len)
				data[any(len)] = "\r\n: \0"[any(5)];
			break;
		case 2:
			len = any(len + 1);
			break;
		case 3:
			while (len < room && any(40))
				data[len++] = "HTP/1.02: \r\nA"[any(13)];
			break;
		}
	}
	return len;
}

static void test_fuzz(void **state)
{
	unsigned int seen[3] = {}, i;
	struct sma_http *http;
	char data[512], *copy;
	size_t len, at, step;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		len = strlen(responses[i % RESPONSES].text);
		memcpy(data, responses[i % RESPONSES].text, len);
		len = mutate(data, len, sizeof(data));
		http = calloc(1, sizeof(*http));
		copy = malloc(len ? len : 1);
		assert_true(http && copy);
		memcpy(copy, data, len);
		for (at = 0; at < len; at += step) {
			step = 1 + any(len - at);
			sma_http_feed(http, copy + at, step);
		}
		assert_true(http->len <= HTTP_LINE_MAX);
		if (http->state == HTTP_DONE)
			assert_in_range(http->status, 200, 599);
		seen[http->state]++;
		free(copy);
		free(http);
	}
	assert_true(seen[HTTP_MORE] && seen[HTTP_DONE] && seen[HTTP_BAD]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
