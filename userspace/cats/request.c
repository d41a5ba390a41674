// SPDX-License-Identifier: GPL-2.0-or-later
/* cats request: ask a C-PS for a service, and say what became of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "command.h"
#include "daemon.h"
#include "error.h"
#include "output.h"

static const char help[] =
	"Usage: cats request add service ID gas N cost N delay-us N [ ingress SITE ]\n"
	"       cats request tunnel RESERVATION [ from ADDR sport N to CSID dport N\n"
	"                    proto { tcp | udp | sctp } [ vrf VRFID ] ]\n"
	"       cats request renew RESERVATION\n"
	"       cats request finish RESERVATION\n"
	"       cats request show [ RESERVATION ]\n"
	"A C-PS is asked, at CATS_CMAS. A request that cannot be served is answered with success\n"
	"no and the reason, and exit status 2. What is granted is held until its tunnel is set\n"
	"up; then it has to be renewed until it is finished.\n";

static void show_text(const json_t *object)
{
	const json_t *success = json_object_get(object, "success");

	if (success)
		out_text("success %s", json_is_true(success) ? "yes" : "no");
	else
		out_text("reservation");
	show_member(object, "reservation", "reservation",
		    success ? "reservation" : "");
	show_member(object, "service", "service", "service");
	show_member(object, "csci", "csci", "csci");
	show_member(object, "site", "site", "site");
	show_member(object, "gas", "gas", "gas");
	show_member(object, "real-cost", "real-cost", "real-cost");
	show_member(object, "real-delay-us", "real-delay-us", "real-delay-us");
	show_member(object, "cost", "cost", "cost");
	show_member(object, "delay-us", "delay-us", "delay-us");
	show_member(object, "reason", "reason", "reason");
	show_member(object, "client", "client", "client");
	show_member(object, "ingress", "ingress", "ingress");
	show_member(object, "state", "state", "state");
}

static void show_answer(json_t *answer)
{
	out_begin();
	api_show(answer, show_text);
	out_end();
	json_decref(answer);
}

/**
 * struct wish - keywords of a command
 * @key: as typed
 * @member: of the object that is sent
 * @number: it is one
 * @max: then, the largest
 */
struct wish {
	const char *key;
	const char *member;
	bool number;
	uint32_t max;
};

static int parse_wish(struct args *args, const struct wish *wish,
		      json_t *object)
{
	const char *value;
	uint32_t number;
	int ret;

	args_take(args);
	if (wish->number) {
		ret = args_number(args, wish->key, 0, wish->max, &number);
		if (!ret)
			json_object_set_new(object, wish->member,
					    json_integer(number));
		return ret;
	}
	value = args_value(args, wish->key);
	if (!value)
		return -EINVAL;
	json_object_set_new(object, wish->member, json_string(value));
	return 0;
}

static int parse(struct args *args, const struct wish *wishes, json_t *object)
{
	struct args_seen seen = {};
	int i, ret;

	while (args_more(args)) {
		if (args_once(args, &seen))
			return -EINVAL;
		for (i = 0; wishes[i].key; i++)
			if (!strcmp(wishes[i].key, args->argv[0]))
				break;
		if (!wishes[i].key)
			return args_unknown(args);
		ret = parse_wish(args, &wishes[i], object);
		if (ret)
			return ret;
	}
	return 0;
}

static int request_add(struct args *args)
{
	static const struct wish wishes[] = {
		{ "service", "service", false, 0 },
		{ "gas", "gas", true, INT32_MAX },
		{ "cost", "cost", true, UINT32_MAX },
		{ "delay-us", "delay-us", true, UINT32_MAX },
		{ "ingress", "ingress", false, 0 },
		{},
	};
	json_t *body = json_object(), *answer;
	const char *reason;
	int ret = parse(args, wishes, body);

	if (ret) {
		json_decref(body);
		return ret;
	}
	ret = api_ask(API_CMAS, "POST", body, &answer, "/requests", NULL);
	if (ret)
		return ret;
	reason = json_string_value(json_object_get(answer, "reason"));
	if (reason)
		ret = cats_error(EAGAIN, "nothing fits: %s", reason);
	show_answer(answer);
	return ret;
}

/* NULL with a message */
static const char *take_name(struct args *args)
{
	if (args_more(args))
		return args_take(args);
	cats_error(EINVAL, "the reservation is missing");
	return NULL;
}

static int request_tunnel(struct args *args)
{
	static const struct wish wishes[] = {
		{ "from", "source", false, 0 },
		{ "sport", "sport", true, UINT16_MAX },
		{ "to", "csid", false, 0 },
		{ "dport", "dport", true, UINT16_MAX },
		{ "proto", "protocol", false, 0 },
		{ "vrf", "vrf", true, UINT32_MAX },
		{},
	};
	bool has_flow = args->argc > 1;
	const char *name = take_name(args);
	json_t *flow, *answer;
	int ret;

	if (!name)
		return -EINVAL;
	flow = json_object();
	ret = parse(args, wishes, flow);
	if (!ret)
		ret = api_ask(API_CMAS, "POST", has_flow ?
			      json_pack("{s:O}", "flow", flow) :
			      json_object(), &answer,
			      "/reservations/{}/tunnel", name, NULL);
	json_decref(flow);
	if (!ret)
		show_answer(answer);
	return ret;
}

static int step(struct args *args, const char *path)
{
	const char *name = take_name(args);
	json_t *answer;
	int ret;

	if (!name)
		return -EINVAL;
	if (args_more(args))
		return args_unknown(args);
	ret = api_ask(API_CMAS, "POST", json_object(), &answer, path, name,
		      NULL);
	if (!ret && answer)
		show_answer(answer);
	return ret;
}

static int request_renew(struct args *args)
{
	return step(args, "/reservations/{}/renew");
}

static int request_finish(struct args *args)
{
	return step(args, "/reservations/{}/finished");
}

static int request_show(struct args *args)
{
	json_t *answer;
	int ret;

	if (!args_more(args))
		return api_show_pages(API_CMAS, "reservations", show_text,
				      "/reservations?after={}", NULL);
	ret = api_ask(API_CMAS, "GET", NULL, &answer, "/reservations/{}",
		      args_take(args), NULL);
	if (!ret)
		show_answer(answer);
	return ret;
}

static const struct command commands[] = {
	{ "show", request_show },     { "list", request_show },
	{ "add", request_add },	      { "tunnel", request_tunnel },
	{ "renew", request_renew },   { "finish", request_finish },
	{ NULL, NULL },
};

const struct object object_request = { "request", help, commands };
