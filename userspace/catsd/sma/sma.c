// SPDX-License-Identifier: GPL-2.0-or-later
/* Role sma: C-SMA, what is known of computing and services at a site. */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "sma/sma.h"

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	sma_slice(ctx);
}

/* A watch must not change the store: it is looked at in the next round. */
static void on_path(void *ctx, enum store_change change,
		    const struct store_entry *entry)
{
	struct sma *sma = ctx;

	(void)change, (void)entry;
	sma->nqi_stale = true;
}

static int check(const struct catsd *catsd, const void *config)
{
	(void)catsd;
	return sma_config_check(config);
}

static void end(struct sma *sma)
{
	if (sma->timer)
		event_free(sma->timer);
	store_unwatch(sma->paths);
	sma_teardown(sma);
	free(sma);
}

static void stop(void *state)
{
	struct sma *sma = state;

	sma_withdraw(sma);
	end(sma);
}

static int begin(struct sma *sma)
{
	uint32_t us = sma->config.sample_ms * 1000 / sma->slices;
	const struct timeval period = {
		.tv_sec = us / 1000000,
		.tv_usec = us % 1000000,
	};
	char prefix[128];

	snprintf(prefix, sizeof(prefix), "path/%s/", sma->site);
	sma->paths = store_watch(sma->store, prefix, on_path, sma);
	sma->nqi_stale = true;
	sma->timer = event_new(sma->base, -1, EV_PERSIST, on_timer, sma);
	if (!sma->paths || !sma->timer || event_add(sma->timer, &period))
		return cats_error(ENOMEM, "sma: out of memory");
	return 0;
}

static int start(struct catsd *catsd, const void *config, void **state)
{
	struct sma *sma = calloc(1, sizeof(*sma));
	int ret;

	if (!sma)
		return cats_error(ENOMEM, "sma: out of memory");
	sma->base = catsd->base;
	sma->store = catsd->store;
	sma->site = catsd->site;
	ret = sma_setup(sma, config);
	if (!ret)
		ret = begin(sma);
	if (ret) {
		end(sma);
		return ret;
	}
	*state = sma;
	return 0;
}

const struct role role_sma = {
	.name = "sma",
	.check = check,
	.start = start,
	.stop = stop,
	.status = sma_status,
	.measure = sma_measure,
};
