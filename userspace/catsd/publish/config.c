// SPDX-License-Identifier: GPL-2.0-or-later
#include "publish/config.h"

#define TO_MAX	16

static const cyaml_schema_field_t to_fields[] = {
	CYAML_FIELD_STRING_PTR("address", CYAML_FLAG_POINTER, struct publish_to,
			       address, 1, 128),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct publish_to,
			       name, 1, 253),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t to_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct publish_to, to_fields),
};

const cyaml_schema_field_t publish_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("to", CYAML_FLAG_POINTER,
				   struct publish_config, to, to_count,
				   &to_schema, 1, TO_MAX),
	CYAML_FIELD_END
};
