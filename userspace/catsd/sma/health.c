// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One check at a time for each instance, without a library for HTTP: a hostile
 * endpoint gets a bounded line of memory and one deadline for everything,
 * however slowly it speaks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "health.h"
#include "http.h"
#include "mapped.h"

#define DRAIN_MAX	65536	/* octets of a body that are read */
#define OLD_INTERVALS	3	/* without an answer: not known any more */

/** enum step - of a check */
enum step { CONNECTING, SENDING, READING, DRAINING };

/**
 * struct check - a check that goes on
 * @fd: socket
 * @event: of it
 * @step: where it is
 * @sent: octets of the request
 * @drained: octets of the body
 * @start_us: CLOCK_MONOTONIC
 * @http: response
 */
struct check {
	int fd;
	struct event *event;
	enum step step;
	size_t sent;
	size_t drained;
	uint64_t start_us;
	struct sma_http http;
};

/**
 * struct sma_health - how, and what came of it
 * @base: event loop
 * @timer: next check
 * @check: that goes on, or NULL
 * @to: address
 * @request: of HTTP; NULL: TCP only
 * @interval_ms: between checks
 * @timeout_ms: of all of one
 * @status: that is healthy, 0: 200 to 399
 * @fall: failures until it is down
 * @rise: successes until it is up
 * @state: of the instance
 * @streak: successive results that speak against @state
 * @response_us: of the last check, NAN
 * @response_at_us: when that was, CLOCK_MONOTONIC
 * @last: result of the last check
 * @count: checks by result
 * @fn: is told
 * @ctx: for @fn
 */
struct sma_health {
	struct event_base *base;
	struct event *timer;
	struct check *check;
	struct sockaddr_in6 to;
	char *request;
	uint32_t interval_ms;
	uint32_t timeout_ms;
	uint16_t status;
	uint16_t fall;
	uint16_t rise;
	enum sma_health_state state;
	uint16_t streak;
	double response_us;
	uint64_t response_at_us;
	enum sma_health_result last;
	uint64_t count[HEALTH_RESULTS];
	sma_health_fn fn;
	void *ctx;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/* A check waits for an answer. */
static bool is_asking(const struct sma_health *health)
{
	return health->check && health->check->step != DRAINING;
}

/* How long it has. */
static uint64_t waited_us(const struct sma_health *health)
{
	return now_us() - health->check->start_us;
}

static void end_check(struct sma_health *health)
{
	struct check *check = health->check;

	health->check = NULL;
	if (!check)
		return;
	if (check->event)
		event_free(check->event);
	if (check->fd >= 0)
		close(check->fd);
	free(check);
}

/* Up is a fact after @rise good checks, down after @fall bad ones. */
static void judge(struct sma_health *health, bool good)
{
	enum sma_health_state next = good ? HEALTH_UP : HEALTH_DOWN;

	if (health->state == next) {
		health->streak = 0;
		return;
	}
	if (++health->streak < (good ? health->rise : health->fall))
		return;
	health->state = next;
	health->streak = 0;
}

static void conclude(struct sma_health *health, enum sma_health_result result)
{
	uint64_t now = now_us();

	health->count[result]++;
	health->last = result;
	health->response_us = NAN;
	health->response_at_us = now;
	if (result == HEALTH_GOOD)
		health->response_us = now - health->check->start_us;
	/* whatever comes of the connection, nothing is asked any more */
	if (health->check)
		health->check->step = DRAINING;
	if (result != HEALTH_LOCAL)
		judge(health, result == HEALTH_GOOD);
	if (health->fn)
		health->fn(health->ctx, health);
}

static void finish(struct sma_health *health, enum sma_health_result result)
{
	conclude(health, result);
	end_check(health);
}

/* Waits for @what until the deadline of the whole check. */
static int wait_for(struct sma_health *health, short what,
		    event_callback_fn fn)
{
	struct check *check = health->check;
	uint64_t end = check->start_us + health->timeout_ms * 1000ULL;
	uint64_t now = now_us(), left = end > now ? end - now : 1;
	struct timeval tv = {
		.tv_sec = left / 1000000,
		.tv_usec = left % 1000000,
	};

	if (check->event)
		event_free(check->event);
	check->event = event_new(health->base, check->fd, what, fn, health);
	if (!check->event || event_add(check->event, &tv))
		return -ENOMEM;
	return 0;
}

static bool is_healthy(const struct sma_health *health, uint16_t status)
{
	if (health->status)
		return status == health->status;
	return status >= 200 && status < 400;
}

static void on_ready(evutil_socket_t fd, short what, void *ctx);

/* What is left of the body is read, so that the end of the connection is not a
 * reset that the endpoint would complain about. */
static void drain(struct sma_health *health, size_t len)
{
	struct check *check = health->check;

	check->drained += len;
	if (check->drained > DRAIN_MAX || wait_for(health, EV_READ, on_ready))
		end_check(health);
}

static void take(struct sma_health *health, const void *data, size_t len)
{
	struct check *check = health->check;

	if (check->step == DRAINING) {
		drain(health, len);
		return;
	}
	switch (sma_http_feed(&check->http, data, len)) {
	case HTTP_MORE:
		if (wait_for(health, EV_READ, on_ready))
			finish(health, HEALTH_LOCAL);
		return;
	case HTTP_BAD:
		finish(health, HEALTH_BAD_HTTP);
		return;
	case HTTP_DONE:
		conclude(health, is_healthy(health, check->http.status) ?
					 HEALTH_GOOD : HEALTH_BAD_STATUS);
		drain(health, len);
		return;
	}
}

static void on_readable(struct sma_health *health)
{
	struct check *check = health->check;
	char buf[4096];
	ssize_t n = recv(check->fd, buf, sizeof(buf), 0);

	if (n > 0) {
		take(health, buf, n);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (wait_for(health, EV_READ, on_ready))
			finish(health, HEALTH_LOCAL);
		return;
	}
	if (check->step == DRAINING)
		end_check(health);
	else
		finish(health, HEALTH_CLOSED);
}

static void on_writable(struct sma_health *health)
{
	struct check *check = health->check;
	size_t left = strlen(health->request) - check->sent;
	ssize_t n = send(check->fd, health->request + check->sent, left,
			 MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		finish(health, HEALTH_CLOSED);
		return;
	}
	if (n > 0)
		check->sent += n;
	check->step = check->sent == strlen(health->request) ? READING :
							       SENDING;
	if (wait_for(health, check->step == READING ? EV_READ : EV_WRITE,
		     on_ready))
		finish(health, HEALTH_LOCAL);
}

static void on_connected(struct sma_health *health)
{
	struct check *check = health->check;
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(check->fd, SOL_SOCKET, SO_ERROR, &err, &len) || err)
		finish(health, HEALTH_REFUSED);
	else if (!health->request)
		finish(health, HEALTH_GOOD);
	else
		on_writable(health);
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
	struct sma_health *health = ctx;

	(void)fd;
	if (what & EV_TIMEOUT) {
		if (health->check->step == DRAINING)
			end_check(health);
		else
			finish(health, HEALTH_TIMEOUT);
		return;
	}
	switch (health->check->step) {
	case CONNECTING:
		on_connected(health);
		return;
	case SENDING:
		on_writable(health);
		return;
	case READING:
	case DRAINING:
		on_readable(health);
		return;
	}
}

/* The instance cannot help it if this host has no descriptor or port left. */
static bool is_local(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM ||
	       err == ENOBUFS || err == EADDRNOTAVAIL;
}

static int connect_to(const struct sma_health *health, int *fd)
{
	struct sockaddr_in to4 = {
		.sin_family = AF_INET,
		.sin_port = health->to.sin6_port,
	};
	bool v4 = mapped_is_ipv4(health->to.sin6_addr.s6_addr);
	const struct sockaddr *to = (const void *)&health->to;
	socklen_t len = sizeof(health->to);

	/* not as a mapped one: IPv6 may be off */
	if (v4) {
		memcpy(&to4.sin_addr, &health->to.sin6_addr.s6_addr[12], 4);
		to = (const void *)&to4;
		len = sizeof(to4);
	}
	*fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		     0);
	if (*fd < 0 || (connect(*fd, to, len) && errno != EINPROGRESS))
		return -errno;
	return 0;
}

static void begin(struct sma_health *health)
{
	struct check *check = calloc(1, sizeof(*check));
	int ret;

	if (!check) {
		conclude(health, HEALTH_LOCAL);
		return;
	}
	health->check = check;
	check->start_us = now_us();
	ret = connect_to(health, &check->fd);
	if (!ret && wait_for(health, EV_WRITE, on_ready))
		ret = -ENOMEM;
	if (ret)
		finish(health, is_local(-ret) ? HEALTH_LOCAL : HEALTH_REFUSED);
}

static void set_timer(struct sma_health *health, uint32_t ms)
{
	const struct timeval tv = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};

	event_add(health->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct sma_health *health = ctx;

	(void)fd, (void)what;
	set_timer(health, health->interval_ms);
	/* busy is not dead: a check has all of its time, and the next one waits */
	if (is_asking(health) && waited_us(health) < health->timeout_ms * 1000ULL)
		return;
	/* the deadline may be now too, and its event the later one */
	if (is_asking(health))
		conclude(health, HEALTH_TIMEOUT);
	end_check(health);
	begin(health);
}

/* An IPv6 address stands in brackets there (RFC 3986 3.2.2). */
static char *make_request(const struct sma_health_config *config,
			  const uint8_t address[16])
{
	char text[INET6_ADDRSTRLEN], host[INET6_ADDRSTRLEN + 16], *request;
	const char *path = config->path ? config->path : "/";

	mapped_text(address, text);
	snprintf(host, sizeof(host), strchr(text, ':') ? "[%s]:%u" : "%s:%u",
		 text, config->port);
	if (asprintf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\n"
			       "User-Agent: catsd\r\nAccept: */*\r\n"
			       "Connection: close\r\n\r\n",
		     path, config->host ? config->host : host) < 0)
		return NULL;
	return request;
}

static void take_config(struct sma_health *health,
			const struct sma_health_config *config)
{
	health->interval_ms = config->interval_ms ? config->interval_ms :
						    HEALTH_INTERVAL_MS;
	health->timeout_ms = config->timeout_ms ? config->timeout_ms :
						  HEALTH_TIMEOUT_MS;
	health->status = config->status;
	health->fall = config->fall ? config->fall : HEALTH_FALL;
	health->rise = config->rise ? config->rise : HEALTH_RISE;
	health->response_us = NAN;
}

struct sma_health *sma_health_new(struct event_base *base,
				  const struct sma_health_config *config,
				  const uint8_t address[16], uint32_t spread,
				  sma_health_fn fn, void *ctx)
{
	struct sma_health *health = calloc(1, sizeof(*health));
	uint8_t own[16];

	if (!health)
		goto no_memory;
	take_config(health, config);
	health->base = base;
	health->fn = fn;
	health->ctx = ctx;
	if (config->address && mapped_parse(config->address, own))
		address = own;
	health->to.sin6_family = AF_INET6;
	health->to.sin6_port = htons(config->port);
	memcpy(&health->to.sin6_addr, address, 16);
	if (!strcmp(config->type, "http")) {
		health->request = make_request(config, address);
		if (!health->request)
			goto no_memory;
	}
	health->timer = evtimer_new(base, on_timer, health);
	if (!health->timer)
		goto no_memory;
	/* the golden ratio spreads neighbours evenly, whatever their number */
	set_timer(health, (spread * 2654435769U >> 8) % health->interval_ms);
	return health;
no_memory:
	sma_health_free(health);
	cats_error(ENOMEM, "out of memory");
	return NULL;
}

void sma_health_free(struct sma_health *health)
{
	if (!health)
		return;
	end_check(health);
	if (health->timer)
		event_free(health->timer);
	free(health->request);
	free(health);
}

enum sma_health_state sma_health_state(const struct sma_health *health)
{
	return health ? health->state : HEALTH_UNKNOWN;
}

const char *sma_health_state_name(enum sma_health_state state)
{
	static const char *const names[HEALTH_STATES] = {
		"unknown", "up", "down",
	};

	return names[state];
}

double sma_health_response_us(const struct sma_health *health)
{
	uint64_t interval_us, old_us;

	if (!health)
		return NAN;
	interval_us = health->interval_ms * 1000ULL;
	old_us = OLD_INTERVALS * interval_us;
	/* it is overdue: at least that, and not what it once was */
	if (is_asking(health) && waited_us(health) > interval_us)
		return waited_us(health);
	if (now_us() - health->response_at_us > old_us)
		return NAN;
	return health->response_us;
}

enum sma_health_result sma_health_last(const struct sma_health *health)
{
	return health->last;
}

uint64_t sma_health_count(const struct sma_health *health,
			  enum sma_health_result result)
{
	return health ? health->count[result] : 0;
}

const char *sma_health_result_name(enum sma_health_result result)
{
	static const char *const names[HEALTH_RESULTS] = {
		[HEALTH_GOOD] = "good",
		[HEALTH_REFUSED] = "refused",
		[HEALTH_TIMEOUT] = "timeout",
		[HEALTH_CLOSED] = "closed",
		[HEALTH_BAD_HTTP] = "bad-http",
		[HEALTH_BAD_STATUS] = "bad-status",
		[HEALTH_LOCAL] = "local",
	};

	return names[result];
}
