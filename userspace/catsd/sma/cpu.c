// SPDX-License-Identifier: GPL-2.0-or-later
/* CPU utilisation, frequency and physical cores. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "root.h"

#define CPUS_DIR	"/sys/devices/system/cpu"

/* Columns of /proc/stat, proc_stat(5); guest time is in user time already. */
enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, COLUMNS };

static bool read_ticks(const char *text, uint64_t *busy, uint64_t *total)
{
	unsigned long long t[COLUMNS] = {};
	int i;

	if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu",
		   &t[USER], &t[NICE], &t[SYSTEM], &t[IDLE], &t[IOWAIT],
		   &t[IRQ], &t[SOFTIRQ], &t[STEAL]) < IDLE + 1)
		return false;
	*total = 0;
	for (i = 0; i < COLUMNS; i++)
		*total += t[i];
	/* time stolen by other guests is not there to be had: busy */
	*busy = *total - t[IDLE] - t[IOWAIT];
	return true;
}

/* The lines "cpuN" follow the first one: as many as there are CPUs. */
static uint32_t count_cpus(const char *text)
{
	uint32_t n = 0;

	while ((text = strstr(text, "\ncpu"))) {
		text += 4;
		n += isdigit((unsigned char)*text) != 0;
	}
	return n;
}

double sma_cpu_utilisation(struct sma_host *host)
{
	uint64_t busy, total, busy_before = host->busy;
	uint64_t total_before = host->total;
	bool has = host->has_busy;
	char buf[16384];

	host->has_busy = false;
	if (sma_pread(host->stat_fd, buf, sizeof(buf)) <= 0 ||
	    !read_ticks(buf, &busy, &total))
		return NAN;
	if (host->samples % 60 == 0)
		host->cpus = count_cpus(buf);
	host->busy = busy;
	host->total = total;
	host->has_busy = true;
	/* idle and iowait may go back a little, proc_stat(5) */
	if (!has || total <= total_before || busy < busy_before)
		return NAN;
	return fmin(1, (double)(busy - busy_before) / (total - total_before));
}

/* for cpu0, cpu1, ...; those that are offline lack files */
static void each_cpu(const char *root, void (*fn)(const char *root,
						  unsigned int cpu, void *ctx),
		     void *ctx)
{
	char path[PATH_MAX], *end;
	struct dirent *entry;
	unsigned long cpu;
	DIR *dir;

	snprintf(path, sizeof(path), "%s" CPUS_DIR, root);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "cpu", 3) ||
		    !isdigit((unsigned char)entry->d_name[3]))
			continue;
		cpu = strtoul(entry->d_name + 3, &end, 10);
		if (!*end && cpu < UINT_MAX)
			fn(root, cpu, ctx);
	}
	closedir(dir);
}

/* struct mean - of what CPUs say */
struct mean {
	double sum;
	unsigned int count;
};

static void add_frequency(const char *root, unsigned int cpu, void *ctx)
{
	struct mean *mean = ctx;
	char path[96];
	double khz;

	snprintf(path, sizeof(path), CPUS_DIR "/cpu%u/cpufreq/scaling_cur_freq",
		 cpu);
	khz = sma_root_number(root, path);
	if (!(khz > 0))
		return;
	mean->sum += khz / 1000;
	mean->count++;
}

/* Machines without a driver for it, virtual ones above all: what x86 says. */
static void add_cpuinfo(const char *root, struct mean *mean)
{
	char path[PATH_MAX], line[512], *colon;
	double mhz;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "cpu MHz", 7))
			continue;
		colon = strchr(line, ':');
		mhz = colon ? strtod(colon + 1, NULL) : 0;
		if (!(mhz > 0 && isfinite(mhz)))
			continue;
		mean->sum += mhz;
		mean->count++;
	}
	fclose(file);
}

double sma_cpu_frequency(struct sma_host *host)
{
	struct mean mean = {};

	each_cpu(host->root, add_frequency, &mean);
	if (!mean.count)
		add_cpuinfo(host->root, &mean);
	return mean.count ? mean.sum / mean.count : NAN;
}

/* Of the CPUs that share a core, the first one counts. */
static void add_core(const char *root, unsigned int cpu, void *ctx)
{
	unsigned int *cores = ctx;
	char buf[64], *end;

	/* thread_siblings_list is what Linux before 5.1 calls it */
	if (sma_root_read(root, buf, sizeof(buf),
			  CPUS_DIR "/cpu%u/topology/core_cpus_list",
			  cpu) <= 0 &&
	    sma_root_read(root, buf, sizeof(buf),
			  CPUS_DIR "/cpu%u/topology/thread_siblings_list",
			  cpu) <= 0)
		return;
	if (strtoul(buf, &end, 10) == cpu && end != buf)
		(*cores)++;
}

double sma_cpu_cores(struct sma_host *host)
{
	unsigned int cores = 0;

	each_cpu(host->root, add_core, &cores);
	return cores ? cores : NAN;
}
