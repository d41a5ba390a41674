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
#include "receive.h"
#include "sid.h"

/*
 * The device with the SID's table.  Another device that got the number of one that
 * is gone has another table; a new one with the table is announced to the SIDs.
 */
static struct net_device *cats_vrf(struct net *net, const struct cats_sid *sid)
{
	struct net_device *dev;

	dev = dev_get_by_index_rcu(net, READ_ONCE(sid->vrf_ifindex));
	if (unlikely(!dev || !(dev->flags & IFF_UP) || !netif_is_l3_master(dev) ||
		     l3mdev_fib_table_rcu(dev) != sid->conf.vrftable))
		return NULL;
	return dev;
}

/** cats_end_dt() - see struct cats_endpoint_behavior.deliver */
u16 cats_end_dt(struct sk_buff *skb, struct cats_sid *sid,
		const struct cats_packet *pkt)
{
	struct net_device *dev = skb->dev, *vrf;

	if (sid->conf.vrftable) {
		vrf = cats_vrf(dev_net(dev), sid);
		if (!vrf)
			return CATS_DROP_NO_VRF;
		cats_delivered(sid, pkt, dev);
		cats_receive(skb, vrf, vrf);
	} else {
		cats_delivered(sid, pkt, dev);
		cats_receive(skb, dev, l3mdev_master_dev_rcu(dev));
	}
	return CATS_DELIVERED;
}
