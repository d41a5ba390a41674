/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layer-2 headers of the paths are a copy of what the host's routes and
 * neighbours say: rtnetlink tells when that changes.
 */
#ifndef CATSD_LOADER_FOLLOW_H
#define CATSD_LOADER_FOLLOW_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"

/**
 * struct follow - the listener
 * @nl: socket
 * @event: it is readable
 * @timer: runs after the last change of many
 * @delay_ms: that much later
 * @changed: called then
 * @ctx: for it
 * @neighbours: what is known of them: their states change all the time, their
 *	addresses do not
 * @events: that concerned us
 * @overruns: the kernel had more to say than the socket has room for
 */
struct follow {
	struct cats_netlink nl;
	struct event *event;
	struct event *timer;
	uint32_t delay_ms;
	void (*changed)(void *ctx);
	void *ctx;
	void *neighbours;
	uint64_t events;
	uint64_t overruns;
};

/**
 * follow_open - listen
 * @follow: all 0 but @delay_ms, @changed and @ctx
 *
 * Return: 0 or a negative errno with a message.
 */
int follow_open(struct follow *follow, struct event_base *base);
/** follow_close - in any state. */
void follow_close(struct follow *follow);

#endif /* CATSD_LOADER_FOLLOW_H */
