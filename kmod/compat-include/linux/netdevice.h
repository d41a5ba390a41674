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

#endif /* CATS_COMPAT_LINUX_NETDEVICE_H */
