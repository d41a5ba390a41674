// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of kind cats.  What is routed to one is for a SID of this host, and the
 * inner packet is received by it.  A local route is the way to go, see input.c;
 * by a unicast route the outer packet is forwarded and sent first.
 */
#include <linux/if_arp.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/ip6_route.h>

#include "dev.h"
#include "endpoint.h"
#include "input.h"
#include "net.h"
#include "sid.h"

#define CATS_DEV_FEATURES (NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | \
			   NETIF_F_HW_CSUM | NETIF_F_RXCSUM | \
			   NETIF_F_GSO_SOFTWARE | NETIF_F_GSO_ENCAP_ALL)

/* Not IP6CB(skb)->iif: dev_queue_xmit() writes there. */
static struct net_device *cats_ingress_dev(const struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct net_device *dev = NULL;

	if (skb->skb_iif)
		dev = dev_get_by_index_rcu(net, skb->skb_iif);
	return dev ? : net->loopback_dev;
}

static netdev_tx_t cats_dev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_sw_netstats_tx_add(dev, 1, skb->len);
	/* packet sockets come here with bottom halves disabled, no more */
	rcu_read_lock();
	cats_endpoint(skb, cats_ingress_dev(skb));
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

static int cats_dev_open(struct net_device *dev)
{
	netif_carrier_on(dev);
	return 0;
}

static int cats_dev_stop(struct net_device *dev)
{
	netif_carrier_off(dev);
	return 0;
}

static int cats_dev_setup_stats(struct net_device *dev)
{
	struct cats_dev *cdev = netdev_priv(dev);

	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats)
		return -ENOMEM;
	cdev->counts = cats_counts_alloc(CATS_REASONS_EGRESS);
	if (!cdev->counts) {
		free_percpu(dev->tstats);
		return -ENOMEM;
	}
	return 0;
}

static void cats_dev_free_stats(struct net_device *dev)
{
	struct cats_dev *cdev = netdev_priv(dev);

	free_percpu(cdev->counts);
	free_percpu(dev->tstats);
}

static const struct net_device_ops cats_dev_ops = {
	.ndo_init = cats_dev_setup_stats,
	.ndo_open = cats_dev_open,
	.ndo_stop = cats_dev_stop,
	.ndo_start_xmit = cats_dev_xmit,
	.ndo_get_stats64 = dev_get_tstats64,
};

static const struct device_type cats_dev_type = { .name = "cats" };

static void cats_dev_setup(struct net_device *dev)
{
	dev->netdev_ops = &cats_dev_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = cats_dev_free_stats;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->features |= CATS_DEV_FEATURES;
	dev->hw_features |= CATS_DEV_FEATURES;
	dev->hw_enc_features |= CATS_DEV_FEATURES;
	netdev_set_lltx(dev);
	/* the device has no wire: what fits the outer path fits here */
	dev->mtu = IP6_MAX_MTU;
	dev->min_mtu = IPV6_MIN_MTU;
	dev->max_mtu = IP6_MAX_MTU;
	SET_NETDEV_DEVTYPE(dev, &cats_dev_type);
}

static struct rtnl_link_ops cats_link_ops __read_mostly = {
	.kind = KBUILD_MODNAME,
	.priv_size = sizeof(struct cats_dev),
	.setup = cats_dev_setup,
};

/** cats_dev_is() - is it a cats device? */
bool cats_dev_is(const struct net_device *dev)
{
	return dev->netdev_ops == &cats_dev_ops;
}

/** cats_dev_dropped() - a packet does not go on, because of @reason */
void cats_dev_dropped(struct net_device *dev, u16 reason)
{
	const struct cats_dev *cdev = netdev_priv(dev);

	dev_core_stats_rx_dropped_inc(dev);
	cats_counts_inc(cdev->counts, reason - CATS_REASON_EGRESS);
}

/** cats_dev_counts_sum() - add up what all CPUs counted */
void cats_dev_counts_sum(const struct net_device *dev,
			 u64 sum[CATS_REASONS_EGRESS])
{
	const struct cats_dev *cdev = netdev_priv(dev);
	struct rtnl_link_stats64 stats = {};

	cats_counts_sum(cdev->counts, CATS_REASONS_EGRESS, sum);
	/* counted once already: what the device received */
	dev_fetch_sw_netstats(&stats, dev->tstats);
	sum[CATS_DELIVERED - CATS_REASON_EGRESS] = stats.rx_packets;
}

static void cats_dev_left(struct net_device *dev)
{
	struct cats_net *cn = cats_net(dev_net(dev));

	mutex_lock(&cn->lock);
	cats_sids_remove(cn, dev->ifindex);
	mutex_unlock(&cn->lock);
	cats_input_put(dev_net(dev));
}

/*
 * A device that moves to another namespace leaves one and comes to the other.
 * Its SIDs belong to the one it leaves.  A device that cannot be registered
 * after it has come is unregistered as well.
 */
static int cats_dev_event(struct notifier_block *block, unsigned long event,
			  void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (event == NETDEV_REGISTER && netif_is_l3_master(dev))
		cats_sids_vrf(cats_net(dev_net(dev)), dev);
	if (!cats_dev_is(dev))
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_REGISTER:
		return notifier_from_errno(cats_input_get(dev_net(dev)));
	case NETDEV_UNREGISTER:
		cats_dev_left(dev);
		return NOTIFY_DONE;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block cats_dev_notifier = {
	.notifier_call = cats_dev_event,
};

/** cats_dev_init() - offer the kind to `ip link`. Return: 0 or -errno */
int cats_dev_init(void)
{
	int err = register_netdevice_notifier(&cats_dev_notifier);

	if (err)
		return err;
	err = rtnl_link_register(&cats_link_ops);
	if (err)
		unregister_netdevice_notifier(&cats_dev_notifier);
	return err;
}

/** cats_dev_exit() - delete all devices and take the kind back */
void cats_dev_exit(void)
{
	rtnl_link_unregister(&cats_link_ops);
	unregister_netdevice_notifier(&cats_dev_notifier);
}
