/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other writers of the tables: every one of them closes the lock file. */
#ifndef CATSD_LOADER_DRIFT_H
#define CATSD_LOADER_DRIFT_H

#include <event2/event.h>
#include <stdint.h>

/**
 * struct drift - the listener
 * @base: event loop
 * @written: called when a writer is done, ourselves included
 * @ctx: for it
 * @fd: of inotify
 * @event: it is readable
 */
struct drift {
	struct event_base *base;
	void (*written)(void *ctx);
	void *ctx;
	int fd;
	struct event *event;
};

/**
 * drift_watch - listen at this lock file, and no other
 *
 * Return: 0 or a negative errno with a message.
 */
int drift_watch(struct drift *drift, const char *lock);
/** drift_close - in any state. */
void drift_close(struct drift *drift);

#endif /* CATSD_LOADER_DRIFT_H */
