/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of an HTTP server: mapping "limits" of the sections platform and cmas. */
#ifndef CATSD_API_CONFIG_H
#define CATSD_API_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct api_limits - the mapping; what is NULL is the default
 * @connections: at a time, default 512
 * @connections_per_address: of one client, default 128
 * @requests_per_s: of one client, default 1000
 * @idle_s: a connection without a request is closed, default 60
 * @request_s: a request has to be whole so long after its first octet,
 *	default 10
 *
 * By default there is no limit for one client where only this host can connect.
 */
struct api_limits {
	uint32_t *connections;
	uint32_t *connections_per_address;
	uint32_t *requests_per_s;
	uint32_t *idle_s;
	uint32_t *request_s;
};

/**
 * struct api_bounds - the same, whole; 0: no limit
 */
struct api_bounds {
	uint32_t connections;
	uint32_t connections_per_address;
	uint32_t requests_per_s;
	uint32_t idle_s;
	uint32_t request_s;
};

extern const cyaml_schema_field_t api_limits_fields[];

/** API_LIMITS - field "limits" of the section that is struct @type */
#define API_LIMITS(type)						\
	CYAML_FIELD_MAPPING_PTR("limits",				\
				CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, \
				struct type, limits, api_limits_fields)

/** api_limits_check - 0 or -EINVAL with a message that names the key */
int api_limits_check(const char *section, const struct api_limits *limits);

/** api_limits_bounds - @limits may be NULL; @local: only this host connects */
struct api_bounds api_limits_bounds(const struct api_limits *limits,
				    bool local);

#endif /* CATSD_API_CONFIG_H */
