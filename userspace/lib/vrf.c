// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "error.h"
#include "vrf.h"

/*
 * struct search - for the VRF of a table
 */
struct search {
	uint32_t table;
	uint32_t ifindex;
};

static int on_link(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct nlattr *vrf[IFLA_VRF_MAX + 1];
	struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct search *search = arg;
	uint32_t table = 0;

	if (nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0 ||
	    !tb[IFLA_LINKINFO] ||
	    nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) ||
	    !info[IFLA_INFO_KIND] || nla_strcmp(info[IFLA_INFO_KIND], "vrf") ||
	    !info[IFLA_INFO_DATA] ||
	    nla_parse_nested(vrf, IFLA_VRF_MAX, info[IFLA_INFO_DATA], NULL))
		return 0;
	cats_attr_read(vrf[IFLA_VRF_TABLE], &table, sizeof(table));
	if (table == search->table)
		search->ifindex = ifi->ifi_index;
	return 0;
}

int cats_vrf_device(struct cats_netlink *nl, uint32_t table, uint32_t *ifindex)
{
	struct search search = { .table = table };
	struct cats_request request = {
		.what = "reading devices", .item = on_link, .arg = &search,
	};
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
	int ret;

	if (msg && nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = cats_netlink_ask(nl, msg, &request);
	if (!ret && !search.ifindex)
		return cats_error(ENODEV, "no VRF device has table %u", table);
	*ifindex = search.ifindex;
	return ret;
}
