/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before half of an entry is written again, no packet may read it any more.
 * Waiting for that takes milliseconds, so a thread does it when a change is in
 * force, and the next change need not.
 */
#ifndef CATSD_LOADER_GRACE_H
#define CATSD_LOADER_GRACE_H

#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "rcu.h"

/**
 * struct grace - the thread
 * @rcu: what it waits with
 * @passed: called in the main thread, when all that was in force when
 *	grace_want() was called is all that packets see
 * @ctx: for it
 * @thread: itself
 * @running: it is
 * @stopping: it shall end
 * @waiting: it works
 * @asked: eventfd that wakes it
 * @done: eventfd it answers with
 * @event: @done is readable
 */
struct grace {
	struct cats_rcu rcu;
	void (*passed)(void *ctx);
	void *ctx;
	pthread_t thread;
	bool running;
	bool stopping;
	bool waiting;
	int asked;
	int done;
	struct event *event;
};

/**
 * grace_open - start the thread
 * @grace: all 0 but @passed and @ctx
 *
 * Return: 0 or a negative errno with a message.
 */
int grace_open(struct grace *grace, struct event_base *base);
/** grace_close - in any state after grace_open(). */
void grace_close(struct grace *grace);

/** grace_want - begin to wait; false if it does already, for what was before */
bool grace_want(struct grace *grace);

#endif /* CATSD_LOADER_GRACE_H */
