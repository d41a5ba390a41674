/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pulse of this host: a thread on each processor that says, when asked, that
 * its processor runs.
 */
#ifndef CATSD_NMA_PULSE_H
#define CATSD_NMA_PULSE_H

#include <pthread.h>

#include "stamp.h"

#define NMA_CPUS	256

/**
 * struct nma_pulse - the threads
 * @thread: one per processor
 * @ask: eventfd of each
 * @count: of them
 * @left: that have not answered yet
 * @stop: they are to end
 * @lock: of @shared, against its going away
 * @shared: what the timers see; NULL: nobody looks
 */
struct nma_pulse {
	pthread_t thread[NMA_CPUS];
	int ask[NMA_CPUS];
	uint32_t count;
	uint32_t left;
	bool stop;
	pthread_mutex_t lock;
	struct stamp_pulse *shared;
};

/** nma_pulse_start - threads of this priority; without one there is no pulse */
void nma_pulse_start(struct nma_pulse *pulse, int priority);

/** nma_pulse_stop - end them. */
void nma_pulse_stop(struct nma_pulse *pulse);

/** nma_pulse_show - to these timers, or NULL. */
void nma_pulse_show(struct nma_pulse *pulse, struct stamp_pulse *shared);

/** nma_pulse_ask - unless they are still to answer the last time. */
void nma_pulse_ask(struct nma_pulse *pulse, uint64_t now);

#endif /* CATSD_NMA_PULSE_H */
