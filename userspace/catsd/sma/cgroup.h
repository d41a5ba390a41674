/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an instance uses of what it may: cgroup v2, kept open. */
#ifndef SMA_CGROUP_H
#define SMA_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "host.h"

/**
 * struct sma_cgroup - one control group
 * @path: of its directory; NULL: none
 * @cpu_stat: cpu.stat
 * @memory_current: memory.current
 * @retry: samples until it is looked for again, while it is not there
 * @limits_in: samples until the limits are read again
 * @usage_us: CPU time so far
 * @time_us: of @usage_us, CLOCK_MONOTONIC; 0: there is none
 * @cpus: it may use; 0: all of the host
 * @memory_max: bytes it may use; UINT64_MAX: all of the host
 */
struct sma_cgroup {
	char *path;
	int cpu_stat;
	int memory_current;
	uint16_t retry;
	uint16_t limits_in;
	uint64_t usage_us;
	uint64_t time_us;
	double cpus;
	uint64_t memory_max;
};

/**
 * sma_cgroup_open - remember a control group; it need not exist yet
 * @cgroup: result
 * @root: root of the tree
 * @mount: where cgroup v2 is mounted, below @root; NULL: /sys/fs/cgroup
 * @name: below @mount; NULL: none
 *
 * Return: 0 or -ENOMEM with a message.
 */
int sma_cgroup_open(struct sma_cgroup *cgroup, const char *root,
		    const char *mount, const char *name);
/** sma_cgroup_close - one that was never opened, all 0, is fine too. */
void sma_cgroup_close(struct sma_cgroup *cgroup);

/**
 * sma_cgroup_sample - measure
 * @cgroup: control group
 * @host: whose CPUs and memory are the limit where there is none
 * @cpu: share of the CPU time it may use, NAN
 * @memory: share of the memory it may use, NAN
 */
void sma_cgroup_sample(struct sma_cgroup *cgroup, const struct sma_host *host,
		       double *cpu, double *memory);

#endif /* SMA_CGROUP_H */
