// SPDX-License-Identifier: GPL-2.0-only
/*
 * cats.ko: SRv6 endpoints that know service contact instances (RFC 10053).
 */
#include <linux/genetlink.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>
#include <uapi/linux/cats.h>
#include <uapi/linux/cats_metric.h>

#include "dev.h"
#include "instance.h"
#include "net.h"
#include "netlink.h"
#include "sid.h"

unsigned int cats_net_id __read_mostly;

static int __net_init cats_net_init(struct net *net)
{
	struct cats_net *cn = cats_net(net);
	int err;

	cn->net = net;
	cn->generation = 1;
	mutex_init(&cn->lock);
	cats_sampler_init(cn);
	err = cats_sids_init(cn);
	if (err)
		return err;
	err = cats_flow_table_init(cn);
	if (err)
		goto err_sids;
	err = cats_instances_init(cn);
	if (err)
		goto err_flows;
	return 0;

err_flows:
	cats_flow_table_exit(cn);
err_sids:
	cats_sids_exit(cn);
	return err;
}

/* SIDs lead to instances and flows refer to them: they go first. */
static void __net_exit cats_net_exit(struct net *net)
{
	struct cats_net *cn = cats_net(net);

	cats_sids_exit(cn);
	cats_flow_table_exit(cn);
	cats_instances_exit(cn);
	cats_sampler_exit(cn);
}

static struct pernet_operations cats_net_ops = {
	.init = cats_net_init,
	.exit = cats_net_exit,
	.id = &cats_net_id,
	.size = sizeof(struct cats_net),
};

static int __init cats_init(void)
{
	int err;

	err = cats_flow_init();
	if (err)
		return err;
	err = register_pernet_subsys(&cats_net_ops);
	if (err)
		goto err_flow;
	err = cats_dev_init();
	if (err)
		goto err_net;
	err = cats_netlink_init();
	if (err)
		goto err_dev;
	return 0;

err_dev:
	cats_dev_exit();
err_net:
	unregister_pernet_subsys(&cats_net_ops);
	rcu_barrier();
err_flow:
	cats_flow_exit();
	return err;
}

static void __exit cats_exit(void)
{
	cats_netlink_exit();
	cats_dev_exit();
	unregister_pernet_subsys(&cats_net_ops);
	/* SIDs, flows and instances are freed after a grace period */
	rcu_barrier();
	/* and the last flow's may be what frees its instance */
	rcu_barrier();
	cats_flow_exit();
}

module_init(cats_init);
module_exit(cats_exit);

MODULE_DESCRIPTION("Computing-Aware Traffic Steering (RFC 10053) endpoints");
MODULE_AUTHOR("the cats founders");
MODULE_LICENSE("GPL");
MODULE_VERSION(CATS_VERSION);
MODULE_ALIAS_RTNL_LINK("cats");
MODULE_ALIAS_GENL_FAMILY(CATS_GENL_NAME);
MODULE_ALIAS_GENL_FAMILY(CATS_METRIC_GENL_NAME);
