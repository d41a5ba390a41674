// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"
#include "error.h"
#include "event.h"
#include "output.h"

#define SOCKET_DEFAULT	"/run/cats/catsd.sock"
#define LINE_MAX_BYTES	(1u << 20)

/* A descriptor, or a negative errno with a message. */
static int connect_daemon(void)
{
	const char *path = getenv("CATSD_CONTROL");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (!path)
		path = SOCKET_DEFAULT;
	if (strlen(path) >= sizeof(addr.sun_path))
		return cats_error(EINVAL, "CATSD_CONTROL is too long for a socket");
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cats_error_kernel(errno, "socket");
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = errno;
	close(fd);
	if (err == ENOENT || err == ECONNREFUSED)
		return cats_error(ENOENT, "catsd does not run: nobody listens at %s",
				  path);
	return cats_error(err, "catsd: %s: %s", path, strerror(err));
}

static int send_request(int fd, json_t *request)
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	int ret = 0;

	json_decref(request);
	if (!text)
		return cats_error_kernel(ENOMEM, "catsd");
	if (dprintf(fd, "%s\n", text) < 0)
		ret = cats_error(errno, "catsd: %s", strerror(errno));
	free(text);
	return ret;
}

/* 1 for the end of an answer, 0 for a line of it, or a negative errno. */
static int kind_of(const json_t *line)
{
	const char *error = json_string_value(json_object_get(line, "error"));

	if (error)
		return cats_error(EPROTO, "catsd: %s", error);
	if (!json_is_object(line))
		return cats_error(EPROTO, "catsd: sent what is no JSON object");
	return json_object_get(line, "end") ? 1 : 0;
}

static int read_answer(FILE *from, daemon_line_fn fn, void *ctx)
{
	char *text = NULL;
	json_error_t error;
	size_t room = 0;
	json_t *line;
	int ret = 0;

	while (!ret && getline(&text, &room, from) > 0) {
		line = json_loads(text, 0, &error);
		ret = kind_of(line);
		if (!ret)
			ret = fn(ctx, line);
		json_decref(line);
	}
	free(text);
	if (!ret)
		return cats_error(EPROTO, "catsd: ended in the middle of an answer");
	return ret == 1 ? 0 : ret;
}

int daemon_ask(json_t *request, daemon_line_fn fn, void *ctx)
{
	int fd = connect_daemon(), ret;
	FILE *from;

	if (fd < 0) {
		json_decref(request);
		return fd;
	}
	ret = send_request(fd, request);
	from = fdopen(fd, "r");
	if (!from) {
		close(fd);
		return cats_error_kernel(ENOMEM, "catsd");
	}
	if (!ret)
		ret = read_answer(from, fn, ctx);
	fclose(from);
	return ret;
}

static int collect(void *ctx, json_t *line)
{
	return json_array_append(ctx, line) ?
		       cats_error_kernel(ENOMEM, "catsd") : 0;
}

/* Collected first: what was printed could not be taken back. */
int daemon_list(const char *prefix, daemon_line_fn fn, void *ctx)
{
	json_t *lines = json_array(), *line;
	size_t i;
	int ret;

	ret = daemon_ask(json_pack("{s:s}", "list", prefix), collect, lines);
	if (!ret) {
		out_begin();
		json_array_foreach(lines, i, line)
			fn(ctx, line);
		out_end();
	}
	json_decref(lines);
	return ret;
}

/**
 * struct watched - what can be watched
 * @name: of the kind, which keys begin with
 * @offset: of its member of struct daemon_watch
 * @show: members of an entry
 */
static const struct watched {
	const char *name;
	size_t offset;
	void (*show)(json_t *entry);
} kinds[] = {
	{ "metric", offsetof(struct daemon_watch, metric), show_metric_entry },
	{ "path", offsetof(struct daemon_watch, path), show_path_entry },
	{ "decision", offsetof(struct daemon_watch, decision),
	  show_decision_entry },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static json_t *watched_prefixes(const struct daemon_watch *w)
{
	json_t *prefixes = json_array();
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (*(const bool *)((const char *)w + kinds[i].offset))
			json_array_append_new(prefixes, json_sprintf(
				"%s/", kinds[i].name));
	return prefixes;
}

int daemon_watch_open(struct daemon_watch *w)
{
	int ret;

	w->fd = -1;
	if (!w->metric && !w->path && !w->decision)
		return 0;
	ret = connect_daemon();
	if (ret < 0)
		return w->optional ? 0 : ret;
	w->fd = ret;
	w->pending = malloc(LINE_MAX_BYTES);
	if (!w->pending)
		return cats_error_kernel(ENOMEM, "catsd");
	return send_request(w->fd, json_pack("{s:o}", "watch",
					     watched_prefixes(w)));
}

static const struct watched *kind_of_key(const char *key)
{
	size_t i, len = key ? strcspn(key, "/") : 0;

	for (i = 0; i < KINDS; i++)
		if (len == strlen(kinds[i].name) &&
		    !strncmp(kinds[i].name, key, len))
			return &kinds[i];
	return NULL;
}

static void show_change(json_t *line)
{
	const char *key = json_string_value(json_object_get(line, "key"));
	const char *what = json_string_value(json_object_get(line, "change"));
	const struct watched *kind = kind_of_key(key);

	if (!kind || !what)
		return;
	if (strcmp(what, "put")) {
		event_deleted(kind->name);
		out_string(HUE_NAME, "key", "%s", key);
		out_string(HUE_NONE, "change", " %s", what);
		out_close();
	} else {
		event_begin(kind->name);
		out_open();
		kind->show(line);
		out_close();
	}
	event_end();
}

static int take_line(char *text)
{
	json_error_t error;
	json_t *line = json_loads(text, 0, &error);
	int ret = kind_of(line);

	if (!ret)
		show_change(line);
	json_decref(line);
	return ret < 0 ? ret : 0;
}

int daemon_watch_read(struct daemon_watch *w)
{
	ssize_t n = read(w->fd, w->pending + w->len,
			 LINE_MAX_BYTES - 1 - w->len);
	char *start = w->pending, *end;
	int ret = 0;

	if (n <= 0 && !w->optional)
		return cats_error(EPIPE, "catsd has ended");
	if (n <= 0) {
		close(w->fd);
		w->fd = -1;
		return 0;
	}
	w->len += n;
	w->pending[w->len] = '\0';
	while (!ret && (end = strchr(start, '\n'))) {
		*end = '\0';
		ret = take_line(start);
		start = end + 1;
	}
	w->len -= start - w->pending;
	memmove(w->pending, start, w->len);
	if (w->len == LINE_MAX_BYTES - 1)
		return cats_error(EPROTO, "catsd: sent a line without an end");
	return ret;
}

void daemon_watch_close(struct daemon_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	free(w->pending);
}

bool show_entry(json_t *entry)
{
	json_t *value = json_object_get(entry, "value"), *member;
	const char *key = json_string_value(json_object_get(entry, "key"));
	const char *name;

	if (!options.json) {
		/* KIND/SITE/SUBJECT; the kind is known */
		out_string(HUE_NAME, "key", "%s", strchr(key, '/') + 1);
		return true;
	}
	json_object_foreach(value, name, member)
		out_json(name, member);
	show_member(entry, "expires-ms", "expires-ms", "");
	return false;
}

bool entry_is(const json_t *entry, const char *key, const char *text)
{
	const json_t *value = json_object_get(entry, "value");
	const char *is = json_string_value(json_object_get(value, key));

	return !text || (is && !strcmp(is, text));
}

void show_member(const json_t *from, const char *key, const char *name,
		 const char *text)
{
	const json_t *value = json_object_get(from, key);

	if (!value || json_is_null(value) ||
	    (json_is_string(value) && !json_string_length(value)))
		return;
	out_text(" %s ", text);
	if (json_is_string(value))
		out_string(HUE_NONE, name, "%s", json_string_value(value));
	else if (json_is_integer(value))
		out_number(name, "%llu", json_integer_value(value));
	else if (json_is_real(value))
		out_real(name, "%.6g", json_real_value(value));
}
