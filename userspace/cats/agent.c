// SPDX-License-Identifier: GPL-2.0-or-later
/* cats agent: the roles of the catsd that runs here, and how they are. */
#include <string.h>

#include "command.h"
#include "daemon.h"
#include "output.h"

static const char help[] =
	"Usage: cats agent show [ sma | nma | publish | ps | loader | hybrid | platform |\n"
	"                         cmas | egress | model | store | file ]\n"
	"What the roles of the local catsd count and who they speak to,\n"
	"how their store is, and what became of their file.\n";

static void show_scalar(const char *key, const json_t *value)
{
	if (json_string_length(value))
		out_text(" %s %s", key, json_string_value(value));
	else if (json_is_number(value))
		out_text(" %s %.9g", key, json_number_value(value));
	else if (json_is_boolean(value))
		out_text(" %s %s", key, json_is_true(value) ? "yes" : "no");
}

/* An array of numbers or names is one member: "bounds 0,1". */
static bool is_list(const json_t *value)
{
	const json_t *first = json_array_get(value, 0);

	return first && !json_is_object(first) && !json_is_array(first);
}

static void show_list(const char *key, const json_t *list)
{
	const json_t *element;
	size_t i;

	out_text(" %s", key);
	json_array_foreach(list, i, element) {
		if (json_is_string(element))
			out_text("%c%s", i ? ',' : ' ',
				 json_string_value(element));
		else
			out_text("%c%.9g", i ? ',' : ' ',
				 json_number_value(element));
	}
}

static void show_members(const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		if (is_list(value))
			show_list(key, value);
		else
			show_scalar(key, value);
	}
}

/* Objects and arrays of objects, a line each, indented by their depth. */
static void show_nested(const json_t *object, unsigned int depth)
{
	static const char indents[] = "                    ";
	const char *indent = indents + sizeof(indents) - 1 - 4 * depth;
	const json_t *element;
	const char *key;
	json_t *value;
	size_t i;

	if (depth > 4)
		return;
	json_object_foreach((json_t *)object, key, value) {
		if (json_is_object(value) && json_object_size(value)) {
			out_line(indent);
			out_text("%s:", key);
			show_members(value);
			show_nested(value, depth + 1);
		}
		json_array_foreach(value, i, element) {
			if (!json_is_object(element))
				continue;
			out_line(indent);
			out_text("%s:", key);
			show_members(element);
			show_nested(element, depth + 1);
		}
	}
}

static int show_role(void *ctx, json_t *line)
{
	const char *role = json_string_value(json_object_get(line, "role"));
	const char *wanted = ctx;
	json_t *status = json_object_get(line, "status");

	if (!role || (wanted && strcmp(role, wanted)))
		return 0;
	out_open();
	out_string(HUE_NAME, "role", "%s", role);
	out_json("status", status);
	if (!options.json) {
		show_members(status);
		show_nested(status, 1);
	}
	out_close();
	return 0;
}

static int agent_show(struct args *args)
{
	const char *wanted = args_more(args) ? args_take(args) : NULL;
	int ret;

	if (args_more(args))
		return args_unknown(args);
	out_begin();
	ret = daemon_ask(json_pack("{s:b}", "status", 1), show_role,
			 (void *)wanted);
	out_end();
	return ret;
}

static const struct command commands[] = {
	{ "show", agent_show }, { "list", agent_show }, { NULL, NULL },
};

const struct object object_agent = { "agent", help, commands };
