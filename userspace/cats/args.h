/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments of a command, taken one by one. */
#ifndef CATS_ARGS_H
#define CATS_ARGS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include <cats/maps.h>

/** EXIT_ARGUMENT - exit status for what the user got wrong, as iproute2's. */
#define EXIT_ARGUMENT	255
/** EXIT_REFUSED - exit status for what the kernel or the tables refused. */
#define EXIT_REFUSED	2

/**
 * struct args - what is left of the command line
 * @argc: how many
 * @argv: the rest
 */
struct args {
	int argc;
	char **argv;
};

/** args_more - is there another argument? */
static inline bool args_more(const struct args *args)
{
	return args->argc > 0;
}

/** args_take - the next argument; there must be one, see args_more(). */
const char *args_take(struct args *args);

/** args_is - is the next argument @word?  Takes it if so. */
bool args_is(struct args *args, const char *word);

/** args_value - the value that follows keyword @key; NULL with a message. */
const char *args_value(struct args *args, const char *key);

/** args_wrong - "argument "@value" is wrong: @why"; returns -EINVAL. */
int args_wrong(const char *value, const char *why);

/** args_unknown - the next argument is no keyword here; returns -EINVAL. */
int args_unknown(struct args *args);

/** struct args_seen - keywords that were given; each may be given once */
struct args_seen {
	const char *word[24];
	uint32_t n;
};

/** args_once - note the next argument as a keyword; -EINVAL if it was one. */
int args_once(const struct args *args, struct args_seen *seen);

/** args_number - value of @key, @min to @max; 0 or -EINVAL. */
int args_number(struct args *args, const char *key, uint32_t min, uint32_t max,
		uint32_t *number);

/** args_choice - value of @key, one of @names (NULL ends); 0 or -EINVAL. */
int args_choice(struct args *args, const char *key, const char *const *names,
		uint8_t *choice);

/** args_in6 - value of @key, an IPv6 address; 0 or -EINVAL. */
int args_in6(struct args *args, const char *key, uint8_t *addr);

/** parse_in6 - @text as an IPv6 address; 0 or -EINVAL. */
int parse_in6(const char *text, uint8_t *addr);

/** parse_address - IPv4 or IPv6; IPv4 goes to the first 4 bytes. */
int parse_address(const char *text, uint8_t *family, uint8_t *addr);

/** args_prefix - CSID[/LEN], the next argument; 0 or -EINVAL. */
int args_prefix(struct args *args, struct cats_service_key *key);

/** parse_prefix - ADDR[/LEN], no bits beyond the length; 0 or -EINVAL. */
int parse_prefix(const char *value, struct cats_service_key *key);

/** args_sid - SID[/LEN], the next argument; 0 or -EINVAL. */
int args_sid(struct args *args, uint8_t *sid, uint8_t *len);

/** parse_instance - CSCI-ID, of 16 bytes; NULL is -EINVAL. */
int parse_instance(const char *text, uint8_t *instance);

/** args_device - name of a device that exists, the next argument. */
int args_device(const char *name, uint32_t *ifindex);

/** args_dev - value of @key, the name of a device that exists. */
int args_dev(struct args *args, const char *key, uint32_t *ifindex);

#endif /* CATS_ARGS_H */
