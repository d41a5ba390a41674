// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* Room for one more element; what cannot be noted is lost until a restart. */
static bool make_room(void **array, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t want = *room ? *room * 2 : 64;
	void *grown;

	if (n < *room)
		return true;
	grown = realloc(*array, want * size);
	if (!grown)
		return false;
	*array = grown;
	*room = want;
	return true;
}

int cats_ids_init(struct cats_ids *ids, uint32_t limit)
{
	memset(ids, 0, sizeof(*ids));
	ids->used = calloc((limit + 63) / 64, sizeof(*ids->used));
	ids->limit = limit;
	ids->cursor = 1;
	return ids->used ? 0 : -ENOMEM;
}

void cats_ids_reset(struct cats_ids *ids)
{
	memset(ids->used, 0, (ids->limit + 63) / 64 * sizeof(*ids->used));
	ids->cursor = 1;
	ids->resting_n = 0;
}

void cats_ids_fini(struct cats_ids *ids)
{
	free(ids->used);
	free(ids->resting);
	memset(ids, 0, sizeof(*ids));
}

void cats_ids_mark(struct cats_ids *ids, uint32_t id)
{
	if (id < ids->limit)
		ids->used[id / 64] |= 1ull << (id % 64);
}

bool cats_ids_used(const struct cats_ids *ids, uint32_t id)
{
	return id < ids->limit && ids->used[id / 64] & 1ull << (id % 64);
}

static uint32_t find_free(const struct cats_ids *ids, uint32_t from,
			  uint32_t to)
{
	uint32_t id = from;

	while (id < to) {
		if (id % 64 == 0 && ids->used[id / 64] == UINT64_MAX)
			id += 64;
		else if (cats_ids_used(ids, id))
			id++;
		else
			return id;
	}
	return 0;
}

uint32_t cats_ids_get(struct cats_ids *ids)
{
	uint32_t id = find_free(ids, ids->cursor, ids->limit);

	if (!id)
		id = find_free(ids, 1, ids->cursor);
	if (!id)
		return 0;
	cats_ids_mark(ids, id);
	ids->cursor = id + 1;
	return id;
}

void cats_ids_undo(struct cats_ids *ids, uint32_t id)
{
	if (id && id < ids->limit)
		ids->used[id / 64] &= ~(1ull << (id % 64));
	if (id && id < ids->cursor)
		ids->cursor = id;
}

void cats_ids_put(struct cats_ids *ids, uint32_t id)
{
	if (make_room((void **)&ids->resting, ids->resting_n,
		      &ids->resting_room, sizeof(*ids->resting)))
		ids->resting[ids->resting_n++] = id;
}

void cats_ids_rested(struct cats_ids *ids)
{
	while (ids->resting_n)
		cats_ids_undo(ids, ids->resting[--ids->resting_n]);
}

void cats_slots_reset(struct cats_slots *slots, uint32_t chunk, uint64_t limit)
{
	slots->gaps = 0;
	slots->resting_n = 0;
	slots->top = 0;
	slots->limit = limit;
	slots->chunk = chunk;
}

void cats_slots_fini(struct cats_slots *slots)
{
	free(slots->gap);
	free(slots->resting);
	memset(slots, 0, sizeof(*slots));
}

static uint32_t first_gap_after(const struct cats_slots *slots, uint32_t base)
{
	uint32_t lo = 0, hi = slots->gaps, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (slots->gap[mid].base < base)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool same_chunk(const struct cats_slots *slots, uint32_t a, uint32_t b)
{
	return a / slots->chunk == b / slots->chunk;
}

/* Is gap @at directly in front of @base, in the same chunk? */
static bool touches(const struct cats_slots *slots, uint32_t at, uint32_t base)
{
	const struct cats_range *gap = &slots->gap[at];

	return gap->base + gap->size == base &&
	       same_chunk(slots, gap->base, base);
}

static void remove_gap(struct cats_slots *slots, uint32_t at)
{
	slots->gaps--;
	memmove(slots->gap + at, slots->gap + at + 1,
		(slots->gaps - at) * sizeof(*slots->gap));
}

/* Gaps that reach the top are above all ranges, and no gaps any more. */
static void lower_top(struct cats_slots *slots)
{
	struct cats_range *last;

	while (slots->gaps) {
		last = &slots->gap[slots->gaps - 1];
		if ((uint64_t)last->base + last->size != slots->top)
			return;
		slots->top = last->base;
		slots->gaps--;
	}
}

static int add_gap(struct cats_slots *slots, uint32_t base, uint32_t size)
{
	uint32_t at = first_gap_after(slots, base);
	struct cats_range *gap;

	if (at && touches(slots, at - 1, base)) {
		slots->gap[--at].size += size;
	} else {
		if (!make_room((void **)&slots->gap, slots->gaps, &slots->room,
			       sizeof(*slots->gap)))
			return -ENOMEM;
		gap = slots->gap + at;
		memmove(gap + 1, gap, (slots->gaps - at) * sizeof(*gap));
		*gap = (struct cats_range){ base, size };
		slots->gaps++;
	}
	gap = slots->gap + at;
	if (at + 1 < slots->gaps && touches(slots, at, gap[1].base)) {
		gap->size += gap[1].size;
		remove_gap(slots, at + 1);
	}
	lower_top(slots);
	return 0;
}

/* The gaps between @from and @to, none across the end of a chunk. */
static int add_gaps(struct cats_slots *slots, uint64_t from, uint64_t to)
{
	uint64_t end;
	int ret;

	while (from < to) {
		end = (from / slots->chunk + 1) * slots->chunk;
		if (end > to)
			end = to;
		ret = add_gap(slots, from, end - from);
		if (ret)
			return ret;
		from = end;
	}
	return 0;
}

static int by_base(const void *a, const void *b)
{
	const struct cats_range *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

int cats_slots_load(struct cats_slots *slots, struct cats_range *used,
		    uint32_t n)
{
	uint32_t i;
	int ret;

	if (n)
		qsort(used, n, sizeof(*used), by_base);
	for (i = 0; i < n; i++) {
		ret = add_gaps(slots, slots->top, used[i].base);
		if (ret)
			return ret;
		slots->top = (uint64_t)used[i].base + used[i].size;
	}
	return 0;
}

static int get_from_top(struct cats_slots *slots, uint32_t size, uint32_t *base)
{
	uint64_t from = slots->top;

	if (from / slots->chunk != (from + size - 1) / slots->chunk)
		from = (from / slots->chunk + 1) * slots->chunk;
	if (from + size > slots->limit)
		return -ENOSPC;
	if (add_gaps(slots, slots->top, from))
		return -ENOMEM;
	slots->top = from + size;
	*base = from;
	return 0;
}

int cats_slots_get(struct cats_slots *slots, uint32_t size, uint32_t *base)
{
	struct cats_range *gap = slots->gap;
	uint32_t i;

	if (!size || size > slots->chunk)
		return -ENOSPC;
	for (i = 0; i < slots->gaps; i++) {
		if (gap[i].size < size)
			continue;
		*base = gap[i].base;
		gap[i].base += size;
		gap[i].size -= size;
		if (!gap[i].size)
			remove_gap(slots, i);
		return 0;
	}
	return get_from_top(slots, size, base);
}

void cats_slots_undo(struct cats_slots *slots, uint32_t base, uint32_t size)
{
	if (size)
		add_gap(slots, base, size);
}

void cats_slots_put(struct cats_slots *slots, uint32_t base, uint32_t size)
{
	if (size && make_room((void **)&slots->resting, slots->resting_n,
			      &slots->resting_room, sizeof(*slots->resting)))
		slots->resting[slots->resting_n++] =
			(struct cats_range){ base, size };
}

void cats_slots_rested(struct cats_slots *slots)
{
	struct cats_range *range;

	while (slots->resting_n) {
		range = &slots->resting[--slots->resting_n];
		add_gap(slots, range->base, range->size);
	}
}
