// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters that each CPU keeps for itself, added up by who reads them.
 */
#include <linux/overflow.h>
#include <linux/slab.h>

#include "counts.h"

/** cats_counts_alloc() - @n counters for each CPU, or NULL; free_percpu() them */
struct cats_counts __percpu *cats_counts_alloc(unsigned int n)
{
	struct cats_counts __percpu *counts;
	size_t size = struct_size((struct cats_counts *)NULL, count, n);
	int cpu;

	counts = __alloc_percpu(size, __alignof__(struct cats_counts));
	if (!counts)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(counts, cpu)->syncp);
	return counts;
}

/** cats_counts_sum() - what all CPUs counted of each of @n counters */
void cats_counts_sum(const struct cats_counts __percpu *counts, unsigned int n,
		     u64 *sum)
{
	const struct cats_counts *one;
	unsigned int start, i;
	u64 value;
	int cpu;

	memset(sum, 0, n * sizeof(*sum));
	for_each_possible_cpu(cpu) {
		one = per_cpu_ptr(counts, cpu);
		for (i = 0; i < n; i++) {
			do {
				start = u64_stats_fetch_begin(&one->syncp);
				value = u64_stats_read(&one->count[i]);
			} while (u64_stats_fetch_retry(&one->syncp, start));
			sum[i] += value;
		}
	}
}
