/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an egress forwarder measures of its instances. */
#ifndef CATS_METRIC_H
#define CATS_METRIC_H

#include <linux/cats_metric.h>

#include "dump.h"

/**
 * struct cats_metric - metrics of an instance
 * @instance: CSCI-ID, IPv6 or IPv4-mapped
 * @flows: active ones
 * @flow_rate: new flows per second
 * @packet_rate: packets per second
 * @byte_rate: bytes per second, inner packets
 * @has_latency: there was a handshake
 * @latency_us: moving average of the duration of handshakes
 * @age_ms: since the rates were computed
 */
struct cats_metric {
	uint8_t instance[16];
	uint32_t flows;
	uint64_t flow_rate;
	uint64_t packet_rate;
	uint64_t byte_rate;
	bool has_latency;
	uint32_t latency_us;
	uint32_t age_ms;
};

/** cats_metric_decode - read an answer. */
int cats_metric_decode(struct nlmsghdr *nlh, struct cats_metric *metric);

/** cats_metric_dump - those of an instance, or with NULL of all. */
int cats_metric_dump(struct cats_genl *genl, const uint8_t *instance,
		     struct cats_dump *dump);

#endif /* CATS_METRIC_H */
