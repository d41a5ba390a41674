// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forwarding table by consistent hashing, after Maglev (NSDI 2016, 3.4): every
 * member goes through the slots in an order of its own and takes those that
 * nobody took before, until it has its share.
 *
 * Three things differ from the paper, each because it lowers the number of
 * slots that change hands for no reason when a member leaves:
 *
 * A member looks at one slot per turn, taken or not, instead of going on until
 * it takes one.  Who gets a slot then depends on the orders of the members that
 * want it and not on the luck of all others: half the disruption.
 *
 * A member's order is an arithmetic progression, as in the paper, but through
 * a shuffled list of the slots and rotated.  Without the shuffle two members
 * whose steps are a small multiple of each other compete for the same stretches,
 * and a leaving member changes up to 7 % of the slots of the others.
 *
 * With weights, the speed of a member is its weight times the slots it has not
 * looked at yet.  Looking is then an exponential race, which members win in
 * proportion to their weights at every moment, so that all are done together.
 * A speed of the weight alone makes the light members wait for the leftovers.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cats/hash.h>
#include <cats/maps.h>

#include "fwd_internal.h"

#define NOBODY		UINT16_MAX
#define REST_SHIFT	14		/* fraction bits of walker.rest */
#define REST_ONE	(1U << REST_SHIFT)
#define PACE_SHIFT	16		/* fraction bits of walker.pace */
#define PACE_ONE	(1U << PACE_SHIFT)
#define INVERSE_SHIFT	32
#define ROUNDS		16		/* that walkers keep their step */

/* Odd and without structure: 2^64 divided by the golden ratio. */
#define GOLDEN		0x9e3779b97f4a7c15ULL
/* Multiplier of a 64-bit linear congruential generator (Knuth, MMIX). */
#define LCG_MUL		6364136223846793005ULL
#define LCG_ADD		1442695040888963407ULL

/**
 * struct walker - a member that has not got its share yet
 * @at: index into the shuffled slots of the slot it looks at next
 * @slot: that slot, rotated
 * @skip: step of @at
 * @turn: rotation of the shuffled slots
 * @left: slots it has still to take
 * @rest: slots it has still to look at, in units of 1 / REST_ONE
 * @step: slots it looks at while the leader looks at one; unit as @rest
 * @pace: weight, as a fraction of the leader's, in units of 1 / PACE_ONE
 * @weight: load sharing ratio
 * @member: index into the caller's members
 */
struct walker {
	uint32_t at;
	uint32_t slot;
	uint32_t skip;
	uint32_t turn;
	uint32_t left;
	uint64_t rest;
	uint64_t step;
	uint32_t pace;
	uint32_t weight;
	uint16_t member;
};

/**
 * struct race - a table being filled
 * @slots: owner of each slot
 * @shuffle: the slots in the order that every walker's progression goes by
 * @size: slots
 * @n: walkers left, ordered by identity
 * @even: every walker has the same weight
 * @walkers: the walkers
 */
struct race {
	uint16_t *slots;
	uint32_t *shuffle;
	uint32_t size;
	uint32_t n;
	bool even;
	struct walker walkers[CATS_NEXTHOPS_MAX];
};

uint32_t cats_fwd_maglev_size(uint32_t n)
{
	static const uint32_t ladder[] = {
		2039, 4093, 8191, 16381, 32749, 65521, 131071,
	};
	uint32_t i;

	if (n <= 1)
		return 1;
	for (i = 0; i < sizeof(ladder) / sizeof(ladder[0]); i++)
		if (ladder[i] / 1000 >= n)
			return ladder[i];
	return 262139;
}

/* Fisher-Yates; the same for every table of this size. */
static void shuffle_slots(uint32_t *shuffle, uint32_t size)
{
	uint64_t random = size;
	uint32_t i;

	for (i = 0; i < size; i++) {
		uint32_t other;

		random = random * LCG_MUL + LCG_ADD;
		other = cats_hash_slot(random, i + 1);
		shuffle[i] = shuffle[other];
		shuffle[other] = i;
	}
}

static void walker_init(struct walker *walker, uint64_t identity,
			const struct cats_fwd_share *share, uint32_t size)
{
	uint64_t first = cats_hash_final(identity + GOLDEN);
	uint64_t second = cats_hash_final(first + GOLDEN);

	*walker = (struct walker) {
		.at = cats_hash_slot(first, size),
		.turn = cats_hash_slot(first << 32, size),
		.skip = 1 + cats_hash_slot(second, size - 1),
		.left = share->slots,
		.rest = (uint64_t)size << REST_SHIFT,
		.weight = share->weight,
		.member = share->member,
	};
}

static inline void find_slot(const struct race *race, struct walker *walker,
			     uint32_t at)
{
	uint32_t slot;

	walker->at = at - (at >= race->size ? race->size : 0);
	slot = race->shuffle[walker->at] + walker->turn;
	walker->slot = slot - (slot >= race->size ? race->size : 0);
	__builtin_prefetch(&race->slots[walker->slot], 1);
}

/*
 * Look at the next slot and take it if it is free.  Arithmetic instead of a
 * branch: whether it is free cannot be predicted, and a table of 4093 slots has
 * 11,000 looks.  Which slot is next is known a look ahead: the caches have fetched
 * it by then.
 */
static inline void look(struct race *race, struct walker *walker)
{
	uint32_t slot = walker->slot;
	uint16_t owner, free;

	find_slot(race, walker, walker->at + walker->skip);
	owner = race->slots[slot];
	free = owner == NOBODY;
	race->slots[slot] = owner ^ ((owner ^ walker->member) & -free);
	walker->left -= free;
}

/* One slot each.  Return: a walker has its share. */
static bool round_even(struct race *race)
{
	bool filled = false;
	uint32_t i;

	for (i = 0; i < race->n; i++) {
		look(race, &race->walkers[i]);
		filled |= !race->walkers[i].left;
	}
	return filled;
}

/*
 * Steps for the next rounds: pace times what the walker has left to look at,
 * over what the leader has.  A division per walker and round would cost more
 * than the looks.
 */
static void set_steps(struct race *race, const struct walker *leader)
{
	uint64_t rest = leader->rest > REST_ONE ? leader->rest : REST_ONE;
	uint64_t inverse = (1ULL << (INVERSE_SHIFT + REST_SHIFT)) / rest;
	uint32_t i;

	for (i = 0; i < race->n; i++) {
		struct walker *walker = &race->walkers[i];

		if (walker->pace == PACE_ONE)
			walker->step = REST_ONE;
		else
			walker->step = ((walker->rest * walker->pace >>
					 PACE_SHIFT) * inverse) >>
				       INVERSE_SHIFT;
	}
}

/* A step each.  Return: a walker has its share. */
static bool round_uneven(struct race *race)
{
	bool filled = false;
	uint32_t i;

	for (i = 0; i < race->n; i++) {
		struct walker *walker = &race->walkers[i];
		uint64_t rest = walker->rest;
		uint32_t looks;

		walker->rest -= walker->step < rest ? walker->step : rest;
		looks = (rest >> REST_SHIFT) - (walker->rest >> REST_SHIFT);
		for (; looks && walker->left; looks--)
			look(race, walker);
		filled |= !walker->left;
	}
	return filled;
}

static bool rounds_uneven(struct race *race, const struct walker *leader)
{
	bool filled = false;
	uint32_t i;

	set_steps(race, leader);
	for (i = 0; i < ROUNDS && !filled; i++)
		filled = round_uneven(race);
	return filled;
}

/* Drop who has its share; the order of the others stays. */
static void drop_filled(struct race *race)
{
	uint32_t kept = 0;
	uint32_t i;

	for (i = 0; i < race->n; i++)
		if (race->walkers[i].left)
			race->walkers[kept++] = race->walkers[i];
	race->n = kept;
}

/* The heaviest leads; speeds are relative to its.  Return: the leader. */
static const struct walker *find_leader(struct race *race)
{
	struct walker *leader = race->walkers;
	uint32_t i;

	for (i = 1; i < race->n; i++)
		if (race->walkers[i].weight > leader->weight)
			leader = &race->walkers[i];
	race->even = true;
	for (i = 0; i < race->n; i++) {
		struct walker *walker = &race->walkers[i];

		walker->pace = ((uint64_t)walker->weight << PACE_SHIFT) /
			       leader->weight;
		race->even &= walker->weight == leader->weight;
	}
	return leader;
}

/*
 * The leader looks at one slot per round and, its share being what is left
 * for it, has it before it has looked at all: so the loop ends.
 */
static void run(struct race *race)
{
	uint32_t i;

	for (i = 0; i < race->n; i++)
		find_slot(race, &race->walkers[i], race->walkers[i].at);
	drop_filled(race);
	while (race->n) {
		const struct walker *leader = find_leader(race);
		bool filled;

		do {
			filled = race->even ? round_even(race) :
					      rounds_uneven(race, leader);
		} while (!filled);
		drop_filled(race);
	}
}

/**
 * struct entry - a member on its way into the order of identities
 * @identity: as in struct cats_fwd_member
 * @share: its weight and index
 */
struct entry {
	uint64_t identity;
	struct cats_fwd_share share;
};

static int by_identity(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->identity != b->identity)
		return a->identity < b->identity ? -1 : 1;
	if (a->share.weight != b->share.weight)
		return a->share.weight < b->share.weight ? -1 : 1;
	return a->share.member < b->share.member ? -1 : 1;
}

/* @shares come back in the order of the identities. */
static void line_up(struct race *race, const struct cats_fwd_member *members,
		    struct cats_fwd_share *shares)
{
	struct entry entries[CATS_NEXTHOPS_MAX];
	uint64_t twins = 0;
	uint32_t i;

	for (i = 0; i < race->n; i++)
		entries[i] = (struct entry) {
			.identity = members[shares[i].member].identity,
			.share = shares[i],
		};
	qsort(entries, race->n, sizeof(entries[0]), by_identity);
	for (i = 0; i < race->n; i++)
		shares[i] = entries[i].share;
	cats_fwd_apportion(shares, race->n, race->size, 0);
	for (i = 0; i < race->n; i++) {
		bool twin = i && entries[i].identity == entries[i - 1].identity;

		twins = twin ? twins + GOLDEN : 0;
		walker_init(&race->walkers[i], entries[i].identity + twins,
			    &shares[i], race->size);
	}
}

int cats_fwd_maglev(const struct cats_fwd_member *members, uint32_t n,
		    uint32_t size, struct cats_fwd_table *table)
{
	struct cats_fwd_share shares[CATS_NEXTHOPS_MAX];
	struct race race = { .size = size };
	int used, err;

	used = cats_fwd_start(members, n, size, shares, table);
	if (used == -EINVAL || (size != 1 && cats_fwd_prime(size) != size))
		return -EINVAL;
	if (used <= 0)
		return used;
	race.n = used;
	line_up(&race, members, shares);
	err = cats_fwd_alloc(table, size, shares, used);
	if (err)
		return err;
	race.shuffle = malloc(size * sizeof(*race.shuffle));
	if (!race.shuffle) {
		cats_fwd_free(table);
		return -ENOMEM;
	}
	race.slots = table->slots;
	memset(race.slots, 0xff, size * sizeof(*race.slots));
	shuffle_slots(race.shuffle, size);
	run(&race);
	free(race.shuffle);
	return 0;
}
