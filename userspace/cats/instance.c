// SPDX-License-Identifier: GPL-2.0-or-later
/* cats instance: the service contact instances behind an egress forwarder. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "egress.h"
#include "error.h"
#include "mapped.h"
#include "output.h"

static const char help[] =
	"Usage: cats instance { add | set } CSCI-ID [ state { up | drain | down } ] [ limit N ]\n"
	"                     [ csid { PREFIX[,PREFIX...] | any } ]\n"
	"       cats instance del CSCI-ID\n"
	"       cats instance flush [ state { up | drain | down } ]\n"
	"       cats instance [ show [ CSCI-ID ] ]\n"
	"       cats instance flows [ CSCI-ID ]\n"
	"       cats instance metric [ CSCI-ID ]\n"
	"       cats instance threshold [ show [ CSCI-ID ] ]\n"
	"       cats instance threshold set CSCI-ID metric KIND level RISE[/FALL]...\n"
	"       cats instance threshold del CSCI-ID metric KIND\n"
	"       cats instance table [ show ]\n"
	"       cats instance table set [ max N ] [ syn S ] [ established S ] [ closing S ]\n"
	"                     [ udp S ] [ other S ]\n"
	"KIND := { flows | flow-rate | packet-rate | byte-rate | handshake-latency }\n";

static int args_id(struct args *args, uint8_t *id)
{
	if (!args_more(args))
		return cats_error(EINVAL, "a CSCI-ID is expected");
	return parse_instance(args_take(args), id);
}

int args_one_instance(struct args *args, uint8_t *id, bool *has)
{
	int ret = 0;

	*has = args_more(args);
	if (*has)
		ret = args_id(args, id);
	if (!ret && args_more(args))
		ret = args_unknown(args);
	return ret;
}

static int parse_cs_id(const char *text, struct cats_prefix *prefix)
{
	struct cats_service_key key = {};
	int ret = parse_prefix(text, &key);

	if (ret)
		return ret;
	mapped_from(key.family == CATS_FAMILY_IPV4, key.addr, prefix->addr);
	prefix->len = key.len + (key.family == CATS_FAMILY_IPV4 ? 96 : 0);
	return 0;
}

static int parse_cs_ids(struct args *args, struct cats_instance *instance)
{
	char copy[CATS_CS_IDS_MAX * 48 + 1], *at = copy, *word;
	const char *text = args_value(args, "csid");
	int ret = 0;

	if (!text)
		return -EINVAL;
	if (!strcmp(text, "any")) {
		instance->any_cs_id = true;
		return 0;
	}
	if (strlen(text) >= sizeof(copy))
		return args_wrong(text, "csid is a list of 1 to 64 prefixes");
	strcpy(copy, text);
	while (!ret && (word = strsep(&at, ","))) {
		if (instance->cs_ids == CATS_CS_IDS_MAX)
			return args_wrong(text, "csid is a list of 1 to 64 prefixes");
		ret = parse_cs_id(word, &instance->cs_id[instance->cs_ids++]);
	}
	return ret;
}

static int parse_state(struct args *args, uint32_t *state)
{
	uint8_t choice = 0;
	int ret = args_choice(args, "state", state_names, &choice);

	*state = choice;
	return ret;
}

static int parse_option(struct args *args, struct cats_instance *instance)
{
	if (args_is(args, "state")) {
		instance->has_state = true;
		return parse_state(args, &instance->state);
	}
	if (args_is(args, "limit")) {
		instance->has_limit = true;
		return args_number(args, "limit", 0, UINT32_MAX,
				   &instance->flow_limit);
	}
	if (args_is(args, "csid"))
		return parse_cs_ids(args, instance);
	return args_unknown(args);
}

static int parse_config(struct args *args, struct cats_instance *instance)
{
	struct args_seen seen = {};
	int ret;

	memset(instance, 0, sizeof(*instance));
	ret = args_id(args, instance->id);
	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (!ret)
			ret = parse_option(args, instance);
	}
	return ret;
}

static int instance_add(struct args *args)
{
	struct cats_instance instance;
	struct cats_genl *genl;
	int ret;

	ret = parse_config(args, &instance);
	/* a new one may serve any unless told otherwise */
	instance.any_cs_id = false;
	if (!ret)
		ret = egress_family(true, &genl);
	return ret ? ret : cats_instance_new(genl, &instance);
}

static int instance_set(struct args *args)
{
	struct cats_instance instance;
	struct cats_genl *genl;
	int ret;

	ret = parse_config(args, &instance);
	if (!ret && !instance.has_state && !instance.has_limit &&
	    !instance.any_cs_id && !instance.cs_ids)
		ret = cats_error(EINVAL, "a state, a limit or a csid is expected");
	if (!ret)
		ret = egress_family(true, &genl);
	return ret ? ret : cats_instance_set(genl, &instance);
}

static int instance_del(struct args *args)
{
	struct cats_genl *genl;
	uint8_t id[16];
	int ret;

	ret = args_id(args, id);
	if (!ret && args_more(args))
		ret = args_unknown(args);
	if (!ret)
		ret = egress_family(true, &genl);
	return ret ? ret : cats_instance_del(genl, id);
}

static int instance_flush(struct args *args)
{
	bool has_state = args_is(args, "state");
	struct cats_genl *genl;
	uint32_t state;
	int ret = 0;

	if (has_state)
		ret = parse_state(args, &state);
	if (!ret && args_more(args))
		ret = args_unknown(args);
	if (!ret)
		ret = egress_family(true, &genl);
	return ret ? ret : cats_instance_flush(genl, has_state ? &state : NULL);
}

static int instance_list(struct args *args)
{
	struct cats_instance instance;
	struct cats_dump dump = {};
	struct cats_genl *genl;
	struct nlmsghdr *nlh;
	uint8_t id[16];
	bool has;
	int ret;

	ret = args_one_instance(args, id, &has);
	if (!ret)
		ret = egress_family(true, &genl);
	if (!ret)
		ret = cats_instance_dump(genl, has ? id : NULL, &dump);
	if (!ret) {
		out_begin();
		while ((nlh = cats_dump_next(&dump))) {
			if (cats_instance_decode(nlh, &instance))
				continue;
			out_open();
			show_instance(&instance);
			out_close();
		}
		out_end();
	}
	cats_dump_free(&dump);
	return ret;
}

static const struct command commands[] = {
	{ "show", instance_list },     { "list", instance_list },
	{ "add", instance_add },       { "set", instance_set },
	{ "del", instance_del },       { "delete", instance_del },
	{ "flush", instance_flush },   { "flows", instance_flows },
	{ "table", instance_table },   { "metric", instance_metric },
	{ "threshold", instance_threshold }, { NULL, NULL },
};

const struct object object_instance = { "instance", help, commands };
