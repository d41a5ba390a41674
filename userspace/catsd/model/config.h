/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section model: the service model this site sends to a C-PS. */
#ifndef CATSD_MODEL_CONFIG_H
#define CATSD_MODEL_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdint.h>

/**
 * struct model_to - a C-PS
 * @address: ADDRESS:PORT of its section cmas
 * @name: DNS name or address that its certificate has; NULL: no TLS, loopback
 */
struct model_to {
	char *address;
	char *name;
};

/**
 * struct model_config - the section
 * @file: JSON with the rows; read again when it has changed
 * @to: C-PS; the next is tried when one does not answer
 * @to_count: how many
 * @token: file with our token, or NULL
 * @alive_s: something is said at least so often, default 60
 */
struct model_config {
	char *file;
	struct model_to *to;
	unsigned int to_count;
	char *token;
	uint32_t *alive_s;
};

extern const cyaml_schema_field_t model_fields[];

#endif /* CATSD_MODEL_CONFIG_H */
