// SPDX-License-Identifier: GPL-2.0-or-later
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pulse.h"
#include "session.h"

/** struct start - what a thread is told */
struct start {
	struct nma_pulse *pulse;
	uint32_t at;
};

static struct start starts[NMA_CPUS];

static void *run(void *arg)
{
	const struct start *start = arg;
	struct nma_pulse *pulse = start->pulse;
	uint64_t asked;

	while (read(pulse->ask[start->at], &asked, sizeof(asked)) > 0) {
		if (__atomic_load_n(&pulse->stop, __ATOMIC_ACQUIRE))
			return NULL;
		if (__atomic_sub_fetch(&pulse->left, 1, __ATOMIC_ACQ_REL))
			continue;
		pthread_mutex_lock(&pulse->lock);
		if (pulse->shared)
			__atomic_store_n(&pulse->shared->complete, nma_now(),
					 __ATOMIC_RELEASE);
		pthread_mutex_unlock(&pulse->lock);
	}
	return NULL;
}

/* Return: is there one more thread, on that processor and before all others? */
static bool start_one(struct nma_pulse *pulse, int cpu, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	uint32_t at = pulse->count;
	pthread_attr_t attr;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	starts[at] = (struct start){ pulse, at };
	pulse->ask[at] = eventfd(0, EFD_CLOEXEC);
	if (pulse->ask[at] < 0)
		return false;
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	ret = pthread_create(&pulse->thread[at], &attr, run, &starts[at]);
	pthread_attr_destroy(&attr);
	if (ret) {
		close(pulse->ask[at]);
		return false;
	}
	pulse->count++;
	return true;
}

void nma_pulse_start(struct nma_pulse *pulse, int priority)
{
	cpu_set_t set;
	int cpu;

	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		if (pulse->count == NMA_CPUS ||
		    !start_one(pulse, cpu, priority)) {
			nma_pulse_stop(pulse);
			return;
		}
	}
}

void nma_pulse_stop(struct nma_pulse *pulse)
{
	static const uint64_t one = 1;

	__atomic_store_n(&pulse->stop, true, __ATOMIC_RELEASE);
	while (pulse->count) {
		pulse->count--;
		if (write(pulse->ask[pulse->count], &one, sizeof(one)) > 0)
			pthread_join(pulse->thread[pulse->count], NULL);
		close(pulse->ask[pulse->count]);
	}
}

void nma_pulse_show(struct nma_pulse *pulse, struct stamp_pulse *shared)
{
	pthread_mutex_lock(&pulse->lock);
	pulse->shared = shared;
	pthread_mutex_unlock(&pulse->lock);
	if (shared)
		shared->used = pulse->count != 0;
}

void nma_pulse_ask(struct nma_pulse *pulse, uint64_t now)
{
	static const uint64_t one = 1;
	uint32_t i;

	if (!pulse->shared || !pulse->count ||
	    __atomic_load_n(&pulse->left, __ATOMIC_ACQUIRE))
		return;
	__atomic_store_n(&pulse->left, pulse->count, __ATOMIC_RELEASE);
	__atomic_store_n(&pulse->shared->asked, now, __ATOMIC_RELEASE);
	for (i = 0; i < pulse->count; i++)
		if (write(pulse->ask[i], &one, sizeof(one)) < 0)
			return;
}
