/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The roles of this daemon: those that have a section in the file. */
#ifndef CATSD_ROLES_H
#define CATSD_ROLES_H

#include <stdbool.h>

#include "config.h"
#include "role.h"

/**
 * struct running - a role and its section
 * @role: the module; NULL ends the list
 * @config: its section; NULL: not run
 * @state: its own
 * @started: it runs
 */
struct running {
	const struct role *role;
	const void *config;
	void *state;
	bool started;
};

/** roles_list - modules, in the order they start in, none of them started */
void roles_list(struct running roles[ROLES_MAX],
		const struct catsd_config *config);

/** roles_check - is the whole file right?  0 or -EINVAL with a message */
int roles_check(const struct catsd *catsd, const struct catsd_config *config);

/** roles_start - those with a section that do not run; at the first error, end */
int roles_start(struct running roles[ROLES_MAX], struct catsd *catsd);

/** role_stop - if it runs */
void role_stop(struct running *role);

/** roles_stop - all, the last first */
void roles_stop(struct running roles[ROLES_MAX]);

/** roles_store - section store, or what it is without one */
const struct store_config *roles_store(const struct catsd_config *config);

#endif /* CATSD_ROLES_H */
