// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "error.h"
#include "instance.h"

static const char *const names[] = {
	[CATS_A_INSTANCE_ID] = "CSCI-ID",
	[CATS_A_INSTANCE_CS_ID] = "csid",
	[CATS_A_INSTANCE_STATE] = "state",
	[CATS_A_INSTANCE_FLOW_LIMIT] = "limit",
};

static const struct cats_attr_names attr_names = {
	names, sizeof(names) / sizeof(names[0]),
};

static void read_cs_id(struct nlattr *nest, struct cats_instance *instance)
{
	struct nlattr *tb[CATS_A_PREFIX_MAX + 1];
	struct cats_prefix *prefix;

	if (instance->cs_ids == CATS_CS_IDS_MAX ||
	    nla_parse_nested(tb, CATS_A_PREFIX_MAX, nest, NULL))
		return;
	prefix = &instance->cs_id[instance->cs_ids++];
	prefix->len = 128;
	cats_attr_read(tb[CATS_A_PREFIX_ADDRESS], prefix->addr, 16);
	cats_attr_read(tb[CATS_A_PREFIX_LEN], &prefix->len, 1);
}

static void read_counters(struct nlattr **tb, struct cats_instance *instance)
{
	cats_attr_read(tb[CATS_A_INSTANCE_PACKETS], &instance->packets, 8);
	cats_attr_read(tb[CATS_A_INSTANCE_BYTES], &instance->bytes, 8);
	cats_attr_read(tb[CATS_A_INSTANCE_FLOWS], &instance->flows, 4);
	cats_attr_read(tb[CATS_A_INSTANCE_FLOWS_STARTED], &instance->started,
		       8);
	cats_attr_read(tb[CATS_A_INSTANCE_FLOWS_ENDED], &instance->ended, 8);
	cats_attr_read(tb[CATS_A_INSTANCE_HANDSHAKES], &instance->handshakes,
		       8);
	instance->has_latency =
		cats_attr_read(tb[CATS_A_INSTANCE_HANDSHAKE_LATENCY],
			       &instance->latency_us, 4);
	cats_attr_read(tb[CATS_A_INSTANCE_DROP_CS_ID], &instance->drop_cs_id,
		       8);
	cats_attr_read(tb[CATS_A_INSTANCE_DROP_DOWN], &instance->drop_down, 8);
	cats_attr_read(tb[CATS_A_INSTANCE_DROP_DRAIN], &instance->drop_drain,
		       8);
	cats_attr_read(tb[CATS_A_INSTANCE_DROP_LIMIT], &instance->drop_limit,
		       8);
}

int cats_instance_decode(struct nlmsghdr *nlh, struct cats_instance *instance)
{
	struct nlattr *tb[CATS_A_INSTANCE_MAX + 1], *attr;
	int ret = cats_genl_parse(nlh, tb, CATS_A_INSTANCE_MAX), rest;

	memset(instance, 0, sizeof(*instance));
	if (ret)
		return ret;
	cats_attr_read(tb[CATS_A_INSTANCE_ID], instance->id, 16);
	cats_attr_read(tb[CATS_A_INSTANCE_STATE], &instance->state, 4);
	cats_attr_read(tb[CATS_A_INSTANCE_FLOW_LIMIT], &instance->flow_limit,
		       4);
	cats_attr_read(tb[CATS_A_INSTANCE_SIDS], &instance->sids, 4);
	read_counters(tb, instance);
	/* there may be several, the table of types has the last one only */
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest)
		if (nla_type(attr) == CATS_A_INSTANCE_CS_ID)
			read_cs_id(attr, instance);
	return 0;
}

static struct nl_msg *start(struct cats_genl *genl, uint8_t command, int flags,
			    const uint8_t *id)
{
	struct nl_msg *msg = cats_genl_request(genl, command, flags);

	if (!msg || (id && nla_put(msg, CATS_A_INSTANCE_ID, 16, id))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int put_cs_id(struct nl_msg *msg, const struct cats_prefix *prefix)
{
	struct nlattr *nest = nla_nest_start(msg, CATS_A_INSTANCE_CS_ID);

	if (!nest || nla_put(msg, CATS_A_PREFIX_ADDRESS, 16, prefix->addr) ||
	    nla_put_u8(msg, CATS_A_PREFIX_LEN, prefix->len))
		return -ENOMEM;
	nest->nla_type |= NLA_F_NESTED;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_config(struct nl_msg *msg, const struct cats_instance *instance)
{
	uint32_t i;

	if ((instance->has_state &&
	     nla_put_u32(msg, CATS_A_INSTANCE_STATE, instance->state)) ||
	    (instance->has_limit &&
	     nla_put_u32(msg, CATS_A_INSTANCE_FLOW_LIMIT,
			 instance->flow_limit)) ||
	    (instance->any_cs_id &&
	     nla_put_flag(msg, CATS_A_INSTANCE_ANY_CS_ID)))
		return -ENOMEM;
	for (i = 0; i < instance->cs_ids; i++)
		if (put_cs_id(msg, &instance->cs_id[i]))
			return -ENOMEM;
	return 0;
}

static int change(struct cats_genl *genl, uint8_t command, const char *what,
		  const struct cats_instance *instance)
{
	struct cats_request request = { .what = what, .names = &attr_names };
	struct nl_msg *msg = start(genl, command, 0, instance->id);

	if (msg && put_config(msg, instance)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_genl_ask(genl, msg, &request);
}

int cats_instance_new(struct cats_genl *genl,
		      const struct cats_instance *instance)
{
	return change(genl, CATS_CMD_INSTANCE_NEW, "adding the instance",
		      instance);
}

int cats_instance_set(struct cats_genl *genl,
		      const struct cats_instance *instance)
{
	return change(genl, CATS_CMD_INSTANCE_SET, "setting the instance",
		      instance);
}

int cats_instance_del(struct cats_genl *genl, const uint8_t *id)
{
	static const struct cats_request request = {
		.what = "deleting the instance", .names = &attr_names,
	};

	return cats_genl_ask(genl, start(genl, CATS_CMD_INSTANCE_DEL, 0, id),
			     &request);
}

int cats_instance_flush(struct cats_genl *genl, const uint32_t *state)
{
	static const struct cats_request request = {
		.what = "flushing instances", .names = &attr_names,
	};
	struct nl_msg *msg = start(genl, CATS_CMD_INSTANCE_FLUSH, 0, NULL);

	if (msg && state && nla_put_u32(msg, CATS_A_INSTANCE_STATE, *state)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_genl_ask(genl, msg, &request);
}

int cats_instance_dump(struct cats_genl *genl, const uint8_t *id,
		       struct cats_dump *dump)
{
	return cats_dump_ask(&genl->nl,
			     start(genl, CATS_CMD_INSTANCE_GET,
				   id ? 0 : NLM_F_DUMP, id),
			     id ? "reading the instance" : "reading instances",
			     dump);
}
