/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which next hops have flows: what has none and takes none may go. */
#ifndef CATSD_LOADER_DRAIN_H
#define CATSD_LOADER_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct cats_forwarder;

/**
 * struct drain - next hops that have flows
 * @bits: of each id
 * @limit: ids there can be
 */
struct drain {
	uint8_t *bits;
	uint32_t limit;
};

/** drain_count - read the flow table once; -ENOMEM with a message. */
int drain_count(struct drain *drain, struct cats_forwarder *f);
/** drain_free - one that is all 0 is fine too. */
void drain_free(struct drain *drain);

/** drain_busy - has next hop @id flows?  @drain: struct drain */
bool drain_busy(void *drain, uint32_t id);

#endif /* CATSD_LOADER_DRAIN_H */
