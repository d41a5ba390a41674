// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "api/config.h"
#include "error.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

#define CONNECTIONS	512
#define PER_ADDRESS	128
#define REQUESTS_PER_S	1000
#define IDLE_S		60
#define REQUEST_S	10

const cyaml_schema_field_t api_limits_fields[] = {
	CYAML_FIELD_UINT_PTR("connections", OPTIONAL, struct api_limits,
			     connections),
	CYAML_FIELD_UINT_PTR("connections-per-address", OPTIONAL,
			     struct api_limits, connections_per_address),
	CYAML_FIELD_UINT_PTR("requests-per-s", OPTIONAL, struct api_limits,
			     requests_per_s),
	CYAML_FIELD_UINT_PTR("idle-s", OPTIONAL, struct api_limits, idle_s),
	CYAML_FIELD_UINT_PTR("request-s", OPTIONAL, struct api_limits,
			     request_s),
	CYAML_FIELD_END
};

int api_limits_check(const char *section, const struct api_limits *limits)
{
	const struct {
		const char *key;
		const uint32_t *value;
		uint32_t max;
	} keys[] = {
		{ "connections", limits ? limits->connections : NULL, 65536 },
		{ "connections-per-address",
		  limits ? limits->connections_per_address : NULL, 65536 },
		{ "requests-per-s", limits ? limits->requests_per_s : NULL,
		  1000000 },
		{ "idle-s", limits ? limits->idle_s : NULL, 3600 },
		{ "request-s", limits ? limits->request_s : NULL, 3600 },
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].value && (*keys[i].value < 1 ||
				      *keys[i].value > keys[i].max))
			return cats_error(EINVAL, "%s: limits: %s: %u is not within 1 and %u",
					  section, keys[i].key,
					  *keys[i].value, keys[i].max);
	return 0;
}

static uint32_t option(const uint32_t *value, uint32_t otherwise)
{
	return value ? *value : otherwise;
}

struct api_bounds api_limits_bounds(const struct api_limits *limits, bool local)
{
	static const struct api_limits none;
	struct api_bounds bounds;

	if (!limits)
		limits = &none;
	bounds.connections = option(limits->connections, CONNECTIONS);
	bounds.connections_per_address =
		option(limits->connections_per_address,
		       local ? 0 : PER_ADDRESS);
	bounds.requests_per_s = option(limits->requests_per_s,
				       local ? 0 : REQUESTS_PER_S);
	bounds.idle_s = option(limits->idle_s, IDLE_S);
	bounds.request_s = option(limits->request_s, REQUEST_S);
	return bounds;
}
