// SPDX-License-Identifier: GPL-2.0-or-later
#include "ps/config.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t functions_fields[] = {
	CYAML_FIELD_STRING_PTR("normalization", OPTIONAL, struct ps_functions,
			       normalization, 1, 32),
	CYAML_FIELD_STRING_PTR("aggregation", OPTIONAL, struct ps_functions,
			       aggregation, 1, 32),
	CYAML_FIELD_END
};

const cyaml_schema_field_t ps_fields[] = {
	CYAML_FIELD_STRING_PTR("listen", CYAML_FLAG_POINTER, struct ps_config,
			       listen, 1, 128),
	CYAML_FIELD_UINT_PTR("max-sessions", OPTIONAL, struct ps_config,
			     max_sessions),
	CYAML_FIELD_UINT_PTR("max-entries", OPTIONAL, struct ps_config,
			     max_entries),
	CYAML_FIELD_UINT_PTR("max-skew-ms", OPTIONAL, struct ps_config,
			     max_skew_ms),
	CYAML_FIELD_UINT_PTR("max-ttl-s", OPTIONAL, struct ps_config,
			     max_ttl_s),
	CYAML_FIELD_MAPPING_PTR("functions", OPTIONAL, struct ps_config,
				functions, functions_fields),
	CYAML_FIELD_END
};
