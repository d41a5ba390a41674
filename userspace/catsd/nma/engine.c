// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "engine.h"
#include "error.h"
#include "routes.h"

#define SECOND		1000000000ull
#define READ_EVERY	(SECOND / 10)
#define PRIORITY	10
#define PRIORITY_NONE	100

void nma_engine_lock(struct nma_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
}

void nma_engine_unlock(struct nma_engine *engine)
{
	pthread_mutex_unlock(&engine->lock);
}

static void set_timer(struct nma_engine *engine, uint64_t next)
{
	uint64_t tick = engine->ticked + SECOND;
	uint64_t soon = nma_now() + READ_EVERY;
	struct itimerspec when = {};

	if (!next || next > tick)
		next = tick;
	/* the kernel has stamped the answers, and their time is not short */
	if (engine->sender.count && next > soon)
		next = soon;
	when.it_value.tv_sec = next / SECOND;
	when.it_value.tv_nsec = next % SECOND;
	timerfd_settime(engine->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void tick(struct nma_engine *engine)
{
	struct timespec cpu;
	uint64_t now = nma_now();

	if (now - engine->ticked < SECOND)
		return;
	engine->ticked = now;
	engine->sender.error = nma_clock_error();
	if (engine->reflects)
		nma_reflector_tick(&engine->reflector);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	engine->cpu = cpu.tv_sec * SECOND + cpu.tv_nsec;
}

static void *run(void *arg)
{
	struct nma_engine *engine = arg;
	struct epoll_event events[8];
	uint64_t next, fires;
	bool stop = false;
	int n, i;

	while (!stop) {
		n = epoll_wait(engine->epoll, events, 8, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.fd == engine->stop)
				stop = true;
			if (events[i].data.fd == engine->timer &&
			    read(engine->timer, &fires, sizeof(fires)) < 0)
				continue;
		}
		nma_engine_lock(engine);
		if (engine->reflects)
			nma_reflector_receive(&engine->reflector);
		nma_sender_receive(&engine->sender);
		next = nma_sender_send(&engine->sender);
		tick(engine);
		set_timer(engine, next);
		nma_engine_unlock(engine);
	}
	return NULL;
}

static int add(struct nma_engine *engine, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 ||
	       epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_loop(struct nma_engine *engine)
{
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	engine->timer = timerfd_create(CLOCK_MONOTONIC,
				       TFD_NONBLOCK | TFD_CLOEXEC);
	engine->stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (engine->epoll < 0 || add(engine, engine->timer) ||
	    add(engine, engine->stop) ||
	    (engine->sender.prompt && add(engine, engine->sender.udp)) ||
	    (engine->reflects && add(engine, engine->reflector.udp)))
		return cats_error_kernel(errno, "nma");
	set_timer(engine, 1);
	return 0;
}

/*
 * What waits for the processor measures the processor: the thread goes before
 * ordinary ones, if it may.
 */
static int start_thread(struct nma_engine *engine)
{
	uint32_t priority = nma_or(engine->config->priority, PRIORITY);
	struct sched_param param = { .sched_priority = priority };
	int ret;

	ret = pthread_create(&engine->thread, NULL, run, engine);
	if (ret)
		return cats_error_kernel(ret, "nma thread");
	engine->running = true;
	pthread_setname_np(engine->thread, "catsd-nma");
	engine->realtime = priority < PRIORITY_NONE &&
			   !pthread_setschedparam(engine->thread, SCHED_FIFO,
						  &param);
	if (engine->realtime && engine->sender.count)
		nma_pulse_start(&engine->sender.pulse, priority + 1);
	if (engine->watch)
		nma_pulse_show(&engine->sender.pulse,
			       nma_watch_pulse(engine->watch));
	return 0;
}

static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

int nma_engine_start(struct nma_engine *engine,
		     const struct nma_config *config)
{
	int ret;

	memset(engine, 0, sizeof(*engine));
	engine->config = config;
	engine->epoll = engine->timer = engine->stop = -1;
	init_lock(&engine->lock);
	ret = nma_sender_open(&engine->sender, config);
	init_lock(&engine->sender.pulse.lock);
	if (!ret && config->reflector) {
		ret = nma_reflector_open(&engine->reflector,
					 config->reflector);
		engine->reflects = !ret;
	}
	if (!ret)
		ret = open_loop(engine);
	if (!ret) {
		nma_engine_refresh(engine);
		ret = start_thread(engine);
	}
	if (ret)
		nma_engine_stop(engine);
	return ret;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void nma_engine_stop(struct nma_engine *engine)
{
	static const uint64_t one = 1;

	if (engine->running && write(engine->stop, &one, sizeof(one)) > 0)
		pthread_join(engine->thread, NULL);
	engine->running = false;
	nma_pulse_stop(&engine->sender.pulse);
	nma_routes_end(engine);
	close_fd(engine->stop);
	close_fd(engine->timer);
	close_fd(engine->epoll);
	if (engine->reflects)
		nma_reflector_close(&engine->reflector);
	nma_sender_close(&engine->sender);
	pthread_mutex_destroy(&engine->lock);
}
