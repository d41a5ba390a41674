// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "extack.h"

/* Headers of Debian 12 have it, those of older hosts do not. */
#define ATTR_MISS_TYPE	5

static void parse_message(const struct nlattr *attr, struct cats_extack *extack)
{
	size_t len = strnlen(nla_data(attr), nla_len(attr));

	if (len >= sizeof(extack->message))
		len = sizeof(extack->message) - 1;
	memcpy(extack->message, nla_data(attr), len);
	while (len && (extack->message[len - 1] == '\n' ||
		       extack->message[len - 1] == '.'))
		len--;
	extack->message[len] = '\0';
}

static void parse_attrs(const void *attrs, int len, struct cats_extack *extack)
{
	const struct nlattr *attr = attrs;
	uint32_t type;

	for (; nla_ok(attr, len); attr = nla_next(attr, &len)) {
		if (nla_type(attr) == NLMSGERR_ATTR_MSG)
			parse_message(attr, extack);
		if (nla_type(attr) != ATTR_MISS_TYPE ||
		    nla_len(attr) < (int)sizeof(type))
			continue;
		memcpy(&type, nla_data(attr), sizeof(type));
		extack->missing = type;
	}
}

/*
 * Bytes in front of the attributes.  Behind an error stands the request, or
 * with NLM_F_CAPPED its header only.
 */
static uint32_t fixed_length(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);

	if (nlh->nlmsg_type == NLMSG_DONE)
		return sizeof(int);
	if (nlh->nlmsg_flags & NLM_F_CAPPED || e->msg.nlmsg_len < NLMSG_HDRLEN)
		return sizeof(*e);
	return sizeof(*e) + NLMSG_ALIGN(e->msg.nlmsg_len - NLMSG_HDRLEN);
}

void cats_extack_parse(const struct nlmsghdr *nlh, struct cats_extack *extack)
{
	uint32_t len = nlh->nlmsg_len - NLMSG_HDRLEN, fixed;
	const char *data = nlmsg_data(nlh);
	int err;

	memset(extack, 0, sizeof(*extack));
	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(err) ||
	    (nlh->nlmsg_type == NLMSG_ERROR &&
	     len < sizeof(struct nlmsgerr))) {
		extack->err = nlh->nlmsg_type == NLMSG_ERROR ? EBADMSG : 0;
		return;
	}
	memcpy(&err, data, sizeof(err));
	extack->err = err < 0 ? -err : 0;
	fixed = NLMSG_ALIGN(fixed_length(nlh));
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && fixed < len)
		parse_attrs(data + fixed, len - fixed, extack);
}

int cats_extack_error(const struct cats_extack *extack, const char *what,
		      const struct cats_attr_names *names)
{
	int err = extack->err == EINVAL ? EIO : extack->err;
	const char *name = NULL;

	if (names && extack->missing < names->n)
		name = names->name[extack->missing];
	if (name && extack->message[0])
		return cats_error(err, "%s: %s is missing", extack->message,
				  name);
	if (name)
		return cats_error(err, "%s: %s is missing", what, name);
	if (extack->missing)
		return cats_error(err, "%s: attribute %u is missing",
				  extack->message[0] ? extack->message : what,
				  extack->missing);
	if (extack->message[0])
		return cats_error(err, "%s", extack->message);
	if (err == EPERM || err == EACCES)
		return cats_error(err, "%s: needs CAP_NET_ADMIN, as root has",
				  what);
	return cats_error(err, "%s: %s", what, strerror(extack->err));
}
