/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cats monitor: events of cats.ko. */
#ifndef CATS_MONITOR_EGRESS_H
#define CATS_MONITOR_EGRESS_H

#include <poll.h>

#include "genl.h"

#define EGRESS_FDS	2

/**
 * struct egress_watch - what is watched, and how
 * @sid: SIDs that are added, changed or deleted
 * @instance: instances, the same
 * @flow: flows that start or end
 * @metric: metrics that cross a level
 * @optional: where there is no cats.ko there is nothing to watch
 * @discard: events are lost already, those that wait are not told
 * @cats: family of the first three
 * @metrics: family of the last
 */
struct egress_watch {
	bool sid;
	bool instance;
	bool flow;
	bool metric;
	bool optional;
	bool discard;
	struct cats_genl cats;
	struct cats_genl metrics;
};

/**
 * egress_watch_open - get the events from now on
 * @w: says what is wanted
 *
 * A module is loaded only for what is asked for by name.
 *
 * Return: 0 or a negative errno with a message.
 */
int egress_watch_open(struct egress_watch *w);

/** egress_watch_fds - what to poll: EGRESS_FDS entries. */
void egress_watch_fds(const struct egress_watch *w, struct pollfd *pfd);

/** egress_watch_read - print the events of those entries that have any. */
int egress_watch_read(struct egress_watch *w, const struct pollfd *pfd);

/** egress_watch_close - one of all 0 is fine. */
void egress_watch_close(struct egress_watch *w);

#endif /* CATS_MONITOR_EGRESS_H */
