// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cats monitor: changes of the tables, made by whichever writer, samples of
 * verdicts, and events of the kernel's egress half.  Writers close the lock
 * file when they are done, which inotify tells; what changed is told by the
 * generation of each entry.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "counters.h"
#include "error.h"
#include "daemon.h"
#include "event.h"
#include "monitor_egress.h"
#include "output.h"
#include "policy.h"
#include "route.h"

static const char help[] =
	"Usage: cats monitor [ dev | policy | route | stats | sid | instance | flow | metric | path | decision ]...\n"
	"stats: one packet per verdict, CPU and tenth of a second. Default: all; of sid,\n"
	"instance, flow and metric if cats.ko is there, of metric, path and decision if catsd is.\n";

#define POLL_MS		100
#define WATCH_NS	2000000000ull	/* verdicts are sampled this long */

/**
 * struct known - a route as it was last seen
 * @generation: 0 if there was none
 * @key: to say which one is gone
 */
struct known {
	uint64_t generation;
	struct cats_service_key key;
};

/**
 * struct monitor - state of the command
 * @f: forwarder, NULL if nothing of it is watched
 * @egress: what is watched of cats.ko
 * @daemon: what is watched of catsd
 * @dev: show devices
 * @policy: show SR policies
 * @route: show routes
 * @stats: show samples of verdicts
 * @inotify: tells when a writer is done
 * @ring: samples
 * @start: CLOCK_MONOTONIC, ns; older samples are not ours
 * @ports: as last seen
 * @policies: generation of each policy as last seen
 * @names: of the policies
 * @routes: as last seen
 */
struct monitor {
	struct cats_forwarder *f;
	struct egress_watch egress;
	struct daemon_watch daemon;
	bool dev;
	bool policy;
	bool route;
	bool stats;
	int inotify;
	struct ring_buffer *ring;
	uint64_t start;
	struct cats_port *ports;
	uint64_t *policies;
	char (*names)[CATS_POLICY_NAME];
	struct known *routes;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void deleted(const char *object, const char *name)
{
	event_deleted(object);
	out_string(HUE_NAME, "name", "%s", name);
	out_close();
	event_end();
}

static void check_ports(struct monitor *m, bool quiet)
{
	char name[IF_NAMESIZE];
	struct cats_port *now, *was;
	uint32_t i;

	for (i = 0; i < CATS_PORTS; i++) {
		now = &m->f->port[i];
		was = &m->ports[i];
		if (!memcmp(now, was, sizeof(*now)))
			continue;
		if (!if_indextoname(now->ifindex ? now->ifindex : was->ifindex,
				    name))
			strcpy(name, "?");
		if (!quiet && m->dev && !now->ifindex) {
			deleted("dev", name);
		} else if (!quiet && m->dev) {
			event_begin("dev");
			out_open();
			out_string(HUE_NAME, "ifname", "%s", name);
			out_number("vrf", " vrf %llu", now->vrf);
			out_close();
			event_end();
		}
		*was = *now;
	}
}

static void show_policy(struct monitor *m, uint32_t id)
{
	struct cats_policy *policy = cats_table_at(&m->f->policy, id);
	struct cats_policy_use *uses = cats_policy_uses(m->f);

	if (!uses)
		return;
	event_begin("policy");
	policy_show(m->f, id, uses[id].nexthops,
		    policy->gone_packets + uses[id].packets,
		    policy->gone_bytes + uses[id].bytes);
	event_end();
	free(uses);
}

static void check_policies(struct monitor *m, bool quiet)
{
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	while ((policy = cats_table_each(&m->f->policy, &id))) {
		if (!policy->used && m->policies[id] && !quiet && m->policy)
			deleted("policy", m->names[id]);
		if (policy->used && policy->generation != m->policies[id] &&
		    !quiet && m->policy)
			show_policy(m, id);
		m->policies[id] = policy->used ? policy->generation : 0;
		memcpy(m->names[id], policy->name, sizeof(policy->name));
	}
}

static void route_deleted(const struct cats_service_key *key)
{
	event_deleted("route");
	show_key(key);
	out_close();
	event_end();
}

static void check_route(struct monitor *m, struct known *was,
			const struct cats_service *now, bool quiet)
{
	bool other = was->generation &&
		     (!now->used || memcmp(&was->key, &now->key,
					   sizeof(now->key)));

	if (other && !quiet && m->route)
		route_deleted(&was->key);
	if (now->used && !quiet && m->route &&
	    (other || now->generation != was->generation)) {
		event_begin("route");
		route_show(m->f, now);
		event_end();
	}
	was->generation = now->used ? now->generation : 0;
	was->key = now->key;
}

static void check_tables(struct monitor *m, bool quiet)
{
	struct cats_service *service;
	uint32_t id = UINT32_MAX;

	check_ports(m, quiet);
	check_policies(m, quiet);
	while ((service = cats_table_each(&m->f->service, &id)))
		check_route(m, &m->routes[id], service, quiet);
}

static void show_addresses(const struct cats_event *event)
{
	if (!event->family)
		return;
	out_address("src", " from %s", event->family, event->saddr);
	out_address("dst", " to %s", event->family, event->daddr);
	if (event->proto)
		out_number("proto", " proto %llu", event->proto);
	if (event->sport || event->dport) {
		out_number("sport", " sport %llu", event->sport);
		out_number("dport", " dport %llu", event->dport);
	}
}

static int show_sample(void *ctx, void *data, size_t size)
{
	const struct cats_event *event = data;
	const struct cats_reason_name *reason;
	char name[IF_NAMESIZE] = "?";
	struct monitor *m = ctx;

	if (size < sizeof(*event) || event->type != CATS_EVENT_VERDICT ||
	    event->time < m->start)
		return 0;
	reason = cats_reason_name(event->reason);
	if_indextoname(event->ifindex, name);
	event_begin("verdict");
	out_open();
	out_string(HUE_NONE, "disposition", "%s",
		   cats_disposition_name(reason->disposition));
	out_string(HUE_NAME, "reason", " %s", reason->name ? reason->name :
							     "?");
	out_string(HUE_NAME, "ifname", " dev %s", name);
	out_number("vrf", " vrf %llu", event->vrf);
	show_addresses(event);
	out_number("bytes", " length %llu", event->bytes);
	out_number("cpu", options.details ? " cpu %llu" : NULL, event->cpu);
	out_number("sequence", options.details ? " sequence %llu" : NULL,
		   event->sequence);
	out_close();
	event_end();
	return 0;
}

/* One packet of each verdict is enough, so the ring does not wake us up. */
static void read_ring(struct monitor *m)
{
	if (!m->stats)
		return;
	cats_store64(&m->f->control->watched_until, now_ns() + WATCH_NS);
	ring_buffer__consume(m->ring);
}

/* Wait for a writer; meanwhile read the ring, the events of cats.ko, catsd's. */
static int wait_for_change(struct monitor *m)
{
	struct pollfd pfd[2 + EGRESS_FDS];
	char buf[4096];
	int ret;

	pfd[0] = (struct pollfd){ .fd = m->inotify, .events = POLLIN };
	pfd[1].events = POLLIN;
	egress_watch_fds(&m->egress, pfd + 2);
	for (;;) {
		read_ring(m);
		pfd[1].fd = m->daemon.fd;
		if (poll(pfd, 2 + EGRESS_FDS, m->stats ? POLL_MS : -1) < 0) {
			if (errno != EINTR)
				return cats_error_kernel(errno, "poll");
			continue;
		}
		ret = egress_watch_read(&m->egress, pfd + 2);
		if (!ret && pfd[1].revents)
			ret = daemon_watch_read(&m->daemon);
		if (ret)
			return ret;
		if (pfd[0].revents & POLLIN)
			return read(m->inotify, buf, sizeof(buf)) < 0 ?
				       cats_error_kernel(errno, "inotify") : 0;
	}
}

/* The ring of the tables there are now. */
static int open_ring(struct monitor *m)
{
	ring_buffer__free(m->ring);
	m->ring = NULL;
	if (!m->stats)
		return 0;
	m->ring = ring_buffer__new(m->f->events_fd, show_sample, m, NULL);
	return m->ring ? 0 : cats_error_kernel(errno, "events ring");
}

/* The tables were removed with their last entry: wait for new ones. */
static int reopen(struct monitor *m)
{
	int ret = session_write(&m->f);

	if (ret)
		return ret;
	/* not session_end(): they are empty, and to be watched */
	cats_end(m->f);
	return open_ring(m);
}

static int watch(struct monitor *m)
{
	bool quiet, removed;
	int ret = 0;

	if (!m->f)
		return wait_for_change(m);
	for (quiet = true; !ret; quiet = false) {
		ret = cats_read_begin(m->f);
		if (ret)
			return ret;
		check_tables(m, quiet);
		removed = m->f->control->schema != CATS_SCHEMA;
		cats_end(m->f);
		if (removed) {
			ret = reopen(m);
			continue;
		}
		ret = wait_for_change(m);
	}
	return ret;
}

static int prepare(struct monitor *m)
{
	struct cats_forwarder *f = m->f;

	m->ports = calloc(CATS_PORTS, sizeof(*m->ports));
	m->policies = calloc(cats_table_limit(&f->policy),
			     sizeof(*m->policies));
	m->names = calloc(cats_table_limit(&f->policy), sizeof(*m->names));
	m->routes = calloc(cats_table_limit(&f->service), sizeof(*m->routes));
	if (!m->ports || !m->policies || !m->names || !m->routes)
		return cats_error_kernel(ENOMEM, "monitor");
	m->inotify = inotify_init1(IN_CLOEXEC);
	if (m->inotify < 0 ||
	    inotify_add_watch(m->inotify, f->place.lock, IN_CLOSE_WRITE) < 0)
		return cats_error_kernel(errno, "inotify");
	m->start = now_ns();
	return open_ring(m);
}

static int parse_objects(struct args *args, struct monitor *m)
{
	const struct {
		const char *name;
		bool *watch;
	} objects[] = {
		{ "dev", &m->dev },		{ "policy", &m->policy },
		{ "route", &m->route },		{ "stats", &m->stats },
		{ "sid", &m->egress.sid },	{ "flow", &m->egress.flow },
		{ "metric", &m->egress.metric }, { "path", &m->daemon.path },
		{ "instance", &m->egress.instance },
		{ "decision", &m->daemon.decision },
	};
	const unsigned int n = sizeof(objects) / sizeof(objects[0]);
	unsigned int i;

	m->egress.optional = !args_more(args);
	for (i = 0; i < n && m->egress.optional; i++)
		*objects[i].watch = true;
	while (args_more(args)) {
		i = 0;
		while (i < n && !args_is(args, objects[i].name))
			i++;
		if (i == n)
			return args_wrong(args->argv[0], "monitor knows dev, policy, route, stats, sid, instance, flow, metric, path and decision");
		*objects[i].watch = true;
	}
	m->daemon.metric = m->egress.metric;
	return 0;
}

static int open_forwarder(struct monitor *m)
{
	int ret;

	if (!m->dev && !m->policy && !m->route && !m->stats)
		return 0;
	ret = session_write(&m->f);
	if (ret) {
		m->f = NULL;
		return ret;
	}
	cats_end(m->f);
	return prepare(m);
}

/* Metrics come from cats.ko and from catsd: one of them is enough. */
static int open_metrics(struct monitor *m)
{
	bool asked = !m->egress.optional;
	int ret;

	m->daemon.optional = !asked || m->egress.metric;
	ret = daemon_watch_open(&m->daemon);
	if (ret)
		return ret;
	if (m->daemon.fd >= 0 && asked && !m->egress.sid &&
	    !m->egress.instance && !m->egress.flow)
		m->egress.optional = true;
	return egress_watch_open(&m->egress);
}

static int monitor(struct args *args)
{
	struct monitor m = { .inotify = -1, .daemon.fd = -1 };
	int ret;

	ret = parse_objects(args, &m);
	if (!ret)
		ret = open_metrics(&m);
	if (!ret)
		ret = open_forwarder(&m);
	if (!ret)
		ret = watch(&m);
	daemon_watch_close(&m.daemon);
	egress_watch_close(&m.egress);
	ring_buffer__free(m.ring);
	if (m.inotify >= 0)
		close(m.inotify);
	free(m.routes);
	free(m.names);
	free(m.policies);
	free(m.ports);
	return ret;
}

/* An empty name: what follows are objects, not commands. */
static const struct command commands[] = {
	{ "", monitor }, { NULL, NULL },
};

const struct object object_monitor = { "monitor", help, commands };
