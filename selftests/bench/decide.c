// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From one changed metric to the changed map: C-PS, store and loader as in
 * catsd.  decide.sh runs it in a network namespace of its own.
 *
 *	decide [ memory | sqlite:PATH | etcd:URL ] [ CHANGES ] [ SERVICES ]
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "error.h"
#include "loader/loader.h"
#include "policy.h"
#include "ps/decide.h"
#include "store_copy.h"

#define SERVICES	100
#define SERVICES_MAX	12800
#define INSTANCES	16
#define CHANGES		2000
#define PATIENCE_MS	20000
#define PAUSE_MS	5

/**
 * struct bench - all of it
 * @catsd: what roles are given
 * @decider: C-PS
 * @loader: role loader
 * @services: how many
 * @csid: texts of the CS-IDs
 * @took: us, by change
 */
struct bench {
	struct catsd catsd;
	struct ps_decider decider;
	void *loader;
	int services;
	char csid[SERVICES_MAX][INET6_ADDRSTRLEN];
	double *took;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "decide: %s: %s\n", what, cats_error_message());
	exit(EXIT_FAILURE);
}

static void put(struct bench *b, const char *key, json_t *value)
{
	if (!value || store_put(b->catsd.store, key, value, 0))
		die(key);
}

static void put_instance(struct bench *b, int s, int i)
{
	char key[64], name[32], sid[64], endpoint[64];

	snprintf(name, sizeof(name), "10.%d.%d.%d", s / 200, s % 200, i + 1);
	snprintf(key, sizeof(key), "instance/s%d/%s", i, name);
	snprintf(sid, sizeof(sid), "2001:db8:4:%x::%x", s, i + 1);
	snprintf(endpoint, sizeof(endpoint), "2001:db8:e::%x", i + 1);
	put(b, key, json_pack("{s:s, s:[s], s:s, s:s, s:i}", "instance", name,
			      "csid", b->csid[s], "sid", sid, "endpoint",
			      endpoint, "capacity", 100));
}

static void put_metric(struct bench *b, int s, int i, bool up)
{
	char key[64];

	snprintf(key, sizeof(key), "metric/s%d/10.%d.%d.%d", i, s / 200,
		 s % 200, i + 1);
	put(b, key, json_pack("{s:i, s:{s:i}, s:s}", "cps", 800, "raw",
			      "flows", 20, "health", up ? "up" : "down"));
}

/* Two SR policies to each site, here and for the C-PS. */
static void make_policies(struct bench *b)
{
	struct cats_policy_conf conf = { .nsegs = 1,
					 .flags = CATS_POLICY_SRC };
	struct cats_forwarder f;
	char name[32], key[64], endpoint[64];
	int i;

	if (cats_forwarder_open(&f, true) || cats_write_begin(&f))
		die("maps");
	inet_pton(AF_INET6, "2001:db8:f::1", conf.segs[0]);
	inet_pton(AF_INET6, "2001:db8::1", conf.src);
	for (i = 0; i < 2 * INSTANCES; i++) {
		snprintf(name, sizeof(name), "P%d", i);
		if (cats_policy_set(&f, name, &conf, true))
			die(name);
		snprintf(key, sizeof(key), "path/in/%s", name);
		snprintf(endpoint, sizeof(endpoint), "2001:db8:e::%x",
			 i / 2 + 1);
		put(b, key, json_pack("{s:s, s:s, s:{s:i}}", "endpoint",
				      endpoint, "state", "up", "delay", "avg",
				      1000 + i));
	}
	cats_end(&f);
	cats_forwarder_close(&f);
}

/* With the last of them the maps go, which nothing else would remove. */
static void remove_all(void)
{
	struct cats_service *service;
	struct cats_policy *policy;
	struct cats_forwarder f;
	uint32_t id = UINT32_MAX;

	if (cats_forwarder_open(&f, false) || cats_write_begin(&f))
		die("maps");
	while ((service = cats_route_each(&f, &id)))
		if (cats_route_del(&f, &service->key))
			die("route");
	id = UINT32_MAX;
	while ((policy = cats_table_each(&f.policy, &id)))
		if (policy->used && cats_policy_del(&f, policy->name))
			die("policy");
	cats_remove_if_empty(&f);
	cats_end(&f);
	cats_forwarder_close(&f);
}

static uint64_t applied(const struct bench *b)
{
	return ((struct loader *)b->loader)->count[LOAD_APPLIED];
}

static void wait_for(struct bench *b, uint64_t wanted)
{
	uint64_t end = clock_monotonic_ms() + PATIENCE_MS;

	while (applied(b) < wanted) {
		if (clock_monotonic_ms() > end) {
			fprintf(stderr, "decide: applied %llu of %llu\n",
				(unsigned long long)applied(b),
				(unsigned long long)wanted);
			exit(EXIT_FAILURE);
		}
		event_base_loop(b->catsd.base, EVLOOP_ONCE);
	}
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The loop of a daemon that has nothing else to do for so long. */
static void idle(struct bench *b, uint32_t ms)
{
	const struct timeval pause = { .tv_usec = ms * 1000 };

	event_base_loopexit(b->catsd.base, &pause);
	event_base_dispatch(b->catsd.base);
}

/*
 * Of each service in turn an instance goes down, in the next round it comes
 * back.  There is a pause between: metrics of a service do not follow each
 * other faster than C-SMA's budget.
 */
static void measure(struct bench *b, const char *where, int changes)
{
	uint64_t wanted = applied(b), start;
	int n, s, i;

	for (n = 0; n < changes; n++) {
		s = n % b->services;
		i = n / (2 * b->services) * 5 % INSTANCES;
		idle(b, PAUSE_MS);
		start = now_ns();
		put_metric(b, s, i, n / b->services % 2);
		wait_for(b, ++wanted);
		b->took[n] = (now_ns() - start) / 1e3;
	}
	qsort(b->took, changes, sizeof(*b->took), by_size);
	printf("%-7s min %.0f us, median %.0f us, p99 %.0f us, max %.0f us; %d changes, %d services x %d instances x 2 policies\n",
	       where, b->took[0], b->took[changes / 2],
	       b->took[changes * 99 / 100], b->took[changes - 1], changes,
	       b->services, INSTANCES);
}

static void open_store(struct bench *b, const char *where)
{
	static struct store_config config;

	b->catsd.base = event_base_new();
	if (!strcmp(where, "memory"))
		b->catsd.store = store_new();
	else if (store_location_parse(where, &config) ||
		 store_open(&config, b->catsd.base, &b->catsd.store) ||
		 store_wait(b->catsd.store, PATIENCE_MS))
		die(where);
}

static void start(struct bench *b)
{
	static uint32_t spacing = 1, burst = 1000, hold;
	static struct ps_tuning_config tuning = { .spacing_ms = &spacing,
						  .burst = &burst };
	static char *csids[SERVICES_MAX];
	static struct ps_service_config service = {
		.csid = csids, .tuning = &tuning };
	static const struct ps_config ps = { .services = &service,
					     .services_count = 1,
					     .hold_ms = &hold };
	static const struct loader_config loader;
	uint64_t begin;
	int s, i;

	service.csid_count = b->services;
	for (s = 0; s < b->services; s++) {
		snprintf(b->csid[s], sizeof(b->csid[s]), "203.0.%d.%d",
			 s / 200, s % 200 + 1);
		csids[s] = b->csid[s];
		for (i = 0; i < INSTANCES; i++) {
			put_instance(b, s, i);
			put_metric(b, s, i, true);
		}
	}
	store_wait(b->catsd.store, PATIENCE_MS);
	begin = now_ns();
	if (role_loader.start(&b->catsd, &loader, &b->loader) ||
	    ps_decider_open(&b->decider, &b->catsd, &ps))
		die("roles");
	wait_for(b, b->services);
	printf("%d services decided and loaded from nothing in %.0f ms\n",
	       b->services, (now_ns() - begin) / 1e6);
}

/* Killed and started again: what is there is found to be so. */
static void restart_loader(struct bench *b)
{
	static const struct loader_config config;
	struct loader *loader;
	uint64_t begin = now_ns();

	role_loader.stop(b->loader);
	if (role_loader.start(&b->catsd, &config, &b->loader))
		die("loader");
	loader = b->loader;
	while (loader->count[LOAD_UNCHANGED] < (uint64_t)b->services)
		event_base_loop(b->catsd.base, EVLOOP_ONCE);
	printf("%d services found unchanged by a loader started again in %.0f ms\n",
	       b->services, (now_ns() - begin) / 1e6);
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "memory";
	int changes = argc > 2 ? atoi(argv[2]) : CHANGES;
	static struct bench b = { .catsd.site = "in", .services = SERVICES };
	char name[16] = "";

	if (argc > 3)
		b.services = atoi(argv[3]);
	if (b.services < 1 || b.services > SERVICES_MAX || changes < 1)
		return EXIT_FAILURE;
	b.took = calloc(changes, sizeof(*b.took));
	open_store(&b, where);
	make_policies(&b);
	start(&b);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(where, ":"), where);
	measure(&b, name, changes);
	restart_loader(&b);
	ps_decider_close(&b.decider);
	role_loader.stop(b.loader);
	remove_all();
	store_free(b.catsd.store);
	event_base_free(b.catsd.base);
	free(b.took);
	return EXIT_SUCCESS;
}
