// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients of a service, for the demo: each comes when it wants to (Poisson), opens
 * a TCP connection of its own, asks once over HTTP, and leaves.  Nobody waits for
 * anybody, so what is slow gets no rest.
 *
 * A line per client on stdout: when it came (ms of the day's clock, as what else the
 * demo notes), how long it took (us), and which instance answered, or "-" and why
 * there was no answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME_MAX_LEN	31
#define PATIENCE_S	3
#define USEC		1000000LL

static const char request_text[] =
	"GET / HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n";

/**
 * struct crowd - all clients
 * @base: event loop
 * @timer: when the next one comes
 * @service: where to
 * @gap_us: mean time between two
 * @due_us: when the next one comes
 */
struct crowd {
	struct event_base *base;
	struct event *timer;
	struct sockaddr_in service;
	double gap_us;
	double due_us;
};

/**
 * struct client - one of them
 * @bev: its connection
 * @came_ms: when it came, CLOCK_REALTIME
 * @start_us: the same, CLOCK_MONOTONIC
 */
struct client {
	struct bufferevent *bev;
	int64_t came_ms;
	int64_t start_us;
};

static void fail(const char *what)
{
	fprintf(stderr, "clients: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * USEC + now.tv_nsec / 1000;
}

static int64_t now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static void leave(struct client *client, const char *instance)
{
	printf("%lld %lld %s\n", (long long)client->came_ms,
	       (long long)(now_us() - client->start_us), instance);
	if (client->bev)
		bufferevent_free(client->bev);
	free(client);
}

/* The body is the name of who answered; NULL if it is none. */
static const char *answer(struct client *client, char *name)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	ssize_t len;

	if (end.pos < 0)
		return NULL;
	evbuffer_drain(in, end.pos + 4);
	len = evbuffer_remove(in, name, NAME_MAX_LEN);
	if (len <= 0)
		return NULL;
	name[len] = '\0';
	return name[strcspn(name, " \r\n")] ? NULL : name;
}

static void event_cb(struct bufferevent *bev, short what, void *arg)
{
	char name[NAME_MAX_LEN + 1];
	struct client *client = arg;
	const char *instance = NULL;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		return;
	if (what & BEV_EVENT_EOF)
		instance = answer(client, name);
	else if (what & BEV_EVENT_TIMEOUT)
		instance = "- timeout";
	leave(client, instance ? instance : "- broken");
}

static void come(struct crowd *crowd)
{
	static const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		fail("memory");
	client->came_ms = clock_us(CLOCK_REALTIME) / 1000;
	client->start_us = now_us();
	client->bev = bufferevent_socket_new(crowd->base, -1,
					     BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev)
		fail("socket");
	bufferevent_setcb(client->bev, NULL, NULL, event_cb, client);
	bufferevent_set_timeouts(client->bev, &patience, &patience);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	bufferevent_write(client->bev, request_text, sizeof(request_text) - 1);
	/* what fails at once is told to event_cb as well */
	bufferevent_socket_connect(client->bev,
				   (struct sockaddr *)&crowd->service,
				   sizeof(crowd->service));
}

static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct crowd *crowd = arg;
	struct timeval wait = { 0 };
	int64_t us;

	(void)fd;
	(void)what;
	while (crowd->due_us <= now_us()) {
		come(crowd);
		crowd->due_us -= crowd->gap_us *
				 log((rand() + 1.0) / (RAND_MAX + 2.0));
	}
	us = fmax(crowd->due_us - now_us(), 1);
	wait.tv_sec = us / USEC;
	wait.tv_usec = us % USEC;
	evtimer_add(crowd->timer, &wait);
}

int main(int argc, char **argv)
{
	struct crowd crowd = { .service.sin_family = AF_INET };
	double rate = argc == 5 ? atof(argv[3]) : 0;

	if (argc != 5 || rate <= 0 || !atoi(argv[2]) ||
	    inet_pton(AF_INET, argv[1], &crowd.service.sin_addr) != 1) {
		fputs("Usage: clients IPV4-ADDRESS PORT PER-SECOND SEED\n",
		      stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	srand(atoi(argv[4]));
	crowd.service.sin_port = htons(atoi(argv[2]));
	crowd.gap_us = USEC / rate;
	crowd.due_us = now_us();
	crowd.base = event_base_new();
	if (!crowd.base)
		fail("event_base_new");
	crowd.timer = evtimer_new(crowd.base, timer_cb, &crowd);
	if (!crowd.timer)
		fail("evtimer_new");
	timer_cb(-1, 0, &crowd);
	return event_base_dispatch(crowd.base) ? 1 : 0;
}
