// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forwarding table by expansion of the ratios: draft-fu-cats-flow-lb, Figure 3.
 * Members keep the order of the routing table and their slots are contiguous,
 * so that the table reads like the figure.
 */
#include <errno.h>
#include <stdlib.h>

#include <cats/maps.h>

#include "fwd_internal.h"

static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void reduce(struct cats_fwd_share *shares, uint32_t n)
{
	uint32_t divisor = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		divisor = gcd(shares[i].weight, divisor);
	for (i = 0; i < n; i++)
		shares[i].weight /= divisor;
}

/**
 * struct fit - the best number of slots so far
 * @size: slots
 * @off: cats_fwd_deviation() with that many slots
 */
struct fit {
	uint32_t size;
	uint64_t off;
};

/*
 * Can @size slots be at least as near as @best?  No apportionment comes nearer
 * to a member's ideal than the nearest whole number of slots; this rejects
 * nearly every size after a member or two, so that a bound of 2^18 slots is
 * searched in milliseconds.
 */
static int promising(const struct cats_fwd_share *shares, uint32_t n,
		     uint64_t total, uint32_t size, const struct fit *best)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint64_t above = (uint64_t)shares[i].weight * size % total;
		uint64_t off = above < total - above ? above : total - above;

		if (off * best->size > best->off * size)
			return 0;
	}
	return 1;
}

/*
 * The size with the smallest largest error in a share.  Downwards, because the
 * error is at most 1 / size: the first fit is a good one to reject others with.
 * Of equally good sizes the smallest.
 */
static uint32_t nearest_size(struct cats_fwd_share *shares, uint32_t n,
			     uint64_t total, uint32_t bound)
{
	struct fit best = { .size = bound };
	uint32_t size;

	cats_fwd_apportion(shares, n, bound, 1);
	best.off = cats_fwd_deviation(shares, n, bound, total);
	for (size = bound - 1; size >= n; size--) {
		uint64_t off;

		if (!promising(shares, n, total, size, &best))
			continue;
		cats_fwd_apportion(shares, n, size, 1);
		off = cats_fwd_deviation(shares, n, size, total);
		if (off * best.size > best.off * size)
			continue;
		best.size = size;
		best.off = off;
	}
	return best.size;
}

int cats_fwd_exact(const struct cats_fwd_member *members, uint32_t n,
		   uint32_t size, struct cats_fwd_table *table)
{
	struct cats_fwd_share shares[CATS_NEXTHOPS_MAX];
	uint32_t bound = size ? size : CATS_EXACT_SLOTS;
	uint16_t *slot;
	uint64_t total;
	uint32_t i, k;
	int used, err;

	used = cats_fwd_start(members, n, bound, shares, table);
	if (used <= 0)
		return used;
	reduce(shares, used);
	total = cats_fwd_total(shares, used);
	if (total > bound)
		bound = nearest_size(shares, used, total, bound);
	else
		bound = total;
	cats_fwd_apportion(shares, used, bound, 1);
	err = cats_fwd_alloc(table, bound, shares, used);
	if (err)
		return err;
	slot = table->slots;
	for (i = 0; i < (uint32_t)used; i++)
		for (k = 0; k < shares[i].slots; k++)
			*slot++ = shares[i].member;
	return 0;
}
