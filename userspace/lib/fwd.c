// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the forwarding table compilers share: apportionment, primes, errors.
 *
 * No product wraps: a sum of weights is at most 2^24 and a size 2^18, so slots
 * times weights are at most 2^42, and a million of these or 2^18 below 2^63.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cats/maps.h>

#include "fwd_internal.h"

#define PPM	1000000

uint64_t cats_fwd_total(const struct cats_fwd_share *shares, uint32_t n)
{
	uint64_t total = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		total += shares[i].weight;
	return total;
}

/* What a member is owed beyond what it has, in slots times @total. */
static int64_t owed(const struct cats_fwd_share *share, uint32_t size,
		    uint64_t total)
{
	return (int64_t)((uint64_t)share->weight * size) -
	       (int64_t)(share->slots * total);
}

static struct cats_fwd_share *most_owed(struct cats_fwd_share *shares,
					uint32_t n, uint32_t size,
					uint64_t total)
{
	struct cats_fwd_share *best = shares;
	uint32_t i;

	for (i = 1; i < n; i++)
		if (owed(&shares[i], size, total) > owed(best, size, total))
			best = &shares[i];
	return best;
}

/* The member with most above its ideal among those with more than one slot. */
static struct cats_fwd_share *most_overpaid(struct cats_fwd_share *shares,
					    uint32_t n, uint32_t size,
					    uint64_t total)
{
	struct cats_fwd_share *best = NULL;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (shares[i].slots <= 1)
			continue;
		if (!best ||
		    owed(&shares[i], size, total) < owed(best, size, total))
			best = &shares[i];
	}
	return best;
}

void cats_fwd_apportion(struct cats_fwd_share *shares, uint32_t n,
			uint32_t size, uint32_t least)
{
	uint64_t total = cats_fwd_total(shares, n);
	uint32_t given = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		shares[i].slots = (uint64_t)shares[i].weight * size / total;
		if (shares[i].slots < least)
			shares[i].slots = least;
		given += shares[i].slots;
	}
	for (; given < size; given++)
		most_owed(shares, n, size, total)->slots++;
	for (; given > size; given--)
		most_overpaid(shares, n, size, total)->slots--;
}

uint64_t cats_fwd_deviation(const struct cats_fwd_share *shares, uint32_t n,
			    uint32_t size, uint64_t total)
{
	uint64_t largest = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint64_t off = llabs(owed(&shares[i], size, total));

		if (off > largest)
			largest = off;
	}
	return largest;
}

int cats_fwd_start(const struct cats_fwd_member *members, uint32_t n,
		   uint32_t size, struct cats_fwd_share *shares,
		   struct cats_fwd_table *table)
{
	uint32_t used = 0;
	uint32_t i;

	memset(table, 0, sizeof(*table));
	if (n > CATS_NEXTHOPS_MAX || !size || size > CATS_FWD_SLOTS_MAX)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (members[i].weight > CATS_WEIGHT_MAX)
			return -EINVAL;
		if (members[i].weight)
			shares[used++] = (struct cats_fwd_share) {
				.weight = members[i].weight,
				.member = i,
			};
	}
	return used > size ? -ENOSPC : (int)used;
}

int cats_fwd_alloc(struct cats_fwd_table *table, uint32_t size,
		   const struct cats_fwd_share *shares, uint32_t n)
{
	uint64_t total = cats_fwd_total(shares, n);
	uint64_t whole = size * total;
	uint64_t off = cats_fwd_deviation(shares, n, size, total);

	table->slots = malloc(size * sizeof(*table->slots));
	if (!table->slots)
		return -ENOMEM;
	table->size = size;
	/* rounded up: an error is never reported as none */
	table->error_ppm = (off * PPM + whole - 1) / whole;
	return 0;
}

void cats_fwd_free(struct cats_fwd_table *table)
{
	free(table->slots);
	memset(table, 0, sizeof(*table));
}

static bool is_prime(uint32_t x)
{
	uint32_t d;

	if (x < 4)
		return x > 1;
	if (!(x % 2))
		return false;
	for (d = 3; d * d <= x; d += 2)
		if (!(x % d))
			return false;
	return true;
}

uint32_t cats_fwd_prime(uint32_t size)
{
	for (; size <= CATS_FWD_SLOTS_MAX; size++)
		if (is_prime(size))
			return size;
	return 0;
}
