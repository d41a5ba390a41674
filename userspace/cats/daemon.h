/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket of catsd; userspace/catsd/control.h has the requests. */
#ifndef CATS_DAEMON_H
#define CATS_DAEMON_H

#include <jansson.h>
#include <stdbool.h>

/** daemon_line_fn - one line of an answer; non-zero ends and is returned */
typedef int (*daemon_line_fn)(void *ctx, json_t *line);

/**
 * daemon_ask - send a request, hand over each line of the answer
 * @request: the reference is taken
 * @fn: called for each line but the last
 * @ctx: for @fn
 *
 * The socket is /run/cats/catsd.sock or what CATSD_CONTROL in the environment
 * says.
 *
 * Return: 0; -ENOENT if no catsd runs; another negative errno; with a message.
 */
int daemon_ask(json_t *request, daemon_line_fn fn, void *ctx);

/**
 * daemon_list - the entries of the store below a prefix, between out_begin()
 * and out_end()
 */
int daemon_list(const char *prefix, daemon_line_fn fn, void *ctx);

/**
 * struct daemon_watch - changes of the store
 * @fd: to poll; -1 without a catsd
 * @optional: no catsd is nothing to complain about
 * @metric: watch metrics
 * @path: watch paths
 * @decision: watch decisions
 * @pending: what has been read of a line
 * @len: bytes of it
 */
struct daemon_watch {
	int fd;
	bool optional;
	bool metric;
	bool path;
	bool decision;
	char *pending;
	size_t len;
};

/** daemon_watch_open - 0 or a negative errno with a message. */
int daemon_watch_open(struct daemon_watch *w);
/** daemon_watch_read - print the changes there are; when @fd is readable. */
int daemon_watch_read(struct daemon_watch *w);
/** daemon_watch_close - one of all 0 but @fd -1 is fine. */
void daemon_watch_close(struct daemon_watch *w);

/**
 * show_entry - its key in text, or with -j all of it
 *
 * Return: true if it is text, and what else there is to say has to follow.
 */
bool show_entry(json_t *entry);

/** entry_is - is member @key of the value @text?  NULL stands for anything. */
bool entry_is(const json_t *entry, const char *key, const char *text);

/** show_metric_entry - members of {"key", "value"} of a metric. */
void show_metric_entry(json_t *entry);
/** show_path_entry - members of {"key", "value"} of a path. */
void show_path_entry(json_t *entry);
/** show_decision_entry - members of {"key", "value"} of a decision. */
void show_decision_entry(json_t *entry);

/** show_member - string or number @key of @from as member @name, if there. */
void show_member(const json_t *from, const char *key, const char *name,
		 const char *text);

#endif /* CATS_DAEMON_H */
