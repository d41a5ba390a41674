// SPDX-License-Identifier: GPL-2.0-or-later
/* Types of CAI; one more is one more line, and one in Documentation/carh.md. */
#include "carh.h"

#define PERCENT_MAX	10000	/* of 0.01 % */
#define SCORE_MAX	1000

/* How long it says something: load, what is scaled with it, the hardware. */
#define AGE_LOAD	30
#define AGE_CLOCK	60
#define AGE_HARDWARE	4095

static const struct carh_type types[] = {
	{ CAI_CPU_UTILISATION, "cpu-utilisation", "%", 0.01, PERCENT_MAX,
	  CARH_SCOPE_INSTANCE, AGE_LOAD },
	{ CAI_CPU_FREQUENCY, "cpu-frequency", "MHz", 1, CAI_MAX,
	  CARH_SCOPE_HOST, AGE_CLOCK },
	{ CAI_CPU_CORES, "cpu-cores", "cores", 1, CAI_MAX,
	  CARH_SCOPE_HOST, AGE_HARDWARE },
	{ CAI_MEMORY_UTILISATION, "memory-utilisation", "%", 0.01, PERCENT_MAX,
	  CARH_SCOPE_INSTANCE, AGE_LOAD },
	{ CAI_MEMORY_FREQUENCY, "memory-frequency", "MB/s", 1, CAI_MAX,
	  CARH_SCOPE_HOST, AGE_HARDWARE },
	{ CAI_STORAGE_UTILISATION, "storage-utilisation", "%", 0.01,
	  PERCENT_MAX, CARH_SCOPE_HOST, AGE_CLOCK },
	{ CAI_GPU_MEMORY, "gpu-memory", "MiB", 1, CAI_MAX,
	  CARH_SCOPE_HOST, AGE_HARDWARE },
	{ CAI_GPU_UTILISATION, "gpu-utilisation", "%", 0.01, PERCENT_MAX,
	  CARH_SCOPE_HOST, AGE_LOAD },
	{ CAI_CPS, "cps", "score", 1, SCORE_MAX,
	  CARH_SCOPE_INSTANCE, AGE_LOAD },
	{ CAI_NQI, "nqi", "score", 1, SCORE_MAX,
	  CARH_SCOPE_SITE, AGE_LOAD },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

const struct carh_type *carh_type_at(unsigned int index)
{
	return index < TYPES ? &types[index] : NULL;
}

const struct carh_type *carh_type(uint8_t type)
{
	unsigned int i;

	for (i = 0; i < TYPES; i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}
