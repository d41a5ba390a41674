// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of section sma. */
#include <cyaml/cyaml.h>

#include "config.h"

#define PTR		CYAML_FLAG_POINTER
#define OPT		CYAML_FLAG_OPTIONAL
#define PATH_LONG	4095

static const cyaml_schema_value_t text = {
	CYAML_VALUE_STRING(PTR, char, 1, PATH_LONG),
};

static const cyaml_schema_value_t number = {
	CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double),
};

#define BOUND(key, member)						\
	CYAML_FIELD_FLOAT_PTR(key, PTR | OPT, struct sma_factor_config, member)

static const cyaml_schema_field_t factor_fields[] = {
	CYAML_FIELD_STRING_PTR("factor", PTR, struct sma_factor_config, factor,
			       1, 63),
	CYAML_FIELD_FLOAT("weight", CYAML_FLAG_DEFAULT,
			  struct sma_factor_config, weight),
	BOUND("weight-min", weight_min),
	BOUND("weight-max", weight_max),
	BOUND("best", best),
	BOUND("worst", worst),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t factor = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sma_factor_config,
			    factor_fields),
};

static const cyaml_schema_field_t levels_fields[] = {
	CYAML_FIELD_STRING_PTR("value", PTR, struct sma_levels_config, value, 1,
			       63),
	CYAML_FIELD_SEQUENCE("levels", PTR, struct sma_levels_config, levels,
			     &number, 1, CYAML_UNLIMITED),
	CYAML_FIELD_FLOAT_PTR("hysteresis", PTR | OPT, struct sma_levels_config,
			      hysteresis),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t levels = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sma_levels_config,
			    levels_fields),
};

#define HEALTH_TEXT(key, flags, max)					\
	CYAML_FIELD_STRING_PTR(#key, PTR | (flags),			\
			       struct sma_health_config, key, 1, max)
#define HEALTH_NUMBER(key, flags, member)				\
	CYAML_FIELD_UINT(key, flags, struct sma_health_config, member)

static const cyaml_schema_field_t health_fields[] = {
	HEALTH_TEXT(type, CYAML_FLAG_DEFAULT, 15),
	HEALTH_TEXT(address, OPT, 63),
	HEALTH_NUMBER("port", CYAML_FLAG_DEFAULT, port),
	HEALTH_TEXT(path, OPT, 1023),
	HEALTH_TEXT(host, OPT, 255),
	HEALTH_NUMBER("interval-ms", OPT, interval_ms),
	HEALTH_NUMBER("timeout-ms", OPT, timeout_ms),
	HEALTH_NUMBER("status", OPT, status),
	HEALTH_NUMBER("fall", OPT, fall),
	HEALTH_NUMBER("rise", OPT, rise),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t instance_fields[] = {
	CYAML_FIELD_STRING_PTR("instance", PTR, struct sma_instance_config,
			       instance, 1, 63),
	CYAML_FIELD_STRING_PTR("cgroup", PTR | OPT, struct sma_instance_config,
			       cgroup, 1, PATH_LONG),
	CYAML_FIELD_MAPPING_PTR("health", PTR | OPT, struct sma_instance_config,
				health, health_fields),
	CYAML_FIELD_STRING_PTR("sid", PTR | OPT, struct sma_instance_config,
			       sid, 1, 63),
	CYAML_FIELD_STRING_PTR("endpoint", PTR | OPT,
			       struct sma_instance_config, endpoint, 1, 63),
	CYAML_FIELD_UINT_PTR("capacity", PTR | OPT, struct sma_instance_config,
			     capacity),
	CYAML_FIELD_FLOAT_PTR("cost", PTR | OPT, struct sma_instance_config,
			      cost),
	CYAML_FIELD_UINT_PTR("computing-us", PTR | OPT,
			     struct sma_instance_config, computing_us),
	CYAML_FIELD_STRING_PTR("state", PTR | OPT, struct sma_instance_config,
			       state, 1, 15),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t instance = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sma_instance_config,
			    instance_fields),
};

static const cyaml_schema_field_t service_fields[] = {
	CYAML_FIELD_STRING_PTR("name", PTR, struct sma_service_config, name, 1,
			       63),
	CYAML_FIELD_SEQUENCE("csid", PTR, struct sma_service_config, csid,
			     &text, 1, 64),
	CYAML_FIELD_UINT("vrf", OPT, struct sma_service_config, vrf),
	CYAML_FIELD_SEQUENCE("factors", PTR | OPT, struct sma_service_config,
			     factors, &factor, 1, CYAML_UNLIMITED),
	CYAML_FIELD_BOOL("adapt", OPT, struct sma_service_config, adapt),
	CYAML_FIELD_MAPPING_PTR("health", PTR | OPT, struct sma_service_config,
				health, health_fields),
	CYAML_FIELD_SEQUENCE("instances", PTR, struct sma_service_config,
			     instances, &instance, 1, CYAML_UNLIMITED),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t service = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sma_service_config,
			    service_fields),
};

#define TEXT(key, member, max)						\
	CYAML_FIELD_STRING_PTR(key, PTR | OPT, struct sma_config, member, 1,	\
			       max)
#define NUMBER(key, member)						\
	CYAML_FIELD_UINT(key, OPT, struct sma_config, member)
#define LIST(key, member, entry)					\
	CYAML_FIELD_SEQUENCE(key, PTR | OPT, struct sma_config, member, entry, \
			     1, CYAML_UNLIMITED)

const cyaml_schema_field_t sma_fields[] = {
	TEXT("root", root, PATH_LONG),
	TEXT("cgroup-root", cgroup_root, PATH_LONG),
	TEXT("nvml", nvml, PATH_LONG),
	NUMBER("sample-ms", sample_ms),
	NUMBER("interval-ms", interval_ms),
	NUMBER("window-ms", window_ms),
	NUMBER("ttl-s", ttl_s),
	NUMBER("burst", burst),
	NUMBER("spacing-ms", spacing_ms),
	TEXT("normalization", normalization, 63),
	CYAML_FIELD_FLOAT_PTR("steepness", PTR | OPT, struct sma_config,
			      steepness),
	TEXT("aggregation", aggregation, 63),
	TEXT("endpoint", endpoint, 63),
	LIST("storage", storage, &text),
	LIST("levels", levels, &levels),
	LIST("factors", factors, &factor),
	LIST("nqi", nqi, &factor),
	LIST("services", services, &service),
	CYAML_FIELD_END
};
