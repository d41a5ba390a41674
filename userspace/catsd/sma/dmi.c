// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdbool.h>

#include "dmi.h"

/* DSP0134 6.1.2: header of every structure */
#define HEADER		4
#define TYPE		0
#define LENGTH		1
#define TYPE_MEMORY	17
#define TYPE_END	127

/* DSP0134 7.18: Memory Device; 16 bits, little endian, unless noted */
#define DATA_WIDTH	0x0a	/* bits, without those for error correction */
#define SIZE		0x0c	/* 0: no module */
#define SPEED		0x15	/* MT/s it is made for */
#define CONFIGURED	0x20	/* MT/s it runs at */
#define EXTENDED_SPEED	0x54	/* 32 bits */
#define EXTENDED_CONFIGURED 0x58 /* 32 bits */
#define SEE_EXTENDED	0xffff

static uint32_t get16(const uint8_t *s, uint8_t at)
{
	/* older versions end earlier; 0 is "unknown" for every field here */
	return at + 2 <= s[LENGTH] ? s[at] | s[at + 1] << 8 : 0;
}

static uint32_t get32(const uint8_t *s, uint8_t at)
{
	return get16(s, at) | get16(s, at + 2) << 16;
}

static uint32_t speed(const uint8_t *s, uint8_t at, uint8_t extended)
{
	uint32_t rate = get16(s, at);

	/* the topmost bit is reserved */
	return rate == SEE_EXTENDED ? get32(s, extended) & 0x7fffffff : rate;
}

static double module_rate(const uint8_t *s)
{
	uint32_t width = get16(s, DATA_WIDTH), rate;

	if (!get16(s, SIZE) || !width || width == 0xffff)
		return NAN;
	rate = speed(s, CONFIGURED, EXTENDED_CONFIGURED);
	if (!rate)
		rate = speed(s, SPEED, EXTENDED_SPEED);
	return rate ? (double)rate * width / 8 : NAN;
}

/* Behind a structure: strings, each with a NUL, and one more NUL. */
static size_t next(const uint8_t *table, size_t at, size_t len)
{
	at += table[at + LENGTH];
	while (at + 1 < len && (table[at] || table[at + 1]))
		at++;
	return at + 2;
}

double sma_dmi_memory_rate(const uint8_t *table, size_t len)
{
	double least = NAN;
	size_t at = 0;

	while (at + HEADER <= len) {
		const uint8_t *s = table + at;

		if (s[LENGTH] < HEADER || s[LENGTH] > len - at ||
		    s[TYPE] == TYPE_END)
			break;
		if (s[TYPE] == TYPE_MEMORY)
			least = fmin(least, module_rate(s));
		at = next(table, at, len);
	}
	return least;
}
