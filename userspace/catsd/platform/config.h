/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section platform: the public service platform. */
#ifndef CATSD_PLATFORM_CONFIG_H
#define CATSD_PLATFORM_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

struct api_limits;

/**
 * struct platform_config - the section
 * @listen: ADDRESS:PORT, default 127.0.0.1:9850
 * @tokens: file of those who may write
 * @tls: speak it; needed but on loopback
 * @limits: of its connections
 * @max_services: in the catalogue, default 10,000
 */
struct platform_config {
	char *listen;
	char *tokens;
	bool tls;
	struct api_limits *limits;
	uint32_t *max_services;
};

extern const cyaml_schema_field_t platform_fields[];

#endif /* CATSD_PLATFORM_CONFIG_H */
