// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach_xdp.h"
#include "error.h"
#include "port.h"
#include "reflect_xdp.h"
#include "sender.h"
/* needs the types of its variables */
#include "cats_stamp.skel.h"

#define CPUS_MAX	1024

/**
 * struct nma_reflect_xdp - the program and where it is
 * @skel: object
 * @link: one per device; they go with the process
 * @links: of them
 */
struct nma_reflect_xdp {
	struct cats_stamp *skel;
	int link[NMA_DEVICES];
	uint32_t links;
};

static int attach(struct nma_reflect_xdp *xdp, const char *device)
{
	int prog = bpf_program__fd(xdp->skel->progs.cats_stamp), fd;
	uint32_t ifindex;

	fd = nma_attach_xdp("nma reflector", prog, device, &ifindex);
	if (fd < 0)
		return fd;
	xdp->link[xdp->links++] = fd;
	if (cats_port_is_veth(device) &&
	    bpf_map_update_elem(bpf_map__fd(xdp->skel->maps.stamp_out),
				&ifindex, &ifindex, BPF_ANY))
		return cats_error_kernel(errno, device);
	return 0;
}

static int load(struct nma_reflect_xdp *xdp,
		const struct nma_reflector_config *config)
{
	struct in6_addr addr;
	uint32_t len;
	int ret;

	ret = nma_prefix_parse(config->listen, &addr, &len);
	if (ret)
		return ret;
	xdp->skel = cats_stamp__open();
	if (!xdp->skel)
		return cats_error_kernel(errno, "STAMP in XDP");
	memcpy((void *)xdp->skel->rodata->stamp_address, &addr, sizeof(addr));
	xdp->skel->rodata->stamp_port = nma_or(config->port, STAMP_PORT);
	xdp->skel->rodata->stamp_stateless = config->stateless;
	ret = cats_stamp__load(xdp->skel);
	return ret ? cats_error_kernel(-ret, "STAMP in XDP") : 0;
}

int nma_reflect_xdp_open(const struct nma_reflector_config *config,
			 struct nma_reflect_xdp **result)
{
	struct nma_reflect_xdp *xdp = calloc(1, sizeof(*xdp));
	uint32_t i;
	int ret;

	if (!xdp)
		return cats_error_kernel(ENOMEM, "STAMP in XDP");
	ret = load(xdp, config);
	if (!ret)
		nma_reflect_xdp_tick(xdp, 1);
	for (i = 0; !ret && i < config->devices_count; i++)
		ret = attach(xdp, config->devices[i]);
	if (ret) {
		nma_reflect_xdp_close(xdp);
		return ret;
	}
	*result = xdp;
	return 0;
}

void nma_reflect_xdp_close(struct nma_reflect_xdp *xdp)
{
	if (!xdp)
		return;
	while (xdp->links)
		close(xdp->link[--xdp->links]);
	cats_stamp__destroy(xdp->skel);
	free(xdp);
}

int nma_reflect_xdp_next(struct nma_reflect_xdp *xdp, int prog)
{
	int fd = bpf_map__fd(xdp->skel->maps.stamp_next);
	uint32_t zero = 0;
	int ret;

	if (prog >= 0)
		ret = bpf_map_update_elem(fd, &zero, &prog, BPF_ANY);
	else
		ret = bpf_map_delete_elem(fd, &zero);
	return ret ? cats_error_kernel(errno, "STAMP in XDP") : 0;
}

static struct stamp_xdp_key key_of(const struct nma_peer *peer)
{
	struct stamp_xdp_key key = { .port = peer->port,
				     .ssid = htons(peer->ssid) };

	memcpy(key.addr, &peer->addr, sizeof(key.addr));
	return key;
}

uint32_t nma_reflect_xdp_number(struct nma_reflect_xdp *xdp,
				struct nma_peer *peer, bool plain)
{
	int fd = bpf_map__fd(xdp->skel->maps.stamp_session);
	struct stamp_xdp_key key = key_of(peer);
	struct stamp_xdp_session session;

	if (!bpf_map_lookup_elem(fd, &key, &session))
		peer->sequence = session.sequence;
	else if (!plain || IN6_IS_ADDR_V4MAPPED(&peer->addr))
		return peer->sequence++;
	session = (struct stamp_xdp_session){ .sequence = peer->sequence + 1,
					      .seen = peer->seen };
	bpf_map_update_elem(fd, &key, &session, BPF_ANY);
	return peer->sequence++;
}

void nma_reflect_xdp_seen(struct nma_reflect_xdp *xdp, struct nma_peer *peer)
{
	int fd = bpf_map__fd(xdp->skel->maps.stamp_session);
	struct stamp_xdp_key key = key_of(peer);
	struct stamp_xdp_session session;

	if (!bpf_map_lookup_elem(fd, &key, &session) &&
	    session.seen > peer->seen)
		peer->seen = session.seen;
}

void nma_reflect_xdp_forget(struct nma_reflect_xdp *xdp,
			    const struct nma_peer *peer)
{
	struct stamp_xdp_key key = key_of(peer);

	bpf_map_delete_elem(bpf_map__fd(xdp->skel->maps.stamp_session), &key);
}

void nma_reflect_xdp_tick(struct nma_reflect_xdp *xdp, uint16_t error)
{
	xdp->skel->data->stamp_clock.error = error;
	__atomic_store_n(&xdp->skel->data->stamp_clock.offset,
			 nma_clock_offset(), __ATOMIC_RELAXED);
}

uint64_t nma_reflect_xdp_count(struct nma_reflect_xdp *xdp,
			       enum stamp_xdp_counter counter)
{
	int cpus = libbpf_num_possible_cpus(), i;
	uint64_t values[CPUS_MAX], sum = 0;
	uint32_t key = counter;

	if (cpus < 1 || cpus > CPUS_MAX ||
	    bpf_map_lookup_elem(bpf_map__fd(xdp->skel->maps.stamp_count), &key,
				values))
		return 0;
	for (i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}
