// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "store_backend.h"

static const struct store_backend *const backends[] = {
	&store_memory,
	&store_sqlite,
	&store_etcd,
};

const struct store_backend *store_config_backend(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(type, backends[i]->name))
			return backends[i];
	return NULL;
}

int store_config_check(const struct store_config *config)
{
	const struct store_backend *backend;

	backend = store_config_backend(config->type);
	if (!backend)
		return cats_error(EINVAL, "store: type: \"%s\" is not memory, sqlite or etcd",
				  config->type);
	return backend->check(config);
}

int store_open(const struct store_config *config, struct event_base *base,
	       struct store **result)
{
	struct store *store = store_new();
	struct store_writer *writer;
	int ret;

	*result = NULL;
	if (!store)
		return cats_error(ENOMEM, "store: out of memory");
	writer = store_writer(store);
	writer->backend->close(writer->state);
	writer->backend = store_config_backend(config->type);
	writer->base = base;
	writer->current = false;
	ret = writer->backend->open(store, config, base, &writer->state);
	if (!ret) {
		*result = store;
		return 0;
	}
	/* what is freed has a backend */
	writer->backend = &store_memory;
	if (!store_memory.open(store, NULL, NULL, &writer->state))
		store_free(store);
	return ret;
}

static void on_nothing(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what, (void)ctx;
}

int store_wait(struct store *store, uint64_t ms)
{
	struct store_writer *writer = store_writer(store);
	const struct timeval wake = { .tv_usec = 10000 };
	uint64_t end = clock_monotonic_ms() + ms;
	struct event *ticking;

	if (!writer->base)
		return 0;
	ticking = event_new(writer->base, -1, EV_PERSIST, on_nothing, NULL);
	if (!ticking || event_add(ticking, &wake)) {
		if (ticking)
			event_free(ticking);
		return cats_error(ENOMEM, "store: out of memory");
	}
	while ((!writer->current || writer->pending) &&
	       clock_monotonic_ms() < end) {
		event_base_loop(writer->base, EVLOOP_ONCE);
		/* the process shall end */
		if (event_base_got_exit(writer->base))
			break;
	}
	event_free(ticking);
	if (writer->current && !writer->pending)
		return 0;
	return cats_error(ETIMEDOUT, "store: %s: %s", writer->backend->name,
			  writer->problem[0] ? writer->problem :
					       "no answer in time");
}

bool store_is_current(const struct store *store)
{
	return store_writer((struct store *)store)->current;
}

uint64_t store_failures(const struct store *store)
{
	return store_writer((struct store *)store)->failures;
}

const char *store_problem(const struct store *store)
{
	return store_writer((struct store *)store)->problem;
}

bool store_upkeep(const struct store *store, struct store_upkeep *upkeep)
{
	const struct store_writer *writer = store_writer((struct store *)store);

	if (!writer->backend->upkeep)
		return false;
	writer->backend->upkeep(writer->state, upkeep);
	return true;
}

const char *store_backend_name(const struct store *store)
{
	return store_writer((struct store *)store)->backend->name;
}
