// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "error.h"
#include "genl.h"

/*
 * struct search - for a family among those of the controller
 */
struct search {
	struct cats_genl *genl;
	const char *name;
};

static void read_group(struct nlattr *nest, struct cats_genl_group *group)
{
	struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];

	if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, nest, NULL) ||
	    !tb[CTRL_ATTR_MCAST_GRP_NAME])
		return;
	nla_strlcpy(group->name, tb[CTRL_ATTR_MCAST_GRP_NAME],
		    sizeof(group->name));
	cats_attr_read(tb[CTRL_ATTR_MCAST_GRP_ID], &group->id,
		       sizeof(group->id));
}

static int on_family(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1], *nest;
	struct search *search = arg;
	struct cats_genl *genl = search->genl;
	int rest, n = 0;

	if (cats_genl_parse(nlh, tb, CTRL_ATTR_MAX) ||
	    !tb[CTRL_ATTR_FAMILY_NAME] ||
	    nla_strcmp(tb[CTRL_ATTR_FAMILY_NAME], search->name))
		return 0;
	cats_attr_read(tb[CTRL_ATTR_FAMILY_ID], &genl->id, sizeof(genl->id));
	if (!tb[CTRL_ATTR_MCAST_GROUPS])
		return 0;
	nla_for_each_nested(nest, tb[CTRL_ATTR_MCAST_GROUPS], rest)
		if (n < CATS_GENL_GROUPS)
			read_group(nest, &genl->group[n++]);
	return 0;
}

/*
 * By name the kernel loads the module of a family it does not know; in a dump
 * it does not.
 */
static int find_family(struct cats_genl *genl, const char *name, bool load)
{
	struct search search = { genl, name };
	struct cats_request request = {
		.what = "generic netlink", .item = on_family, .arg = &search,
	};
	struct nl_msg *msg;

	genl->id = GENL_ID_CTRL;
	msg = cats_genl_request(genl, CTRL_CMD_GETFAMILY,
				load ? 0 : NLM_F_DUMP);
	genl->id = 0;
	if (msg && load &&
	    nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_genl_ask(genl, msg, &request);
}

int cats_genl_open(struct cats_genl *genl, const char *name, bool load)
{
	int ret;

	memset(genl, 0, sizeof(*genl));
	ret = cats_netlink_open(&genl->nl, NETLINK_GENERIC);
	if (ret)
		return ret;
	ret = find_family(genl, name, load);
	if (!ret && !genl->id)
		ret = -ENOENT;
	if (ret == -ENOENT)
		cats_error(ENOENT, "no generic netlink family \"%s\" in this kernel",
			   name);
	if (ret)
		cats_genl_close(genl);
	return ret;
}

void cats_genl_close(struct cats_genl *genl)
{
	cats_netlink_close(&genl->nl);
	memset(genl, 0, sizeof(*genl));
}

struct nl_msg *cats_genl_request(struct cats_genl *genl, uint8_t command,
				 int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, genl->id, 0,
				flags, command, 1)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int cats_genl_ask(struct cats_genl *genl, struct nl_msg *msg,
		  const struct cats_request *request)
{
	return cats_netlink_ask(&genl->nl, msg, request);
}

int cats_genl_join(struct cats_genl *genl, const char *group)
{
	int i, err;

	for (i = 0; i < CATS_GENL_GROUPS; i++) {
		if (strcmp(genl->group[i].name, group))
			continue;
		err = nl_socket_add_membership(genl->nl.sk, genl->group[i].id);
		return err ? cats_error(EIO, "events \"%s\": %s", group,
					nl_geterror(err)) : 0;
	}
	return cats_error(ENOENT, "no multicast group \"%s\"", group);
}

int cats_genl_parse(struct nlmsghdr *nlh, struct nlattr **attrs, int max)
{
	return genlmsg_parse(nlh, 0, attrs, max, NULL) ?
		       cats_error(EBADMSG, "an answer of the kernel is not understood") :
		       0;
}

uint8_t cats_genl_command(const struct nlmsghdr *nlh)
{
	return genlmsg_hdr((struct nlmsghdr *)nlh)->cmd;
}
