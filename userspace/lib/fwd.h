/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compilers from a CATS routing table entry (draft-fu-cats-flow-lb, Figure 2)
 * to a forwarding table (Figure 3).  Pure functions: no maps, no I/O.
 */
#ifndef CATS_FWD_H
#define CATS_FWD_H

#include <stdint.h>

/** CATS_EXACT_SLOTS - most slots of an exact table unless a size is given. */
#define CATS_EXACT_SLOTS	128
/** CATS_FWD_SLOTS_MAX - most slots of any table: one chunk (CATS_SLOT_BITS) */
#define CATS_FWD_SLOTS_MAX	262144

/**
 * struct cats_fwd_member - one next hop that takes new flows
 * @identity: hash of what the next hop is (policy name, service SID), the same
 *	on every ingress; it decides which slots consistent hashing prefers
 * @weight: load sharing ratio, 1 to CATS_WEIGHT_MAX (0 takes no slot)
 */
struct cats_fwd_member {
	uint64_t identity;
	uint32_t weight;
};

/**
 * struct cats_fwd_table - a compiled table
 * @slots: index into the members, one per slot; cats_fwd_free() it
 * @size: number of slots; 0 if no member has a weight
 * @error_ppm: largest difference between a member's share of slots and its
 *	share of weight, in parts per million of the whole
 */
struct cats_fwd_table {
	uint16_t *slots;
	uint32_t size;
	uint32_t error_ppm;
};

/**
 * cats_fwd_exact - expand ratios by their greatest common divisor
 * @members: next hops, in the order of the routing table
 * @n: how many, 1 to CATS_NEXTHOPS_MAX
 * @size: upper bound of slots; 0: CATS_EXACT_SLOTS
 * @table: result
 *
 * 2:3:3:2 gives ten slots.  Ratios that would need more slots than @size get
 * the nearest ratios that fit: of all numbers of slots up to @size, the one with
 * the smallest @table.error_ppm.  Every member with a weight keeps one slot.
 *
 * Return: 0; -ENOSPC if more members have a weight than @size slots; -EINVAL
 * if @size exceeds CATS_FWD_SLOTS_MAX, @n CATS_NEXTHOPS_MAX or a weight
 * CATS_WEIGHT_MAX; -ENOMEM.
 */
int cats_fwd_exact(const struct cats_fwd_member *members, uint32_t n,
		   uint32_t size, struct cats_fwd_table *table);

/**
 * cats_fwd_maglev_size - slots that keep disruption and rounding around 1 %
 * @n: next hops of the route, whatever their state
 *
 * Return: 1 for one next hop, else a prime near 1000 times @n, from a fixed
 * ladder, so that a few next hops more or less do not change it.
 */
uint32_t cats_fwd_maglev_size(uint32_t n);

/**
 * cats_fwd_prime - the smallest prime that is not below @size
 *
 * Return: the prime; 0 if it would exceed CATS_FWD_SLOTS_MAX.
 */
uint32_t cats_fwd_prime(uint32_t size);

/**
 * cats_fwd_maglev - consistent hashing (Maglev, NSDI 2016, 3.4) with weights
 * @members: next hops, in any order: the table depends on identities only
 * @n: how many, 1 to CATS_NEXTHOPS_MAX
 * @size: slots: a prime, or 1
 * @table: result
 *
 * Every member gets its share of slots to within one: a member that is owed
 * less than half a slot may get none.  When one member of N leaves and @size is
 * cats_fwd_maglev_size(N), the slots of the others that change are 0.05 to 0.5 %
 * of all on average and 1 % in the 99th percentile over all sets of identities
 * (the worst measured: 1.35 %, of four members).
 *
 * Return: 0; -EINVAL if @size is neither prime nor 1 or exceeds
 * CATS_FWD_SLOTS_MAX, @n CATS_NEXTHOPS_MAX or a weight CATS_WEIGHT_MAX; -ENOSPC
 * if more members have a weight than @size; -ENOMEM.
 */
int cats_fwd_maglev(const struct cats_fwd_member *members, uint32_t n,
		    uint32_t size, struct cats_fwd_table *table);

/** cats_fwd_free - free what a compiler allocated; a zeroed table is fine. */
void cats_fwd_free(struct cats_fwd_table *table);

#endif /* CATS_FWD_H */
