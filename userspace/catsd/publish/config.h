/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section publish: which C-PS are told what this host measures. */
#ifndef CATSD_PUBLISH_CONFIG_H
#define CATSD_PUBLISH_CONFIG_H

#include <cyaml/cyaml.h>

/**
 * struct publish_to - a C-PS
 * @address: ADDRESS:PORT
 * @name: that its certificate has
 */
struct publish_to {
	char *address;
	char *name;
};

/**
 * struct publish_config - the section
 * @to: C-PS
 * @to_count: how many
 */
struct publish_config {
	struct publish_to *to;
	unsigned int to_count;
};

extern const cyaml_schema_field_t publish_fields[];

#endif /* CATSD_PUBLISH_CONFIG_H */
