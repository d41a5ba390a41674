/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a decision to the route of a service. */
#ifndef CATSD_LOADER_APPLY_H
#define CATSD_LOADER_APPLY_H

#include "decision.h"
#include "loader/target.h"
#include "route.h"

/** LOADER_PROTO - what routes of the loader carry; it touches no others */
#define LOADER_PROTO	"catsd"

/**
 * load_apply - make the route as it was decided
 * @f: forwarder, writing
 * @target: service; told what is in force then
 * @decision: what was decided
 * @busy: has next hop @id flows?  NULL: all of them may
 *
 * Nothing is written if it is so already.  A next hop that is not in the
 * decision goes on with weight 0, and is removed when it has no flows any more,
 * or at once if the decision says that it is dead.  What is refused changes
 * nothing; cats_error_message() says why.
 */
enum load_result load_apply(struct cats_forwarder *f,
			    struct load_target *target,
			    const struct decision *decision,
			    bool (*busy)(void *ctx, uint32_t id), void *ctx);

/** load_withdraw - remove the route, if it is the loader's. */
enum load_result load_withdraw(struct cats_forwarder *f,
			       struct load_target *target);

/** load_generation - of the route as it is now, 0 if there is none. */
uint64_t load_generation(struct cats_forwarder *f,
			 const struct load_target *target);

#endif /* CATSD_LOADER_APPLY_H */
