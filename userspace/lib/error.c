// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "error.h"

static _Thread_local char message[512];

int cats_error(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	return -err;
}

const char *cats_error_message(void)
{
	return message;
}

int cats_error_kernel(int err, const char *what)
{
	struct utsname uts = {};

	if (err == EPERM || err == EACCES)
		return cats_error(err, "%s: needs CAP_NET_ADMIN, CAP_BPF and CAP_SYS_ADMIN, as root has",
				  what);
	if (err == ENOSYS || err == EOPNOTSUPP || err == ENOPROTOOPT) {
		uname(&uts);
		return cats_error(err, "%s: not in this kernel (%s); cats needs Linux 6.1 or later with CONFIG_BPF_SYSCALL",
				  what, uts.release);
	}
	/* -EINVAL is for what the user got wrong */
	return cats_error(err == EINVAL ? EIO : err, "%s: %s", what,
			  strerror(err));
}

void cats_warn(const char *fmt, ...)
{
	va_list ap;

	/* behind what was printed before it */
	fflush(stdout);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
