// SPDX-License-Identifier: GPL-2.0-or-later
/* cats service: the catalogue of the public service platform. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "command.h"
#include "daemon.h"
#include "error.h"
#include "output.h"

static const char help[] =
	"Usage: cats service show [ ID | search WORDS ]\n"
	"       cats service { add | replace } ID name TEXT description TEXT\n"
	"                    computing TEXT storage TEXT max-us N [ min-us N ] [ note TEXT ]\n"
	"                    [ input TEXT ]... [ software TEXT ]... [ code TEXT ] [ csid CSID ]\n"
	"       cats service del ID\n"
	"       cats service load FILE\n"
	"The public service platform is asked, at CATS_PLATFORM. FILE is JSON, {\"services\": [...]}\n"
	"as it is shown with -j. With -d, everything about a service is shown.\n";

static void show_texts(const json_t *texts, const char *title)
{
	const json_t *text;
	size_t i;

	if (!json_array_size(texts))
		return;
	out_line("    ");
	out_text("%s", title);
	json_array_foreach(texts, i, text)
		out_text("%s%s", i ? ", " : " ", json_string_value(text));
}

static void show_column(const json_t *service, const char *key)
{
	if (!json_object_get(service, key))
		return;
	out_line("    ");
	out_text("%s %s", key,
		 json_string_value(json_object_get(service, key)));
}

static void show_details(const json_t *service)
{
	static const char *const columns[] = { "description", "code",
					       "computing", "storage" };
	const json_t *time = json_object_get(service, "computing-time");
	size_t i;

	show_texts(json_object_get(service, "input"), "input");
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		show_column(service, columns[i]);
	show_column(time, "note");
	show_texts(json_object_get(service, "software"), "software");
}

static void show_text(const json_t *service)
{
	const json_t *time = json_object_get(service, "computing-time");

	out_string(HUE_NAME, "id", "%s",
		   json_string_value(json_object_get(service, "id")));
	out_text(" name \"%s\"",
		 json_string_value(json_object_get(service, "name")));
	show_member(time, "min-us", "min-us", "min-us");
	show_member(time, "max-us", "max-us", "max-us");
	show_member(service, "csid", "csid", "csid");
	if (options.details)
		show_details(service);
}

static int show_one(const char *id)
{
	json_t *service;
	int ret = api_ask(API_PLATFORM, "GET", NULL, &service, "/services/{}",
			  id, NULL);

	if (ret)
		return ret;
	out_begin();
	api_show(service, show_text);
	out_end();
	json_decref(service);
	return 0;
}

static int service_show(struct args *args)
{
	const char *search = "", *id = NULL;

	if (args_is(args, "search")) {
		search = args_value(args, "search");
		if (!search)
			return -EINVAL;
	} else if (args_more(args)) {
		id = args_take(args);
	}
	if (args_more(args))
		return args_unknown(args);
	return id ? show_one(id) :
		    api_show_pages(API_PLATFORM, "services", show_text,
				   "/services?search={}&after={}", search);
}

/* max-us and min-us, as everything else is text */
static int parse_time(struct args *args, const char *key, json_t *service)
{
	json_t *time = json_object_get(service, "computing-time");
	uint32_t us;
	int ret = args_number(args, key, 0, UINT32_MAX, &us);

	if (!ret)
		json_object_set_new(time, key, json_integer(us));
	return ret;
}

static int parse_member(struct args *args, json_t *service,
			struct args_seen *seen)
{
	static const char *const texts[] = {
		"name", "description", "code", "computing", "storage", "csid",
	};
	bool many = !strcmp(args->argv[0], "input") ||
		    !strcmp(args->argv[0], "software");
	const char *key = args->argv[0], *value;
	size_t i;

	if (!many && args_once(args, seen))
		return -EINVAL;
	if (args_is(args, "max-us") || args_is(args, "min-us"))
		return parse_time(args, key, service);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i], key))
			break;
	if (!many && i == sizeof(texts) / sizeof(texts[0]) &&
	    strcmp(key, "note"))
		return args_unknown(args);
	args_take(args);
	value = args_value(args, key);
	if (!value)
		return -EINVAL;
	if (many)
		json_array_append_new(json_object_get(service, key),
				      json_string(value));
	else if (!strcmp(key, "note"))
		json_object_set_new(json_object_get(service, "computing-time"),
				    key, json_string(value));
	else
		json_object_set_new(service, key, json_string(value));
	return 0;
}

static int put(const char *id, json_t *service)
{
	json_t *answer;
	int ret = api_ask(API_PLATFORM, "PUT", service, &answer,
			  "/services/{}", id, NULL);

	json_decref(answer);
	return ret;
}

static bool is_there(const char *id, int *ret)
{
	json_t *answer;

	*ret = api_ask(API_PLATFORM, "GET", NULL, &answer, "/services/{}", id,
		       NULL);
	json_decref(answer);
	if (!*ret)
		return true;
	if (*ret == -ENOENT)
		*ret = 0;
	return false;
}

static int write_service(struct args *args, bool replace)
{
	struct args_seen seen = {};
	json_t *service;
	const char *id;
	int ret = 0;

	if (!args_more(args))
		return cats_error(EINVAL, "the service ID is missing");
	id = args_take(args);
	service = json_pack("{s:[], s:[], s:{}}", "input", "software",
			    "computing-time");
	while (!ret && args_more(args))
		ret = parse_member(args, service, &seen);
	if (!ret && !replace && is_there(id, &ret))
		ret = cats_error(EEXIST, "service %s exists already", id);
	if (!ret)
		return put(id, service);
	json_decref(service);
	return ret;
}

static int service_add(struct args *args)
{
	return write_service(args, false);
}

static int service_replace(struct args *args)
{
	return write_service(args, true);
}

static int service_del(struct args *args)
{
	json_t *answer;
	const char *id;
	int ret;

	if (!args_more(args))
		return cats_error(EINVAL, "the service ID is missing");
	id = args_take(args);
	if (args_more(args))
		return args_unknown(args);
	ret = api_ask(API_PLATFORM, "DELETE", NULL, &answer, "/services/{}",
		      id, NULL);
	json_decref(answer);
	return ret;
}

static int load_each(const json_t *services, const char *path)
{
	json_t *service;
	const char *id;
	size_t i;
	int ret;

	json_array_foreach(services, i, service) {
		id = json_string_value(json_object_get(service, "id"));
		if (!id)
			return cats_error(EINVAL, "%s: service %zu has no id",
					  path, i + 1);
		/* of where it was saved */
		json_object_del(service, "revision");
		ret = put(id, json_incref(service));
		if (ret)
			return ret;
	}
	return 0;
}

static int service_load(struct args *args)
{
	json_t *file, *services;
	const char *path;
	int ret;

	if (!args_more(args))
		return cats_error(EINVAL, "the file is missing");
	path = args_take(args);
	if (args_more(args))
		return args_unknown(args);
	services = api_load(path, "services", &file);
	if (!services)
		return -EINVAL;
	ret = load_each(services, path);
	json_decref(file);
	return ret;
}

static const struct command commands[] = {
	{ "show", service_show },	{ "list", service_show },
	{ "add", service_add },		{ "replace", service_replace },
	{ "del", service_del },		{ "delete", service_del },
	{ "load", service_load },	{ NULL, NULL },
};

const struct object object_service = { "service", help, commands };
