// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "route_parse.h"


/* One nexthop, up to the next one or the end. */
static int parse_nexthop(struct args *args, struct route_request *request)
{
	struct cats_route_spec *spec = &request->spec;
	struct cats_nexthop_spec *nexthop;
	struct args_seen seen = {};
	bool has_sid = false;
	uint32_t weight = 1;
	int ret = 0;

	if (spec->nexthops == CATS_NEXTHOPS_MAX)
		return cats_error(EINVAL, "a route has at most %d next hops",
				  CATS_NEXTHOPS_MAX);
	nexthop = &spec->nexthop[spec->nexthops];
	while (args_more(args) && strcmp(args->argv[0], "nexthop")) {
		ret = args_once(args, &seen);
		if (ret)
			break;
		if (args_is(args, "policy")) {
			request->policy[spec->nexthops] =
				args_value(args, "policy");
			ret = request->policy[spec->nexthops] ? 0 : -EINVAL;
		} else if (args_is(args, "sid")) {
			ret = args_in6(args, "sid", nexthop->sid);
			has_sid = true;
		} else if (args_is(args, "weight")) {
			ret = args_number(args, "weight", 0, CATS_WEIGHT_MAX,
					  &weight);
		} else if (args_is(args, "instance")) {
			ret = parse_instance(args_value(args, "instance"),
					     nexthop->instance);
		} else {
			break;
		}
		if (ret)
			break;
	}
	if (!ret && (!request->policy[spec->nexthops] || !has_sid))
		ret = cats_error(EINVAL, "a nexthop needs a policy and a sid");
	nexthop->weight = weight;
	spec->nexthops++;
	return ret;
}

static int parse_proto(struct args *args, struct cats_service_conf *conf)
{
	const char *value = args_value(args, "proto");

	if (!value)
		return -EINVAL;
	if (!*value || strlen(value) >= sizeof(conf->proto))
		return args_wrong(value, "proto has 1 to 15 characters");
	snprintf(conf->proto, sizeof(conf->proto), "%s", value);
	return 0;
}

static int parse_track(struct args *args, struct cats_service_conf *conf)
{
	int ret = args_choice(args, "track", track_names, &conf->track);

	if (!ret && conf->track != CATS_TRACK_FLOWS)
		return args_wrong("moves", "this version tracks flows only");
	return ret;
}

static int parse_mode(struct args *args, struct cats_service_conf *conf)
{
	uint8_t mode = 0;
	int ret = args_choice(args, "mode", mode_names, &mode);

	if (!ret && mode)
		conf->flags |= CATS_SERVICE_CONTROL;
	return ret;
}

static int parse_option(struct args *args, struct route_request *request)
{
	struct cats_service_conf *conf = &request->spec.conf;

	int ret;

	if (args_is(args, "nexthop"))
		return parse_nexthop(args, request);
	ret = args_once(args, &request->seen);
	if (ret)
		return ret;
	if (args_is(args, "vrf"))
		return args_number(args, "vrf", 0, UINT32_MAX,
				   &request->spec.key.vrf);
	request->option = args->argv[0];
	if (args_is(args, "table"))
		return args_choice(args, "table", compiler_names,
				   &conf->compiler);
	if (args_is(args, "size"))
		return args_number(args, "size", 1, CATS_FWD_SLOTS_MAX,
				   &conf->size_wanted);
	if (args_is(args, "affinity"))
		return args_choice(args, "affinity", affinity_names,
				   &conf->affinity);
	if (args_is(args, "timeout"))
		return args_number(args, "timeout", 1, CATS_TIMEOUT_MAX,
				   &conf->timeout_s);
	if (args_is(args, "track"))
		return parse_track(args, conf);
	if (args_is(args, "mode"))
		return parse_mode(args, conf);
	if (args_is(args, "proto"))
		return parse_proto(args, conf);
	return args_unknown(args);
}

int route_parse(struct args *args, struct route_request *request)
{
	struct cats_service_conf *conf = &request->spec.conf;
	int ret;

	conf->timeout_s = CATS_TIMEOUT_DEFAULT;
	strcpy(conf->proto, "static");
	if (args_is(args, "blackhole"))
		conf->flags |= CATS_SERVICE_BLACKHOLE;
	ret = args_prefix(args, &request->spec.key);
	while (!ret && args_more(args))
		ret = parse_option(args, request);
	if (ret)
		return ret;
	if (conf->flags & CATS_SERVICE_BLACKHOLE && request->option &&
	    strcmp(request->option, "proto"))
		return args_wrong(request->option, "a blackhole has no table");
	if (conf->compiler == CATS_COMPILER_MAGLEV && conf->size_wanted &&
	    !cats_fwd_prime(conf->size_wanted))
		return cats_error(EINVAL, "a maglev table has a prime number of slots, and none from %u to %d is prime",
				  conf->size_wanted, CATS_FWD_SLOTS_MAX);
	return 0;
}

static int parse_protocol(const char *text, uint8_t *proto)
{
	struct protoent *entry;
	unsigned long number;
	char *end;

	if (!text)
		return -EINVAL;
	number = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && number < 256) {
		*proto = number;
		return 0;
	}
	entry = getprotobyname(text);
	if (!entry)
		return args_wrong(text, "proto is the name or number of an IP protocol");
	*proto = entry->p_proto;
	return 0;
}

static int parse_port(struct args *args, const char *key, uint16_t *port)
{
	uint32_t number;
	int ret = args_number(args, key, 0, 65535, &number);

	if (!ret)
		*port = number;
	return ret;
}

static int parse_fact(struct args *args, struct route_question *question)
{
	const char *value;
	uint8_t family;
	int ret;

	if (args_is(args, "vrf"))
		return args_number(args, "vrf", 0, UINT32_MAX, &question->vrf);
	question->has_tuple = true;
	if (args_is(args, "sport"))
		return parse_port(args, "sport", &question->tuple.sport);
	if (args_is(args, "dport"))
		return parse_port(args, "dport", &question->tuple.dport);
	if (args_is(args, "proto"))
		return parse_protocol(args_value(args, "proto"),
				      &question->tuple.proto);
	if (!args_is(args, "from"))
		return args_unknown(args);
	value = args_value(args, "from");
	if (!value)
		return -EINVAL;
	ret = parse_address(value, &family, question->tuple.saddr);
	if (!ret && family != question->family)
		return args_wrong(value, "not of the address family of the CS-ID");
	return ret;
}

int route_parse_question(struct args *args, struct route_question *question)
{
	struct args_seen seen = {};
	const char *value;
	int ret;

	memset(question, 0, sizeof(*question));
	if (!args_more(args))
		return cats_error(EINVAL, "a CS-ID is expected");
	value = args_take(args);
	question->tuple.proto = IPPROTO_TCP;
	ret = parse_address(value, &question->family, question->tuple.daddr);
	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (!ret)
			ret = parse_fact(args, question);
	}
	return ret;
}
