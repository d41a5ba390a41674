/* SPDX-License-Identifier: GPL-2.0-only */
/* What newer kernels have in <net/route.h>. */
#ifndef CATS_COMPAT_NET_ROUTE_H
#define CATS_COMPAT_NET_ROUTE_H

#include <linux/version.h>
#include_next <net/route.h>

/* Linux 6.13 made the last octet of the key a type of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define ip_route_input_noref(skb, daddr, saddr, dscp, dev)		\
	ip_route_input_noref(skb, daddr, saddr, inet_dscp_to_dsfield(dscp), dev)
#endif

#endif /* CATS_COMPAT_NET_ROUTE_H */
