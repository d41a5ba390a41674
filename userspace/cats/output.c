// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cats/maps.h>
#include "output.h"

struct options options;

#define DEPTH	6

/* Objects and arrays that are open, outermost first. */
static json_t *open_stack[DEPTH];
static int depth;
static bool first;
static char stamp_next[64];

static const char *const hues[] = {
	[HUE_NONE] = "", [HUE_ADDRESS] = "\033[35m", [HUE_NAME] = "\033[36m",
	[HUE_GOOD] = "\033[32m", [HUE_BAD] = "\033[31m",
};

void out_begin(void)
{
	first = true;
	depth = 0;
	if (options.json)
		fputs("[", stdout);
}

void out_end(void)
{
	if (options.json)
		fputs(options.pretty && !first ? "\n]\n" : "]\n", stdout);
	fflush(stdout);
}

static json_t *top(void)
{
	return open_stack[depth - 1];
}

void out_open(void)
{
	json_t *object;

	if (!options.json)
		return;
	object = json_object();
	if (stamp_next[0])
		json_object_set_new(object, "timestamp",
				    json_string(stamp_next));
	stamp_next[0] = '\0';
	if (depth)
		json_array_append_new(top(), object);
	open_stack[depth++] = object;
}

/* Keys are ours: they need no look for what is not UTF-8. */
static void set_member(const char *key, json_t *value)
{
	json_object_set_new_nocheck(top(), key, value);
}

/* Tokens are short, and nobody else writes: the lock would cost most. */
static int write_token(const char *token, size_t size, void *to)
{
	return fwrite_unlocked(token, 1, size, to) == size ? 0 : -1;
}

static void write_object(json_t *object)
{
	size_t flags = options.pretty ? JSON_INDENT(4) : JSON_COMPACT;

	fputs(first ? "" : ",", stdout);
	if (options.pretty)
		fputs("\n", stdout);
	json_dump_callback(object, write_token, stdout,
			   flags | JSON_REAL_PRECISION(9));
	json_decref(object);
	first = false;
}

void out_close(void)
{
	if (!options.json) {
		fputs("\n", stdout);
		return;
	}
	depth--;
	if (!depth)
		write_object(open_stack[0]);
}

void out_array(const char *key)
{
	json_t *array;

	if (!options.json)
		return;
	array = json_array();
	set_member(key, array);
	open_stack[depth++] = array;
}

void out_array_end(void)
{
	if (options.json)
		depth--;
}

void out_stamp(const char *stamp)
{
	if (options.json)
		snprintf(stamp_next, sizeof(stamp_next), "%s", stamp);
	else
		printf("[%s] ", stamp);
}

void out_text(const char *fmt, ...)
{
	va_list ap;

	if (options.json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void out_line(const char *indent)
{
	out_text("%s%s", options.oneline ? "\\" : "\n", indent);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

void out_string(enum hue hue, const char *key, const char *fmt,
		const char *value)
{
	char painted[320];

	if (options.json) {
		set_member(key, json_string(value));
		return;
	}
	if (options.color && hue) {
		snprintf(painted, sizeof(painted), "%s%s\033[0m", hues[hue],
			 value);
		value = painted;
	}
	if (fmt)
		printf(fmt, value);
}

void out_number(const char *key, const char *fmt, unsigned long long value)
{
	if (options.json)
		set_member(key, json_integer(value));
	else if (fmt)
		printf(fmt, value);
}

void out_real(const char *key, const char *fmt, double value)
{
	if (options.json)
		set_member(key, json_real(value));
	else if (fmt)
		printf(fmt, value);
}

#pragma GCC diagnostic pop

void out_bool(const char *key, const char *text, bool value)
{
	if (options.json)
		set_member(key, json_boolean(value));
	else if (value)
		fputs(text, stdout);
}

void out_json(const char *key, json_t *value)
{
	if (options.json)
		set_member(key, json_deep_copy(value));
}

void out_address(const char *key, const char *fmt, uint8_t family,
		 const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == CATS_FAMILY_IPV4 ? AF_INET : AF_INET6, addr, text,
		  sizeof(text));
	out_string(HUE_ADDRESS, key, fmt, text);
}

void out_mapped(const char *key, const char *fmt, const uint8_t *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(addr, mapped, sizeof(mapped)))
		out_address(key, fmt, CATS_FAMILY_IPV6, addr);
	else
		out_address(key, fmt, CATS_FAMILY_IPV4, addr + 12);
}
