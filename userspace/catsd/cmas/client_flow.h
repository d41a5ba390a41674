/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's flow of a reservation, as its packets come to the ingress:
 * {"source", "sport", "dport", "protocol", "csid", "vrf"}.
 */
#ifndef CATSD_CMAS_CLIENT_FLOW_H
#define CATSD_CMAS_CLIENT_FLOW_H

#include <jansson.h>
#include <stdint.h>

/**
 * struct cmas_flow - a flow; addresses are IPv4-mapped
 * @source: client
 * @csid: CS-ID
 * @sport: port, host order
 * @dport: port, host order
 * @protocol: of IP
 * @vrf: VRF-ID, 0 if it is not given
 */
struct cmas_flow {
	uint8_t source[16];
	uint8_t csid[16];
	uint16_t sport;
	uint16_t dport;
	uint8_t protocol;
	uint32_t vrf;
};

/** cmas_flow_read - 0 or -EINVAL with a message that names the member. */
int cmas_flow_read(const json_t *json, struct cmas_flow *flow);

#endif /* CATSD_CMAS_CLIENT_FLOW_H */
