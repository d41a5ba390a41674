/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section hybrid: this C-PS places the flows of routes in mode control. */
#ifndef CATSD_HYBRID_CONFIG_H
#define CATSD_HYBRID_CONFIG_H

#include <cyaml/cyaml.h>

#define HYBRID_PRIORITY		9	/* below that of the C-NMA */
#define HYBRID_PRIORITY_NONE	100
#define HYBRID_MAX_AGE_MS	1000

/**
 * struct hybrid_config - the section; 0 means the default
 * @priority: SCHED_FIFO priority of the thread, 9; 100: none
 * @max_age_ms: a first packet that has waited longer is dropped, 1000
 */
struct hybrid_config {
	uint32_t priority;
	uint32_t max_age_ms;
};

extern const cyaml_schema_field_t hybrid_fields[];

#endif /* CATSD_HYBRID_CONFIG_H */
