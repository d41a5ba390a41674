/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading and writing the flow table share: as bpf/affinity.h does it. */
#ifndef CATS_FLOW_INTERNAL_H
#define CATS_FLOW_INTERNAL_H

#include "flow.h"

/** cats_flow_clock - bpf_ktime_get_coarse_ns(), in ticks */
uint32_t cats_flow_clock(void);

/** cats_flow_hash - of a flow, under the affinity of its route */
uint64_t cats_flow_hash(struct cats_forwarder *f,
			const struct cats_service *service,
			const struct cats_tuple *tuple);

/** cats_flow_is_live - does packets' lookup of @entry end at its next hop? */
bool cats_flow_is_live(struct cats_forwarder *f, uint64_t entry,
		       uint32_t service, uint32_t sel);

/** cats_flow_describe - who entry @at is for */
void cats_flow_describe(struct cats_forwarder *f, uint32_t at,
			uint32_t service, const struct cats_tuple *tuple,
			uint8_t flags);

/**
 * cats_flow_way_to - the next entry of a flow that leads to an instance
 * @f: forwarder
 * @service: route of the flow
 * @hash: of it
 * @instance: CSCI-ID
 * @way: where to begin
 *
 * Return: way in the bucket of @hash; CATS_FLOW_WAYS: there is none.
 */
uint32_t cats_flow_way_to(struct cats_forwarder *f, uint32_t service,
			  uint64_t hash, const uint8_t instance[16],
			  uint32_t way);

/** cats_flow_takes - does next hop @id take new flows? */
bool cats_flow_takes(struct cats_forwarder *f, uint32_t id, uint32_t sel);

#endif /* CATS_FLOW_INTERNAL_H */
