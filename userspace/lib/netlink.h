/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A netlink socket: requests, dumps, and what the kernel says of them. */
#ifndef CATS_NETLINK_H
#define CATS_NETLINK_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "extack.h"

/**
 * struct cats_netlink - a socket
 * @sk: libnl's
 * @cb: callbacks
 */
struct cats_netlink {
	struct nl_sock *sk;
	struct nl_cb *cb;
};

/**
 * struct cats_request - what is asked of the kernel
 * @what: names it in an error the kernel has no message for
 * @names: of its attributes, or NULL
 * @item: takes each message of the answer, or NULL; its negative errno, with a
 *	message, ends the request
 * @restart: forget all items: the dump was interrupted and starts again; NULL
 *	if the items do not depend on each other
 * @arg: for @item and @restart
 */
struct cats_request {
	const char *what;
	const struct cats_attr_names *names;
	int (*item)(struct nlmsghdr *nlh, void *arg);
	void (*restart)(void *arg);
	void *arg;
};

/**
 * cats_netlink_open - connect, with all the kernel has to say switched on
 * @nl: result
 * @protocol: NETLINK_ROUTE, NETLINK_GENERIC
 *
 * Return: 0 or a negative errno with a message; then @nl needs no closing.
 */
int cats_netlink_open(struct cats_netlink *nl, int protocol);

/** cats_netlink_close - one that was never opened, all 0, is fine too. */
void cats_netlink_close(struct cats_netlink *nl);

/**
 * cats_netlink_ask - send a request, read all of the answer
 * @nl: socket
 * @msg: request, freed in any case; NULL for one there was no memory for
 * @request: what it is
 *
 * Warnings of the kernel go to stderr.  A dump that was interrupted is done
 * again a few times; if that does not help, stderr says so.
 *
 * Return: 0; the kernel's errno, negative, with its message; -EIO in place of
 * its EINVAL.
 */
int cats_netlink_ask(struct cats_netlink *nl, struct nl_msg *msg,
		     const struct cats_request *request);

/** cats_attr_read - copy a fixed-size attribute; false if it is not there. */
bool cats_attr_read(const struct nlattr *attr, void *to, size_t size);

#endif /* CATS_NETLINK_H */
