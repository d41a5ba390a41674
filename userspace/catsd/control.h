/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: what `cats metric`, `cats path`, `cats agent` and `cats
 * monitor` ask.  JSON, a line each:
 *
 *	{"list": "metric/"}		an entry a line, then {"end": REVISION}
 *	{"watch": ["metric/", "path/"]}	a change a line, until the client goes
 *	{"status": true}		a role a line, then {"end": REVISION}
 *	{"decision": {"csid": TEXT, "vrf": N}}	of role ps: how services were
 *					decided, one a line, then {"end": ...}
 *
 * What else a role understands it answers itself: struct role, @ask.
 *
 * An entry is {"key", "value", "revision", "expires-ms", "lease"}, a change that with
 * "change": put, deleted or expired.  What cannot be answered is {"error"}.
 */
#ifndef CATSD_CONTROL_H
#define CATSD_CONTROL_H

#include "role.h"

struct control;

/** control_status_fn - append the roles' status objects to @array */
typedef void (*control_status_fn)(void *ctx, json_t *array);

/**
 * control_ask_fn - let the roles answer @request into the array @lines
 *
 * Return: 0; -ENOENT: none understands it; another negative errno, with a
 * message.
 */
typedef int (*control_ask_fn)(void *ctx, const json_t *request, json_t *lines);

/**
 * control_open - listen at @path; one that nobody listens at is replaced
 *
 * Return: 0; -EADDRINUSE if another catsd does; another negative errno; with a
 * message.
 */
int control_open(struct catsd *catsd, const char *path,
		 control_status_fn status, control_ask_fn ask, void *ctx,
		 struct control **control);

/** control_close - NULL is fine. */
void control_close(struct control *control);

#endif /* CATSD_CONTROL_H */
