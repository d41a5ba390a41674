// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/config.h"
#include "platform/config.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

const cyaml_schema_field_t platform_fields[] = {
	CYAML_FIELD_STRING_PTR("listen", OPTIONAL, struct platform_config,
			       listen, 1, 128),
	CYAML_FIELD_STRING_PTR("tokens", OPTIONAL, struct platform_config,
			       tokens, 1, 4096),
	CYAML_FIELD_BOOL("tls", CYAML_FLAG_OPTIONAL, struct platform_config,
			 tls),
	CYAML_FIELD_UINT_PTR("max-services", OPTIONAL, struct platform_config,
			     max_services),
	API_LIMITS(platform_config),
	CYAML_FIELD_END
};
