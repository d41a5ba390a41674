// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "batch.h"
#include "output.h"

#define WORDS	4096	/* of one command: 256 next hops with all keywords */

/**
 * struct reader - a batch being read
 * @file: open file
 * @name: its name
 * @number: line last read
 * @line: the command: a line and those that continue it
 * @room: allocated length of @line
 * @start: when the first line was read, s
 * @shown: when progress was last shown, s
 * @visible: progress is on the screen
 */
struct reader {
	FILE *file;
	const char *name;
	unsigned long number;
	char *line;
	size_t room;
	double start;
	double shown;
	bool visible;
};

/* Append what the next physical line adds; -1 at the end, -2 out of memory. */
static int read_part(struct reader *reader, size_t *len, char **part,
		     size_t *part_room)
{
	ssize_t n = getline(part, part_room, reader->file);
	char *grown;

	if (n < 0)
		return -1;
	reader->number++;
	if (*len + n + 1 > reader->room) {
		grown = realloc(reader->line, (*len + n + 1) * 2);
		if (!grown)
			return -2;
		reader->line = grown;
		reader->room = (*len + n + 1) * 2;
	}
	memcpy(reader->line + *len, *part, n + 1);
	*len += n;
	while (*len && (reader->line[*len - 1] == '\n' ||
			reader->line[*len - 1] == '\r'))
		reader->line[--*len] = '\0';
	return 0;
}

/* A command: a line, and the next ones while they end with a backslash. */
static int read_command(struct reader *reader)
{
	size_t len = 0, part_room = 0;
	char *part = NULL;
	int ret;

	do {
		ret = read_part(reader, &len, &part, &part_room);
		if (ret)
			break;
		if (!len || reader->line[len - 1] != '\\')
			break;
		reader->line[--len] = ' ';
		len++;
	} while (1);
	free(part);
	return ret == -1 && len ? 0 : ret;
}

/* Words in place; -1 if a quote is not closed or there are too many. */
static int split(char *line, char **words)
{
	char *at = line, *end;
	int n = 0;

	for (;;) {
		at += strspn(at, " \t");
		if (!*at || *at == '#')
			return n;
		if (n == WORDS)
			return -1;
		if (*at == '"' || *at == '\'') {
			end = strchr(at + 1, *at);
			if (!end)
				return -1;
			words[n++] = at + 1;
		} else {
			end = at + strcspn(at, " \t");
			words[n++] = at;
		}
		at = end;
		if (*at)
			*at++ = '\0';
	}
}

static int run_line(struct reader *reader, char **words)
{
	int n = split(reader->line, words);

	if (n < 0) {
		fprintf(stderr, "Error: a quote is not closed, or the line has more than %d words.\n",
			WORDS);
		return EXIT_ARGUMENT;
	}
	return n ? cats_run(n, words) : EXIT_SUCCESS;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* On a terminal, from the third second on: how far it is. */
static void show_progress(struct reader *reader)
{
	struct stat st;
	double now;
	long at;

	if (!reader->start)
		reader->start = reader->shown = seconds();
	if (reader->number % 64 || !isatty(STDERR_FILENO))
		return;
	now = seconds();
	if (now - reader->start < 2 || now - reader->shown < 0.1)
		return;
	reader->shown = now;
	at = ftell(reader->file);
	fprintf(stderr, "\r%s: line %lu", reader->name, reader->number);
	if (at > 0 && !fstat(fileno(reader->file), &st) && st.st_size)
		fprintf(stderr, ", %.0f %%", 100.0 * at / st.st_size);
	reader->visible = true;
}

static void clear_progress(struct reader *reader)
{
	if (reader->visible)
		fputs("\r\033[K", stderr);
	reader->visible = false;
}

static int run_all(struct reader *reader, char **words)
{
	int first = EXIT_SUCCESS, status, ret;

	while (!(ret = read_command(reader))) {
		show_progress(reader);
		status = run_line(reader, words);
		if (!status)
			continue;
		clear_progress(reader);
		fprintf(stderr, "Command failed %s:%lu\n", reader->name,
			reader->number);
		if (!first)
			first = status;
		if (!options.force)
			return first;
	}
	clear_progress(reader);
	if (ret == -2 || ferror(reader->file)) {
		fprintf(stderr, "Error: reading %s: %s.\n", reader->name,
			strerror(ret == -2 ? ENOMEM : errno));
		return EXIT_REFUSED;
	}
	return first;
}

int batch_run(const char *name)
{
	struct reader reader = { .name = name };
	char **words;
	int status;

	reader.file = strcmp(name, "-") ? fopen(name, "re") : stdin;
	if (!reader.file) {
		fprintf(stderr, "Error: Cannot open file \"%s\" for reading: %s.\n",
			name, strerror(errno));
		return EXIT_ARGUMENT;
	}
	words = calloc(WORDS + 1, sizeof(*words));
	status = words ? run_all(&reader, words) : EXIT_REFUSED;
	free(words);
	free(reader.line);
	if (reader.file != stdin)
		fclose(reader.file);
	return status;
}
