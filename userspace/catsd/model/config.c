// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/config.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TO_MAX	16

static const cyaml_schema_field_t to_fields[] = {
	CYAML_FIELD_STRING_PTR("address", CYAML_FLAG_POINTER, struct model_to,
			       address, 1, 128),
	CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct model_to, name, 1,
			       253),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t to_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct model_to, to_fields),
};

const cyaml_schema_field_t model_fields[] = {
	CYAML_FIELD_STRING_PTR("file", CYAML_FLAG_POINTER, struct model_config,
			       file, 1, 4096),
	CYAML_FIELD_SEQUENCE("to", CYAML_FLAG_POINTER, struct model_config, to,
			     &to_schema, 1, TO_MAX),
	CYAML_FIELD_STRING_PTR("token", OPTIONAL, struct model_config, token,
			       1, 4096),
	CYAML_FIELD_UINT_PTR("alive-s", OPTIONAL, struct model_config,
			     alive_s),
	CYAML_FIELD_END
};
