// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen: what bulk transfers carry, and its checksum. */
#include <stdint.h>
#include <string.h>

#include "flowgen.h"

static uint64_t pattern_word(uint64_t index)
{
	uint64_t x = (index + 1) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	return x ^ (x >> 29);
}

void pattern_fill(void *buf, size_t len, uint64_t offset)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++, offset++)
		p[i] = pattern_word(offset / 8) >> (offset % 8 * 8);
}

/* FNV-1a, 64 bits: start with CHECKSUM_INIT */
uint64_t checksum(uint64_t sum, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 0x100000001b3ULL;
	return sum;
}
