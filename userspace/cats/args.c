// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "mapped.h"
#include "error.h"

const char *args_take(struct args *args)
{
	args->argc--;
	return *args->argv++;
}

bool args_is(struct args *args, const char *word)
{
	if (!args_more(args) || strcmp(args->argv[0], word))
		return false;
	args_take(args);
	return true;
}

const char *args_value(struct args *args, const char *key)
{
	if (!args_more(args)) {
		cats_error(EINVAL, "\"%s\" wants a value", key);
		return NULL;
	}
	return args_take(args);
}

int args_wrong(const char *value, const char *why)
{
	return cats_error(EINVAL, "argument \"%s\" is wrong: %s", value, why);
}

int args_unknown(struct args *args)
{
	return cats_error(EINVAL, "either \"%s\" is duplicate, or it is garbage",
			  args->argv[0]);
}

int args_once(const struct args *args, struct args_seen *seen)
{
	const char *word = args->argv[0];
	uint32_t i;

	for (i = 0; i < seen->n; i++)
		if (!strcmp(seen->word[i], word))
			return cats_error(EINVAL, "\"%s\" is given twice", word);
	if (seen->n < sizeof(seen->word) / sizeof(seen->word[0]))
		seen->word[seen->n++] = word;
	return 0;
}

int args_number(struct args *args, const char *key, uint32_t min, uint32_t max,
		uint32_t *number)
{
	const char *text = args_value(args, key);
	unsigned long long value;
	char why[96], *end;

	if (!text)
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || value < min ||
	    value > max) {
		snprintf(why, sizeof(why), "%s is a number from %u to %u", key,
			 min, max);
		return args_wrong(text, why);
	}
	*number = value;
	return 0;
}

int args_choice(struct args *args, const char *key, const char *const *names,
		uint8_t *choice)
{
	const char *text = args_value(args, key);
	char why[160];
	int n = 0;
	uint8_t i;

	if (!text)
		return -EINVAL;
	n = snprintf(why, sizeof(why), "%s is one of", key);
	for (i = 0; names[i]; i++) {
		if (!strcmp(text, names[i])) {
			*choice = i;
			return 0;
		}
		n += snprintf(why + n, sizeof(why) - n, " %s", names[i]);
	}
	return args_wrong(text, why);
}

int parse_in6(const char *text, uint8_t *addr)
{
	if (inet_pton(AF_INET6, text, addr) == 1)
		return 0;
	if (inet_pton(AF_INET, text, addr) == 1)
		return args_wrong(text, "an IPv6 address is expected, not IPv4");
	return args_wrong(text, "an IPv6 address is expected");
}

int args_in6(struct args *args, const char *key, uint8_t *addr)
{
	const char *text = args_value(args, key);

	return text ? parse_in6(text, addr) : -EINVAL;
}

int parse_address(const char *text, uint8_t *family, uint8_t *addr)
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET, text, addr) == 1) {
		*family = CATS_FAMILY_IPV4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, addr) == 1) {
		*family = CATS_FAMILY_IPV6;
		return 0;
	}
	return args_wrong(text, "an IPv4 or IPv6 address is expected");
}

static bool has_host_bits(const struct cats_service_key *key)
{
	uint32_t bit, bits = key->family == CATS_FAMILY_IPV4 ? 32 : 128;

	for (bit = key->len; bit < bits; bit++)
		if (key->addr[bit / 8] & 0x80 >> bit % 8)
			return true;
	return false;
}

int parse_prefix(const char *value, struct cats_service_key *key)
{
	char text[INET6_ADDRSTRLEN + 8], *slash, *end;
	unsigned long len;
	uint32_t bits;
	int ret;

	if (strlen(value) >= sizeof(text))
		return args_wrong(value, "an IPv4 or IPv6 address is expected");
	strcpy(text, value);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	ret = parse_address(text, &key->family, key->addr);
	if (ret)
		return ret;
	bits = key->family == CATS_FAMILY_IPV4 ? 32 : 128;
	len = slash ? strtoul(slash, &end, 10) : bits;
	if (slash && (!*slash || *end || *slash < '0' || *slash > '9' ||
		      len > bits))
		return args_wrong(value, bits == 32 ?
				  "a prefix length is a number from 0 to 32" :
				  "a prefix length is a number from 0 to 128");
	key->len = len;
	if (has_host_bits(key))
		return args_wrong(value, "address bits are set beyond the prefix length");
	return 0;
}

int args_prefix(struct args *args, struct cats_service_key *key)
{
	if (!args_more(args))
		return cats_error(EINVAL, "a CS-ID is expected");
	return parse_prefix(args_take(args), key);
}

int args_sid(struct args *args, uint8_t *sid, uint8_t *len)
{
	struct cats_service_key key = {};
	const char *text;
	int ret;

	if (!args_more(args))
		return cats_error(EINVAL, "a SID is expected");
	text = args_take(args);
	ret = parse_prefix(text, &key);
	if (ret)
		return ret;
	if (key.family != CATS_FAMILY_IPV6)
		return args_wrong(text, "an IPv6 address is expected, not IPv4");
	if (!key.len)
		return args_wrong(text, "the prefix length of a SID is a number from 1 to 128");
	memcpy(sid, key.addr, 16);
	*len = key.len;
	return 0;
}

int parse_instance(const char *text, uint8_t *instance)
{
	uint8_t family, addr[16];

	if (!text)
		return -EINVAL;
	if (parse_address(text, &family, addr))
		return args_wrong(text, "a CSCI-ID is an IPv4 or IPv6 address");
	mapped_from(family == CATS_FAMILY_IPV4, addr, instance);
	return 0;
}

int args_device(const char *name, uint32_t *ifindex)
{
	*ifindex = if_nametoindex(name);
	if (!*ifindex)
		return cats_error(ENODEV, "Cannot find device \"%s\"", name);
	return 0;
}

int args_dev(struct args *args, const char *key, uint32_t *ifindex)
{
	const char *name = args_value(args, key);

	return name ? args_device(name, ifindex) : -EINVAL;
}
