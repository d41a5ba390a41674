/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGHUP: the file is read again.  One that is wrong, anywhere, changes nothing.
 * Of one that is right the roles whose sections differ are ended and started with
 * the new ones, and if one cannot be started, all of them with the old ones.
 */
#ifndef CATSD_RELOAD_H
#define CATSD_RELOAD_H

#include "roles.h"

/**
 * struct reload - what it is about, and what became of it
 * @catsd: daemon
 * @config: file in force
 * @role: of it
 * @path: file
 * @done: reloads, whether or not something had changed
 * @refused: reloads that changed nothing, for something was wrong
 * @problem: with the last one; "" if it was done
 */
struct reload {
	struct catsd *catsd;
	struct catsd_config *config;
	struct running *role;
	const char *path;
	uint64_t done;
	uint64_t refused;
	char problem[512];
};

/**
 * reload_file - do it; outside the event loop, which it runs
 *
 * Return: 0, also if nothing was changed; a negative errno with a message: not
 * even the old sections could be started again, so that the daemon has to end.
 */
int reload_file(struct reload *reload);

#endif /* CATSD_RELOAD_H */
