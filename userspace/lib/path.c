// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "error.h"
#include "load.h"
#include "path.h"
#include "underlay.h"

#define IP6_MIN_MTU		1280	/* RFC 8200 5 */
#define MTU_WITHOUT_ROUTE	1500

/* RFC 8754 2.  Segment List[0] is the last segment, the service SID's place. */
static void write_srh(struct cats_encap *encap,
		      const struct cats_policy_conf *conf, uint32_t listed)
{
	uint8_t *list = encap->hdr + CATS_SRH_SEGMENTS;
	uint32_t total = conf->nsegs + 1, i;

	encap->hdr[CATS_SRH_HDRLEN] = listed * 2;
	encap->hdr[CATS_SRH_TYPE] = CATS_SRH_ROUTING_TYPE;
	encap->hdr[CATS_SRH_SEGLEFT] = total - 1;
	encap->hdr[CATS_SRH_LASTENTRY] = listed - 1;
	for (i = 1; i < listed; i++)
		memcpy(list + 16 * i, conf->segs[conf->nsegs - i], 16);
	encap->len = CATS_SRH_SEGMENTS + 16 * listed;
	encap->flags |= CATS_ENCAP_SRH | CATS_ENCAP_SID_SRH;
}

/*
 * RFC 8986 5.1 and 5.2: the reduced list leaves out the first segment, which
 * is the destination; with one segment that leaves no SRH at all.
 */
static void write_headers(struct cats_encap *encap,
			  const struct cats_policy_conf *conf,
			  const struct in6_addr *src)
{
	uint32_t total = conf->nsegs + 1;
	uint32_t listed = conf->flags & CATS_POLICY_FULL_SRH ? total :
							       total - 1;

	memcpy(encap->hdr + CATS_IP6_SADDR, src, 16);
	encap->len = CATS_IP6_LEN;
	if (listed)
		write_srh(encap, conf, listed);
	if (conf->nsegs)
		memcpy(encap->hdr + CATS_IP6_DADDR, conf->segs[0], 16);
	else
		encap->flags |= CATS_ENCAP_SID_DADDR;
}

static int set_mtu(struct cats_encap *encap,
		   const struct cats_policy_conf *conf, uint32_t mtu)
{
	if (conf->mtu && conf->mtu < mtu)
		mtu = conf->mtu;
	if (mtu > UINT16_MAX)
		mtu = UINT16_MAX;
	if (mtu < IP6_MIN_MTU + (uint32_t)encap->len)
		return cats_error(EINVAL, "an MTU of %u leaves %d bytes behind %u of headers, and IPv6 needs %d",
				  mtu, (int)mtu - encap->len, encap->len,
				  IP6_MIN_MTU);
	encap->mtu = mtu - encap->len;
	return 0;
}

static void write_l2(struct cats_encap *encap, const struct cats_hop *hop)
{
	const uint16_t proto = htons(ETH_P_IPV6);

	encap->ifindex = hop->ifindex;
	memcpy(encap->eth, hop->dmac, 6);
	memcpy(encap->eth + 6, hop->smac, 6);
	memcpy(encap->eth + 12, &proto, sizeof(proto));
	encap->flags |= CATS_ENCAP_RESOLVED;
}

/* The redirect goes through a map: a device that is gone loses no frame. */
static int allow_output(struct cats_forwarder *f, uint32_t ifindex)
{
	uint32_t value;

	if (!bpf_map_lookup_elem(f->out_fd, &ifindex, &value))
		return 0;
	if (bpf_map_update_elem(f->out_fd, &ifindex, &ifindex, BPF_ANY))
		return cats_error_kernel(errno, "device to send from");
	return 0;
}

int cats_path_build(struct cats_forwarder *f,
		    const struct cats_policy_conf *conf, const uint8_t *sid,
		    struct cats_encap *encap)
{
	bool has_via = conf->flags & CATS_POLICY_VIA;
	bool has_src = conf->flags & CATS_POLICY_SRC;
	struct in6_addr dst, src, via;
	struct cats_hop hop;
	int ret;

	memset(encap, 0, sizeof(*encap));
	if (!f->underlay)
		f->underlay = cats_underlay_open();
	if (!f->underlay)
		return -EIO;
	/* what the underlay has to reach: gateway, first segment or SID */
	memcpy(&via, conf->via, sizeof(via));
	dst = via;
	if (!has_via)
		memcpy(&dst, conf->nsegs ? conf->segs[0] : sid, sizeof(dst));
	ret = cats_underlay_hop(f->underlay, &dst, has_via ? &via : NULL,
				conf->ifindex, &hop);
	/* the route may come later; until then the stack says what is wrong */
	if (ret == -ENETUNREACH && has_src)
		hop.mtu = MTU_WITHOUT_ROUTE;
	else if (ret)
		return ret;
	memcpy(&src, has_src ? conf->src : hop.src.s6_addr, sizeof(src));
	if (IN6_IS_ADDR_UNSPECIFIED(&src))
		return cats_error(EADDRNOTAVAIL, "no source address towards the first segment, give src");
	write_headers(encap, conf, &src);
	ret = set_mtu(encap, conf, hop.mtu);
	if (ret || !hop.resolved)
		return ret;
	if (!hop.xmit) {
		encap->flags |= CATS_ENCAP_STACK;
		encap->ifindex = hop.ifindex;
		return 0;
	}
	write_l2(encap, &hop);
	return allow_output(f, hop.ifindex);
}

int cats_path_new(struct cats_forwarder *f, uint32_t policy, const uint8_t *sid,
		  const struct cats_encap *encap, uint32_t *id)
{
	struct cats_path *path;

	*id = cats_ids_get(&f->path_ids);
	if (!*id)
		return cats_error(ENOSPC, "the path table is full (%u)",
				  cats_table_limit(&f->path) - 1);
	path = cats_table_make(&f->path, *id);
	if (!path) {
		cats_ids_undo(&f->path_ids, *id);
		return cats_error_kernel(errno, "path table");
	}
	path->sel = 0;
	path->policy = policy;
	path->state = policy;
	memset(path->sid, 0, sizeof(path->sid));
	if (sid)
		memcpy(path->sid, sid, sizeof(path->sid));
	path->encap[0] = *encap;
	path->encap[1] = *encap;
	return 0;
}

int cats_path_get(struct cats_forwarder *f, uint32_t policy, const uint8_t *sid,
		  uint32_t *path)
{
	struct cats_policy *entry = cats_table_at(&f->policy, policy);
	const struct cats_policy_conf *conf = &entry->conf[entry->sel & 1];
	struct cats_encap encap;
	int ret;

	*path = cats_path_shared(conf) ? conf->path :
					 cats_path_find(f, policy, sid);
	if (*path)
		return 0;
	ret = cats_path_build(f, conf, sid, &encap);
	if (!ret)
		ret = cats_path_new(f, policy, sid, &encap, path);
	return ret ? ret : cats_path_note(f, *path);
}

int cats_path_prepare(struct cats_forwarder *f, uint32_t id,
		      const struct cats_encap *encap)
{
	struct cats_path *path = cats_table_at(&f->path, id);
	int ret;

	ret = cats_may_write_half(f, &f->path, id);
	if (!ret)
		path->encap[!(path->sel & 1)] = *encap;
	return ret;
}

void cats_path_flip(struct cats_forwarder *f, uint32_t id)
{
	struct cats_path *path = cats_table_at(&f->path, id);

	cats_flipped(f, &f->path, id);
	cats_store32(&path->sel, !(path->sel & 1));
}
