/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SR policies (RFC 9256): how to get through the underlay. */
#ifndef CATS_POLICY_H
#define CATS_POLICY_H

#include "forwarder.h"

/**
 * cats_policy_set - add or replace an SR policy
 * @f: forwarder, writing
 * @name: 1 to CATS_POLICY_NAME - 1 characters
 * @conf: what it shall be; its path is set here
 * @replace: it may exist
 *
 * A policy that is in use changes for all its next hops, each packet seeing
 * the old or the new one; nothing changes if a path cannot be made.
 *
 * Return: 0; -EEXIST, -ENOSPC, -EINVAL, -ENETUNREACH, with a message.
 */
int cats_policy_set(struct cats_forwarder *f, const char *name,
		    const struct cats_policy_conf *conf, bool replace);

/** cats_policy_del - remove it; -ENOENT, or -EBUSY while a route uses it. */
int cats_policy_del(struct cats_forwarder *f, const char *name);

/**
 * cats_policy_refresh - look up routes and neighbours of its paths again
 * @f: forwarder, writing
 * @id: SR policy
 */
int cats_policy_refresh(struct cats_forwarder *f, uint32_t id);

/**
 * cats_policy_follow - change those of its paths that lead elsewhere now
 * @f: forwarder, writing
 * @id: SR policy
 * @changed: how many did is added
 *
 * Like cats_policy_refresh(), but nothing is written where nothing has changed.
 */
int cats_policy_follow(struct cats_forwarder *f, uint32_t id,
		       uint32_t *changed);

/** cats_policy_conf - the half in force of policy @id, NULL if there is none */
const struct cats_policy_conf *cats_policy_conf(struct cats_forwarder *f,
						uint32_t id);

/** struct cats_policy_use - what refers to a policy */
struct cats_policy_use {
	uint32_t nexthops;
	uint64_t packets;
	uint64_t bytes;
};

/**
 * cats_policy_uses - references and traffic of every policy, in one walk
 * @f: forwarder, locked
 *
 * Return: array indexed by policy id, to be freed; NULL when out of memory.
 */
struct cats_policy_use *cats_policy_uses(struct cats_forwarder *f);

#endif /* CATS_POLICY_H */
