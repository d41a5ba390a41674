// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role egress: what cats.ko knows of the flows of its instances is what is true
 * of their reservations, whether or not an instance says that it has finished.
 * It looks at all flows now and then, and hears at once of those that end; what
 * an event was lost of ends with its lease.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "egress/config.h"
#include "egress/reserved.h"
#include "error.h"
#include "role.h"

#define PERIOD_S	5
#define LEASE_S		30
/* 200 bytes for each flow that ends before we read */
#define ROOM		(4 << 20)

/**
 * struct egress - the role
 * @reserved: flows with reservations
 * @lease_ms: of a renewal
 * @genl: to ask for flows
 * @events: flows that end
 * @timer: looks at all
 * @readable: there are events
 * @has: the module is there
 * @looked: at all flows
 * @lost: events that were not read in time
 * @count: flows by enum reserved_result
 * @base: loop
 */
struct egress {
	struct reserved *reserved;
	uint64_t lease_ms;
	struct cats_genl genl;
	struct cats_genl events;
	struct event *timer;
	struct event *readable;
	bool has;
	uint64_t looked;
	uint64_t lost;
	uint64_t count[RESERVED_KEPT + 1];
	struct event_base *base;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct egress *egress = arg;
	struct cats_egress_flow flow;

	if (nlh->nlmsg_type == egress->events.id &&
	    cats_genl_command(nlh) == CATS_CMD_FLOW_END_NTF &&
	    !cats_egress_flow_decode(nlh, &flow))
		egress->count[reserved_end(egress->reserved, &flow)]++;
	return NL_OK;
}

/* Events have no sequence numbers of ours. */
static int on_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg, (void)arg;
	return NL_OK;
}

static void disconnect(struct egress *egress)
{
	if (egress->readable)
		event_free(egress->readable);
	egress->readable = NULL;
	cats_genl_close(&egress->events);
	cats_genl_close(&egress->genl);
	memset(&egress->events, 0, sizeof(egress->events));
	memset(&egress->genl, 0, sizeof(egress->genl));
	egress->has = false;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct egress *egress = ctx;
	int err;

	(void)fd, (void)what;
	do {
		err = nl_recvmsgs(egress->events.nl.sk, egress->events.nl.cb);
		/* libnl's word for ENOBUFS */
		egress->lost += err == -NLE_NOMEM;
	} while (err >= 0 || err == -NLE_NOMEM);
	if (err != -NLE_AGAIN && err != -NLE_INTR)
		disconnect(egress);
}

static int listen_to_events(struct egress *egress)
{
	struct cats_genl *events = &egress->events;
	int room = ROOM, fd, ret;

	ret = cats_genl_open(events, CATS_GENL_NAME, false);
	if (!ret)
		ret = cats_genl_join(events, CATS_MCGRP_FLOW);
	if (ret)
		return ret;
	fd = nl_socket_get_fd(events->nl.sk);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (nl_socket_set_nonblocking(events->nl.sk))
		return -EIO;
	nl_cb_set(events->nl.cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, egress);
	nl_cb_set(events->nl.cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence,
		  NULL);
	egress->readable = event_new(egress->base, fd, EV_READ | EV_PERSIST,
				     on_readable, egress);
	return egress->readable && !event_add(egress->readable, NULL) ?
		       0 : -ENOMEM;
}

/* The module may be loaded later, and be taken away. */
static bool connect_to_module(struct egress *egress)
{
	if (egress->has)
		return true;
	egress->has = !cats_genl_open(&egress->genl, CATS_GENL_NAME, false) &&
		      !listen_to_events(egress);
	if (!egress->has)
		disconnect(egress);
	return egress->has;
}

static int see_flow(struct nlmsghdr *nlh, void *arg)
{
	struct egress *egress = arg;
	struct cats_egress_flow flow;

	if (!cats_egress_flow_decode(nlh, &flow))
		egress->count[reserved_see(egress->reserved, &flow,
					   egress->lease_ms)]++;
	return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct egress *egress = ctx;

	(void)fd, (void)what;
	if (!connect_to_module(egress) || !reserved_count(egress->reserved))
		return;
	if (cats_egress_flow_each(&egress->genl, NULL, see_flow, egress))
		disconnect(egress);
	else
		egress->looked++;
}

static uint32_t option(const uint32_t *value, uint32_t otherwise)
{
	return value ? *value : otherwise;
}

static int egress_check(const struct catsd *catsd, const void *section)
{
	const struct egress_config *config = section;
	uint32_t period = option(config->period_s, PERIOD_S);
	uint32_t lease = option(config->lease_s, LEASE_S);

	(void)catsd;
	if (period < 1 || period > 3600)
		return cats_error(EINVAL, "egress: period-s: %u is not within 1 and 3600",
				  period);
	/* one look may be late, or find the store away */
	if (lease < 2 * period || lease > 86400)
		return cats_error(EINVAL, "egress: lease-s: %u is not within %u, twice period-s, and 86400",
				  lease, 2 * period);
	return 0;
}

static void egress_stop(void *state)
{
	struct egress *egress = state;

	disconnect(egress);
	if (egress->timer)
		event_free(egress->timer);
	reserved_free(egress->reserved);
	free(egress);
}

static int egress_start(struct catsd *catsd, const void *section, void **state)
{
	const struct egress_config *config = section;
	const struct timeval period = {
		.tv_sec = option(config->period_s, PERIOD_S),
	};
	struct egress *egress = calloc(1, sizeof(*egress));

	if (!egress)
		return cats_error_kernel(ENOMEM, "egress");
	egress->base = catsd->base;
	egress->lease_ms = 1000ull * option(config->lease_s, LEASE_S);
	egress->reserved = reserved_new(catsd->store);
	egress->timer = event_new(catsd->base, -1, EV_PERSIST, on_timer,
				  egress);
	if (!egress->reserved || !egress->timer ||
	    event_add(egress->timer, &period)) {
		egress_stop(egress);
		return cats_error_kernel(ENOMEM, "egress");
	}
	on_timer(-1, 0, egress);
	*state = egress;
	return 0;
}

static json_t *egress_status(void *state)
{
	struct egress *egress = state;

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "state",
			 egress->has ? "watching" : "no-module", "reserved",
			 (json_int_t)reserved_count(egress->reserved),
			 "looked", (json_int_t)egress->looked, "renewed",
			 (json_int_t)egress->count[RESERVED_RENEWED], "ended",
			 (json_int_t)egress->count[RESERVED_ENDED], "lost",
			 (json_int_t)egress->lost);
}

static void egress_measure(void *state, struct openmetrics *om)
{
	struct egress *egress = state;

	om_gauge(om, "cats_egress_reserved", "Flows that have a reservation.",
		 NULL, reserved_count(egress->reserved));
	om_counter(om, "cats_egress_renewed",
		   "Reservations renewed because their flow is there.", NULL,
		   egress->count[RESERVED_RENEWED]);
	om_counter(om, "cats_egress_ended",
		   "Reservations ended because their flow is over.", NULL,
		   egress->count[RESERVED_ENDED]);
	om_counter(om, "cats_egress_lost_events",
		   "Times that ends of flows came faster than they were read.",
		   NULL, egress->lost);
}

const struct role role_egress = {
	.name = "egress",
	.check = egress_check,
	.start = egress_start,
	.stop = egress_stop,
	.status = egress_status,
	.measure = egress_measure,
};
