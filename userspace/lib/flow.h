/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flow-affinity table, and where a flow would go. */
#ifndef CATS_FLOW_H
#define CATS_FLOW_H

#include "forwarder.h"

/**
 * struct cats_flow - one live entry of the flow table
 * @key: who it is for
 * @nexthop: where it goes
 * @age_ms: since its last packet, to within 300 ms
 * @entry: its place in the table, to remove it
 */
struct cats_flow {
	const struct cats_flow_key *key;
	uint32_t nexthop;
	uint32_t age_ms;
	__u64 *entry;
};

/**
 * cats_flow_each - next live flow
 * @f: forwarder
 * @service: of this route only; 0: of all
 * @at: cursor, 0 to start
 * @flow: result
 *
 * Return: false at the end.
 */
bool cats_flow_each(struct cats_forwarder *f, uint32_t service, uint32_t *at,
		    struct cats_flow *flow);

/** cats_flow_remove - forget a flow; its next packet is placed afresh. */
void cats_flow_remove(const struct cats_flow *flow);

/** cats_flow_forget - remove every entry, live or not, of next hop @id. */
void cats_flow_forget(struct cats_forwarder *f, uint32_t id);

/**
 * struct cats_tuple - fields of a packet, as `cats route get` is told them
 * @saddr: network order; IPv4 in the first 4 bytes
 * @daddr: CS-ID
 * @sport: host order
 * @dport: host order
 * @proto: IP protocol
 */
struct cats_tuple {
	uint8_t saddr[16];
	uint8_t daddr[16];
	uint16_t sport;
	uint16_t dport;
	uint8_t proto;
};

/**
 * cats_flow_nexthop - the next hop a packet would get
 * @f: forwarder
 * @service: route it matches
 * @tuple: packet
 * @known: set if an entry of the flow table says so
 *
 * Return: id of the next hop, 0 if no next hop takes it.
 */
uint32_t cats_flow_nexthop(struct cats_forwarder *f, uint32_t service,
			   const struct cats_tuple *tuple, bool *known);

/**
 * cats_flow_nexthop_to - the next hop of route @service that leads to an
 *	instance and takes new flows, the one with the most weight; 0: none
 * @instance: CSCI-ID, IPv4-mapped
 */
uint32_t cats_flow_nexthop_to(struct cats_forwarder *f, uint32_t service,
			      const uint8_t instance[16]);

/**
 * cats_flow_pin - make a flow known, as if its first packet had got @nexthop
 * @f: forwarder, reading at least
 * @service: route it matches
 * @tuple: its packets
 * @nexthop: of that route
 * @flags: CATS_FLOW_PINNED: see flow_pins.h; or 0
 *
 * A flow that is known already moves, and its timeout begins anew.
 *
 * Return: 0; -ENOENT if @nexthop is not of this route or is down; -EBUSY if
 * packets of others take the place again and again; with a message.
 */
int cats_flow_pin(struct cats_forwarder *f, uint32_t service,
		  const struct cats_tuple *tuple, uint32_t nexthop,
		  uint8_t flags);

/** cats_flow_unpin - forget a flow if it goes to @instance; is it gone? */
bool cats_flow_unpin(struct cats_forwarder *f, uint32_t service,
		     const struct cats_tuple *tuple,
		     const uint8_t instance[16]);

#endif /* CATS_FLOW_H */
