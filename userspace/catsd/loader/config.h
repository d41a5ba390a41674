/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section loader: decisions become routes of this host. */
#ifndef CATSD_LOADER_CONFIG_H
#define CATSD_LOADER_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdint.h>

/**
 * struct loader_config - the section
 * @ingress: decisions for this one go before those for all; NULL: the site
 * @drain_ms: how often it is looked whether drained next hops have flows; NULL:
 *	5000
 * @follow_ms: changes of routes and neighbours are followed so much later, all
 *	at once; NULL: 10
 */
struct loader_config {
	char *ingress;
	uint32_t *drain_ms;
	uint32_t *follow_ms;
};

extern const cyaml_schema_field_t loader_fields[];

/** loader_config_check - 0; -EINVAL with a message that names the key. */
int loader_config_check(const struct loader_config *config);

/** loader_or - an option's value, or what it is when not given. */
static inline uint32_t loader_or(const uint32_t *option, uint32_t otherwise)
{
	return option ? *option : otherwise;
}

#endif /* CATSD_LOADER_CONFIG_H */
