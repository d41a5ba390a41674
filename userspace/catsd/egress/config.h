/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section egress: what the egress sees of reserved flows. */
#ifndef CATSD_EGRESS_CONFIG_H
#define CATSD_EGRESS_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdint.h>

/**
 * struct egress_config - the section
 * @period_s: how often flows are looked at, default 5
 * @lease_s: how long a reservation lives from then on, default 30
 */
struct egress_config {
	uint32_t *period_s;
	uint32_t *lease_s;
};

extern const cyaml_schema_field_t egress_fields[];

#endif /* CATSD_EGRESS_CONFIG_H */
