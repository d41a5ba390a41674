/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernels before or after have otherwise in <linux/netdevice.h>. */
#ifndef CATS_COMPAT_LINUX_NETDEVICE_H
#define CATS_COMPAT_LINUX_NETDEVICE_H

#include <linux/version.h>
#include_next <linux/netdevice.h>

/* The device does its own locking: a feature until Linux 6.11, then a bit. */
static inline void netdev_set_lltx(struct net_device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
}

/* Linux 6.15 gave it this name, for callers in RCU. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define dev_nit_active_rcu(dev)	dev_nit_active((struct net_device *)(dev))
#endif

/* Linux 6.6 let programs attach where only a qdisc could. */
static inline bool netdev_ingress_classified(const struct net_device *dev)
{
#ifndef CONFIG_NET_CLS_ACT
	return false;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return rcu_access_pointer(dev->miniq_ingress);
#else
	return rcu_access_pointer(dev->tcx_ingress);
#endif
}

/**
 * netdev_rx_watched() - does somebody look at what a device receives?
 * @dev: device
 *
 * Return: whether tcpdump, tc, XDP, netfilter or an upper device might
 */
static inline bool netdev_rx_watched(const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_INGRESS
	if (rcu_access_pointer(dev->nf_hooks_ingress))
		return true;
#endif
	return dev_nit_active_rcu(dev) ||
	       rcu_access_pointer(dev->rx_handler) ||
	       rcu_access_pointer(dev->xdp_prog) ||
	       netdev_ingress_classified(dev);
}

#endif /* CATS_COMPAT_LINUX_NETDEVICE_H */
