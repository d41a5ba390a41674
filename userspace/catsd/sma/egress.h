/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cats.ko sees of the instances, where the module is loaded. */
#ifndef SMA_EGRESS_H
#define SMA_EGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "genl.h"

/**
 * struct sma_egress - connections to the module
 * @metric: family cats_metric
 * @instance: family cats, for the limits
 * @open: both are connected
 * @retry_s: when to look for the module again, CLOCK_MONOTONIC
 * @failures: dumps that failed
 */
struct sma_egress {
	struct cats_genl metric;
	struct cats_genl instance;
	bool open;
	uint64_t retry_s;
	uint64_t failures;
};

/**
 * struct sma_egress_values - of one instance; NAN: unknown
 * @flows: active ones
 * @flow_rate: new ones a second
 * @latency_us: of handshakes
 * @flow_limit: flows it may have
 */
struct sma_egress_values {
	double flows;
	double flow_rate;
	double latency_us;
	double flow_limit;
};

/** sma_egress_fn - values of the instance with that CSCI-ID */
typedef void (*sma_egress_fn)(void *ctx, const uint8_t id[16],
			      const struct sma_egress_values *values);

/**
 * sma_egress_read - what the module has, of every instance
 * @egress: connections; all 0 before the first call
 * @now_s: CLOCK_MONOTONIC
 * @fn: for metrics of an instance; what is not asked for is NAN
 * @limits: ask for the limits in place of the metrics
 */
void sma_egress_read(struct sma_egress *egress, uint64_t now_s, bool limits,
		     sma_egress_fn fn, void *ctx);

/** sma_egress_close - one that was never used, all 0, is fine too. */
void sma_egress_close(struct sma_egress *egress);

#endif /* SMA_EGRESS_H */
