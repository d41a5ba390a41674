// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIDs that are local: `ip -6 route add local SID dev cats0`.
 *
 * A SID is instantiated on this node (RFC 8986 3.1), so that its packets are
 * delivered, not forwarded: the outer hop limit is not looked at, neither
 * forwarding nor a filter of forwarded packets is in the way, and the packet need
 * not go through the output path first.  Netfilter's input hook is where a module
 * can take them; it comes after every filter.
 *
 * The route decides that a packet is for a cats device, as with a unicast route
 * to one: what is local for other reasons is let pass.
 */
#include <linux/netfilter_ipv6.h>
#include <net/ip6_fib.h>

#include "dev.h"
#include "endpoint.h"
#include "input.h"
#include "net.h"

/* The device of the route a packet was delivered by. */
static struct net_device *cats_input_dev(const struct sk_buff *skb)
{
	const struct rt6_info *rt = (const struct rt6_info *)skb_dst(skb);
	const struct fib6_info *from = rt ? rcu_dereference(rt->from) : NULL;

	if (!from || from->nh)
		return NULL;
	return from->fib6_nh->fib_nh_dev;
}

static unsigned int cats_input(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct net_device *dev = cats_input_dev(skb), *ingress = skb->dev;

	if (likely(!dev || !cats_dev_is(dev)))
		return NF_ACCEPT;
	skb->dev = dev;
	if (unlikely(!(dev->flags & IFF_UP)))
		return NF_DROP;
	cats_endpoint(skb, ingress);
	return NF_STOLEN;
}

static const struct nf_hook_ops cats_input_ops = {
	.hook = cats_input,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_LOCAL_IN,
	.priority = NF_IP6_PRI_LAST - 1,
};

/**
 * cats_input_get() - a device came to a namespace
 * @net: namespace
 *
 * Return: 0 or -errno; cats_input_put() follows in either case, because a device
 * that cannot be registered is unregistered
 */
int cats_input_get(struct net *net)
{
	struct cats_net *cn = cats_net(net);
	int err;

	cn->devices++;
	if (cn->hooked)
		return 0;
	err = nf_register_net_hook(net, &cats_input_ops);
	cn->hooked = !err;
	return err;
}

/** cats_input_put() - a device left a namespace */
void cats_input_put(struct net *net)
{
	struct cats_net *cn = cats_net(net);

	if (--cn->devices || !cn->hooked)
		return;
	nf_unregister_net_hook(net, &cats_input_ops);
	cn->hooked = false;
}
