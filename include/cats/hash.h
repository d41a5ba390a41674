/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * The keyed hash of the data plane, shared by the XDP program and by the
 * control plane: whatever the program computes for a packet, `cats route get`
 * computes for the same fields.
 *
 * NH (the universal hash inside UMAC, RFC 4418 5.2) over 64-bit words: each
 * word costs one multiplication, and two different inputs collide with a
 * probability of 2^-32 over the choice of the key.  A bijective mixer follows.
 * The key is random per network namespace, so that the flow label is
 * unguessable (RFC 6437 section 3) and nobody can aim flows at one slot.
 */
#ifndef CATS_HASH_H
#define CATS_HASH_H

#include <linux/types.h>

/** CATS_HASH_WORDS - 64-bit words of key material, one per hashed word. */
#define CATS_HASH_WORDS		8

/**
 * cats_hash_word - one step of NH
 * @word: 64 bits of input, host byte order
 * @key: 64 bits of key, never used for another word of the same input
 *
 * Return: the term to be added to the sum.
 */
static inline __u64 cats_hash_word(__u64 word, __u64 key)
{
	__u32 lo = (__u32)word + (__u32)key;
	__u32 hi = (__u32)(word >> 32) + (__u32)(key >> 32);

	return (__u64)lo * hi;
}

/**
 * cats_hash_final - spread the sum over all 64 bits
 * @sum: sum of cats_hash_word() terms
 *
 * Return: the hash; a bijection of @sum.
 */
static inline __u64 cats_hash_final(__u64 sum)
{
	sum ^= sum >> 33;
	sum *= 0xff51afd7ed558ccdULL;
	sum ^= sum >> 33;
	sum *= 0xc4ceb9fe1a85ec53ULL;
	return sum ^ (sum >> 33);
}

/**
 * cats_hash_service - hash of a service key
 * @key: CATS_HASH_WORDS words of key; words 0 to 2 are used
 * @vrf: VRF-ID
 * @family: enum cats_family
 * @len: prefix length in bits
 * @hi: CS-ID, upper 64 bits, host order; 0 for IPv4
 * @lo: CS-ID, lower 64 bits, host order; the address in the low 32 for IPv4
 */
static inline __u64 cats_hash_service(const volatile __u64 *key, __u32 vrf,
				      __u32 family, __u32 len, __u64 hi,
				      __u64 lo)
{
	__u64 tagged = vrf | (__u64)(family << 8 | len) << 32;

	return cats_hash_final(cats_hash_word(tagged, key[0]) +
			       cats_hash_word(hi, key[1]) +
			       cats_hash_word(lo, key[2]));
}

/**
 * cats_hash_slot - pick a slot of a forwarding table
 * @hash: flow hash
 * @size: slots in the table, at least 1
 *
 * A multiplication instead of a division: uniform to within 2^-32 per slot.
 */
static inline __u32 cats_hash_slot(__u64 hash, __u32 size)
{
	return ((hash >> 32) * size) >> 32;
}

/** CATS_SLOT_TRIES - further slots a flow tries if the path of its own is down */
#define CATS_SLOT_TRIES		8

/**
 * cats_hash_again - hash for the slot to be tried next
 * @hash: flow hash
 * @turn: from 1 to CATS_SLOT_TRIES
 *
 * The turns of a flow are independent of one another, so the flows of a path
 * that is down spread over the others by their weights.
 */
static inline __u64 cats_hash_again(__u64 hash, __u32 turn)
{
	return cats_hash_final(hash + turn * 0x9e3779b97f4a7c15ULL);
}

#endif /* CATS_HASH_H */
