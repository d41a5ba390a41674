// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SIDs of a namespace.  The FIB brings a packet to the cats device; this
 * table says which SID it was and what that one does.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "behavior.h"
#include "instance.h"
#include "net.h"
#include "netlink.h"
#include "sid.h"

/* memcmp() is a call, and these are two comparisons. */
static int cats_sid_compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct cats_sid_key *key = arg->key;
	const struct cats_sid *sid = obj;

	return !ipv6_addr_equal(&key->sid, &sid->conf.key.sid) ||
	       key->len != sid->conf.key.len;
}

static const struct rhashtable_params cats_sid_params = {
	.head_offset = offsetof(struct cats_sid, node),
	.key_offset = offsetof(struct cats_sid, conf.key),
	.key_len = sizeof(struct cats_sid_key),
	.obj_cmpfn = cats_sid_compare,
	.automatic_shrinking = true,
};

/** cats_sid_key_init() - a key, argument bits cut off */
void cats_sid_key_init(struct cats_sid_key *key, const struct in6_addr *sid,
		       u8 len)
{
	ipv6_addr_prefix(&key->sid, sid, len);
	key->len = len;
}

/**
 * cats_sid_find() - the SID with exactly this prefix
 * @cn: namespace
 * @key: prefix
 *
 * Caller holds rcu_read_lock() or @cn->lock.
 *
 * Return: the SID or NULL
 */
struct cats_sid *cats_sid_find(struct cats_net *cn,
			       const struct cats_sid_key *key)
{
	return rhashtable_lookup_fast(&cn->sids, key, cats_sid_params);
}

/**
 * cats_sid_lookup() - the SID of a destination address
 * @cn: namespace
 * @daddr: destination, function and arguments included
 *
 * One hash lookup for each prefix length in use, which is one as a rule.
 * Caller holds rcu_read_lock().
 *
 * Return: the SID with the longest prefix, or NULL
 */
struct cats_sid *cats_sid_lookup(struct cats_net *cn,
				 const struct in6_addr *daddr)
{
	unsigned long len = 129, next;
	struct cats_sid_key key;
	struct cats_sid *sid;

	while ((next = find_last_bit(cn->sid_lens, len)) < len) {
		len = next;
		if (likely(len == 128)) {
			key.sid = *daddr;
			key.len = len;
		} else {
			cats_sid_key_init(&key, daddr, len);
		}
		sid = rhashtable_lookup(&cn->sids, &key, cats_sid_params);
		if (sid)
			return sid;
	}
	return NULL;
}

static void cats_sid_free(struct cats_sid *sid)
{
	dst_cache_destroy(&sid->dst_cache);
	free_percpu(sid->counts);
	kfree(sid);
}

static void cats_sid_free_rcu(struct rcu_head *rcu)
{
	cats_sid_free(container_of(rcu, struct cats_sid, rcu));
}

static void cats_sid_free_replaced_rcu(struct rcu_head *rcu)
{
	struct cats_sid *sid = container_of(rcu, struct cats_sid, rcu);

	sid->counts = NULL;	/* the successor's now */
	cats_sid_free(sid);
}

/* Not for the packet path: the lock is one of process context. */
static int cats_sid_vrf_ifindex(const struct cats_net *cn, u32 vrftable)
{
	int ifindex;

	if (!vrftable)
		return 0;
	ifindex = l3mdev_ifindex_lookup_by_table_id(L3MDEV_TYPE_VRF, cn->net,
						    vrftable);
	return max(ifindex, 0);
}

/* Without counters: they are new, or the predecessor's. */
static struct cats_sid *cats_sid_alloc(struct cats_net *cn,
				       const struct cats_sid_conf *conf)
{
	struct cats_sid *sid = kzalloc(sizeof(*sid), GFP_KERNEL_ACCOUNT);
	int err;

	if (!sid)
		return ERR_PTR(-ENOMEM);
	sid->conf = *conf;
	sid->vrf_ifindex = cats_sid_vrf_ifindex(cn, conf->vrftable);
	/* the notifier takes cn->lock before the device goes: to compare only */
	rcu_read_lock();
	sid->dev = dev_get_by_index_rcu(cn->net, conf->ifindex);
	rcu_read_unlock();
	if (!(conf->behavior->required & (CATS_CONF_NH4 | CATS_CONF_NH6)))
		return sid;
	err = dst_cache_init(&sid->dst_cache, GFP_KERNEL_ACCOUNT);
	if (err) {
		kfree(sid);
		return ERR_PTR(err);
	}
	return sid;
}

static void cats_sid_linked(struct cats_net *cn, struct cats_sid *sid)
{
	if (sid->conf.instance)
		sid->conf.instance->sids++;
	cats_net_changed(cn);
}

static void cats_sid_unlinked(struct cats_net *cn, struct cats_sid *sid)
{
	if (sid->conf.instance)
		sid->conf.instance->sids--;
	cats_net_changed(cn);
}

static void cats_sid_len_used(struct cats_net *cn, u32 len)
{
	if (!cn->sid_len_users[len]++)
		set_bit(len, cn->sid_lens);
}

static void cats_sid_len_unused(struct cats_net *cn, u32 len)
{
	if (!--cn->sid_len_users[len])
		clear_bit(len, cn->sid_lens);
}

/**
 * cats_sid_add() - instantiate a SID
 * @cn: namespace, locked
 * @conf: valid, and its prefix not in use
 *
 * Return: the SID, or an error as a pointer
 */
struct cats_sid *cats_sid_add(struct cats_net *cn,
			      const struct cats_sid_conf *conf)
{
	struct cats_sid *sid = cats_sid_alloc(cn, conf);
	int err = -ENOMEM;

	if (IS_ERR(sid))
		return sid;
	sid->counts = cats_counts_alloc(CATS_SID_COUNTS);
	if (!sid->counts)
		goto err_sid;
	err = xa_alloc(&cn->sid_index, &sid->index, sid, xa_limit_32b,
		       GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_sid;
	err = rhashtable_insert_fast(&cn->sids, &sid->node, cats_sid_params);
	if (err)
		goto err_index;
	cats_sid_len_used(cn, conf->key.len);
	cats_sid_linked(cn, sid);
	return sid;

err_index:
	xa_erase(&cn->sid_index, sid->index);
err_sid:
	cats_sid_free(sid);
	return ERR_PTR(err);
}

/**
 * cats_sid_replace() - swing another configuration in
 * @cn: namespace, locked
 * @old: SID with the same prefix
 * @conf: valid
 *
 * Readers see the old one or the new one; counters go on.
 *
 * Return: the new SID, or an error as a pointer and nothing has changed
 */
struct cats_sid *cats_sid_replace(struct cats_net *cn, struct cats_sid *old,
				  const struct cats_sid_conf *conf)
{
	struct cats_sid *sid = cats_sid_alloc(cn, conf);
	int err;

	if (IS_ERR(sid))
		return sid;
	sid->counts = old->counts;
	sid->index = old->index;
	err = rhashtable_replace_fast(&cn->sids, &old->node, &sid->node,
				      cats_sid_params);
	if (err) {
		sid->counts = NULL;
		cats_sid_free(sid);
		return ERR_PTR(err);
	}
	/* an index that exists needs no memory */
	xa_store(&cn->sid_index, sid->index, sid, GFP_KERNEL_ACCOUNT);
	cats_sid_unlinked(cn, old);
	cats_sid_linked(cn, sid);
	call_rcu(&old->rcu, cats_sid_free_replaced_rcu);
	return sid;
}

/** cats_sid_remove() - remove a SID and say so; @cn is locked */
void cats_sid_remove(struct cats_net *cn, struct cats_sid *sid)
{
	rhashtable_remove_fast(&cn->sids, &sid->node, cats_sid_params);
	xa_erase(&cn->sid_index, sid->index);
	cats_sid_len_unused(cn, sid->conf.key.len);
	cats_sid_unlinked(cn, sid);
	cats_notify_sid(cn, sid, CATS_CMD_SID_DEL_NTF);
	call_rcu(&sid->rcu, cats_sid_free_rcu);
}

/** cats_sids_remove() - those of a device, or all for 0; @cn is locked */
void cats_sids_remove(struct cats_net *cn, u32 ifindex)
{
	struct cats_sid *sid;
	unsigned long index;

	xa_for_each(&cn->sid_index, index, sid) {
		if (!ifindex || sid->conf.ifindex == ifindex)
			cats_sid_remove(cn, sid);
		cond_resched();
	}
}

/** cats_sids_vrf() - there is a new VRF: SIDs of its table lead there */
void cats_sids_vrf(struct cats_net *cn, const struct net_device *vrf)
{
	struct cats_sid *sid;
	unsigned long index;
	u32 table;

	table = l3mdev_fib_table(vrf);
	mutex_lock(&cn->lock);
	xa_for_each(&cn->sid_index, index, sid)
		if (sid->conf.vrftable && sid->conf.vrftable == table)
			WRITE_ONCE(sid->vrf_ifindex, vrf->ifindex);
	mutex_unlock(&cn->lock);
}

/** cats_sids_init() - the table of a namespace. Return: 0 or -errno */
int cats_sids_init(struct cats_net *cn)
{
	xa_init_flags(&cn->sid_index, XA_FLAGS_ALLOC);
	return rhashtable_init(&cn->sids, &cats_sid_params);
}

/** cats_sids_exit() - the devices are gone, and the SIDs with them */
void cats_sids_exit(struct cats_net *cn)
{
	mutex_lock(&cn->lock);
	cats_sids_remove(cn, 0);
	mutex_unlock(&cn->lock);
	rhashtable_destroy(&cn->sids);
	xa_destroy(&cn->sid_index);
}
