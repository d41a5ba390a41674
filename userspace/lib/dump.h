/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of a dump, kept until all are there: one that is interrupted
 * starts again, and what was printed could not be taken back.
 */
#ifndef CATS_DUMP_H
#define CATS_DUMP_H

#include "genl.h"

/**
 * struct cats_dump - messages one behind the other, aligned
 * @data: of them
 * @len: bytes of @data in use
 * @room: bytes of @data
 * @at: the next one for cats_dump_next()
 */
struct cats_dump {
	char *data;
	size_t len;
	size_t room;
	size_t at;
};

/**
 * cats_dump_ask - send a request for a dump, keep the answer
 * @nl: socket
 * @msg: request with NLM_F_DUMP, freed
 * @what: names it in an error
 * @dump: result, to be freed in any case
 *
 * Return: 0 or a negative errno with a message.
 */
int cats_dump_ask(struct cats_netlink *nl, struct nl_msg *msg,
		  const char *what, struct cats_dump *dump);

/** cats_dump_next - the next message, NULL behind the last. */
struct nlmsghdr *cats_dump_next(struct cats_dump *dump);

/** cats_dump_free - one of all 0 is fine. */
void cats_dump_free(struct cats_dump *dump);

#endif /* CATS_DUMP_H */
