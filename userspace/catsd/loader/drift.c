// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "error.h"
#include "loader/drift.h"

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct drift *drift = ctx;
	char buf[4096];

	(void)what;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	drift->written(drift->ctx);
}

int drift_watch(struct drift *drift, const char *lock)
{
	drift_close(drift);
	drift->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (drift->fd < 0 ||
	    inotify_add_watch(drift->fd, lock, IN_CLOSE_WRITE) < 0)
		return cats_error_kernel(errno, "inotify");
	drift->event = event_new(drift->base, drift->fd, EV_READ | EV_PERSIST,
				 on_readable, drift);
	if (!drift->event || event_add(drift->event, NULL))
		return cats_error_kernel(ENOMEM, "loader");
	return 0;
}

void drift_close(struct drift *drift)
{
	if (drift->event)
		event_free(drift->event);
	if (drift->fd >= 0)
		close(drift->fd);
	drift->event = NULL;
	drift->fd = -1;
}
