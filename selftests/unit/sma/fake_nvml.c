// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As much of NVIDIA's library as role sma calls.  FAKE_NVML says how it is:
 * "2" GPUs, "0" of them, "no-driver", "error" from every question about a GPU,
 * "hang".
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sma/nvml.h"

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned int *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvml_device *device);
int nvmlDeviceGetMemoryInfo(nvml_device device, struct nvml_memory *memory);
int nvmlDeviceGetUtilizationRates(nvml_device device,
				  struct nvml_utilization *utilization);

#define NOT_SUPPORTED		3
#define DRIVER_NOT_LOADED	9
#define GIB			(1ULL << 30)

static int is(const char *how)
{
	const char *said = getenv("FAKE_NVML");

	return said && !strcmp(said, how);
}

int nvmlInit_v2(void)
{
	return is("no-driver") ? DRIVER_NOT_LOADED : NVML_SUCCESS;
}

int nvmlShutdown(void)
{
	return NVML_SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
	*count = is("0") ? 0 : 2;
	return NVML_SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvml_device *device)
{
	while (is("hang"))
		usleep(10000);
	*device = (nvml_device)(unsigned long)(index + 1);
	return NVML_SUCCESS;
}

int nvmlDeviceGetMemoryInfo(nvml_device device, struct nvml_memory *memory)
{
	unsigned long number = (unsigned long)device;

	memory->total = 40 * GIB;
	memory->used = number * 10 * GIB;
	memory->free = memory->total - memory->used;
	return is("error") ? NOT_SUPPORTED : NVML_SUCCESS;
}

int nvmlDeviceGetUtilizationRates(nvml_device device,
				  struct nvml_utilization *utilization)
{
	utilization->gpu = (unsigned long)device == 1 ? 90 : 30;
	utilization->memory = 0;
	return is("error") ? NOT_SUPPORTED : NVML_SUCCESS;
}
