/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured of the machine. */
#ifndef SMA_HOST_H
#define SMA_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "factor.h"

struct sma_gpu;

/**
 * struct sma_host - the machine
 * @root: of its files
 * @storage: directories of the file systems that count
 * @storage_count: how many
 * @stat_fd: /proc/stat, kept open
 * @meminfo_fd: /proc/meminfo, kept open
 * @busy: CPU time so far, ticks
 * @total: of all time so far, ticks
 * @has_busy: there was a sample
 * @memory_total: bytes, 0: unknown
 * @cpus: online, 0: unknown
 * @gpu: NVIDIA GPUs, NULL: none
 * @samples: so far
 * @values: last sample
 */
struct sma_host {
	char *root;
	char **storage;
	uint32_t storage_count;
	int stat_fd;
	int meminfo_fd;
	uint64_t busy;
	uint64_t total;
	bool has_busy;
	uint64_t memory_total;
	uint32_t cpus;
	struct sma_gpu *gpu;
	uint64_t samples;
	double values[FACTORS];
};

/**
 * struct sma_source - where a value comes from
 * @factor: what it is
 * @every: sampled only every so many samples: what hardly changes, or costs
 * @sample: the value, NAN if it is unknown: never a guess, never 0
 */
struct sma_source {
	enum sma_factor factor;
	unsigned int every;
	double (*sample)(struct sma_host *host);
};

/** sma_host_open - 0 or -ENOMEM; whatever cannot be opened is unknown. */
int sma_host_open(struct sma_host *host, const struct sma_config *config);
/** sma_host_close - one that was never opened, all 0, is fine too. */
void sma_host_close(struct sma_host *host);
/** sma_host_sample - measure; result in @host->values. */
void sma_host_sample(struct sma_host *host);

/* cpu.c */
double sma_cpu_utilisation(struct sma_host *host);
double sma_cpu_frequency(struct sma_host *host);
double sma_cpu_cores(struct sma_host *host);
/* memory.c */
double sma_memory_utilisation(struct sma_host *host);
double sma_memory_frequency(struct sma_host *host);
/* storage.c */
double sma_storage_utilisation(struct sma_host *host);
/* gpu.c */
double sma_gpu_memory(struct sma_host *host);
double sma_gpu_utilisation(struct sma_host *host);
double sma_gpu_memory_utilisation(struct sma_host *host);

#endif /* SMA_HOST_H */
