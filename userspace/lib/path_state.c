// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <time.h>

#include "path_state.h"

enum cats_liveness cats_path_liveness(const struct cats_forwarder *f,
				      uint32_t policy)
{
	if (policy >= CATS_PATH_STATES)
		return CATS_PATH_UNKNOWN;
	return __atomic_load_n(&f->path_state[policy].liveness,
			       __ATOMIC_ACQUIRE);
}

void cats_path_set_liveness(struct cats_forwarder *f, uint32_t policy,
			    enum cats_liveness liveness)
{
	struct cats_path_state *state = cats_path_state(f, policy);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (liveness == CATS_PATH_DOWN)
		state->downs++;
	cats_store64(&state->changed,
		     now.tv_sec * 1000000000ull + now.tv_nsec);
	cats_store32(&state->liveness, liveness);
}

void cats_path_forget_state(struct cats_forwarder *f, uint32_t policy)
{
	memset(cats_path_state(f, policy), 0, sizeof(struct cats_path_state));
}

bool cats_nexthop_is_cut(struct cats_forwarder *f,
			 const struct cats_nexthop *nexthop, uint32_t sel)
{
	struct cats_path *path = cats_table_at(&f->path,
					       nexthop->link[sel].path);

	return path && cats_path_liveness(f, path->state) == CATS_PATH_DOWN;
}
