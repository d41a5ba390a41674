/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says beside an errno: NLMSGERR_ATTR_*, which libnl drops. */
#ifndef CATS_EXTACK_H
#define CATS_EXTACK_H

#include <linux/netlink.h>
#include <stdint.h>

/**
 * struct cats_extack - the end of a request, as the kernel tells it
 * @err: positive errno, 0 for success
 * @missing: type of the attribute that is missing, 0 if none is
 * @message: "" if there is none; without the period some end with
 */
struct cats_extack {
	int err;
	uint16_t missing;
	char message[256];
};

/**
 * struct cats_attr_names - names of the attributes of a request
 * @name: by type, NULL where there is none
 * @n: length of @name
 */
struct cats_attr_names {
	const char *const *name;
	uint16_t n;
};

/**
 * cats_extack_parse - read a message of type NLMSG_ERROR or NLMSG_DONE
 * @nlh: message
 * @extack: result
 *
 * Lengths are not trusted: what does not fit is left out.
 */
void cats_extack_parse(const struct nlmsghdr *nlh, struct cats_extack *extack);

/**
 * cats_extack_error - record what an extack says, see cats_error()
 * @extack: its @err is not 0
 * @what: what was asked of the kernel, for an errno without a message
 * @names: of the attributes that may be missing, or NULL
 *
 * Return: -errno; -EIO for EINVAL, which callers keep for wrong arguments.
 */
int cats_extack_error(const struct cats_extack *extack, const char *what,
		      const struct cats_attr_names *names);

#endif /* CATS_EXTACK_H */
