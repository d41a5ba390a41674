/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_RECEIVE_H
#define CATS_RECEIVE_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

void cats_receive(struct sk_buff *skb, struct net_device *dev,
		  struct net_device *vrf);

#endif /* CATS_RECEIVE_H */
