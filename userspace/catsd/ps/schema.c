// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of section ps. */
#include "ps/config.h"

#define PTR	CYAML_FLAG_POINTER
#define OPT	(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t functions_fields[] = {
	CYAML_FIELD_STRING_PTR("normalization", OPT, struct ps_functions,
			       normalization, 1, 32),
	CYAML_FIELD_STRING_PTR("aggregation", OPT, struct ps_functions,
			       aggregation, 1, 32),
	CYAML_FIELD_END
};

#define SLA(key, member)						\
	CYAML_FIELD_FLOAT_PTR(key, OPT, struct ps_sla_config, member)

static const cyaml_schema_field_t sla_fields[] = {
	SLA("delay-us", delay_us),
	SLA("variation-us", variation_us),
	SLA("loss", loss),
	SLA("level2", level2),
	SLA("load", load),
	SLA("cost", cost),
	SLA("age-ms", age_ms),
	CYAML_FIELD_END
};

#define TUNING(key, member)						\
	CYAML_FIELD_FLOAT_PTR(key, OPT, struct ps_tuning_config, member)
#define TUNING_WHOLE(key, member)					\
	CYAML_FIELD_UINT_PTR(key, OPT, struct ps_tuning_config, member)

static const cyaml_schema_field_t tuning_fields[] = {
	TUNING("gain", gain),
	TUNING("speed", speed),
	TUNING("settle-ms", settle_ms),
	TUNING("tilt", tilt),
	TUNING("tilt-ms", tilt_ms),
	TUNING("step", step),
	TUNING("worth", worth),
	TUNING("hysteresis", hysteresis),
	TUNING_WHOLE("burst", burst),
	TUNING_WHOLE("spacing-ms", spacing_ms),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t address = {
	CYAML_VALUE_STRING(PTR, char, 1, 63),
};

#define SERVICE_TEXT(key, member)					\
	CYAML_FIELD_STRING_PTR(key, OPT, struct ps_service_config, member, 1,	\
			       31)
#define SERVICE_NUMBER(key, member)					\
	CYAML_FIELD_UINT_PTR(key, OPT, struct ps_service_config, member)

static const cyaml_schema_field_t service_fields[] = {
	CYAML_FIELD_SEQUENCE("csid", PTR, struct ps_service_config, csid,
			     &address, 1, CYAML_UNLIMITED),
	SERVICE_NUMBER("vrf", vrf),
	SERVICE_TEXT("policy", policy),
	CYAML_FIELD_MAPPING_PTR("sla", OPT, struct ps_service_config, sla,
				sla_fields),
	SERVICE_NUMBER("next-hops", next_hops),
	SERVICE_NUMBER("resolution", resolution),
	SERVICE_NUMBER("gas", gas),
	SERVICE_NUMBER("wanted-cost", wanted_cost),
	SERVICE_TEXT("affinity", affinity),
	SERVICE_NUMBER("timeout", timeout),
	SERVICE_TEXT("table", table),
	SERVICE_NUMBER("size", size),
	SERVICE_TEXT("mode", mode),
	CYAML_FIELD_MAPPING_PTR("tuning", OPT, struct ps_service_config, tuning,
				tuning_fields),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t service = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct ps_service_config,
			    service_fields),
};

static const cyaml_schema_field_t policy_fields[] = {
	CYAML_FIELD_STRING_PTR("policy", PTR, struct ps_policy_config, policy,
			       1, 63),
	CYAML_FIELD_STRING_PTR("endpoint", PTR, struct ps_policy_config,
			       endpoint, 1, 63),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t policy = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct ps_policy_config,
			    policy_fields),
};

#define TEXT(key, member, max)						\
	CYAML_FIELD_STRING_PTR(key, OPT, struct ps_config, member, 1, max)
#define NUMBER(key, member)						\
	CYAML_FIELD_UINT_PTR(key, OPT, struct ps_config, member)
#define LIST(key, member, entry)					\
	CYAML_FIELD_SEQUENCE(key, OPT, struct ps_config, member, entry,		\
			     1, CYAML_UNLIMITED)

const cyaml_schema_field_t ps_fields[] = {
	TEXT("listen", listen, 128),
	NUMBER("max-sessions", max_sessions),
	NUMBER("max-entries", max_entries),
	NUMBER("max-skew-ms", max_skew_ms),
	NUMBER("max-ttl-s", max_ttl_s),
	CYAML_FIELD_MAPPING_PTR("functions", OPT, struct ps_config, functions,
				functions_fields),
	TEXT("name", name, 63),
	NUMBER("lease-ms", lease_ms),
	NUMBER("hold-ms", hold_ms),
	TEXT("placement", placement, 15),
	LIST("ingresses", ingresses, &address),
	LIST("policies", policies, &policy),
	LIST("services", services, &service),
	CYAML_FIELD_END
};
