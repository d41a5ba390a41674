/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command prints, as text or as JSON, by the same calls.  JSON is an
 * array of objects, each written when it is complete.
 */
#ifndef CATS_OUTPUT_H
#define CATS_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct options - of the whole command
 * @json: -j
 * @pretty: -p
 * @stats: -s
 * @details: -d
 * @oneline: -o
 * @timestamp: -t
 * @color: -c
 * @force: -force
 */
struct options {
	bool json;
	bool pretty;
	bool stats;
	bool details;
	bool oneline;
	bool timestamp;
	bool color;
	bool force;
};

extern struct options options;

/** enum hue - what is coloured, if anything is */
enum hue { HUE_NONE, HUE_ADDRESS, HUE_NAME, HUE_GOOD, HUE_BAD };

/** out_begin - start of all objects. */
void out_begin(void);
/** out_end - end of all objects; writes what is buffered. */
void out_end(void);
/** out_open - start an object. */
void out_open(void);
/** out_close - end it; in text, a new line. */
void out_close(void);
/** out_array - start an array of objects as member @key of the object. */
void out_array(const char *key);
/** out_array_end - end it. */
void out_array_end(void);

/** out_stamp - member "timestamp" of the next object; in text, printed now. */
void out_stamp(const char *stamp);
/** out_text - text only. */
void out_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** out_line - text only: continue on the next line, or not with -o. */
void out_line(const char *indent);
/** out_string - member @key; in text, @fmt with a %s for it. */
void out_string(enum hue hue, const char *key, const char *fmt,
		const char *value);
/** out_number - member @key; in text, @fmt with a %llu for it. */
void out_number(const char *key, const char *fmt, unsigned long long value);
/** out_real - member @key; in text, @fmt with a %f for it. */
void out_real(const char *key, const char *fmt, double value);
/** out_bool - member @key; in text, @text if @value is set. */
void out_bool(const char *key, const char *text, bool value);

/** out_json - member @key is a copy of @value; in text, nothing. */
void out_json(const char *key, json_t *value);

/** out_address - IPv4 or IPv6 address, network order. */
void out_address(const char *key, const char *fmt, uint8_t family,
		 const uint8_t *addr);

/** out_mapped - the same of 16 bytes; IPv4-mapped is IPv4. */
void out_mapped(const char *key, const char *fmt, const uint8_t *addr);

#endif /* CATS_OUTPUT_H */
