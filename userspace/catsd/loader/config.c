// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "error.h"
#include "loader/config.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

const cyaml_schema_field_t loader_fields[] = {
	CYAML_FIELD_STRING_PTR("ingress", OPTIONAL, struct loader_config,
			       ingress, 1, 63),
	CYAML_FIELD_UINT_PTR("drain-ms", OPTIONAL, struct loader_config,
			     drain_ms),
	CYAML_FIELD_UINT_PTR("follow-ms", OPTIONAL, struct loader_config,
			     follow_ms),
	CYAML_FIELD_END
};

static int check_range(const char *key, const uint32_t *value, uint32_t min,
		       uint32_t max)
{
	if (!value || (*value >= min && *value <= max))
		return 0;
	return cats_error(EINVAL, "loader: %s: %u is not within %u and %u",
			  key, *value, min, max);
}

int loader_config_check(const struct loader_config *config)
{
	int ret = check_range("drain-ms", config->drain_ms, 100, 3600000);

	return ret ? ret : check_range("follow-ms", config->follow_ms, 1,
				       10000);
}
