// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "error.h"
#include "rcu.h"

int cats_rcu_open(struct cats_rcu *rcu)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	rcu->outer = -1;
	rcu->inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "cats_rcu_in", 4, 4, 1,
				    NULL);
	if (rcu->inner < 0)
		return cats_error_kernel(errno, "map");
	opts.inner_map_fd = rcu->inner;
	rcu->outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "cats_rcu", 4,
				    4, 1, &opts);
	return rcu->outer < 0 ? cats_error_kernel(errno, "map of maps") : 0;
}

void cats_rcu_close(struct cats_rcu *rcu)
{
	if (rcu->outer >= 0)
		close(rcu->outer);
	if (rcu->inner >= 0)
		close(rcu->inner);
}

int cats_rcu_wait(const struct cats_rcu *rcu)
{
	const uint32_t key = 0;

	return bpf_map_update_elem(rcu->outer, &key, &rcu->inner, BPF_ANY) ?
		       -errno : 0;
}
