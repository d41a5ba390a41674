// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "host.h"

/* As df(1) has it: of what there is for users. */
static double utilisation(const char *path)
{
	struct statvfs fs;
	double used;

	if (statvfs(path, &fs) || !fs.f_blocks || fs.f_bfree > fs.f_blocks)
		return NAN;
	used = fs.f_blocks - fs.f_bfree;
	return used + fs.f_bavail > 0 ? used / (used + fs.f_bavail) : NAN;
}

/* The fullest one: it is where writing fails first. */
double sma_storage_utilisation(struct sma_host *host)
{
	char path[PATH_MAX];
	double most = NAN;
	uint32_t i;

	for (i = 0; i < host->storage_count; i++) {
		if (snprintf(path, sizeof(path), "%s%s", host->root,
			     host->storage[i]) >= (int)sizeof(path))
			continue;
		/* a number is more than NAN to fmax(3) */
		most = fmax(most, utilisation(path));
	}
	return most;
}
