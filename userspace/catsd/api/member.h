/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of a JSON object that came from elsewhere, looked at one by one.
 * Each function returns 0, or -EINVAL with a message that names the member.
 */
#ifndef CATSD_API_MEMBER_H
#define CATSD_API_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** API_NAME_MAX - of a site, a service: goes into keys of the store */
#define API_NAME_MAX	63

/** member_name_is_valid - letters, digits, "-", "." and "_", 1 to 63? */
bool member_name_is_valid(const char *name);

/** member_only - none but those in @names, which NULL ends */
int member_only(const json_t *object, const char *const *names);

/**
 * member_text - a string of 1 to @max octets, without control characters
 * @need: it has to be there
 */
int member_text(const json_t *object, const char *name, size_t max, bool need);

/** member_texts - an array of up to @count such strings; may be left out */
int member_texts(const json_t *object, const char *name, size_t count,
		 size_t max);

/**
 * member_number - an integer of @min to @max
 * @value: result; left alone if it is not there and need not be
 */
int member_number(const json_t *object, const char *name, uint64_t min,
		  uint64_t max, bool need, uint64_t *value);

/**
 * member_address - an IPv4 or IPv6 address
 * @addr: result, IPv4-mapped; left alone if it is not there
 */
int member_address(const json_t *object, const char *name, bool need,
		   uint8_t addr[16]);

#endif /* CATSD_API_MEMBER_H */
