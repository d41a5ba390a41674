/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section ps: the path selector, which agents report to. */
#ifndef CATSD_PS_CONFIG_H
#define CATSD_PS_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdint.h>

/**
 * struct ps_functions - what every score is to be made with (RFC 10053 5.4)
 * @normalization: name of the function, or NULL for any
 * @aggregation: likewise
 */
struct ps_functions {
	char *normalization;
	char *aggregation;
};

/**
 * struct ps_config - the section
 * @listen: ADDRESS:PORT for agents
 * @max_sessions: agents at a time, default 256
 * @max_entries: keys agents may have put, default 100,000
 * @max_skew_ms: how far clocks may be apart, default 1000
 * @max_ttl_s: no entry lives longer, default 255
 * @functions: NULL: any
 */
struct ps_config {
	char *listen;
	uint32_t *max_sessions;
	uint32_t *max_entries;
	uint32_t *max_skew_ms;
	uint32_t *max_ttl_s;
	struct ps_functions *functions;
};

extern const cyaml_schema_field_t ps_fields[];

/** ps_option - an option's value, or what it is when not given. */
static inline uint32_t ps_option(const uint32_t *option, uint32_t otherwise)
{
	return option ? *option : otherwise;
}

#endif /* CATSD_PS_CONFIG_H */
