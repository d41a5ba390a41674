/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who owns which id and which slots.  Nothing of this is stored: it is read off
 * the tables, so a writer that was killed leaves nothing behind.  What is freed
 * rests until packets under way cannot use it any more.
 */
#ifndef CATS_ALLOC_H
#define CATS_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct cats_ids - allocator of ids; 0 is never given out
 * @used: bitmap
 * @limit: first id that cannot be given out
 * @cursor: where the next search starts
 * @resting: freed ids that may still be in use by a packet
 * @resting_n: how many
 * @resting_room: allocated length of @resting
 */
struct cats_ids {
	uint64_t *used;
	uint32_t limit;
	uint32_t cursor;
	uint32_t *resting;
	uint32_t resting_n;
	uint32_t resting_room;
};

/** cats_ids_init - all free; 0 or -ENOMEM. */
int cats_ids_init(struct cats_ids *ids, uint32_t limit);
/** cats_ids_reset - forget everything. */
void cats_ids_reset(struct cats_ids *ids);
/** cats_ids_fini - release memory. */
void cats_ids_fini(struct cats_ids *ids);
/** cats_ids_mark - @id is in use. */
void cats_ids_mark(struct cats_ids *ids, uint32_t id);
/** cats_ids_used - is @id in use, or resting? */
bool cats_ids_used(const struct cats_ids *ids, uint32_t id);
/** cats_ids_get - an id, or 0 when none is free. */
uint32_t cats_ids_get(struct cats_ids *ids);
/** cats_ids_undo - give back an id that no packet has seen. */
void cats_ids_undo(struct cats_ids *ids, uint32_t id);
/** cats_ids_put - free an id that packets may be using; it rests. */
void cats_ids_put(struct cats_ids *ids, uint32_t id);
/** cats_ids_rested - a grace period has passed. */
void cats_ids_rested(struct cats_ids *ids);

/** struct cats_range - slots [base, base + size) */
struct cats_range {
	uint32_t base;
	uint32_t size;
};

/**
 * struct cats_slots - allocator of slot ranges; a range stays in one chunk
 * @gap: free ranges below @top, by base
 * @gaps: how many
 * @room: allocated length of @gap
 * @top: first slot above all ranges
 * @limit: end of the table
 * @chunk: slots of a chunk
 * @resting: freed ranges that may still be in use by a packet
 * @resting_n: how many
 * @resting_room: allocated length of @resting
 */
struct cats_slots {
	struct cats_range *gap;
	uint32_t gaps;
	uint32_t room;
	uint64_t top;
	uint64_t limit;
	uint32_t chunk;
	struct cats_range *resting;
	uint32_t resting_n;
	uint32_t resting_room;
};

/** cats_slots_reset - all free but [0, first). */
void cats_slots_reset(struct cats_slots *slots, uint32_t chunk, uint64_t limit);
/**
 * cats_slots_load - take over what the tables use
 * @slots: allocator, reset
 * @used: ranges; sorted by this call
 * @n: how many
 *
 * Return: 0 or -ENOMEM.
 */
int cats_slots_load(struct cats_slots *slots, struct cats_range *used,
		    uint32_t n);
/** cats_slots_fini - release memory. */
void cats_slots_fini(struct cats_slots *slots);
/** cats_slots_get - @size slots; 0, -ENOSPC or -ENOMEM. */
int cats_slots_get(struct cats_slots *slots, uint32_t size, uint32_t *base);
/** cats_slots_undo - give back slots that no packet has seen. */
void cats_slots_undo(struct cats_slots *slots, uint32_t base, uint32_t size);
/** cats_slots_put - free slots that packets may be using; they rest. */
void cats_slots_put(struct cats_slots *slots, uint32_t base, uint32_t size);
/** cats_slots_rested - a grace period has passed. */
void cats_slots_rested(struct cats_slots *slots);

#endif /* CATS_ALLOC_H */
