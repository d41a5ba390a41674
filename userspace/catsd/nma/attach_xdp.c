// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "attach_xdp.h"
#include "error.h"

int nma_attach_xdp(const char *section, int prog, const char *device,
		   uint32_t *ifindex)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	int fd;

	*ifindex = if_nametoindex(device);
	if (!*ifindex)
		return cats_error(ENODEV, "%s: there is no device %s", section,
				  device);
	fd = bpf_link_create(prog, *ifindex, BPF_XDP, &opts);
	if (fd == -EOPNOTSUPP) {
		opts.flags = XDP_FLAGS_SKB_MODE;
		fd = bpf_link_create(prog, *ifindex, BPF_XDP, &opts);
	}
	if (fd == -EBUSY || fd == -EEXIST)
		return cats_error(EBUSY, "%s: %s has another XDP program already",
				  section, device);
	return fd < 0 ? cats_error_kernel(-fd, device) : fd;
}
