/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread of the C-NMA: sends, reads, answers.  It reads answers before it
 * sends, so that what it has missed itself is not taken for missed probes.
 */
#ifndef CATSD_NMA_ENGINE_H
#define CATSD_NMA_ENGINE_H

#include <pthread.h>

#include "reflector.h"
#include "sender.h"

/**
 * struct nma_engine - all there is
 * @config: section of the file
 * @sender: session-sender; under @lock while the thread runs
 * @reflector: session-reflector; likewise
 * @reflects: there is one
 * @f: forwarder of this network namespace; main thread only
 * @has_f: it is open
 * @generation: of its tables when the routes were last looked up
 * @watch: timers; NULL: nothing is marked
 * @lock: between the threads; the one that waits lends its priority
 * @thread: the thread
 * @running: it was started
 * @realtime: it has the priority asked for
 * @epoll: what it waits for
 * @timer: when a probe is due
 * @stop: told to end
 * @ticked: CLOCK_MONOTONIC, ns, of what is done once a second
 * @cpu: CPU time of the thread, ns
 */
struct nma_engine {
	const struct nma_config *config;
	struct nma_sender sender;
	struct nma_reflector reflector;
	bool reflects;
	struct cats_forwarder f;
	bool has_f;
	uint64_t generation;
	struct nma_watch *watch;
	pthread_mutex_t lock;
	pthread_t thread;
	bool running;
	bool realtime;
	int epoll;
	int timer;
	int stop;
	uint64_t ticked;
	uint64_t cpu;
};

/** nma_engine_start - open all and start the thread; 0 or -errno, message. */
int nma_engine_start(struct nma_engine *engine,
		     const struct nma_config *config);

/** nma_engine_stop - end; timers go on until they see that nobody probes. */
void nma_engine_stop(struct nma_engine *engine);

/** nma_engine_refresh - main thread: follow changes of the SR policies. */
void nma_engine_refresh(struct nma_engine *engine);

/** nma_engine_lock - sessions stand still until nma_engine_unlock(). */
void nma_engine_lock(struct nma_engine *engine);
void nma_engine_unlock(struct nma_engine *engine);

#endif /* CATSD_NMA_ENGINE_H */
