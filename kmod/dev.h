/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_DEV_H
#define CATS_DEV_H

#include <linux/netdevice.h>

#include <cats/verdict.h>

#include "counts.h"

#define CATS_REASONS_EGRESS	(CATS_REASON_MAX - CATS_REASON_EGRESS)

/**
 * struct cats_dev - private part of a cats device
 * @counts: packets dropped, by verdict
 */
struct cats_dev {
	struct cats_counts __percpu *counts;
};

int cats_dev_init(void);
void cats_dev_exit(void);

bool cats_dev_is(const struct net_device *dev);
void cats_dev_counts_sum(const struct net_device *dev,
			 u64 sum[CATS_REASONS_EGRESS]);

void cats_dev_dropped(struct net_device *dev, u16 reason);

#endif /* CATS_DEV_H */
