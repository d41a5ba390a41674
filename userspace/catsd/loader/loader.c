// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role loader: makes the maps of this host equal to the decisions in the store,
 * and their layer-2 headers equal to what the host knows.
 */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "loader/loader.h"

#define DRAIN_MS	5000
#define FOLLOW_MS	10
#define RETRY_MS	1000

static void on_run(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	loader_load(ctx, false);
}

static void on_follow(void *ctx)
{
	struct loader *loader = ctx;

	loader_follow(loader);
	/* if the maps were not there any more, all is to be made */
	loader_load(loader, false);
}

static void on_grace(void *ctx)
{
	loader_rest(ctx);
}

/* Another writer was there: is what was decided still so? */
static void on_writer(void *ctx)
{
	struct loader *loader = ctx;
	struct load_target *target;

	if (!loader->opened ||
	    (loader->forwarder.control->generation == loader->generation &&
	     loader->forwarder.control->schema == CATS_SCHEMA))
		return;
	for (target = loader->targets.first; target; target = target->next)
		load_target_want(&loader->targets, target);
	event_active(loader->run, EV_TIMEOUT, 0);
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	struct loader *loader = ctx;
	struct load_target *target;

	(void)fd, (void)what;
	for (target = loader->targets.first; target; target = target->next)
		if (target->result > LOAD_MALFORMED)
			load_target_want(&loader->targets, target);
	loader_load(loader, false);
}

static void on_drain(evutil_socket_t fd, short what, void *ctx)
{
	struct loader *loader = ctx;
	struct load_target *target;

	(void)fd, (void)what;
	for (target = loader->targets.first; target; target = target->next)
		if (target->draining)
			load_target_want(&loader->targets, target);
	loader_load(loader, true);
}

static int check(const struct catsd *catsd, const void *config)
{
	(void)catsd;
	return loader_config_check(config);
}

static struct event *every(struct event_base *base, uint32_t ms,
			   event_callback_fn fn, void *ctx)
{
	const struct timeval period = { ms / 1000, ms % 1000 * 1000 };
	struct event *event = event_new(base, -1, EV_PERSIST, fn, ctx);

	if (event && event_add(event, &period)) {
		event_free(event);
		return NULL;
	}
	return event;
}

static void stop(void *state)
{
	struct loader *loader = state;
	struct event *const events[] = { loader->run, loader->retry,
					 loader->drain_timer };
	size_t i;

	store_unwatch(loader->watch);
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	follow_close(&loader->follow);
	drift_close(&loader->drift);
	grace_close(&loader->grace);
	load_targets_free(&loader->targets);
	/* the maps stay: traffic goes on */
	if (loader->opened)
		cats_forwarder_close(&loader->forwarder);
	free(loader);
}

static int first_look(void *ctx, const struct store_entry *entry)
{
	loader_note(ctx, STORE_PUT, entry);
	return 0;
}

static int begin(struct loader *loader, struct catsd *catsd,
		 const struct loader_config *config)
{
	loader->run = event_new(catsd->base, -1, 0, on_run, loader);
	loader->retry = every(catsd->base, RETRY_MS, on_retry, loader);
	loader->drain_timer = every(catsd->base,
				    loader_or(config->drain_ms, DRAIN_MS),
				    on_drain, loader);
	loader->watch = store_watch(loader->store, DECISION_PREFIX, loader_note,
				    loader);
	if (!loader->run || !loader->retry || !loader->drain_timer ||
	    !loader->watch)
		return cats_error_kernel(ENOMEM, "loader");
	store_each(loader->store, DECISION_PREFIX, first_look, loader);
	return follow_open(&loader->follow, catsd->base);
}

static int start(struct catsd *catsd, const void *section, void **state)
{
	const struct loader_config *config = section;
	struct loader *loader = calloc(1, sizeof(*loader));
	int ret;

	if (!loader)
		return cats_error_kernel(ENOMEM, "loader");
	loader->store = catsd->store;
	loader->ingress = config->ingress ? config->ingress : catsd->site;
	loader->follow.delay_ms = loader_or(config->follow_ms, FOLLOW_MS);
	loader->follow.changed = on_follow;
	loader->follow.ctx = loader;
	loader->drift.base = catsd->base;
	loader->drift.written = on_writer;
	loader->drift.ctx = loader;
	loader->drift.fd = -1;
	loader->grace.passed = on_grace;
	loader->grace.ctx = loader;
	ret = grace_open(&loader->grace, catsd->base);
	if (!ret)
		ret = begin(loader, catsd, config);
	if (ret) {
		stop(loader);
		return ret;
	}
	*state = loader;
	return 0;
}

const struct role role_loader = {
	.name = "loader",
	.check = check,
	.start = start,
	.stop = stop,
	.status = loader_status,
	.measure = loader_measure,
};
