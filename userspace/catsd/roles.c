// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "error.h"
#include "roles.h"
#include "store_backend.h"

/* Who listens starts before who sends. */
static const struct role *const modules[] = {
	&role_loader, &role_ps, &role_nma, &role_publish, &role_sma,
	&role_platform, &role_cmas, &role_hybrid, &role_egress, &role_model,
};

#define MODULES (sizeof(modules) / sizeof(modules[0]))

_Static_assert(MODULES < ROLES_MAX, "the list has an end");

const struct store_config *roles_store(const struct catsd_config *config)
{
	static const struct store_config in_memory = { .type = "memory" };

	return config->store ? config->store : &in_memory;
}

void roles_list(struct running roles[ROLES_MAX],
		const struct catsd_config *config)
{
	size_t i;

	memset(roles, 0, ROLES_MAX * sizeof(*roles));
	for (i = 0; i < MODULES; i++) {
		roles[i].role = modules[i];
		roles[i].config = *catsd_config_section(config,
							modules[i]->name);
	}
}

int roles_check(const struct catsd *catsd, const struct catsd_config *config)
{
	bool any = config->openmetrics;
	int ret = store_config_check(roles_store(config));
	const void *section;
	size_t i;

	for (i = 0; !ret && i < MODULES; i++) {
		section = *catsd_config_section(config, modules[i]->name);
		any = any || section;
		if (section)
			ret = modules[i]->check(catsd, section);
	}
	if (ret)
		return ret;
	return any ? 0 : cats_error(EINVAL, "no role has a section, nor has openmetrics: nothing to do");
}

int roles_start(struct running roles[ROLES_MAX], struct catsd *catsd)
{
	struct running *r;
	int ret;

	for (r = roles; r->role; r++) {
		if (!r->config || r->started)
			continue;
		ret = r->role->start(catsd, r->config, &r->state);
		if (ret)
			return ret;
		r->started = true;
	}
	return 0;
}

void role_stop(struct running *role)
{
	if (role->started)
		role->role->stop(role->state);
	role->started = false;
}

void roles_stop(struct running roles[ROLES_MAX])
{
	struct running *r;

	for (r = roles + MODULES; r-- > roles;)
		role_stop(r);
}
