// SPDX-License-Identifier: GPL-2.0-or-later
/* Sources of the machine; one more is one more line. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "gpu.h"
#include "host.h"

static const struct sma_source sources[] = {
	{ FACTOR_CPU_UTILISATION, 1, sma_cpu_utilisation },
	{ FACTOR_CPU_FREQUENCY, 10, sma_cpu_frequency },
	{ FACTOR_CPU_CORES, 60, sma_cpu_cores },
	{ FACTOR_MEMORY_UTILISATION, 1, sma_memory_utilisation },
	{ FACTOR_MEMORY_FREQUENCY, 600, sma_memory_frequency },
	{ FACTOR_STORAGE_UTILISATION, 5, sma_storage_utilisation },
	{ FACTOR_GPU_MEMORY, 1, sma_gpu_memory },
	{ FACTOR_GPU_UTILISATION, 1, sma_gpu_utilisation },
	{ FACTOR_GPU_MEMORY_UTILISATION, 1, sma_gpu_memory_utilisation },
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static char *slash[] = { (char *)"/" };

static int open_below(const char *root, const char *path)
{
	char whole[PATH_MAX];

	if (snprintf(whole, sizeof(whole), "%s%s", root, path) >=
	    (int)sizeof(whole))
		return -1;
	return open(whole, O_RDONLY | O_CLOEXEC);
}

int sma_host_open(struct sma_host *host, const struct sma_config *config)
{
	memset(host, 0, sizeof(*host));
	host->root = strdup(config->root ? config->root : "");
	if (!host->root)
		return cats_error(ENOMEM, "out of memory");
	host->storage = config->storage_count ? config->storage : slash;
	host->storage_count = config->storage_count ? config->storage_count : 1;
	host->stat_fd = open_below(host->root, "/proc/stat");
	host->meminfo_fd = open_below(host->root, "/proc/meminfo");
	host->gpu = sma_gpu_open(config->nvml, config->sample_ms);
	sma_factors_unknown(host->values);
	return 0;
}

void sma_host_close(struct sma_host *host)
{
	if (!host->root)
		return;
	sma_gpu_close(host->gpu);
	if (host->meminfo_fd >= 0)
		close(host->meminfo_fd);
	if (host->stat_fd >= 0)
		close(host->stat_fd);
	free(host->root);
	host->root = NULL;
}

void sma_host_sample(struct sma_host *host)
{
	const struct sma_source *source;
	size_t i;

	for (i = 0; i < SOURCES; i++) {
		source = &sources[i];
		if (host->samples % source->every == 0)
			host->values[source->factor] = source->sample(host);
	}
	host->samples++;
}
