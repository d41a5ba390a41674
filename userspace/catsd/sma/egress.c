// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "egress.h"
#include "instance.h"
#include "metric.h"

#define RETRY_S	30

void sma_egress_close(struct sma_egress *egress)
{
	cats_genl_close(&egress->instance);
	cats_genl_close(&egress->metric);
	memset(egress, 0, sizeof(*egress));
}

/* The module may come and go; it is not this daemon that loads it. */
static bool is_open(struct sma_egress *egress, uint64_t now_s)
{
	if (egress->open)
		return true;
	if (now_s < egress->retry_s)
		return false;
	egress->retry_s = now_s + RETRY_S;
	if (cats_genl_open(&egress->metric, "cats_metric", false)) {
		memset(&egress->metric, 0, sizeof(egress->metric));
		return false;
	}
	if (cats_genl_open(&egress->instance, "cats", false)) {
		cats_genl_close(&egress->metric);
		memset(&egress->metric, 0, sizeof(egress->metric));
		memset(&egress->instance, 0, sizeof(egress->instance));
		return false;
	}
	egress->open = true;
	return true;
}

static void fail(struct sma_egress *egress, uint64_t now_s)
{
	uint64_t failures = egress->failures + 1;

	sma_egress_close(egress);
	egress->failures = failures;
	egress->retry_s = now_s + RETRY_S;
}

static void take_metric(struct nlmsghdr *nlh, sma_egress_fn fn, void *ctx)
{
	struct cats_metric metric;

	if (cats_metric_decode(nlh, &metric))
		return;
	fn(ctx, metric.instance, &(const struct sma_egress_values){
		.flows = metric.flows,
		.flow_rate = metric.flow_rate,
		.latency_us = metric.has_latency ? metric.latency_us : NAN,
		.flow_limit = NAN,
	});
}

static void take_limit(struct nlmsghdr *nlh, sma_egress_fn fn, void *ctx)
{
	struct cats_instance instance;

	if (cats_instance_decode(nlh, &instance))
		return;
	fn(ctx, instance.id, &(const struct sma_egress_values){
		.flows = NAN,
		.flow_rate = NAN,
		.latency_us = NAN,
		.flow_limit = instance.flow_limit ? instance.flow_limit : NAN,
	});
}

void sma_egress_read(struct sma_egress *egress, uint64_t now_s, bool limits,
		     sma_egress_fn fn, void *ctx)
{
	struct cats_dump dump = {};
	struct nlmsghdr *nlh;
	int ret;

	if (!is_open(egress, now_s))
		return;
	ret = limits ? cats_instance_dump(&egress->instance, NULL, &dump) :
		       cats_metric_dump(&egress->metric, NULL, &dump);
	while (!ret && (nlh = cats_dump_next(&dump))) {
		if (limits)
			take_limit(nlh, fn, ctx);
		else
			take_metric(nlh, fn, ctx);
	}
	cats_dump_free(&dump);
	if (ret)
		fail(egress, now_s);
}
