// SPDX-License-Identifier: GPL-2.0-or-later
/* cats site: service models of sites, and the whole service table at a C-PS. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api.h"
#include "command.h"
#include "daemon.h"
#include "error.h"
#include "output.h"

static const char help[] =
	"Usage: cats site show [ SITE ]\n"
	"       cats site table [ service ID ] [ ingress SITE ]\n"
	"       cats site set SITE csci CSCI-ID [ service ID ] [ gas N ] [ cost N ]\n"
	"                 [ computing-us N ] [ endpoint ADDR ]\n"
	"       cats site del SITE [ csci CSCI-ID ]\n"
	"       cats site load SITE FILE\n"
	"A C-PS is asked, at CATS_CMAS. FILE is JSON, {\"rows\": [...]}: the whole service model;\n"
	"set and del with a CSCI-ID change what there is. table is what requests are served from.\n";

static void show_row(const json_t *row)
{
	out_text("%s",
		 json_string_value(json_object_get(row, "service")));
	show_member(row, "csci", "csci", "csci");
	show_member(row, "gas", "gas", "gas");
	show_member(row, "cost", "cost", "cost");
	show_member(row, "computing-us", "computing-us", "computing-us");
	show_member(row, "network-us", "network-us", "network-us");
	show_member(row, "endpoint", "endpoint", "endpoint");
	show_member(row, "site", "site", "site");
	show_member(row, "policy", "policy", "policy");
	show_member(row, "model-gas", "model-gas", "model-gas");
	show_member(row, "held", "held", "held");
	show_member(row, "state", "state", "state");
}

static void show_head(const json_t *site)
{
	out_string(HUE_NAME, "site", "%s",
		   json_string_value(json_object_get(site, "site")));
	show_member(site, "epoch", "epoch", "epoch");
	show_member(site, "sequence", "sequence", "sequence");
	show_member(site, "rows", "rows", "rows");
}

static void show_array(const json_t *answer, const char *member,
		       void (*text)(const json_t *))
{
	const json_t *element;
	size_t i;

	out_begin();
	json_array_foreach(json_object_get(answer, member), i, element)
		api_show(element, text);
	out_end();
}

static int site_show(struct args *args)
{
	const char *site = args_more(args) ? args_take(args) : NULL;
	json_t *answer;
	int ret;

	if (args_more(args))
		return args_unknown(args);
	ret = site ? api_ask(API_CMAS, "GET", NULL, &answer, "/sites/{}", site,
			     NULL) :
		     api_ask(API_CMAS, "GET", NULL, &answer, "/sites", NULL);
	if (ret)
		return ret;
	if (site)
		show_array(answer, "rows", show_row);
	else
		show_array(answer, "sites", show_head);
	json_decref(answer);
	return 0;
}

static int site_table(struct args *args)
{
	const char *service = NULL, *ingress = NULL;
	json_t *answer;
	int ret;

	while (args_more(args)) {
		const char **to = args_is(args, "service") ? &service :
				  args_is(args, "ingress") ? &ingress : NULL;

		if (!to)
			return args_unknown(args);
		*to = args_value(args, to == &service ? "service" : "ingress");
		if (!*to)
			return -EINVAL;
	}
	if (service && ingress)
		ret = api_ask(API_CMAS, "GET", NULL, &answer,
			      "/table?service={}&ingress={}", service, ingress,
			      NULL);
	else if (service || ingress)
		ret = api_ask(API_CMAS, "GET", NULL, &answer, service ?
			      "/table?service={}" : "/table?ingress={}",
			      service ? service : ingress, NULL);
	else
		ret = api_ask(API_CMAS, "GET", NULL, &answer, "/table", NULL);
	if (ret)
		return ret;
	show_array(answer, "rows", show_row);
	json_decref(answer);
	return 0;
}

/* --- writing -------------------------------------------------------------- */

/* Each run of this command that has to begin anew is a run of the site. */
static json_t *first_model(json_t *rows)
{
	char epoch[32];

	snprintf(epoch, sizeof(epoch), "%llu",
		 (unsigned long long)time(NULL));
	return json_pack("{s:s, s:i, s:O}", "epoch", epoch, "sequence", 1,
			 "rows", rows);
}

static int send_whole(const char *site, json_t *rows)
{
	json_t *was, *answer, *model;
	int ret;

	ret = api_ask(API_CMAS, "GET", NULL, &was, "/sites/{}", site, NULL);
	if (ret && ret != -ENOENT)
		return ret;
	if (was) {
		model = json_pack("{s:O, s:I, s:O}", "epoch",
				  json_object_get(was, "epoch"), "sequence",
				  json_integer_value(json_object_get(was,
						     "sequence")) + 1,
				  "rows", rows);
		json_decref(was);
	} else {
		model = first_model(rows);
	}
	ret = api_ask(API_CMAS, "PUT", model, &answer, "/sites/{}", site,
		      NULL);
	json_decref(answer);
	return ret;
}

/* @what is added to the head of a change; the reference is taken */
static int send_change(const char *site, const json_t *was, json_t *what)
{
	json_t *answer;
	int ret;

	json_object_set(what, "epoch", json_object_get(was, "epoch"));
	json_object_set_new(what, "sequence", json_integer(
		json_integer_value(json_object_get(was, "sequence")) + 1));
	ret = api_ask(API_CMAS, "PATCH", what, &answer, "/sites/{}", site,
		      NULL);
	json_decref(answer);
	return ret;
}

static int parse_row(struct args *args, json_t *row)
{
	static const char *const texts[] = { "csci", "service", "endpoint",
					     NULL };
	static const char *const numbers[] = { "gas", "cost", "computing-us",
					       NULL };
	struct args_seen seen = {};
	const char *key, *value;
	uint32_t number;
	int i, ret;

	while (args_more(args)) {
		key = args->argv[0];
		if (args_once(args, &seen))
			return -EINVAL;
		for (i = 0; texts[i] && strcmp(texts[i], key); i++)
			;
		if (texts[i]) {
			args_take(args);
			value = args_value(args, key);
			if (!value)
				return -EINVAL;
			json_object_set_new(row, key, json_string(value));
			continue;
		}
		for (i = 0; numbers[i] && strcmp(numbers[i], key); i++)
			;
		if (!numbers[i])
			return args_unknown(args);
		args_take(args);
		ret = args_number(args, key, 0, UINT32_MAX, &number);
		if (ret)
			return ret;
		json_object_set_new(row, key, json_integer(number));
	}
	if (json_object_get(row, "csci"))
		return 0;
	return cats_error(EINVAL, "csci is missing: the instance to set");
}

/* What is not given stays as it was. */
static void complete(const json_t *was, json_t *row)
{
	const json_t *csci = json_object_get(row, "csci");
	json_t *known;
	size_t i;

	json_array_foreach(json_object_get(was, "rows"), i, known)
		if (json_equal(json_object_get(known, "csci"), csci))
			json_object_update_missing(row, known);
}

static int site_set(struct args *args)
{
	json_t *row, *was, *rows;
	const char *site;
	int ret;

	if (!args_more(args))
		return cats_error(EINVAL, "the site is missing");
	site = args_take(args);
	row = json_object();
	ret = parse_row(args, row);
	if (ret)
		goto out;
	ret = api_ask(API_CMAS, "GET", NULL, &was, "/sites/{}", site, NULL);
	if (!ret) {
		complete(was, row);
		ret = send_change(site, was, json_pack("{s:[O]}", "set", row));
		json_decref(was);
	} else if (ret == -ENOENT) {
		rows = json_pack("[O]", row);
		ret = send_whole(site, rows);
		json_decref(rows);
	}
out:
	json_decref(row);
	return ret;
}

static int site_del(struct args *args)
{
	const char *site, *csci = NULL;
	json_t *was, *answer;
	int ret;

	if (!args_more(args))
		return cats_error(EINVAL, "the site is missing");
	site = args_take(args);
	if (args_is(args, "csci")) {
		csci = args_value(args, "csci");
		if (!csci)
			return -EINVAL;
	}
	if (args_more(args))
		return args_unknown(args);
	if (!csci) {
		ret = api_ask(API_CMAS, "DELETE", NULL, &answer, "/sites/{}",
			      site, NULL);
		json_decref(answer);
		return ret;
	}
	ret = api_ask(API_CMAS, "GET", NULL, &was, "/sites/{}", site, NULL);
	if (ret)
		return ret;
	ret = send_change(site, was, json_pack("{s:[s]}", "remove", csci));
	json_decref(was);
	return ret;
}

static int site_load(struct args *args)
{
	const char *site, *path;
	json_t *file, *rows;
	int ret;

	if (args->argc < 2)
		return cats_error(EINVAL, "load takes SITE and FILE");
	site = args_take(args);
	path = args_take(args);
	if (args_more(args))
		return args_unknown(args);
	rows = api_load(path, "rows", &file);
	if (!rows)
		return -EINVAL;
	ret = send_whole(site, rows);
	json_decref(file);
	return ret;
}

static const struct command commands[] = {
	{ "show", site_show },	 { "list", site_show },
	{ "table", site_table }, { "set", site_set },
	{ "del", site_del },	 { "delete", site_del },
	{ "load", site_load },	 { NULL, NULL },
};

const struct object object_site = { "site", help, commands };
