/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of NVML's binary interface as is used (NVML API reference).  The
 * library comes with NVIDIA's driver and is looked for at run time.
 */
#ifndef SMA_NVML_H
#define SMA_NVML_H

#define NVML_SUCCESS	0

typedef void *nvml_device;

/** struct nvml_memory - nvmlMemory_t: bytes */
struct nvml_memory {
	unsigned long long total;
	unsigned long long free;
	unsigned long long used;
};

/** struct nvml_utilization - nvmlUtilization_t: % of the last sample period */
struct nvml_utilization {
	unsigned int gpu;
	unsigned int memory;
};

/** struct nvml - the functions, by their names without "nvml" */
struct nvml {
	int (*init)(void);
	int (*shutdown)(void);
	int (*count)(unsigned int *count);
	int (*handle)(unsigned int index, nvml_device *device);
	int (*memory)(nvml_device device, struct nvml_memory *memory);
	int (*utilization)(nvml_device device,
			   struct nvml_utilization *utilization);
};

#endif /* SMA_NVML_H */
