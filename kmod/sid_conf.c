// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of a SID, as a request has it, and whether it makes sense.
 */
#include <linux/in.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <uapi/linux/cats.h>

#include "behavior.h"
#include "dev.h"
#include "instance.h"
#include "net.h"
#include "netlink.h"
#include "sid.h"
#include "sid_conf.h"

/**
 * cats_sid_key_parse() - which SID a request is about
 * @info: request
 * @key: gets it
 *
 * Return: 0 or -EINVAL
 */
int cats_sid_key_parse(struct genl_info *info, struct cats_sid_key *key)
{
	struct nlattr *attr = info->attrs[CATS_A_SID_SID];
	struct in6_addr sid;
	u8 len = 128;
	int type;

	if (GENL_REQ_ATTR_CHECK(info, CATS_A_SID_SID))
		return cats_refuse(info, NULL, "a SID is needed", -EINVAL);
	if (info->attrs[CATS_A_SID_PREFIX_LEN])
		len = nla_get_u8(info->attrs[CATS_A_SID_PREFIX_LEN]);
	sid = nla_get_in6_addr(attr);
	type = ipv6_addr_type(&sid);
	if (!(type & IPV6_ADDR_UNICAST) ||
	    type & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL))
		return cats_refuse(info, attr,
				   "a SID is a global unicast address", -EINVAL);
	cats_sid_key_init(key, &sid, len);
	if (!ipv6_addr_equal(&key->sid, &sid))
		return cats_refuse(info, attr,
				   "bits of the SID behind its prefix must be 0",
				   -EINVAL);
	return 0;
}

/* The only cats device there is. */
static int cats_sid_dev_guess(struct cats_net *cn, const struct genl_info *info,
			      u32 *ifindex)
{
	struct net_device *dev;

	for_each_netdev_rcu(cn->net, dev) {
		if (!cats_dev_is(dev))
			continue;
		if (*ifindex)
			return cats_refuse(info, NULL,
					   "there are several cats devices, one must be named",
					   -EINVAL);
		*ifindex = dev->ifindex;
	}
	if (!*ifindex)
		return cats_refuse(info, NULL, "there is no cats device",
				   -ENODEV);
	return 0;
}

/* The device a SID is for: the one named, the one it has, or the only one. */
static int cats_sid_dev_parse(struct cats_net *cn, const struct genl_info *info,
			      u32 *ifindex)
{
	struct nlattr *attr = info->attrs[CATS_A_SID_IFINDEX];
	struct net_device *dev;

	if (!attr)
		return *ifindex ? 0 : cats_sid_dev_guess(cn, info, ifindex);
	dev = dev_get_by_index_rcu(cn->net, nla_get_u32(attr));
	if (!dev || !cats_dev_is(dev))
		return cats_refuse(info, attr, "no cats device has this index",
				   -ENODEV);
	*ifindex = dev->ifindex;
	return 0;
}

static int cats_oif_parse(struct cats_net *cn, const struct genl_info *info,
			  u32 *oif)
{
	struct nlattr *attr = info->attrs[CATS_A_SID_OIF];
	struct net_device *dev;

	if (!attr)
		return 0;
	dev = dev_get_by_index_rcu(cn->net, nla_get_u32(attr));
	if (!dev)
		return cats_refuse(info, attr, "no device has this index",
				   -ENODEV);
	if (cats_dev_is(dev))
		return cats_refuse(info, attr,
				   "the next hop cannot be on a cats device",
				   -EINVAL);
	*oif = dev->ifindex;
	return 0;
}

static int cats_vrftable_parse(struct cats_net *cn, const struct genl_info *info,
			       u32 *vrftable)
{
	struct nlattr *attr = info->attrs[CATS_A_SID_VRFTABLE];
	int ifindex;

	if (!attr)
		return 0;
	*vrftable = nla_get_u32(attr);
	ifindex = l3mdev_ifindex_lookup_by_table_id(L3MDEV_TYPE_VRF, cn->net,
						    *vrftable);
	if (ifindex > 0)
		return 0;
	if (ifindex == -EPERM)
		return cats_refuse(info, attr,
				   "vrftable needs sysctl net.vrf.strict_mode=1",
				   -EPERM);
	return cats_refuse(info, attr, "no VRF device has this table", -ENODEV);
}

static int cats_nexthop_parse(const struct genl_info *info,
			      struct cats_sid_conf *conf)
{
	struct nlattr *nh4 = info->attrs[CATS_A_SID_NH4];
	struct nlattr *nh6 = info->attrs[CATS_A_SID_NH6];

	if (nh4) {
		conf->nh4 = nla_get_in_addr(nh4);
		if (ipv4_is_zeronet(conf->nh4) || ipv4_is_loopback(conf->nh4) ||
		    ipv4_is_multicast(conf->nh4) || ipv4_is_lbcast(conf->nh4))
			return cats_refuse(info, nh4,
					   "nh4 must be a unicast address",
					   -EINVAL);
	}
	if (nh6) {
		conf->nh6 = nla_get_in6_addr(nh6);
		if (!(ipv6_addr_type(&conf->nh6) & IPV6_ADDR_UNICAST) ||
		    ipv6_addr_loopback(&conf->nh6))
			return cats_refuse(info, nh6,
					   "nh6 must be a unicast address",
					   -EINVAL);
	}
	return 0;
}

static int cats_sid_instance_parse(struct cats_net *cn,
				   const struct genl_info *info,
				   struct cats_instance **instance)
{
	struct nlattr *attr = info->attrs[CATS_A_SID_INSTANCE];
	struct in6_addr id;

	if (!attr)
		return 0;
	id = nla_get_in6_addr(attr);
	*instance = cats_instance_find(cn, &id);
	return *instance ? 0 : cats_refuse(info, attr,
					   "no instance has this CSCI-ID",
					   -ENOENT);
}

static u8 cats_conf_has(const struct cats_sid_conf *conf)
{
	return (conf->nh4 ? CATS_CONF_NH4 : 0) |
	       (ipv6_addr_any(&conf->nh6) ? 0 : CATS_CONF_NH6) |
	       (conf->oif ? CATS_CONF_OIF : 0) |
	       (conf->vrftable ? CATS_CONF_VRFTABLE : 0);
}

/* What the behavior before had and this one has not goes, unless asked for. */
static void cats_conf_forget(const struct genl_info *info,
			     struct cats_sid_conf *conf)
{
	u8 may = conf->behavior->required | conf->behavior->optional;

	if (!(may & CATS_CONF_NH4) && !info->attrs[CATS_A_SID_NH4])
		conf->nh4 = 0;
	if (!(may & CATS_CONF_NH6) && !info->attrs[CATS_A_SID_NH6])
		conf->nh6 = in6addr_any;
	if (!(may & CATS_CONF_OIF) && !info->attrs[CATS_A_SID_OIF])
		conf->oif = 0;
	if (!(may & CATS_CONF_VRFTABLE) && !info->attrs[CATS_A_SID_VRFTABLE])
		conf->vrftable = 0;
}

static int cats_conf_validate(const struct genl_info *info,
			      const struct cats_sid_conf *conf)
{
	static const struct {
		u8 what;
		u16 attr;
		const char *missing;
		const char *superfluous;
	} part[] = {
		{ CATS_CONF_NH4, CATS_A_SID_NH4, "End.DX4 needs nh4",
		  "this behavior has no nh4" },
		{ CATS_CONF_NH6, CATS_A_SID_NH6, "End.DX6 needs nh6",
		  "this behavior has no nh6" },
		{ CATS_CONF_OIF, CATS_A_SID_OIF, "this behavior needs oif",
		  "this behavior has no oif" },
		{ CATS_CONF_VRFTABLE, CATS_A_SID_VRFTABLE,
		  "this behavior needs vrftable",
		  "this behavior has no vrftable" },
	};
	u8 has = cats_conf_has(conf), may;
	int i;

	may = conf->behavior->required | conf->behavior->optional;
	for (i = 0; i < ARRAY_SIZE(part); i++) {
		if (conf->behavior->required & ~has & part[i].what)
			return cats_refuse(info, NULL, part[i].missing, -EINVAL);
		if (has & ~may & part[i].what)
			return cats_refuse(info, info->attrs[part[i].attr],
					   part[i].superfluous, -EINVAL);
	}
	if (ipv6_addr_type(&conf->nh6) & IPV6_ADDR_LINKLOCAL && !conf->oif)
		return cats_refuse(info, info->attrs[CATS_A_SID_NH6],
				   "a link-local next hop needs oif", -EINVAL);
	return 0;
}

/**
 * cats_sid_conf_parse() - read what a request says of a SID
 * @cn: namespace, locked
 * @info: request
 * @conf: what is configured until now, its key is set; gets changed
 *
 * Return: 0, or -errno with the reason in the extended ack
 */
int cats_sid_conf_parse(struct cats_net *cn, const struct genl_info *info,
			struct cats_sid_conf *conf)
{
	struct nlattr *behavior = info->attrs[CATS_A_SID_BEHAVIOR];
	int err;

	if (behavior)
		conf->behavior = cats_behavior_get(nla_get_u16(behavior));
	if (!conf->behavior) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, CATS_A_SID_BEHAVIOR);
		return cats_refuse(info, NULL, "a SID needs a behavior", -EINVAL);
	}
	rcu_read_lock();
	err = cats_sid_dev_parse(cn, info, &conf->ifindex);
	if (!err)
		err = cats_oif_parse(cn, info, &conf->oif);
	rcu_read_unlock();
	if (!err)
		err = cats_vrftable_parse(cn, info, &conf->vrftable);
	if (!err)
		err = cats_nexthop_parse(info, conf);
	if (!err)
		err = cats_sid_instance_parse(cn, info, &conf->instance);
	if (err)
		return err;
	cats_conf_forget(info, conf);
	return cats_conf_validate(info, conf);
}
