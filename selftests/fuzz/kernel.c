// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sockets: spoilt requests go through some, a right one through another, a
 * third listens, a fourth does and never reads.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/cats.h>
#include <linux/cats_metric.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel.h"

#define SPOILT	6

uint16_t fuzz_family_id[FUZZ_FAMILIES];
static int spoilt[SPOILT], right, route, listener, deaf;
static struct fuzz_buffer out, in;

static int netlink(int protocol)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), on = 1;

	if (fd < 0 || bind(fd, (void *)&any, sizeof(any)))
		err(1, "netlink socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return fd;
}

/* Attribute ID among attributes.  Return: it, or NULL */
static const struct nlattr *find(const void *data, size_t len, uint16_t id)
{
	const struct nlattr *attr = data;
	size_t step;

	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN &&
	       attr->nla_len <= len) {
		if ((attr->nla_type & NLA_TYPE_MASK) == id)
			return attr;
		step = NLA_ALIGN((size_t)attr->nla_len);
		if (step >= len)
			break;
		len -= step;
		attr = (const void *)((const char *)attr + step);
	}
	return NULL;
}

static const struct nlattr *find_in(const struct nlmsghdr *nlh, uint16_t id)
{
	if (!nlh || nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return NULL;
	return find((const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN,
		    nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, id);
}

static void put_right(struct fuzz_buffer *b, uint16_t id, const void *data,
		      size_t len)
{
	struct nlattr *attr = (struct nlattr *)(b->data + b->len);

	memset(attr, 0, NLA_HDRLEN + NLA_ALIGN(len));
	attr->nla_type = id;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy(attr + 1, data, len);
	b->len += NLA_HDRLEN + NLA_ALIGN(len);
}

/* A right request, and its first answer, NULL after an error. */
static const struct nlmsghdr *ask(int fd)
{
	const struct nlmsghdr *nlh = (const void *)in.data;
	ssize_t len;

	if (send(fd, out.data, out.len, 0) < 0)
		err(1, "send");
	len = recv(fd, in.data, sizeof(in.data), 0);
	if (len < (ssize_t)NLMSG_HDRLEN)
		err(1, "recv");
	return nlh->nlmsg_type == NLMSG_ERROR &&
	       *(const int32_t *)(nlh + 1) ? NULL : nlh;
}

static uint16_t family_id(const char *name, uint32_t groups[4])
{
	const struct nlattr *attr, *group;
	const struct nlmsghdr *nlh;
	size_t start, offset, i = 0;

	out.len = 0;
	start = fuzz_begin(&out, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put_right(&out, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	fuzz_end(&out, start);
	nlh = ask(right);
	attr = find_in(nlh, CTRL_ATTR_MCAST_GROUPS);
	for (offset = NLA_HDRLEN; attr && offset < attr->nla_len && i < 4;) {
		const struct nlattr *entry =
			(const void *)((const char *)attr + offset);

		group = find(entry + 1, entry->nla_len - NLA_HDRLEN,
			     CTRL_ATTR_MCAST_GRP_ID);
		if (group)
			groups[i++] = *(const uint32_t *)(group + 1);
		offset += NLA_ALIGN(entry->nla_len);
	}
	attr = find_in(nlh, CTRL_ATTR_FAMILY_ID);
	if (!attr)
		errx(1, "no family %s", name);
	return *(const uint16_t *)(attr + 1);
}

static void join(int fd, const uint32_t *groups)
{
	int i;

	for (i = 0; i < 4; i++)
		if (groups[i])
			setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				   &groups[i], sizeof(groups[i]));
}

void kernel_open(void)
{
	uint32_t groups[2][4] = {};
	int i;

	right = netlink(NETLINK_GENERIC);
	route = netlink(NETLINK_ROUTE);
	listener = netlink(NETLINK_GENERIC);
	deaf = netlink(NETLINK_GENERIC);
	for (i = 0; i < SPOILT; i++)
		spoilt[i] = netlink(NETLINK_GENERIC);
	fuzz_family_id[FUZZ_CTRL] = GENL_ID_CTRL;
	fuzz_family_id[FUZZ_CATS] = family_id(CATS_GENL_NAME, groups[0]);
	fuzz_family_id[FUZZ_METRIC] =
		family_id(CATS_METRIC_GENL_NAME, groups[1]);
	for (i = 0; i < 2; i++) {
		join(listener, groups[i]);
		join(deaf, groups[i]);
	}
}

static void answers(const struct nlmsghdr *nlh, size_t len)
{
	for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		int32_t code = 0;

		if (nlh->nlmsg_type != NLMSG_ERROR &&
		    nlh->nlmsg_type != NLMSG_DONE) {
			fuzz_stats.replies++;
			continue;
		}
		if (nlh->nlmsg_type == NLMSG_ERROR)
			code = -*(const int32_t *)(nlh + 1);
		if (code >= 0 && code < FUZZ_ERRNOS)
			fuzz_stats.answer[code]++;
	}
}

static void drain(int fd)
{
	ssize_t len;

	while ((len = recv(fd, in.data, sizeof(in.data), MSG_DONTWAIT)) > 0)
		answers((const void *)in.data, (size_t)len);
}

static void listen_up(void)
{
	ssize_t len;

	for (;;) {
		len = recv(listener, in.data, sizeof(in.data), MSG_DONTWAIT);
		if (len > 0)
			fuzz_stats.events++;
		else if (len < 0 && errno == ENOBUFS)
			fuzz_stats.lost++;
		else
			return;
	}
}

/* A datagram of messages; what it dumps may be left half-way. */
void kernel_say(void)
{
	int *fd = &spoilt[fuzz_below(SPOILT)];
	uint32_t messages = fuzz_one_in(4) ? 2 + fuzz_below(4) : 1;
	bool dump = false;

	out.len = 0;
	while (messages-- && out.len < FUZZ_DATAGRAM / 2)
		dump |= fuzz_message(&out);
	if (send(*fd, out.data, out.len, MSG_DONTWAIT) < 0 && errno != EAGAIN &&
	    errno != ENOBUFS && errno != EMSGSIZE)
		err(1, "send");
	listen_up();
	if (!dump || fuzz_one_in(3)) {
		drain(*fd);
		return;
	}
	if (fuzz_one_in(2))	/* another message finds it in the middle */
		return;
	fuzz_stats.abandoned++;
	close(*fd);
	*fd = netlink(NETLINK_GENERIC);
}

/* One of three devices more comes or goes. */
void kernel_device(void)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)out.data;
	char name[IFNAMSIZ];
	size_t nest;

	snprintf(name, sizeof(name), "cats%u", 1 + fuzz_below(3));
	memset(out.data, 0, NLMSG_HDRLEN + sizeof(struct ifinfomsg));
	out.len = NLMSG_HDRLEN + sizeof(struct ifinfomsg);
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_type = RTM_DELLINK;
	if (!if_nametoindex(name)) {
		nlh->nlmsg_type = RTM_NEWLINK;
		nlh->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	}
	put_right(&out, IFLA_IFNAME, name, strlen(name) + 1);
	if (nlh->nlmsg_type == RTM_NEWLINK) {
		nest = out.len;
		put_right(&out, IFLA_LINKINFO, NULL, 0);
		put_right(&out, IFLA_INFO_KIND, "cats", 5);
		((struct nlattr *)(out.data + nest))->nla_len =
			(uint16_t)(out.len - nest);
	}
	nlh->nlmsg_len = (uint32_t)out.len;
	fuzz_stats.devices += !!ask(route);
}

static void put_device(struct fuzz_buffer *b)
{
	uint32_t ifindex = if_nametoindex("cats0");

	put_right(b, CATS_A_SID_IFINDEX, &ifindex, sizeof(ifindex));
}

static size_t canary(uint8_t cmd, uint16_t flags)
{
	uint8_t sid[16];
	size_t start;

	out.len = 0;
	start = fuzz_begin(&out, fuzz_family_id[FUZZ_CATS], cmd, flags);
	fuzz_sid(sid, KERNEL_CANARY);
	put_right(&out, CATS_A_SID_SID, sid, sizeof(sid));
	return start;
}

static void prime_sid(uint32_t n)
{
	uint16_t behavior = (uint16_t)(CATS_BEHAVIOR_END_DX6 + n / 2 % 5);
	uint8_t sid[16], id[16], nh6[16];
	size_t start;

	out.len = 0;
	start = fuzz_begin(&out, fuzz_family_id[FUZZ_CATS], CATS_CMD_SID_NEW,
			   NLM_F_ACK);
	fuzz_sid(sid, n);
	fuzz_id(id, n % FUZZ_IDS);
	inet_pton(AF_INET6, "2001:db8:2::11", nh6);
	put_right(&out, CATS_A_SID_SID, sid, sizeof(sid));
	put_right(&out, CATS_A_SID_BEHAVIOR, &behavior, sizeof(behavior));
	if (n % 7)
		put_right(&out, CATS_A_SID_INSTANCE, id, sizeof(id));
	if (behavior == CATS_BEHAVIOR_END_DX6)
		put_right(&out, CATS_A_SID_NH6, nh6, sizeof(nh6));
	if (behavior == CATS_BEHAVIOR_END_DX4)
		put_right(&out, CATS_A_SID_NH4, "\12\0\0\13", 4);
	put_device(&out);
	fuzz_end(&out, start);
	ask(right);
}

/* Makes the SIDs and instances that are not there any more. */
void kernel_prime(void)
{
	uint8_t id[16];
	size_t start;
	uint32_t n;

	for (n = 0; n < FUZZ_IDS; n++) {
		out.len = 0;
		start = fuzz_begin(&out, fuzz_family_id[FUZZ_CATS],
				   CATS_CMD_INSTANCE_NEW, NLM_F_ACK);
		fuzz_id(id, n);
		put_right(&out, CATS_A_INSTANCE_ID, id, sizeof(id));
		fuzz_end(&out, start);
		ask(right);
	}
	for (n = 0; n < FUZZ_SIDS; n++)
		prime_sid(n);
}

/* A SID is made, or replaced, and read: it is what was asked for. */
bool kernel_answers(void)
{
	uint16_t behavior = CATS_BEHAVIOR_END_DT6;
	const struct nlattr *attr;
	size_t start;

	start = canary(CATS_CMD_SID_NEW,
		       NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	put_right(&out, CATS_A_SID_BEHAVIOR, &behavior, sizeof(behavior));
	put_device(&out);
	fuzz_end(&out, start);
	if (!ask(right))
		return false;
	start = canary(CATS_CMD_SID_GET, 0);
	fuzz_end(&out, start);
	attr = find_in(ask(right), CATS_A_SID_BEHAVIOR);
	return attr && *(const uint16_t *)(attr + 1) == behavior;
}

/* How many packets the canary took, 0 without it. */
uint64_t kernel_canary_packets(void)
{
	size_t start = canary(CATS_CMD_SID_GET, 0);
	const struct nlattr *attr;
	uint64_t packets = 0;

	fuzz_end(&out, start);
	attr = find_in(ask(right), CATS_A_SID_PACKETS);
	if (attr)
		memcpy(&packets, attr + 1, sizeof(packets));
	return packets;
}

static bool show_verdict(const struct nlattr *reason)
{
	const struct nlattr *name, *packets;
	uint64_t count;

	name = find(reason + 1, reason->nla_len - NLA_HDRLEN, CATS_A_REASON_NAME);
	packets = find(reason + 1, reason->nla_len - NLA_HDRLEN,
		       CATS_A_REASON_PACKETS);
	if (!name || !packets)
		return false;
	memcpy(&count, packets + 1, sizeof(count));
	if (count)
		printf("# packets, %s: %llu\n", (const char *)(name + 1),
		       (unsigned long long)count);
	return count;
}

/* Shows how packets ended.  Return: in how many ways */
unsigned int kernel_verdicts(void)
{
	uint32_t ifindex = if_nametoindex("cats0");
	const struct nlmsghdr *nlh;
	const struct nlattr *attr;
	unsigned int verdicts = 0;
	size_t start, offset = NLMSG_HDRLEN + GENL_HDRLEN;

	out.len = 0;
	start = fuzz_begin(&out, fuzz_family_id[FUZZ_CATS], CATS_CMD_STATS_GET, 0);
	put_right(&out, CATS_A_STATS_IFINDEX, &ifindex, sizeof(ifindex));
	fuzz_end(&out, start);
	nlh = ask(right);
	while (nlh && offset + NLA_HDRLEN <= nlh->nlmsg_len) {
		attr = (const void *)((const char *)nlh + offset);
		if ((attr->nla_type & NLA_TYPE_MASK) == CATS_A_STATS_REASON)
			verdicts += show_verdict(attr);
		offset += NLA_ALIGN(attr->nla_len);
	}
	return verdicts;
}
