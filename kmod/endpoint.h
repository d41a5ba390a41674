/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_ENDPOINT_H
#define CATS_ENDPOINT_H

#include <linux/skbuff.h>

void cats_endpoint(struct sk_buff *skb, struct net_device *ingress);

#endif /* CATS_ENDPOINT_H */
