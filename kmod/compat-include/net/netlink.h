/* SPDX-License-Identifier: GPL-2.0-only */
/* What newer kernels have in <net/netlink.h>. */
#ifndef CATS_COMPAT_NET_NETLINK_H
#define CATS_COMPAT_NET_NETLINK_H

#include <linux/version.h>
#include_next <net/netlink.h>

/* Linux 6.7 takes constant ranges; before, nobody writes to them either */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#undef NLA_POLICY_FULL_RANGE
#define NLA_POLICY_FULL_RANGE(tp, _range) {				\
	.type = NLA_ENSURE_UINT_OR_BINARY_TYPE(tp),			\
	.validation_type = NLA_VALIDATE_RANGE_PTR,			\
	.range = (struct netlink_range_validation *)(_range),		\
}
#endif

#endif /* CATS_COMPAT_NET_NETLINK_H */
