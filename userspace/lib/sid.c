// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "sid.h"

static const char *const names[] = {
	[CATS_A_SID_SID] = "sid",
	[CATS_A_SID_PREFIX_LEN] = "prefix length",
	[CATS_A_SID_BEHAVIOR] = "action",
	[CATS_A_SID_IFINDEX] = "dev",
	[CATS_A_SID_NH4] = "nh4",
	[CATS_A_SID_NH6] = "nh6",
	[CATS_A_SID_OIF] = "oif",
	[CATS_A_SID_VRFTABLE] = "vrftable",
	[CATS_A_SID_INSTANCE] = "instance",
};

static const struct cats_attr_names attr_names = {
	names, sizeof(names) / sizeof(names[0]),
};

const char *cats_sid_name(const struct cats_sid *sid)
{
	static char text[INET6_ADDRSTRLEN + 8];
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, sid->sid, addr, sizeof(addr));
	if (sid->len == 128)
		snprintf(text, sizeof(text), "%s", addr);
	else
		snprintf(text, sizeof(text), "%s/%u", addr, sid->len);
	return text;
}

int cats_sid_decode(struct nlmsghdr *nlh, struct cats_sid *sid)
{
	struct nlattr *tb[CATS_A_SID_MAX + 1];
	int ret = cats_genl_parse(nlh, tb, CATS_A_SID_MAX);

	memset(sid, 0, sizeof(*sid));
	if (ret)
		return ret;
	sid->len = 128;
	cats_attr_read(tb[CATS_A_SID_SID], sid->sid, 16);
	cats_attr_read(tb[CATS_A_SID_PREFIX_LEN], &sid->len, 1);
	cats_attr_read(tb[CATS_A_SID_BEHAVIOR], &sid->behavior, 2);
	cats_attr_read(tb[CATS_A_SID_IFINDEX], &sid->ifindex, 4);
	cats_attr_read(tb[CATS_A_SID_NH4], sid->nh4, 4);
	cats_attr_read(tb[CATS_A_SID_NH6], sid->nh6, 16);
	cats_attr_read(tb[CATS_A_SID_OIF], &sid->oif, 4);
	cats_attr_read(tb[CATS_A_SID_VRFTABLE], &sid->vrftable, 4);
	sid->has_instance = cats_attr_read(tb[CATS_A_SID_INSTANCE],
					   sid->instance, 16);
	cats_attr_read(tb[CATS_A_SID_PACKETS], &sid->packets, 8);
	cats_attr_read(tb[CATS_A_SID_BYTES], &sid->bytes, 8);
	cats_attr_read(tb[CATS_A_SID_DROPS], &sid->drops, 8);
	return 0;
}

static struct nl_msg *start(struct cats_genl *genl, uint8_t command, int flags,
			    const struct cats_sid *sid)
{
	struct nl_msg *msg = cats_genl_request(genl, command, flags);

	if (!msg || nla_put(msg, CATS_A_SID_SID, 16, sid->sid) ||
	    nla_put_u8(msg, CATS_A_SID_PREFIX_LEN, sid->len)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Send a request about one SID. */
static int ask(struct cats_genl *genl, struct nl_msg *msg, const char *doing,
	       const struct cats_sid *sid, struct cats_sid *answer)
{
	struct cats_request request = { .names = &attr_names };
	char what[INET6_ADDRSTRLEN + 40];
	struct cats_dump reply = {};
	int ret;

	snprintf(what, sizeof(what), "%s SID %s", doing, cats_sid_name(sid));
	request.what = what;
	if (!answer)
		return cats_genl_ask(genl, msg, &request);
	ret = cats_dump_ask(&genl->nl, msg, what, &reply);
	if (!ret && reply.len)
		ret = cats_sid_decode(cats_dump_next(&reply), answer);
	cats_dump_free(&reply);
	return ret;
}

int cats_sid_get(struct cats_genl *genl, struct cats_sid *sid)
{
	return ask(genl, start(genl, CATS_CMD_SID_GET, 0, sid), "reading", sid,
		   sid);
}

static int put_config(struct nl_msg *msg, const struct cats_sid *sid)
{
	static const uint8_t none[16];

	return nla_put_u16(msg, CATS_A_SID_BEHAVIOR, sid->behavior) ||
	       (sid->ifindex &&
		nla_put_u32(msg, CATS_A_SID_IFINDEX, sid->ifindex)) ||
	       (memcmp(sid->nh4, none, 4) &&
		nla_put(msg, CATS_A_SID_NH4, 4, sid->nh4)) ||
	       (memcmp(sid->nh6, none, 16) &&
		nla_put(msg, CATS_A_SID_NH6, 16, sid->nh6)) ||
	       (sid->oif && nla_put_u32(msg, CATS_A_SID_OIF, sid->oif)) ||
	       (sid->vrftable &&
		nla_put_u32(msg, CATS_A_SID_VRFTABLE, sid->vrftable)) ||
	       (sid->has_instance &&
		nla_put(msg, CATS_A_SID_INSTANCE, 16, sid->instance));
}

int cats_sid_new(struct cats_genl *genl, const struct cats_sid *sid,
		 bool replace)
{
	int flags = replace ? NLM_F_CREATE | NLM_F_REPLACE : 0;
	struct nl_msg *msg = start(genl, CATS_CMD_SID_NEW, flags, sid);

	if (msg && put_config(msg, sid)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return ask(genl, msg, "adding", sid, NULL);
}

int cats_sid_del(struct cats_genl *genl, const struct cats_sid *sid)
{
	return ask(genl, start(genl, CATS_CMD_SID_DEL, 0, sid), "deleting",
		   sid, NULL);
}

static struct nl_msg *filtered(struct cats_genl *genl, uint8_t command,
			       int flags, const struct cats_sid_filter *filter)
{
	struct nl_msg *msg = cats_genl_request(genl, command, flags);

	if (!msg ||
	    (filter->ifindex &&
	     nla_put_u32(msg, CATS_A_SID_IFINDEX, filter->ifindex)) ||
	    (filter->has_instance &&
	     nla_put(msg, CATS_A_SID_INSTANCE, 16, filter->instance))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int cats_sid_flush(struct cats_genl *genl,
		   const struct cats_sid_filter *filter)
{
	static const struct cats_request request = {
		.what = "flushing SIDs", .names = &attr_names,
	};

	return cats_genl_ask(genl, filtered(genl, CATS_CMD_SID_FLUSH, 0,
					    filter), &request);
}

int cats_sid_dump(struct cats_genl *genl, const struct cats_sid_filter *filter,
		  struct cats_dump *dump)
{
	return cats_dump_ask(&genl->nl, filtered(genl, CATS_CMD_SID_GET,
						 NLM_F_DUMP, filter),
			     "reading SIDs", dump);
}
