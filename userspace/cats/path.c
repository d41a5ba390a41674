// SPDX-License-Identifier: GPL-2.0-or-later
/* cats path: what C-NMA measured of the SR policies, as catsd has it. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "daemon.h"
#include "output.h"

static const char help[] =
	"Usage: cats path show [ POLICY ] [ site SITE ]\n"
	"Delay, variation and loss by SR policy, measured by STAMP; asks catsd. With -s, by\n"
	"flow label.\n";

/**
 * struct wanted - which ones
 * @policy: name, or NULL
 * @site: or NULL
 */
struct wanted {
	const char *policy;
	const char *site;
};

static void show_reals(const json_t *numbers, const char *title,
		       const char *unit)
{
	const char *name;
	json_t *number;
	bool first = true;

	json_object_foreach((json_t *)numbers, name, number) {
		if (!json_is_number(number))
			continue;
		if (first)
			out_text(" %s", title);
		first = false;
		out_text(" %s %.6g%s", name, json_number_value(number), unit);
	}
}

static void show_labels(const json_t *labels)
{
	const json_t *label;
	const char *name;
	json_t *number;
	size_t i;

	json_array_foreach(labels, i, label) {
		out_line("    ");
		json_object_foreach((json_t *)label, name, number)
			if (json_is_number(number))
				out_text("%s %.6g ", name,
					 json_number_value(number));
	}
}

static void show_state(const json_t *value)
{
	const char *state = json_string_value(json_object_get(value, "state"));

	if (state)
		out_string(!strcmp(state, "up")   ? HUE_GOOD :
			   !strcmp(state, "down") ? HUE_BAD :
						    HUE_NONE,
			   "state", " state %s", state);
}

static void show_variation(const json_t *variation)
{
	const json_t *value = json_object_get(variation, "value");
	const char *name = json_string_value(json_object_get(variation,
							     "name"));

	if (name && json_is_number(value))
		out_text(" variation %s %.6gus", name,
			 json_number_value(value));
}

void show_path_entry(json_t *entry)
{
	const json_t *value = json_object_get(entry, "value");

	if (!show_entry(entry))
		return;
	show_member(value, "endpoint", "endpoint", "endpoint");
	show_state(value);
	show_reals(json_object_get(value, "delay"), "delay", "us");
	show_variation(json_object_get(value, "variation"));
	show_reals(json_object_get(value, "loss"), "loss", "");
	show_member(value, "probes", "probes", "probes");
	show_member(value, "answered", "answered", "answered");
	show_member(value, "reason", "reason", "by");
	show_member(value, "via", "via", "via");
	if (options.stats)
		show_labels(json_object_get(value, "labels"));
}

static int show_wanted(void *ctx, json_t *entry)
{
	const struct wanted *wanted = ctx;

	if (!entry_is(entry, "policy", wanted->policy) ||
	    !entry_is(entry, "site", wanted->site))
		return 0;
	out_open();
	show_path_entry(entry);
	out_close();
	return 0;
}

static int path_show(struct args *args)
{
	struct wanted wanted = {};

	while (args_more(args)) {
		if (args_is(args, "site")) {
			wanted.site = args_value(args, "site");
			if (!wanted.site)
				return -EINVAL;
		} else if (!wanted.policy) {
			wanted.policy = args_take(args);
		} else {
			return args_unknown(args);
		}
	}
	return daemon_list("path/", show_wanted, &wanted);
}

static const struct command commands[] = {
	{ "show", path_show }, { "list", path_show }, { NULL, NULL },
};

const struct object object_path = { "path", help, commands };
