// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends idle flows.  A pass over the table is spread over many short runs: one
 * second for up to 16384 flows, eight for more, whatever their number; a flow's
 * end is noticed that much late.  A table that shrinks meanwhile makes the pass
 * begin again, once or twice.
 */
#include <linux/rhashtable.h>

#include "instance.h"
#include "net.h"

#define CATS_COLLECT_INTERVAL	(HZ / 4)
#define CATS_COLLECT_LEAST	4096
#define CATS_COLLECT_RUNS	32
/* flows looked at before others may have the CPU */
#define CATS_COLLECT_STRETCH	512

static void cats_flow_collect_one(struct cats_net *cn, struct cats_flow *flow)
{
	enum cats_flow_state state = READ_ONCE(flow->state);

	if (READ_ONCE(flow->instance->gone))
		cats_flow_end(cn, flow, CATS_FLOW_END_REMOVED);
	else if (cats_flow_idle(flow) > READ_ONCE(cn->flows.timeout[state]))
		cats_flow_end(cn, flow, state == CATS_FLOW_STATE_CLOSING ?
			      CATS_FLOW_END_CLOSED : CATS_FLOW_END_IDLE);
}

/* Looks at up to @budget flows. Return: how many are left of it, at the end */
static unsigned int cats_flow_collect_stretch(struct cats_net *cn,
					      unsigned int budget)
{
	struct cats_flow *flow;

	rhashtable_walk_start(&cn->flows.position);
	while (budget) {
		flow = rhashtable_walk_next(&cn->flows.position);
		if (!flow)
			break;
		/* the table was resized: the walk begins again */
		if (!IS_ERR(flow))
			cats_flow_collect_one(cn, flow);
		budget--;
	}
	rhashtable_walk_stop(&cn->flows.position);
	return budget;
}

/** cats_flow_collect() - a run of the collector; it ends with the last flow */
void cats_flow_collect(struct work_struct *work)
{
	struct cats_net *cn = container_of(to_delayed_work(work),
					   struct cats_net, flows.collector);
	unsigned int count = max(atomic_read(&cn->flows.count), 0);
	unsigned int left = 0, budget;

	/* not less because flows end: the pass would take longer and longer */
	cn->flows.pass = max(cn->flows.pass, count);
	budget = max_t(unsigned int, CATS_COLLECT_LEAST,
		       cn->flows.pass / CATS_COLLECT_RUNS);

	for (; budget && !left; budget -= min(budget, CATS_COLLECT_STRETCH)) {
		left = cats_flow_collect_stretch(cn, min(budget,
							 CATS_COLLECT_STRETCH));
		cond_resched();
	}
	if (left) {
		rhashtable_walk_exit(&cn->flows.position);
		rhashtable_walk_enter(&cn->flows.flows, &cn->flows.position);
		cn->flows.pass = 0;
	}
	if (atomic_read(&cn->flows.count))
		cats_flow_collect_later(cn);
}

/** cats_flow_collect_later() - there are flows: see that the collector runs */
void cats_flow_collect_later(struct cats_net *cn)
{
	queue_delayed_work(system_power_efficient_wq, &cn->flows.collector,
			   CATS_COLLECT_INTERVAL);
}

/** cats_flow_collect_now() - there may be flows to end */
void cats_flow_collect_now(struct cats_net *cn)
{
	mod_delayed_work(system_power_efficient_wq, &cn->flows.collector, 0);
}
