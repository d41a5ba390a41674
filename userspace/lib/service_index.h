/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a service key to the id of the service, as the XDP program does it. */
#ifndef CATS_SERVICE_INDEX_H
#define CATS_SERVICE_INDEX_H

#include <stdint.h>

#include <cats/maps.h>

struct cats_forwarder;

/** cats_service_key_hash - hash of @key under the forwarder's hash key. */
uint64_t cats_service_key_hash(const struct cats_forwarder *f,
			       const struct cats_service_key *key);

/** cats_service_find - id of the service with exactly @key, 0 if none. */
uint32_t cats_service_find(struct cats_forwarder *f,
			   const struct cats_service_key *key);

/**
 * cats_service_match - id of the service a packet would match, 0 if none
 * @f: forwarder
 * @vrf: VRF-ID
 * @family: enum cats_family
 * @addr: destination, network order
 */
uint32_t cats_service_match(struct cats_forwarder *f, uint32_t vrf,
			    uint8_t family, const uint8_t *addr);

/**
 * cats_service_insert - let packets find service @id
 *
 * Return: 0, or -ENOSPC with a message when both buckets are full.
 */
int cats_service_insert(struct cats_forwarder *f, uint32_t id);

/** cats_service_remove - let no more packet find service @id. */
void cats_service_remove(struct cats_forwarder *f, uint32_t id);

#endif /* CATS_SERVICE_INDEX_H */
