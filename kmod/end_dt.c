// SPDX-License-Identifier: GPL-2.0-only
/*
 * End.DT4, End.DT6, End.DT46: to the table of a VRF (RFC 8986 4.6 to 4.8).
 *
 * The packet is received by a device: the cats device, whose VRF says the
 * table, or the VRF device of the SID's table.  The stack does the rest, so that
 * filters, forwarding errors and local delivery are what they always are.
 */
#include <linux/netdevice.h>
#include <net/l3mdev.h>

#include <cats/verdict.h>

#include "behavior.h"
#include "packet.h"
#include "sid.h"

/* Is the CPU in the stack's receive path because of a cats device already? */
static DEFINE_PER_CPU(bool, cats_receiving);

/*
 * The device with the SID's table.  VRF devices come and go; one that took the
 * number of another is noticed by its table.
 */
static struct net_device *cats_vrf(struct net *net, struct cats_sid *sid)
{
	int ifindex = READ_ONCE(sid->vrf_ifindex);
	struct net_device *dev = NULL;

	if (ifindex)
		dev = dev_get_by_index_rcu(net, ifindex);
	if (likely(dev && netif_is_l3_master(dev) &&
		   l3mdev_fib_table_rcu(dev) == sid->conf.vrftable))
		return dev;
	ifindex = l3mdev_ifindex_lookup_by_table_id(L3MDEV_TYPE_VRF, net,
						    sid->conf.vrftable);
	if (ifindex <= 0)
		return NULL;
	WRITE_ONCE(sid->vrf_ifindex, ifindex);
	return dev_get_by_index_rcu(net, ifindex);
}

/*
 * Straight on, as if the packet had come without its outer header.  What is not
 * in a softirq already, or decapsulated for the second time, waits in the
 * backlog: the stack of the CPU has an end.
 */
static void cats_receive(struct sk_buff *skb)
{
	if (!in_serving_softirq() || __this_cpu_read(cats_receiving)) {
		netif_rx(skb);
		return;
	}
	__this_cpu_write(cats_receiving, true);
	netif_receive_skb(skb);
	__this_cpu_write(cats_receiving, false);
}

/** cats_end_dt() - see struct cats_endpoint_behavior.deliver */
u16 cats_end_dt(struct sk_buff *skb, struct cats_sid *sid,
		const struct cats_packet *pkt)
{
	struct net_device *dev = skb->dev;

	if (sid->conf.vrftable) {
		dev = cats_vrf(dev_net(skb->dev), sid);
		if (!dev || !(dev->flags & IFF_UP))
			return CATS_DROP_NO_VRF;
	}
	cats_delivered(sid, pkt, skb->dev);
	skb->dev = dev;
	cats_receive(skb);
	return CATS_DELIVERED;
}
