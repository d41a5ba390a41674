// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "api/member.h"
#include "error.h"
#include "mapped.h"

bool member_name_is_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

	return len && !name[len] && len <= API_NAME_MAX;
}

int member_only(const json_t *object, const char *const *names)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)object, key, value) {
		for (i = 0; names[i] && strcmp(names[i], key); i++)
			;
		if (!names[i])
			return cats_error(EINVAL, "%.64s: is no member of this",
					  key);
	}
	return 0;
}

static int missing(const char *name, bool need)
{
	return need ? cats_error(EINVAL, "%s: is missing", name) : 0;
}

static int check_text(const json_t *value, const char *name, size_t max)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value), i;

	if (!text || !len || len > max)
		return cats_error(EINVAL, "%s: is not a text of 1 to %zu octets",
				  name, max);
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return cats_error(EINVAL, "%s: has a control character",
					  name);
	return 0;
}

int member_text(const json_t *object, const char *name, size_t max, bool need)
{
	const json_t *value = json_object_get(object, name);

	return value ? check_text(value, name, max) : missing(name, need);
}

int member_texts(const json_t *object, const char *name, size_t count,
		 size_t max)
{
	const json_t *array = json_object_get(object, name), *value;
	size_t i;
	int ret;

	if (!array)
		return 0;
	if (!json_is_array(array) || json_array_size(array) > count)
		return cats_error(EINVAL, "%s: is not an array of up to %zu texts",
				  name, count);
	json_array_foreach(array, i, value) {
		ret = check_text(value, name, max);
		if (ret)
			return ret;
	}
	return 0;
}

int member_number(const json_t *object, const char *name, uint64_t min,
		  uint64_t max, bool need, uint64_t *value)
{
	const json_t *number = json_object_get(object, name);
	json_int_t n = json_integer_value(number);

	if (!number)
		return missing(name, need);
	if (!json_is_integer(number) || n < 0 || (uint64_t)n < min ||
	    (uint64_t)n > max)
		return cats_error(EINVAL, "%s: is not an integer of %llu to %llu",
				  name, (unsigned long long)min,
				  (unsigned long long)max);
	*value = n;
	return 0;
}

int member_address(const json_t *object, const char *name, bool need,
		   uint8_t addr[16])
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	if (!value)
		return missing(name, need);
	if (!text || strlen(text) != json_string_length(value) ||
	    !mapped_parse(text, addr))
		return cats_error(EINVAL, "%s: is no IPv4 or IPv6 address",
				  name);
	return 0;
}
