/* SPDX-License-Identifier: GPL-2.0-only */
/* What newer kernels have in <net/genetlink.h>. */
#ifndef CATS_COMPAT_NET_GENETLINK_H
#define CATS_COMPAT_NET_GENETLINK_H

#include <linux/version.h>
#include_next <net/genetlink.h>

/* Linux 6.6; before, a dump has only the part of it that has the attributes */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

#endif /* CATS_COMPAT_NET_GENETLINK_H */
