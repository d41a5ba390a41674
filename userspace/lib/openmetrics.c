// SPDX-License-Identifier: GPL-2.0-or-later
/* OpenMetrics 1.0: a family's samples stand together, whoever gave them. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openmetrics.h"

/**
 * struct family - samples of one name
 * @next: in the order of their first samples
 * @name: without a suffix
 * @counter: or a gauge
 * @text: header and samples so far
 * @size: bytes of @text
 * @stream: writes to @text
 */
struct family {
	struct family *next;
	char *name;
	bool counter;
	char *text;
	size_t size;
	FILE *stream;
};

struct openmetrics {
	struct family *families;
	bool nomem;
};

struct openmetrics *om_new(void)
{
	return calloc(1, sizeof(struct openmetrics));
}

static void free_family(struct family *family)
{
	if (family->stream)
		fclose(family->stream);
	free(family->text);
	free(family->name);
	free(family);
}

void om_free(struct openmetrics *om)
{
	struct family *family;

	if (!om)
		return;
	while ((family = om->families)) {
		om->families = family->next;
		free_family(family);
	}
	free(om);
}

/* Backslash, quote and newline (section "Text format", escaping). */
static void escaped(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', to);
		if (*text == '\n')
			fputs("\\n", to);
		else
			fputc(*text, to);
	}
}

static const char *unit_of(const char *name)
{
	static const char *const units[] = { "seconds", "bytes", "ratio",
					     "hertz", "joules" };
	const char *end = strrchr(name, '_');
	size_t i;

	for (i = 0; end && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end + 1, units[i]))
			return units[i];
	return NULL;
}

static struct family *new_family(const char *name, const char *help,
				 bool counter)
{
	struct family *family = calloc(1, sizeof(*family));

	if (!family)
		return NULL;
	family->counter = counter;
	family->name = strdup(name);
	family->stream = open_memstream(&family->text, &family->size);
	if (!family->name || !family->stream) {
		free_family(family);
		return NULL;
	}
	fprintf(family->stream, "# TYPE %s %s\n", name,
		counter ? "counter" : "gauge");
	if (unit_of(name))
		fprintf(family->stream, "# UNIT %s %s\n", name, unit_of(name));
	fprintf(family->stream, "# HELP %s ", name);
	escaped(family->stream, help);
	fputc('\n', family->stream);
	return family;
}

/* The family's stream, with name and labels of a sample written. */
static FILE *sample(struct openmetrics *om, const char *name, const char *help,
		    const struct om_label *labels, bool counter)
{
	struct family **at = &om->families;
	bool first = true;

	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	if (!*at)
		*at = new_family(name, help, counter);
	if (!*at) {
		om->nomem = true;
		return NULL;
	}
	fprintf((*at)->stream, "%s%s", name, counter ? "_total" : "");
	for (; labels && labels->name; labels++, first = false) {
		fprintf((*at)->stream, "%s%s=\"", first ? "{" : ",",
			labels->name);
		escaped((*at)->stream, labels->value);
		fputc('"', (*at)->stream);
	}
	fputs(first ? " " : "} ", (*at)->stream);
	return (*at)->stream;
}

void om_counter(struct openmetrics *om, const char *name, const char *help,
		const struct om_label *labels, uint64_t value)
{
	FILE *stream = sample(om, name, help, labels, true);

	if (stream)
		fprintf(stream, "%llu\n", (unsigned long long)value);
}

void om_gauge(struct openmetrics *om, const char *name, const char *help,
	      const struct om_label *labels, double value)
{
	FILE *stream = sample(om, name, help, labels, false);

	if (!stream)
		return;
	if (isnan(value))
		fputs("NaN\n", stream);
	else if (isinf(value))
		fputs(value < 0 ? "-Inf\n" : "+Inf\n", stream);
	else
		fprintf(stream, "%.12g\n", value);
}

char *om_text(struct openmetrics *om)
{
	struct family *family;
	char *text = NULL;
	size_t size = 0;
	FILE *stream;

	stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	for (family = om->families; family; family = family->next) {
		fflush(family->stream);
		fwrite(family->text, 1, family->size, stream);
	}
	fputs("# EOF\n", stream);
	if (fclose(stream) || om->nomem) {
		free(text);
		return NULL;
	}
	return text;
}
