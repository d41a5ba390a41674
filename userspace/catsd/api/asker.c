// SPDX-License-Identifier: GPL-2.0-or-later
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "api/asker.h"
#include "clock.h"
#include "mapped.h"

/* what may come at once is what may come in a second: full again after one */
#define BURST_MS	1000

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct api_asker *)NULL)->address));
}

void api_askers_init(struct api_askers *askers, uint32_t requests_per_s)
{
	askers->tree = NULL;
	TAILQ_INIT(&askers->gone);
	askers->requests_per_s = requests_per_s;
}

void api_askers_clear(struct api_askers *askers)
{
	tdestroy(askers->tree, free);
	askers->tree = NULL;
}

static void forget(struct api_askers *askers, uint64_t now)
{
	struct api_asker *asker;

	while ((asker = TAILQ_FIRST(&askers->gone)) &&
	       now - asker->since_ms >= BURST_MS) {
		TAILQ_REMOVE(&askers->gone, asker, gone);
		tdelete(asker, &askers->tree, by_address);
		free(asker);
	}
}

static uint64_t full(const struct api_askers *askers)
{
	return (uint64_t)askers->requests_per_s * BURST_MS;
}

static struct api_asker *make(struct api_askers *askers,
			      const uint8_t address[16], uint64_t now)
{
	struct api_asker *asker = calloc(1, sizeof(*asker));

	if (!asker)
		return NULL;
	memcpy(asker->address, address, sizeof(asker->address));
	asker->credit = full(askers);
	asker->since_ms = now;
	if (tsearch(asker, &askers->tree, by_address))
		return asker;
	free(asker);
	return NULL;
}

struct api_asker *api_asker_connect(struct api_askers *askers,
				    const uint8_t address[16])
{
	uint64_t now = clock_monotonic_ms();
	struct api_asker *asker;
	uint8_t key[16];
	void *found;

	memcpy(key, address, sizeof(key));
	if (!mapped_is_ipv4(key) && !mapped_is_loopback(key))
		memset(key + 8, 0, 8);
	forget(askers, now);
	found = tfind(key, &askers->tree, by_address);
	asker = found ? *(struct api_asker **)found : make(askers, key, now);
	if (!asker)
		return NULL;
	if (found && !asker->connections)
		TAILQ_REMOVE(&askers->gone, asker, gone);
	asker->connections++;
	return asker;
}

static void refill(struct api_askers *askers, struct api_asker *asker,
		   uint64_t now)
{
	asker->credit += (now - asker->since_ms) * askers->requests_per_s;
	asker->since_ms = now;
	if (asker->credit > full(askers))
		asker->credit = full(askers);
}

void api_asker_leave(struct api_askers *askers, struct api_asker *asker)
{
	if (--asker->connections)
		return;
	refill(askers, asker, clock_monotonic_ms());
	TAILQ_INSERT_TAIL(&askers->gone, asker, gone);
}

bool api_asker_may(struct api_askers *askers, struct api_asker *asker)
{
	if (!askers->requests_per_s)
		return true;
	refill(askers, asker, clock_monotonic_ms());
	if (asker->credit < 1000)
		return false;
	asker->credit -= 1000;
	return true;
}
