/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the forwarding table compilers share; callers include fwd.h. */
#ifndef CATS_FWD_INTERNAL_H
#define CATS_FWD_INTERNAL_H

#include "fwd.h"

/**
 * struct cats_fwd_share - what one member is owed and what it gets
 * @weight: load sharing ratio, above 0
 * @member: index into the caller's members
 * @slots: slots it gets
 */
struct cats_fwd_share {
	uint32_t weight;
	uint32_t member;
	uint32_t slots;
};

/**
 * cats_fwd_apportion - divide slots by largest remainder
 * @shares: members with a weight; .slots is the result
 * @n: how many, at most CATS_NEXTHOPS_MAX
 * @size: slots to divide, at most CATS_FWD_SLOTS_MAX
 * @least: slots that even the smallest share gets, 0 or 1
 *
 * Equal remainders favour the member that comes first.  With @least 0 every
 * share is within one slot of the ideal; with @least 1 the members that have
 * most above their ideal pay for those far below one slot.
 */
void cats_fwd_apportion(struct cats_fwd_share *shares, uint32_t n,
			uint32_t size, uint32_t least);

/**
 * cats_fwd_deviation - how far the shares are from the weights
 * @shares: members after cats_fwd_apportion()
 * @n: how many
 * @size: slots in all
 * @total: sum of the weights
 *
 * Return: the largest |slots / size - weight / total|, times size * total.
 */
uint64_t cats_fwd_deviation(const struct cats_fwd_share *shares, uint32_t n,
			    uint32_t size, uint64_t total);

/** cats_fwd_total - the sum of the weights: at most 2^24 */
uint64_t cats_fwd_total(const struct cats_fwd_share *shares, uint32_t n);

/**
 * cats_fwd_start - check the arguments and begin a table
 * @members: next hops
 * @n: how many
 * @size: most slots the table can have
 * @shares: CATS_NEXTHOPS_MAX entries: the members that have a weight, in order
 * @table: result, zeroed
 *
 * Return: how many members have a weight; -EINVAL, -ENOSPC as in fwd.h.
 */
int cats_fwd_start(const struct cats_fwd_member *members, uint32_t n,
		   uint32_t size, struct cats_fwd_share *shares,
		   struct cats_fwd_table *table);

/**
 * cats_fwd_alloc - allocate the slots and state the error of the shares
 *
 * Return: 0 or -ENOMEM.
 */
int cats_fwd_alloc(struct cats_fwd_table *table, uint32_t size,
		   const struct cats_fwd_share *shares, uint32_t n);

#endif /* CATS_FWD_INTERNAL_H */
