/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVIDIA GPUs, through NVML if the library is there when the role starts. */
#ifndef SMA_GPU_H
#define SMA_GPU_H

#include <stdint.h>

struct sma_gpu;

/**
 * sma_gpu_open - find the library and begin to measure
 * @library: file name for dlopen(3), NULL: libnvidia-ml.so.1
 * @interval_ms: between measurements
 *
 * A driver may take its time, or never answer: it is asked in a thread.
 *
 * Return: NULL if there is no library, or no GPU it can speak of.
 */
struct sma_gpu *sma_gpu_open(const char *library, uint32_t interval_ms);

/** sma_gpu_close - NULL is fine. */
void sma_gpu_close(struct sma_gpu *gpu);

/** struct sma_gpu_sample - of all GPUs together; NAN: unknown */
struct sma_gpu_sample {
	double memory_mib;
	double memory_used;	/* share of it, 0..1 */
	double utilisation;	/* mean, 0..1 */
};

/** sma_gpu_read - the last measurement; unknown once it is too old. */
struct sma_gpu_sample sma_gpu_read(struct sma_gpu *gpu);

#endif /* SMA_GPU_H */
