// SPDX-License-Identifier: GPL-2.0-or-later
/* cats metric: compute metrics of sites and instances, as catsd has them. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "daemon.h"
#include "error.h"
#include "output.h"

static const char help[] =
	"Usage: cats metric show [ site SITE ] [ instance { CSCI-ID | host } ]\n"
	"What C-SMA measured of service instances and their hosts; asks catsd. With -s, each\n"
	"metric with its source and statistics; with -d, the factors and weights of a score.\n";

/**
 * struct wanted - which ones
 * @site: or NULL
 * @instance: CSCI-ID as typed, or NULL
 */
struct wanted {
	const char *site;
	const char *instance;
};

/* A level's score, or "unknown": never zero for what nobody knows. */
static void show_score(const json_t *value, const char *key, const char *name,
		       const char *text)
{
	const json_t *score = json_object_get(value, key);

	if (json_is_number(score))
		show_member(value, key, name, text);
	else if (score)
		out_text(" %s unknown", text);
}

static void show_words(const json_t *words, const char *text)
{
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
		out_text("%s%s", i ? "," : text, json_string_value(word));
}

static void show_numbers(const json_t *numbers, const char *title)
{
	const char *name;
	json_t *number;

	if (!json_object_size(numbers))
		return;
	out_line("    ");
	out_text("%s", title);
	json_object_foreach((json_t *)numbers, name, number)
		if (json_is_number(number))
			out_text(" %s %.6g", name, json_number_value(number));
}

static void show_details(const json_t *value)
{
	show_numbers(json_object_get(value, "level1"), "level1");
	show_numbers(json_object_get(value, "raw"), "raw");
	show_numbers(json_object_get(value, "weights"), "weights");
	if (json_array_size(json_object_get(value, "unknown"))) {
		out_line("    ");
		show_words(json_object_get(value, "unknown"), "unknown ");
	}
}

/* The fields of draft-ietf-cats-metric-definition. */
static void show_metrics(const json_t *metrics)
{
	const json_t *metric;
	size_t i;

	json_array_foreach(metrics, i, metric) {
		out_line("    ");
		out_text("metric");
		show_member(metric, "type", "", "type");
		show_member(metric, "level", "", "level");
		show_member(metric, "value", "", "value");
		show_member(metric, "unit", "", "unit");
		show_words(json_object_get(metric, "source"), " source ");
		show_member(metric, "statistics", "", "statistics");
		show_member(metric, "window", "", "window");
	}
}

void show_metric_entry(json_t *entry)
{
	const json_t *value = json_object_get(entry, "value");

	if (!show_entry(entry))
		return;
	show_score(value, "level2", "level2", "level2");
	show_score(value, "cps", "cps", "cps");
	show_score(value, "nqi", "nqi", "nqi");
	show_words(json_object_get(value, "csid"), " csid ");
	show_member(value, "reason", "reason", "by");
	show_member(value, "via", "via", "via");
	show_words(json_object_get(value, "mismatch"), " mismatch ");
	show_member(entry, "expires-ms", "expires-ms", "expires-ms");
	if (options.stats)
		show_metrics(json_object_get(value, "metrics"));
	if (options.details)
		show_details(value);
}

static int show_wanted(void *ctx, json_t *entry)
{
	const json_t *value = json_object_get(entry, "value");
	const struct wanted *wanted = ctx;
	bool host = wanted->instance && !strcmp(wanted->instance, "host");

	if (!entry_is(entry, "site", wanted->site) ||
	    (!host && !entry_is(entry, "instance", wanted->instance)) ||
	    (host && json_object_get(value, "instance")))
		return 0;
	out_open();
	show_metric_entry(entry);
	out_close();
	return 0;
}

static int metric_show(struct args *args)
{
	struct wanted wanted = {};

	while (args_more(args)) {
		const char **to = args_is(args, "site") ? &wanted.site :
				  args_is(args, "instance") ?
						       &wanted.instance : NULL;

		if (!to)
			return args_unknown(args);
		*to = args_value(args, to == &wanted.site ? "site" : "instance");
		if (!*to)
			return -EINVAL;
	}
	return daemon_list("metric/", show_wanted, &wanted);
}

static const struct command commands[] = {
	{ "show", metric_show }, { "list", metric_show }, { NULL, NULL },
};

const struct object object_metric = { "metric", help, commands };
