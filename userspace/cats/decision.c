// SPDX-License-Identifier: GPL-2.0-or-later
/* cats decision: what the C-PS decided, and why, as catsd has it. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "daemon.h"
#include "decision.h"
#include "error.h"
#include "mapped.h"
#include "output.h"

static const char help[] =
	"Usage: cats decision show [ CSID ] [ vrf VRFID ]\n"
	"Every candidate, why it was kept or dropped, and its weight; asks catsd. Where that\n"
	"is no C-PS, the decisions it has. With -d, everything that is known of a candidate.\n";

/**
 * struct wanted - which ones
 * @csid: CS-ID as typed, or NULL
 * @addr: the same
 * @has_vrf: @vrf was given
 * @vrf: VRF-ID
 */
struct wanted {
	const char *csid;
	uint8_t addr[16];
	bool has_vrf;
	uint32_t vrf;
};

static void show_numbers(const json_t *from, const char *const *keys)
{
	for (; *keys; keys++)
		show_member(from, *keys, *keys, *keys);
}

static void show_reason(const json_t *candidate)
{
	const char *reason;

	reason = json_string_value(json_object_get(candidate, "reason"));
	out_line("    ");
	out_string(reason && !strcmp(reason, "kept") ? HUE_GOOD : HUE_BAD,
		   "reason", "%s", reason ? reason : "?");
	out_bool("unknown", " (unknown)",
		 json_is_true(json_object_get(candidate, "unknown")));
}

static void show_candidate(const json_t *candidate)
{
	static const char *const names[] = { "instance", "site", "policy",
					     "sid", "weight", "endpoint",
					     NULL };
	static const char *const why[] = { "share", "load", "real-us", "cost",
					   "gas", NULL };
	static const char *const rest[] = { "base", "rank", "score", "flows",
					    "capacity", "computing-us",
					    "delay-us", "variation-us", "loss",
					    NULL };

	show_reason(candidate);
	show_numbers(candidate, names);
	show_numbers(candidate, why);
	if (options.details)
		show_numbers(candidate, rest);
}

/* What a decision and a record of one have in common. */
static void show_head(const json_t *decision)
{
	static const char *const keys[] = { "policy", "mode", "sequence",
					    "reason", "writer", "draining",
					    "share-error", "last", NULL };

	out_string(HUE_ADDRESS, "csid", "%s",
		   json_string_value(json_object_get(decision, "csid")));
	show_member(decision, "vrf", "vrf", "vrf");
	show_member(decision, "ingress", "ingress", "ingress");
	show_numbers(decision, keys);
	out_bool("unmet", " unmet",
		 json_is_true(json_object_get(decision, "unmet")));
}

static void show_all_members(const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
		out_json(key, value);
}

void show_decision_entry(json_t *entry)
{
	const json_t *value = json_object_get(entry, "value"), *nexthop;
	static const char *const keys[] = { "instance", "policy", "sid",
					    "weight", NULL };
	size_t i;

	if (options.json) {
		show_all_members(value);
		return;
	}
	show_head(value);
	json_array_foreach(json_object_get(value, "nexthops"), i, nexthop) {
		out_line("    ");
		out_text("nexthop");
		show_numbers(nexthop, keys);
	}
}

static int show_explained(void *ctx, json_t *line)
{
	const json_t *candidate;
	size_t i;

	(void)ctx;
	out_open();
	if (options.json) {
		show_all_members(line);
	} else {
		show_head(line);
		json_array_foreach(json_object_get(line, "candidates"), i,
				   candidate)
			show_candidate(candidate);
	}
	out_close();
	return 0;
}

static bool is_wanted(const struct wanted *wanted, const char *key)
{
	uint8_t csid[16];
	char ingress[64];
	uint32_t vrf;

	if (decision_key_parse(key, &vrf, csid, ingress))
		return !wanted->csid && !wanted->has_vrf;
	return (!wanted->csid || !memcmp(csid, wanted->addr, 16)) &&
	       (!wanted->has_vrf || vrf == wanted->vrf);
}

static int show_record(void *ctx, json_t *entry)
{
	if (!is_wanted(ctx, json_string_value(json_object_get(entry, "key"))))
		return 0;
	out_open();
	show_decision_entry(entry);
	out_close();
	return 0;
}

static json_t *question(const struct wanted *wanted)
{
	json_t *object = json_object();

	if (wanted->csid)
		json_object_set_new(object, "csid", json_string(wanted->csid));
	if (wanted->has_vrf)
		json_object_set_new(object, "vrf", json_integer(wanted->vrf));
	return json_pack("{s:o}", "decision", object);
}

static int keep_line(void *ctx, json_t *line)
{
	return json_array_append(ctx, line) ?
		       cats_error_kernel(ENOMEM, "catsd") : 0;
}

static int decision_show(struct args *args)
{
	struct wanted wanted = {};
	json_t *lines = json_array(), *line;
	size_t i;
	int ret = 0;

	while (args_more(args) && !ret) {
		if (args_is(args, "vrf")) {
			ret = args_number(args, "vrf", 0, UINT32_MAX,
					  &wanted.vrf);
			wanted.has_vrf = true;
		} else if (!wanted.csid) {
			wanted.csid = args_take(args);
			if (!mapped_parse(wanted.csid, wanted.addr))
				ret = args_wrong(wanted.csid, "a CS-ID is an IP address");
		} else {
			ret = args_unknown(args);
		}
	}
	if (!ret)
		ret = daemon_ask(question(&wanted), keep_line, lines);
	/* it is no C-PS: what does its store say? */
	if (ret == -EPROTO) {
		json_decref(lines);
		return daemon_list(DECISION_PREFIX, show_record, &wanted);
	}
	if (!ret) {
		out_begin();
		json_array_foreach(lines, i, line)
			show_explained(NULL, line);
		out_end();
	}
	json_decref(lines);
	return ret;
}

static const struct command commands[] = {
	{ "show", decision_show }, { "list", decision_show }, { NULL, NULL },
};

const struct object object_decision = { "decision", help, commands };
