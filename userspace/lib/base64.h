/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 (RFC 4648 section 4), with padding. */
#ifndef CATS_BASE64_H
#define CATS_BASE64_H

#include <stddef.h>
#include <stdint.h>

/** BASE64_LEN - characters for that many octets, without the NUL. */
#define BASE64_LEN(octets) (((octets) + 2) / 3 * 4)

/** base64_encode - to BASE64_LEN(@len) + 1 characters, NUL-terminated. */
void base64_encode(const uint8_t *data, size_t len, char *text);

/**
 * base64_decode - of @len characters, a multiple of 4
 *
 * Return: octets written to @data, which has room for @len / 4 * 3; -1 if it is
 * not base64.
 */
int base64_decode(const char *text, size_t len, uint8_t *data);

#endif /* CATS_BASE64_H */
