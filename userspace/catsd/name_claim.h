/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A name that one process at a time has, of all that share a store: a key under a
 * lease, with the process in its value.  Who finds it in use waits for the lease
 * to end, which it does when the other one was killed; of a process of this host
 * that is gone it need not.  One that goes on living has the same name by
 * mistake, and that is said.
 */
#ifndef CATSD_NAME_CLAIM_H
#define CATSD_NAME_CLAIM_H

#include <event2/event.h>
#include <stdint.h>

#include "store.h"

struct name_claim;

/**
 * struct name_claim_config - who claims
 * @section: of the file, for messages
 * @key: of the store, from the name
 * @name: it
 * @ttl_ms: of the lease
 * @changed: it is ours from now on, or no longer; may be called by
 *	name_claim_new()
 * @ctx: for @changed
 */
struct name_claim_config {
	const char *section;
	const char *key;
	const char *name;
	uint32_t ttl_ms;
	void (*changed)(void *ctx);
	void *ctx;
};

/** name_claim_new - go on trying; strings are borrowed; NULL: no memory. */
struct name_claim *name_claim_new(struct event_base *base, struct store *store,
				  const struct name_claim_config *config);
/** name_claim_free - and leave it to others; NULL is fine. */
void name_claim_free(struct name_claim *claim);

/** name_claim_lease - of our key; 0: the name is not ours; NULL is fine */
uint64_t name_claim_lease(const struct name_claim *claim);

/** name_claim_doubt - the lease may be gone: look. */
void name_claim_doubt(struct name_claim *claim);

/** name_claim_state - "ours", "waiting" or "namesake" */
const char *name_claim_state(const struct name_claim *claim);

/** name_claim_namesakes - others found to have the name, so far */
uint64_t name_claim_namesakes(const struct name_claim *claim);

#endif /* CATSD_NAME_CLAIM_H */
