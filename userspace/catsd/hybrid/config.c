// SPDX-License-Identifier: GPL-2.0-or-later
#include "hybrid/config.h"

const cyaml_schema_field_t hybrid_fields[] = {
	CYAML_FIELD_UINT("priority", CYAML_FLAG_OPTIONAL, struct hybrid_config,
			 priority),
	CYAML_FIELD_UINT("max-age-ms", CYAML_FLAG_OPTIONAL,
			 struct hybrid_config, max_age_ms),
	CYAML_FIELD_END
};
