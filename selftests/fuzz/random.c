// SPDX-License-Identifier: GPL-2.0-or-later
/* Random numbers that are the same for the same seed: splitmix64. */
#include <string.h>

#include "fuzz.h"

static uint64_t state;

void fuzz_seed(uint64_t seed)
{
	state = seed;
}

uint64_t fuzz_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t fuzz_below(uint32_t n)
{
	return (uint32_t)(fuzz_random() >> 32) % n;
}

bool fuzz_one_in(uint32_t n)
{
	return !fuzz_below(n);
}

void fuzz_fill(void *data, size_t len)
{
	uint8_t *byte = data;

	while (len--)
		*byte++ = (uint8_t)fuzz_random();
}
