/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roles of catsd: modules that talk through the store only. */
#ifndef CATSD_ROLE_H
#define CATSD_ROLE_H

#include <event2/event.h>
#include <jansson.h>

#include "openmetrics.h"
#include "store.h"

struct tls_config;

#define ROLES_MAX	16

/**
 * struct catsd - what every role is given
 * @base: event loop of the main thread; EVENT_BASE_FLAG_PRECISE_TIMER
 * @store: of this process; main thread only
 * @site: name of this site, from the file
 * @tls: section tls, or NULL
 */
struct catsd {
	struct event_base *base;
	struct store *store;
	const char *site;
	const struct tls_config *tls;
};

/**
 * struct role - one module
 * @name: section of the file: "sma", "nma", "ps", ...
 * @check: is the section right?  What a schema cannot say; 0 or -EINVAL with
 *	a message (cats_error) that names the key
 * @start: begin; @config is the section and outlives the role; 0 and *@state,
 *	or a negative errno with a message
 * @stop: end and free
 * @status: what `cats agent` shows: a new JSON object, flat, with at least
 *	"state"; nested objects for counters by reason
 * @ask: answer a request of the control socket that only this role understands:
 *	add objects to the array @lines; -ENOENT: it does not; another negative
 *	errno with a message; NULL: it never does
 * @measure: everything counted or measured, for the OpenMetrics endpoint
 *
 * All are called in the main thread.
 */
struct role {
	const char *name;
	int (*check)(const struct catsd *catsd, const void *config);
	int (*start)(struct catsd *catsd, const void *config, void **state);
	void (*stop)(void *state);
	json_t *(*status)(void *state);
	int (*ask)(void *state, const json_t *request, json_t *lines);
	void (*measure)(void *state, struct openmetrics *om);
};

extern const struct role role_sma;
extern const struct role role_nma;
extern const struct role role_ps;
extern const struct role role_publish;
extern const struct role role_platform;
extern const struct role role_cmas;
extern const struct role role_hybrid;
extern const struct role role_egress;
extern const struct role role_model;
extern const struct role role_loader;

#endif /* CATSD_ROLE_H */
