// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "error.h"

#define FIRST_ROOM	65536

static int keep(struct nlmsghdr *nlh, void *arg)
{
	size_t size = NLMSG_ALIGN(nlh->nlmsg_len), room;
	struct cats_dump *dump = arg;
	char *grown;

	if (dump->len + size > dump->room) {
		room = dump->room ? 2 * dump->room : FIRST_ROOM;
		while (room < dump->len + size)
			room *= 2;
		grown = realloc(dump->data, room);
		if (!grown)
			return cats_error(ENOMEM, "dump: out of memory");
		dump->data = grown;
		dump->room = room;
	}
	memcpy(dump->data + dump->len, nlh, nlh->nlmsg_len);
	dump->len += size;
	return 0;
}

static void forget(void *arg)
{
	struct cats_dump *dump = arg;

	dump->len = 0;
}

int cats_dump_ask(struct cats_netlink *nl, struct nl_msg *msg,
		  const char *what, struct cats_dump *dump)
{
	struct cats_request request = {
		.what = what, .item = keep, .restart = forget, .arg = dump,
	};

	memset(dump, 0, sizeof(*dump));
	return cats_netlink_ask(nl, msg, &request);
}

struct nlmsghdr *cats_dump_next(struct cats_dump *dump)
{
	struct nlmsghdr *nlh;

	if (dump->at >= dump->len)
		return NULL;
	nlh = (void *)(dump->data + dump->at);
	dump->at += NLMSG_ALIGN(nlh->nlmsg_len);
	return nlh;
}

void cats_dump_free(struct cats_dump *dump)
{
	free(dump->data);
	memset(dump, 0, sizeof(*dump));
}
