// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "error.h"
#include "loader/grace.h"

static void *wait_in_turn(void *ctx)
{
	struct grace *grace = ctx;
	eventfd_t value;

	while (!eventfd_read(grace->asked, &value) &&
	       !__atomic_load_n(&grace->stopping, __ATOMIC_ACQUIRE)) {
		/* if it fails the main thread waits itself, as without us */
		if (!cats_rcu_wait(&grace->rcu))
			eventfd_write(grace->done, 1);
	}
	return NULL;
}

static void on_done(evutil_socket_t fd, short what, void *ctx)
{
	struct grace *grace = ctx;
	eventfd_t value;

	(void)fd, (void)what;
	if (eventfd_read(grace->done, &value))
		return;
	grace->waiting = false;
	grace->passed(grace->ctx);
}

/* Signals are for the main thread. */
static int start_thread(struct grace *grace)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&grace->thread, NULL, wait_in_turn, grace);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return cats_error_kernel(err, "thread of the loader");
	grace->running = true;
	return 0;
}

int grace_open(struct grace *grace, struct event_base *base)
{
	int ret;

	grace->asked = eventfd(0, EFD_CLOEXEC);
	grace->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = cats_rcu_open(&grace->rcu);
	if (ret)
		return ret;
	if (grace->asked < 0 || grace->done < 0)
		return cats_error_kernel(errno, "eventfd");
	grace->event = event_new(base, grace->done, EV_READ | EV_PERSIST,
				 on_done, grace);
	if (!grace->event || event_add(grace->event, NULL))
		return cats_error_kernel(ENOMEM, "loader");
	return start_thread(grace);
}

void grace_close(struct grace *grace)
{
	if (grace->running) {
		__atomic_store_n(&grace->stopping, true, __ATOMIC_RELEASE);
		eventfd_write(grace->asked, 1);
		pthread_join(grace->thread, NULL);
	}
	if (grace->event)
		event_free(grace->event);
	if (grace->asked >= 0)
		close(grace->asked);
	if (grace->done >= 0)
		close(grace->done);
	cats_rcu_close(&grace->rcu);
}

bool grace_want(struct grace *grace)
{
	if (grace->waiting || !grace->running)
		return false;
	grace->waiting = !eventfd_write(grace->asked, 1);
	return grace->waiting;
}
