// SPDX-License-Identifier: GPL-2.0-or-later
#include "egress/config.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

const cyaml_schema_field_t egress_fields[] = {
	CYAML_FIELD_UINT_PTR("period-s", OPTIONAL, struct egress_config,
			     period_s),
	CYAML_FIELD_UINT_PTR("lease-s", OPTIONAL, struct egress_config,
			     lease_s),
	CYAML_FIELD_END
};
