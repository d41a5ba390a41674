/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Liveness of paths, by SR policy: what a prober knows and packets obey. */
#ifndef CATS_PATH_STATE_H
#define CATS_PATH_STATE_H

#include "forwarder.h"

/**
 * cats_path_state - the state of an SR policy's paths
 * @f: forwarder
 * @policy: id of the policy, less than CATS_PATH_STATES
 *
 * It is shared with the data plane, with probers and with their timers: read
 * and written member by member, without the lock.
 */
static inline struct cats_path_state *
cats_path_state(const struct cats_forwarder *f, uint32_t policy)
{
	return &f->path_state[policy];
}

/** cats_path_liveness - enum cats_liveness of an SR policy's paths. */
enum cats_liveness cats_path_liveness(const struct cats_forwarder *f,
				      uint32_t policy);

/** cats_path_set_liveness - the next packet of any flow obeys. */
void cats_path_set_liveness(struct cats_forwarder *f, uint32_t policy,
			    enum cats_liveness liveness);

/** cats_path_forget_state - nothing is known: the policy is new or gone. */
void cats_path_forget_state(struct cats_forwarder *f, uint32_t policy);

/** cats_nexthop_is_cut - is the path of a next hop down under half @sel? */
bool cats_nexthop_is_cut(struct cats_forwarder *f,
			 const struct cats_nexthop *nexthop, uint32_t sel);

#endif /* CATS_PATH_STATE_H */
