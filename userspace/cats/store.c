// SPDX-License-Identifier: GPL-2.0-or-later
/* cats store: what the roles of catsd tell each other, and where it is kept. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "daemon.h"
#include "error.h"
#include "output.h"
#include "store_copy.h"

static const char help[] =
	"Usage: cats store show [ PREFIX ]\n"
	"       cats store copy FROM TO [ certificate FILE ] [ key FILE ] [ ca FILE ]\n"
	"                  [ prefix TEXT ]\n"
	"FROM and TO are sqlite:PATH or etcd:URL[,URL]; TO has to be empty. The local catsd\n"
	"is asked what there is; with -d, the values are shown too.\n";

static int show_one(void *ctx, json_t *entry)
{
	json_t *value = json_object_get(entry, "value");

	(void)ctx;
	out_open();
	out_string(HUE_NAME, "key", "%s",
		   json_string_value(json_object_get(entry, "key")));
	show_member(entry, "revision", "revision", "revision");
	show_member(entry, "expires-ms", "expires-ms", "expires-ms");
	show_member(entry, "lease", "lease", "lease");
	out_json("value", value);
	if (options.details && !options.json) {
		char *text = json_dumps(value, JSON_COMPACT);

		out_line("    ");
		out_text("%s", text ? text : "");
		free(text);
	}
	out_close();
	return 0;
}

static int store_show(struct args *args)
{
	const char *prefix = args_more(args) ? args_take(args) : "";

	if (args_more(args))
		return args_unknown(args);
	return daemon_list(prefix, show_one, NULL);
}

/* Both may be in etcd; the files and the prefix are for either. */
static int parse_access(struct args *args, struct store_config *access)
{
	struct args_seen seen = {};

	while (args_more(args)) {
		const char *key = args->argv[0];
		char **to = NULL;

		if (args_once(args, &seen))
			return -EINVAL;
		if (args_is(args, "certificate"))
			to = &access->certificate;
		else if (args_is(args, "key"))
			to = &access->key;
		else if (args_is(args, "ca"))
			to = &access->ca;
		else if (args_is(args, "prefix"))
			to = &access->prefix;
		if (!to)
			return args_unknown(args);
		*to = (char *)args_value(args, key);
		if (!*to)
			return -EINVAL;
	}
	return 0;
}

static void give_access(struct store_config *config,
			const struct store_config *access)
{
	if (!config->endpoints_count)
		return;
	config->certificate = access->certificate;
	config->key = access->key;
	config->ca = access->ca;
	config->prefix = access->prefix;
}

static int copy(const char *from, const char *to,
		const struct store_config *access)
{
	struct store_config config[2] = {};
	struct store_copied copied;
	int ret;

	ret = store_location_parse(from, &config[0]);
	if (!ret)
		ret = store_location_parse(to, &config[1]);
	if (ret)
		goto out;
	give_access(&config[0], access);
	give_access(&config[1], access);
	ret = store_copy(&config[0], &config[1], &copied);
	if (ret)
		goto out;
	out_begin();
	out_open();
	out_number("copied", "copied %llu", copied.entries);
	if (copied.leased || options.json)
		out_number("leased", " leased %llu", copied.leased);
	out_close();
	out_end();
out:
	store_location_free(&config[1]);
	store_location_free(&config[0]);
	return ret;
}

static int store_copy_command(struct args *args)
{
	struct store_config access = {};
	const char *from, *to;
	int ret;

	if (args->argc < 2)
		return cats_error(EINVAL, "copy takes FROM and TO, as in sqlite:/var/lib/cats/store.db etcd:https://[::1]:2379");
	from = args_take(args);
	to = args_take(args);
	ret = parse_access(args, &access);
	return ret ? ret : copy(from, to, &access);
}

static const struct command commands[] = {
	{ "show", store_show }, { "list", store_show },
	{ "copy", store_copy_command }, { NULL, NULL },
};

const struct object object_store = { "store", help, commands };
