// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "gpu.h"
#include "host.h"
#include "nvml.h"

#define LIBRARY		"libnvidia-ml.so.1"
#define OLD_MS		5000	/* and some intervals: the driver hangs */
#define CLOSE_S		2	/* it may take to end */
#define MIB		(1024.0 * 1024)

/**
 * struct sma_gpu - the library and its thread
 * @library: handle of dlopen(3)
 * @nvml: its functions
 * @thread: that asks
 * @lock: of what follows
 * @wake: @stop was set
 * @stop: end the thread
 * @sample: last measurement
 * @time_ms: of it, CLOCK_MONOTONIC; 0: there is none
 * @interval_ms: between two
 */
struct sma_gpu {
	void *library;
	struct nvml nvml;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	struct sma_gpu_sample sample;
	uint64_t time_ms;
	uint32_t interval_ms;
};

static bool find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	/* POSIX: a pointer to a function fits where one to an object does */
	memcpy(function, &symbol, sizeof(symbol));
	return symbol;
}

static bool find_all(void *library, struct nvml *nvml)
{
	return find(library, "nvmlInit_v2", &nvml->init) &&
	       find(library, "nvmlShutdown", &nvml->shutdown) &&
	       find(library, "nvmlDeviceGetCount_v2", &nvml->count) &&
	       find(library, "nvmlDeviceGetHandleByIndex_v2", &nvml->handle) &&
	       find(library, "nvmlDeviceGetMemoryInfo", &nvml->memory) &&
	       find(library, "nvmlDeviceGetUtilizationRates",
		    &nvml->utilization);
}

/**
 * struct sums - over GPUs
 * @total: bytes
 * @used: bytes
 * @busy: %
 * @memories: GPUs that said @total
 * @rates: GPUs that said @busy
 */
struct sums {
	double total;
	double used;
	double busy;
	unsigned int memories;
	unsigned int rates;
};

static void ask_one(const struct nvml *nvml, unsigned int index,
		    struct sums *sums)
{
	struct nvml_utilization rates;
	struct nvml_memory memory;
	nvml_device device;

	if (nvml->handle(index, &device) != NVML_SUCCESS)
		return;
	if (nvml->memory(device, &memory) == NVML_SUCCESS &&
	    memory.used <= memory.total) {
		sums->total += memory.total;
		sums->used += memory.used;
		sums->memories++;
	}
	if (nvml->utilization(device, &rates) == NVML_SUCCESS &&
	    rates.gpu <= 100) {
		sums->busy += rates.gpu;
		sums->rates++;
	}
}

static struct sma_gpu_sample ask(const struct nvml *nvml)
{
	struct sma_gpu_sample sample = { NAN, NAN, NAN };
	unsigned int count = 0, i;
	struct sums sums = {};

	if (nvml->count(&count) != NVML_SUCCESS)
		return sample;
	for (i = 0; i < count; i++)
		ask_one(nvml, i, &sums);
	if (sums.memories) {
		sample.memory_mib = sums.total / MIB;
		sample.memory_used = sums.total ? sums.used / sums.total : NAN;
	}
	if (sums.rates)
		sample.utilisation = sums.busy / sums.rates / 100;
	return sample;
}

/* Waits for the next turn, with the lock held. */
static void pause_between(struct sma_gpu *gpu)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += gpu->interval_ms / 1000;
	until.tv_nsec += gpu->interval_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	while (!gpu->stop && !pthread_cond_timedwait(&gpu->wake, &gpu->lock,
						     &until))
		;
}

static void *run(void *ctx)
{
	struct sma_gpu_sample sample;
	struct sma_gpu *gpu = ctx;

	pthread_mutex_lock(&gpu->lock);
	while (!gpu->stop) {
		pthread_mutex_unlock(&gpu->lock);
		sample = ask(&gpu->nvml);
		pthread_mutex_lock(&gpu->lock);
		gpu->sample = sample;
		gpu->time_ms = clock_monotonic_ms();
		pause_between(gpu);
	}
	pthread_mutex_unlock(&gpu->lock);
	return NULL;
}

static int start(struct sma_gpu *gpu)
{
	pthread_condattr_t attr;
	int ret;

	pthread_mutex_init(&gpu->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&gpu->wake, &attr);
	pthread_condattr_destroy(&attr);
	ret = pthread_create(&gpu->thread, NULL, run, gpu);
	if (ret) {
		pthread_cond_destroy(&gpu->wake);
		pthread_mutex_destroy(&gpu->lock);
	}
	return ret;
}

struct sma_gpu *sma_gpu_open(const char *library, uint32_t interval_ms)
{
	struct sma_gpu *gpu = calloc(1, sizeof(*gpu));
	unsigned int count = 0;

	if (!gpu)
		return NULL;
	gpu->interval_ms = interval_ms;
	gpu->library = dlopen(library ? library : LIBRARY, RTLD_NOW);
	if (!gpu->library)
		goto free_gpu;
	if (!find_all(gpu->library, &gpu->nvml) ||
	    gpu->nvml.init() != NVML_SUCCESS)
		goto close_library;
	if (gpu->nvml.count(&count) != NVML_SUCCESS || !count || start(gpu))
		goto shut_down;
	return gpu;
shut_down:
	gpu->nvml.shutdown();
close_library:
	dlclose(gpu->library);
free_gpu:
	free(gpu);
	return NULL;
}

void sma_gpu_close(struct sma_gpu *gpu)
{
	struct timespec until;

	if (!gpu)
		return;
	pthread_mutex_lock(&gpu->lock);
	gpu->stop = true;
	pthread_cond_signal(&gpu->wake);
	pthread_mutex_unlock(&gpu->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CLOSE_S;
	/* A thread that hangs in the driver keeps what it uses: no free. */
	if (pthread_timedjoin_np(gpu->thread, NULL, &until))
		return;
	pthread_cond_destroy(&gpu->wake);
	pthread_mutex_destroy(&gpu->lock);
	gpu->nvml.shutdown();
	dlclose(gpu->library);
	free(gpu);
}

struct sma_gpu_sample sma_gpu_read(struct sma_gpu *gpu)
{
	struct sma_gpu_sample sample = { NAN, NAN, NAN };
	uint64_t now_ms = clock_monotonic_ms();

	if (!gpu)
		return sample;
	pthread_mutex_lock(&gpu->lock);
	if (gpu->time_ms &&
	    now_ms - gpu->time_ms <= OLD_MS + 3 * gpu->interval_ms)
		sample = gpu->sample;
	pthread_mutex_unlock(&gpu->lock);
	return sample;
}

double sma_gpu_memory(struct sma_host *host)
{
	return sma_gpu_read(host->gpu).memory_mib;
}

double sma_gpu_utilisation(struct sma_host *host)
{
	return sma_gpu_read(host->gpu).utilisation;
}

double sma_gpu_memory_utilisation(struct sma_host *host)
{
	return sma_gpu_read(host->gpu).memory_used;
}
