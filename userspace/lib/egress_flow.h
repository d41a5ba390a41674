/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that instances behind an egress forwarder serve, as cats.ko has them. */
#ifndef CATS_EGRESS_FLOW_H
#define CATS_EGRESS_FLOW_H

#include <linux/cats.h>

#include "genl.h"

/**
 * struct cats_egress_flow - a flow; addresses are IPv6 or IPv4-mapped
 * @instance: CSCI-ID
 * @saddr: client
 * @daddr: CS-ID
 * @sport: host order; 0 when the protocol has none
 * @dport: the same
 * @protocol: IP protocol
 * @has_ports: the protocol has ports
 * @has_end: it ended, @end says why
 * @state: enum cats_flow_state
 * @end: enum cats_flow_end
 * @idle_ms: since its last packet
 * @duration_ms: from its first packet to its last
 * @packets: sent to the instance
 * @bytes: of these
 */
struct cats_egress_flow {
	uint8_t instance[16];
	uint8_t saddr[16];
	uint8_t daddr[16];
	uint16_t sport;
	uint16_t dport;
	uint8_t protocol;
	bool has_ports;
	bool has_end;
	uint32_t state;
	uint32_t end;
	uint32_t idle_ms;
	uint64_t duration_ms;
	uint64_t packets;
	uint64_t bytes;
};

/** cats_egress_flow_decode - read one from an answer or an event. */
int cats_egress_flow_decode(struct nlmsghdr *nlh,
			    struct cats_egress_flow *flow);

/**
 * cats_egress_flow_each - call @item for every flow
 * @genl: family
 * @instance: only those of that CSCI-ID; NULL for all
 * @item: takes a message for cats_egress_flow_decode()
 * @arg: for @item
 *
 * A million of flows is not kept: flows come and go meanwhile anyway.
 */
int cats_egress_flow_each(struct cats_genl *genl, const uint8_t *instance,
			  int (*item)(struct nlmsghdr *nlh, void *arg),
			  void *arg);

#endif /* CATS_EGRESS_FLOW_H */
