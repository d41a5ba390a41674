// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "error.h"
#include "root.h"

#define MOUNT		"/sys/fs/cgroup"
#define RETRY		5	/* samples */
#define NO_LIMIT	UINT64_MAX
#define LIMITS_EVERY	10	/* samples: nobody changes them every second */

int sma_cgroup_open(struct sma_cgroup *cgroup, const char *root,
		    const char *mount, const char *name)
{
	memset(cgroup, 0, sizeof(*cgroup));
	cgroup->cpu_stat = -1;
	cgroup->memory_current = -1;
	if (!name)
		return 0;
	if (asprintf(&cgroup->path, "%s%s/%s", root, mount ? mount : MOUNT,
		     name) < 0) {
		cgroup->path = NULL;
		return cats_error(ENOMEM, "out of memory");
	}
	return 0;
}

static void close_files(struct sma_cgroup *cgroup)
{
	if (cgroup->memory_current >= 0)
		close(cgroup->memory_current);
	if (cgroup->cpu_stat >= 0)
		close(cgroup->cpu_stat);
	cgroup->cpu_stat = -1;
	cgroup->memory_current = -1;
	cgroup->time_us = 0;
}

void sma_cgroup_close(struct sma_cgroup *cgroup)
{
	if (!cgroup->path)
		return;
	close_files(cgroup);
	free(cgroup->path);
	cgroup->path = NULL;
}

static int open_file(const struct sma_cgroup *cgroup, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", cgroup->path, name) >=
	    (int)sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A service that is not running has no group, one that restarts a new one. */
static bool is_open(struct sma_cgroup *cgroup)
{
	if (cgroup->cpu_stat >= 0 || cgroup->memory_current >= 0)
		return true;
	if (cgroup->retry) {
		cgroup->retry--;
		return false;
	}
	cgroup->cpu_stat = open_file(cgroup, "cpu.stat");
	cgroup->memory_current = open_file(cgroup, "memory.current");
	cgroup->limits_in = 0;
	cgroup->retry = RETRY;
	return cgroup->cpu_stat >= 0 || cgroup->memory_current >= 0;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/* cpu.max: "max PERIOD" or "QUOTA PERIOD" (cgroup-v2.rst, CPU) */
static double read_cpus(const struct sma_cgroup *cgroup)
{
	unsigned long long quota, period;
	char buf[64];

	if (sma_root_read(cgroup->path, buf, sizeof(buf), "/cpu.max") <= 0 ||
	    sscanf(buf, "%llu %llu", &quota, &period) != 2 || !quota || !period)
		return 0;
	return (double)quota / period;
}

/* memory.max: "max" or bytes, of which 0 is a number too */
static uint64_t read_memory_max(const struct sma_cgroup *cgroup)
{
	char buf[64], *end;
	uint64_t max;

	if (sma_root_read(cgroup->path, buf, sizeof(buf), "/memory.max") <= 0)
		return NO_LIMIT;
	max = strtoull(buf, &end, 10);
	return end == buf ? NO_LIMIT : max;
}

static void read_limits(struct sma_cgroup *cgroup)
{
	if (cgroup->limits_in) {
		cgroup->limits_in--;
		return;
	}
	cgroup->limits_in = LIMITS_EVERY - 1;
	cgroup->cpus = read_cpus(cgroup);
	cgroup->memory_max = read_memory_max(cgroup);
}

static double sample_cpu(struct sma_cgroup *cgroup, const struct sma_host *host)
{
	uint64_t usage, time = now_us(), usage_before = cgroup->usage_us;
	uint64_t time_before = cgroup->time_us;
	double cpus = cgroup->cpus;
	char buf[1024];

	cgroup->time_us = 0;
	if (cgroup->cpu_stat < 0 ||
	    sma_pread(cgroup->cpu_stat, buf, sizeof(buf)) <= 0 ||
	    !sma_field(buf, "usage_usec ", &usage))
		return NAN;
	cgroup->usage_us = usage;
	cgroup->time_us = time;
	/* a limit of more than there is, is none */
	if (host->cpus && (cpus <= 0 || cpus > host->cpus))
		cpus = host->cpus;
	if (!time_before || time <= time_before || usage < usage_before ||
	    cpus <= 0)
		return NAN;
	return fmin(1, (usage - usage_before) / (cpus * (time - time_before)));
}

static double sample_memory(const struct sma_cgroup *cgroup,
			    const struct sma_host *host)
{
	uint64_t current, max = cgroup->memory_max;
	char buf[64], *end;

	if (cgroup->memory_current < 0 ||
	    sma_pread(cgroup->memory_current, buf, sizeof(buf)) <= 0)
		return NAN;
	current = strtoull(buf, &end, 10);
	if (end == buf)
		return NAN;
	if (host->memory_total && max > host->memory_total)
		max = host->memory_total;
	if (max == NO_LIMIT)
		return NAN;
	return max > current ? (double)current / max : 1;
}

void sma_cgroup_sample(struct sma_cgroup *cgroup, const struct sma_host *host,
		       double *cpu, double *memory)
{
	*cpu = NAN;
	*memory = NAN;
	if (!cgroup->path || !is_open(cgroup))
		return;
	read_limits(cgroup);
	*cpu = sample_cpu(cgroup, host);
	*memory = sample_memory(cgroup, host);
	/* The group was removed: ENODEV of what is open. */
	if (!cgroup->time_us && isnan(*memory))
		close_files(cgroup);
}
