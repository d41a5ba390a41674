/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths: the outer headers of an SR policy, ready to be copied. */
#ifndef CATS_PATH_H
#define CATS_PATH_H

#include <stdint.h>

#include "forwarder.h"

/**
 * cats_path_shared - does the policy have one path for all its service SIDs?
 *
 * Without segments and gateway the way through the underlay depends on the
 * service SID, and every SID has its own path.
 */
static inline bool cats_path_shared(const struct cats_policy_conf *conf)
{
	return conf->nsegs || conf->flags & CATS_POLICY_VIA;
}

/**
 * cats_path_build - make the outer headers, and look up the way out
 * @f: forwarder
 * @conf: SR policy
 * @sid: service SID; used when the policy has no segments
 * @encap: result
 *
 * Return: 0, resolved or not; -EINVAL if the MTU leaves less than IPv6 needs;
 * -ENETUNREACH if there is no route and no src; with a message.
 */
int cats_path_build(struct cats_forwarder *f,
		    const struct cats_policy_conf *conf, const uint8_t *sid,
		    struct cats_encap *encap);

/**
 * cats_path_get - path of @policy for @sid, made if need be
 * @f: forwarder, writing
 * @policy: id of the SR policy
 * @sid: service SID
 * @path: result
 *
 * A path nobody refers to is found free when the tables are next read.
 */
int cats_path_get(struct cats_forwarder *f, uint32_t policy, const uint8_t *sid,
		  uint32_t *path);

/** cats_path_new - allocate a path for @policy with these headers. */
int cats_path_new(struct cats_forwarder *f, uint32_t policy, const uint8_t *sid,
		  const struct cats_encap *encap, uint32_t *id);

/** cats_path_prepare - write the unused half of a path; packets see nothing. */
int cats_path_prepare(struct cats_forwarder *f, uint32_t id,
		      const struct cats_encap *encap);

/** cats_path_flip - put the prepared half in force. */
void cats_path_flip(struct cats_forwarder *f, uint32_t id);

#endif /* CATS_PATH_H */
