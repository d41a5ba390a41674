/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_COUNTS_H
#define CATS_COUNTS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

/**
 * struct cats_counts - one CPU's counters of a SID, an instance or a device
 * @syncp: for readers on 32-bit machines
 * @count: as many as cats_counts_alloc() was asked for
 */
struct cats_counts {
	struct u64_stats_sync syncp;
	u64_stats_t count[];
};

/** enum - the first two counters of what packets are sent on for */
enum {
	CATS_COUNT_PACKETS,
	CATS_COUNT_BYTES,
	CATS_COUNT_OTHERS
};

/** cats_counts_inc() - count one; bottom halves are disabled */
static inline void cats_counts_inc(struct cats_counts __percpu *counts,
				   unsigned int which)
{
	struct cats_counts *own = this_cpu_ptr(counts);

	u64_stats_update_begin(&own->syncp);
	u64_stats_inc(&own->count[which]);
	u64_stats_update_end(&own->syncp);
}

/** cats_counts_sent() - count a packet of @len bytes; as cats_counts_inc() */
static inline void cats_counts_sent(struct cats_counts __percpu *counts,
				    unsigned int len)
{
	struct cats_counts *own = this_cpu_ptr(counts);

	u64_stats_update_begin(&own->syncp);
	u64_stats_inc(&own->count[CATS_COUNT_PACKETS]);
	u64_stats_add(&own->count[CATS_COUNT_BYTES], len);
	u64_stats_update_end(&own->syncp);
}

struct cats_counts __percpu *cats_counts_alloc(unsigned int n);
void cats_counts_sum(const struct cats_counts __percpu *counts, unsigned int n,
		     u64 *sum);

#endif /* CATS_COUNTS_H */
