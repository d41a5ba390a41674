/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A generic-netlink family of the kernel: find it, ask it, listen to it. */
#ifndef CATS_GENL_H
#define CATS_GENL_H

#include <linux/genetlink.h>

#include "netlink.h"

#define CATS_GENL_GROUPS	4

/**
 * struct cats_genl_group - a multicast group of the family
 * @id: number to join
 * @name: "" for none
 */
struct cats_genl_group {
	uint32_t id;
	char name[GENL_NAMSIZ];
};

/**
 * struct cats_genl - a family
 * @nl: socket
 * @id: number of the family, 0 if it was not found
 * @group: its multicast groups
 */
struct cats_genl {
	struct cats_netlink nl;
	uint16_t id;
	struct cats_genl_group group[CATS_GENL_GROUPS];
};

/**
 * cats_genl_open - connect to a family
 * @genl: result
 * @name: of the family
 * @load: have the kernel load the module that brings it, if it is not there
 *
 * Return: 0; -ENOENT if there is no such family; another negative errno; with
 * a message; then @genl needs no closing.
 */
int cats_genl_open(struct cats_genl *genl, const char *name, bool load);

/** cats_genl_close - one that was never opened, all 0, is fine too. */
void cats_genl_close(struct cats_genl *genl);

/** cats_genl_request - start a request for cats_netlink_ask(), or NULL. */
struct nl_msg *cats_genl_request(struct cats_genl *genl, uint8_t command,
				 int flags);

/** cats_genl_ask - cats_netlink_ask() on the socket of the family. */
int cats_genl_ask(struct cats_genl *genl, struct nl_msg *msg,
		  const struct cats_request *request);

/** cats_genl_join - get the events of a multicast group. */
int cats_genl_join(struct cats_genl *genl, const char *group);

/** cats_genl_parse - attributes of a message, by type up to @max. */
int cats_genl_parse(struct nlmsghdr *nlh, struct nlattr **attrs, int max);

/** cats_genl_command - what an event is about. */
uint8_t cats_genl_command(const struct nlmsghdr *nlh);

#endif /* CATS_GENL_H */
