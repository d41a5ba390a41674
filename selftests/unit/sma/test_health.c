// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Health checks against an endpoint of the test, in the same event loop: one
 * that is well, and ones that are hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mapped.h"
#include "sma/health.h"

#define INTERVAL_MS	200
#define TIMEOUT_MS	180
#define LIMIT_S		20	/* of a test, on a busy machine */

/**
 * struct endpoint - a server
 * @listener: socket
 * @port: of it
 * @answer: what it says; NULL: nothing
 * @len: octets of @answer
 * @drip: an octet every few ms
 * @hang_up: closes behind @answer
 * @endless: goes on for ever behind @answer
 * @asked: what the last request was
 * @connections: so far
 * @resets: that the other end reset
 */
static struct endpoint {
	struct evconnlistener *listener;
	uint16_t port;
	const char *answer;
	size_t len;
	bool drip;
	bool hang_up;
	bool endless;
	char asked[512];
	unsigned int connections;
	unsigned int resets;
} endpoint;

#define CONNECTIONS_MAX	64

/* struct connection - to the server; @bev NULL: it has ended */
static struct connection {
	struct bufferevent *bev;
	bool answered;
} connection[CONNECTIONS_MAX];

static struct event_base *base;
static struct sma_health *health;
static unsigned int checks, wanted;

static void hang_up(struct connection *c)
{
	if (c->bev)
		bufferevent_free(c->bev);
	c->bev = NULL;
}

static void on_end(struct bufferevent *bev, short what, void *ctx)
{
	(void)bev;
	if (what & BEV_EVENT_ERROR)
		endpoint.resets++;
	hang_up(ctx);
}

static void on_written(struct bufferevent *bev, void *ctx)
{
	static char noise[4096] = { 1 };
	struct connection *c = ctx;

	/* it is called for an empty buffer at the beginning, too */
	if (!c->answered)
		return;
	if (endpoint.endless)
		bufferevent_write(bev, noise, sizeof(noise));
	else if (endpoint.hang_up)
		hang_up(c);
}

static void on_drip(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval soon = { .tv_usec = 5000 };
	struct connection *c = ctx;

	(void)fd, (void)what;
	if (!c->bev)
		return;
	bufferevent_write(c->bev, "H", 1);
	event_base_once(base, -1, EV_TIMEOUT, on_drip, c, &soon);
}

static void on_request(struct bufferevent *bev, void *ctx)
{
	int n = bufferevent_read(bev, endpoint.asked,
				 sizeof(endpoint.asked) - 1);
	struct connection *c = ctx;

	endpoint.asked[n > 0 ? n : 0] = '\0';
	c->answered = true;
	if (endpoint.drip)
		on_drip(-1, 0, c);
	else if (endpoint.answer)
		bufferevent_write(bev, endpoint.answer, endpoint.len);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *from, int len, void *ctx)
{
	struct connection *c = &connection[endpoint.connections++];

	(void)listener, (void)from, (void)len, (void)ctx;
	assert_true(endpoint.connections < CONNECTIONS_MAX);
	c->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->answered = false;
	bufferevent_setcb(c->bev, on_request, on_written, on_end, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static int setup(void **state)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	memset(&endpoint, 0, sizeof(endpoint));
	checks = wanted = 0;
	base = event_base_new();
	endpoint.listener = evconnlistener_new_bind(
		base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE, 16,
		(struct sockaddr *)&at, sizeof(at));
	getsockname(evconnlistener_get_fd(endpoint.listener), (void *)&at,
		    &len);
	endpoint.port = ntohs(at.sin_port);
	return 0;
}

static int teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < endpoint.connections; i++)
		hang_up(&connection[i]);
	sma_health_free(health);
	health = NULL;
	if (endpoint.listener)
		evconnlistener_free(endpoint.listener);
	event_base_free(base);
	return 0;
}

static void on_check(void *ctx, struct sma_health *of)
{
	(void)ctx, (void)of;
	if (++checks == wanted)
		event_base_loopbreak(base);
}

/* run N: until so many checks more have ended */
static void run(unsigned int n)
{
	const struct timeval limit = { .tv_sec = LIMIT_S };

	wanted = checks + n;
	event_base_loopexit(base, &limit);
	event_base_dispatch(base);
	assert_true(checks >= wanted);
}

static void check_with(const char *type, uint16_t status)
{
	struct sma_health_config config = {
		.type = (char *)type,
		.port = endpoint.port,
		.path = (char *)"/health?deep=1",
		.interval_ms = INTERVAL_MS,
		.timeout_ms = TIMEOUT_MS,
		.status = status,
	};
	uint8_t address[16];

	assert_true(mapped_parse("127.0.0.1", address));
	health = sma_health_new(base, &config, address, 1, on_check, NULL);
	assert_non_null(health);
	assert_int_equal(sma_health_state(health), HEALTH_UNKNOWN);
	assert_true(isnan(sma_health_response_us(health)));
}

static void answer(const char *text)
{
	endpoint.answer = text;
	endpoint.len = strlen(text);
}

static void test_http(void **state)
{
	(void)state;
	answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	endpoint.hang_up = true;
	check_with("http", 0);
	run(3);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
	assert_int_equal(sma_health_count(health, HEALTH_GOOD), 3);
	assert_true(sma_health_response_us(health) > 0);
	assert_true(sma_health_response_us(health) < TIMEOUT_MS * 1000);
	assert_non_null(strstr(endpoint.asked, "GET /health?deep=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(endpoint.asked, "\r\nHost: 127.0.0.1:"));
	assert_non_null(strstr(endpoint.asked, "\r\n\r\n"));
	assert_int_equal(endpoint.resets, 0);
}

static void test_tcp(void **state)
{
	(void)state;
	check_with("tcp", 0);
	run(2);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
	assert_true(sma_health_response_us(health) > 0);
}

/* Down after two failures, up after one success. */
static void test_state(void **state)
{
	(void)state;
	answer("HTTP/1.1 200 OK\r\n\r\n");
	endpoint.hang_up = true;
	check_with("http", 0);
	run(1);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
	answer("HTTP/1.1 500 No\r\n\r\n");
	run(1);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
	assert_true(isnan(sma_health_response_us(health)));
	run(1);
	assert_int_equal(sma_health_state(health), HEALTH_DOWN);
	assert_int_equal(sma_health_count(health, HEALTH_BAD_STATUS), 2);
	answer("HTTP/1.1 302 There\r\n\r\n");
	run(1);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
}

static void expect_failures(enum sma_health_result result)
{
	run(2);
	assert_int_equal(sma_health_count(health, result), 2);
	assert_int_equal(sma_health_state(health), HEALTH_DOWN);
	assert_true(isnan(sma_health_response_us(health)));
}

static void test_wrong_status(void **state)
{
	(void)state;
	answer("HTTP/1.1 200 OK\r\n\r\n");
	check_with("http", 204);
	expect_failures(HEALTH_BAD_STATUS);
}

static void test_bad_http(void **state)
{
	(void)state;
	answer("SSH-2.0-hello\r\n");
	check_with("http", 0);
	expect_failures(HEALTH_BAD_HTTP);
}

static void test_closed(void **state)
{
	(void)state;
	answer("HTTP/1.1 200 OK\r\n");
	endpoint.hang_up = true;
	check_with("http", 0);
	expect_failures(HEALTH_CLOSED);
}

static void test_silent(void **state)
{
	(void)state;
	check_with("http", 0);
	expect_failures(HEALTH_TIMEOUT);
}

/* The next check and the deadline of this one at the same time. */
static void test_no_pause(void **state)
{
	struct sma_health_config config = {
		.type = (char *)"http",
		.address = (char *)"127.0.0.1",
		.port = endpoint.port,
		.interval_ms = 100,
		.timeout_ms = 100,
	};
	static const uint8_t address[16];

	(void)state;
	health = sma_health_new(base, &config, address, 1, on_check, NULL);
	assert_non_null(health);
	expect_failures(HEALTH_TIMEOUT);
	assert_int_equal(sma_health_last(health), HEALTH_TIMEOUT);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\n";

	(void)fd, (void)what, (void)ctx;
	/* what is overdue is known to be slow before it answers */
	assert_true(sma_health_response_us(health) > 2 * 100000);
	assert_int_equal(sma_health_state(health), HEALTH_UNKNOWN);
	bufferevent_write(connection[0].bev, text, sizeof(text) - 1);
}

/* Busy is not dead: a check may take longer than there is between two. */
static void test_busy(void **state)
{
	struct sma_health_config config = {
		.type = (char *)"http",
		.address = (char *)"127.0.0.1",
		.port = endpoint.port,
		.interval_ms = 100,
		.timeout_ms = LIMIT_S * 1000,
	};
	static const struct timeval late = { .tv_usec = 450000 };
	static const uint8_t address[16];

	(void)state;
	endpoint.hang_up = true;
	health = sma_health_new(base, &config, address, 0, on_check, NULL);
	assert_non_null(health);
	event_base_once(base, -1, EV_TIMEOUT, on_late, NULL, &late);
	run(1);
	assert_int_equal(sma_health_last(health), HEALTH_GOOD);
	assert_int_equal(endpoint.connections, 1);
	assert_true(sma_health_response_us(health) > 4 * 100000);
}

/* Who says a little all the time is not waited for any longer. */
static void test_drip(void **state)
{
	(void)state;
	endpoint.drip = true;
	check_with("http", 0);
	expect_failures(HEALTH_TIMEOUT);
}

static void test_refused(void **state)
{
	(void)state;
	evconnlistener_free(endpoint.listener);
	endpoint.listener = NULL;
	check_with("http", 0);
	expect_failures(HEALTH_REFUSED);
}

static void test_endless_header(void **state)
{
	(void)state;
	endpoint.endless = true;
	answer("HTTP/1.1 200 OK\r\nA: ");
	check_with("http", 0);
	expect_failures(HEALTH_BAD_HTTP);
}

/* The answer is there; what follows is not read for ever. */
static void test_endless_body(void **state)
{
	(void)state;
	endpoint.endless = true;
	answer("HTTP/1.1 200 OK\r\n\r\n");
	check_with("http", 0);
	run(3);
	assert_int_equal(sma_health_count(health, HEALTH_GOOD), 3);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
}

/* That this host has no descriptor left is not the instance's fault. */
static void test_local(void **state)
{
	struct rlimit limit, none;

	(void)state;
	check_with("tcp", 0);
	run(1);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	run(3);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(sma_health_count(health, HEALTH_LOCAL), 3);
	assert_int_equal(sma_health_state(health), HEALTH_UP);
	assert_true(isnan(sma_health_response_us(health)));
}

static void test_free_while_checking(void **state)
{
	(void)state;
	check_with("http", 0);
	while (!endpoint.connections)
		event_base_loop(base, EVLOOP_ONCE);
	sma_health_free(health);
	health = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_http),
		TEST(test_tcp),
		TEST(test_state),
		TEST(test_wrong_status),
		TEST(test_bad_http),
		TEST(test_closed),
		TEST(test_silent),
		TEST(test_no_pause),
		TEST(test_busy),
		TEST(test_drip),
		TEST(test_refused),
		TEST(test_endless_header),
		TEST(test_endless_body),
		TEST(test_local),
		TEST(test_free_while_checking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
