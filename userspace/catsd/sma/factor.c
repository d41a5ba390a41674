// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include <cats/carh.h>

#include "factor.h"

/*
 * Host values that an instance has of its own too are a factor of theirs: an
 * instance far from its limits on a machine that is exhausted is a bad choice.
 */
const struct sma_factor_type sma_factor_types[FACTORS] = {
	[FACTOR_CPU_UTILISATION] = {
		"cpu-utilisation", "1", CATEGORY_COMPUTING,
		CAI_CPU_UTILISATION, 100, 0, 1, 4 },
	[FACTOR_MEMORY_UTILISATION] = {
		"memory-utilisation", "1", CATEGORY_COMPUTING,
		CAI_MEMORY_UTILISATION, 100, 0, 1, 2 },
	[FACTOR_HOST_CPU_UTILISATION] = {
		"host-cpu-utilisation", "1", CATEGORY_COMPUTING,
		0, 0, 0, 1, 2 },
	[FACTOR_HOST_MEMORY_UTILISATION] = {
		"host-memory-utilisation", "1", CATEGORY_COMPUTING,
		0, 0, 0, 1, 1 },
	[FACTOR_STORAGE_UTILISATION] = {
		"storage-utilisation", "1", CATEGORY_COMPUTING,
		CAI_STORAGE_UTILISATION, 100, 0, 1, 0.5 },
	[FACTOR_GPU_UTILISATION] = {
		"gpu-utilisation", "1", CATEGORY_COMPUTING,
		CAI_GPU_UTILISATION, 100, 0, 1, 2 },
	[FACTOR_GPU_MEMORY_UTILISATION] = {
		"gpu-memory-utilisation", "1", CATEGORY_COMPUTING,
		0, 0, 0, 1, 1 },
	[FACTOR_CPU_FREQUENCY] = {
		"cpu-frequency", "MHz", CATEGORY_COMPUTING,
		CAI_CPU_FREQUENCY, 1, 0, 0, 0 },
	[FACTOR_CPU_CORES] = {
		"cpu-cores", "cores", CATEGORY_COMPUTING,
		CAI_CPU_CORES, 1, 0, 0, 0 },
	[FACTOR_MEMORY_FREQUENCY] = {
		"memory-frequency", "MB/s", CATEGORY_COMPUTING,
		CAI_MEMORY_FREQUENCY, 1, 0, 0, 0 },
	[FACTOR_GPU_MEMORY] = {
		"gpu-memory", "MiB", CATEGORY_COMPUTING,
		CAI_GPU_MEMORY, 1, 0, 0, 0 },
	[FACTOR_RESPONSE_TIME] = {
		"response-time", "us", CATEGORY_SERVICE,
		0, 0, 0, 1e6, 4 },
	[FACTOR_HANDSHAKE_LATENCY] = {
		"handshake-latency", "us", CATEGORY_SERVICE,
		0, 0, 0, 5e5, 2 },
	[FACTOR_FLOW_UTILISATION] = {
		"flow-utilisation", "1", CATEGORY_SERVICE,
		0, 0, 0, 1, 2 },
	[FACTOR_FLOWS] = {
		"flows", "flows", CATEGORY_SERVICE,
		0, 0, 0, 0, 0 },
	[FACTOR_FLOW_RATE] = {
		"flow-rate", "flows/s", CATEGORY_SERVICE,
		0, 0, 0, 0, 0 },
};

int sma_factor_find(const char *name)
{
	int i;

	for (i = 0; i < FACTORS; i++)
		if (!strcmp(sma_factor_types[i].name, name))
			return i;
	return -1;
}

bool sma_factor_of_host(enum sma_factor factor)
{
	return sma_factor_types[factor].category != CATEGORY_SERVICE &&
	       factor != FACTOR_HOST_CPU_UTILISATION &&
	       factor != FACTOR_HOST_MEMORY_UTILISATION;
}

const char *sma_category_name(enum sma_category category)
{
	return category == CATEGORY_SERVICE ? "service" : "computing";
}

void sma_factors_unknown(double values[FACTORS])
{
	int i;

	for (i = 0; i < FACTORS; i++)
		values[i] = NAN;
}
