// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "balancer.h"
#include "measure.h"
#include "outage.h"
#include "simulate.h"

/**
 * struct run - under way
 * @world: of it
 * @balancer: under test
 * @state: of that
 * @measure: what became of flows
 * @outage: if there is one
 * @end: no more flows from then on
 */
struct run {
	struct world world;
	const struct balancer *balancer;
	void *state;
	struct measure measure;
	struct outage outage;
	double end;
};

static void next_flow(struct run *run, uint32_t ingress)
{
	struct world *world = &run->world;
	struct random *random = &world->work[ingress];
	struct event event = {
		.at = world->now +
		      random_exponential(random) / world->rate[ingress],
		.type = EVENT_FLOW,
		.ingress = ingress,
	};

	event.value = world->setting->heavy ? random_pareto(random) :
					      random_exponential(random);
	if (event.at < run->end)
		events_add(&world->events, &event);
}

/* Who is known to be down is not chosen, whoever chooses. */
static uint32_t choose(struct run *run, uint32_t ingress, double work)
{
	const struct outage *outage = &run->outage;
	struct world *world = &run->world;
	uint32_t chosen;

	chosen = run->balancer->choose(run->state, world, ingress, work);
	if (!outage_has(outage, chosen) || !outage->known[ingress])
		return chosen;
	chosen = random_below(&world->choice, world->instances - 1);
	return chosen < outage->instance ? chosen : chosen + 1;
}

static void send(struct run *run, uint32_t ingress, double since, double work)
{
	struct world *world = &run->world;
	struct event join = {
		.type = EVENT_JOIN,
		.ingress = ingress,
		.since = since,
		.value = work,
	};

	join.instance = choose(run, ingress, work);
	join.at = world->now + world->instance[join.instance].delay_s[ingress];
	events_add(&world->events, &join);
	if (since >= run->measure.begin)
		measure_choice(&run->measure, world->now, join.instance);
}

static void on_flow(struct run *run, const struct event *event)
{
	send(run, event->ingress, event->at, event->value);
	next_flow(run, event->ingress);
}

static void served(struct run *run, const struct flow *flow,
		   const struct instance *instance)
{
	if (flow->since >= run->measure.begin)
		measure_response(&run->measure, flow->end +
				 instance->delay_s[flow->ingress] -
				 flow->since);
}

/* One that goes on to another instance than it was sent to. */
static void move(struct run *run, const struct flow *flow)
{
	run->outage.moved += flow->since >= run->measure.begin;
	send(run, flow->ingress, flow->since, flow->work);
}

/* The client has its answer, and says so on its way back. */
static void tell_end(struct run *run, const struct flow *flow,
		     uint32_t instance)
{
	struct world *world = &run->world;
	const struct event event = {
		.at = flow->end +
		      world->instance[instance].delay_s[flow->ingress],
		.type = EVENT_END,
		.ingress = flow->ingress,
		.instance = instance,
		.since = world->now,
		.value = flow->end,
	};

	if (run->balancer->end && !isinf(flow->end))
		events_add(&world->events, &event);
}

/* One that was to end in an outage went elsewhere. */
static void on_end(struct run *run, const struct event *event)
{
	const struct outage *outage = &run->outage;

	if (!outage_has(outage, event->instance) ||
	    event->since > outage->to || event->value < outage->from)
		run->balancer->end(run->state, &run->world, event);
}

static void on_join(struct run *run, const struct event *event)
{
	struct instance *instance = &run->world.instance[event->instance];
	bool fails = outage_has(&run->outage, event->instance);
	struct flow flow = {
		.ingress = event->ingress,
		.since = event->since,
		.work = event->value,
		.end = INFINITY,
	};

	if (fails && run->outage.down && run->outage.known[event->ingress])
		return move(run, &flow);
	if (!fails || !run->outage.down)
		flow.end = instance_join(instance, event->at, event->value);
	tell_end(run, &flow, event->instance);
	if (fails && event->at < run->outage.to)
		outage_add(&run->outage, &flow);
	else
		served(run, &flow, instance);
}

static void on_down(struct run *run)
{
	struct outage *outage = &run->outage;
	struct flow flow;

	while (outage_take(outage, -1, run->world.now, &flow))
		served(run, &flow, &run->world.instance[outage->instance]);
	outage_begin(outage, &run->world);
}

static void on_hear(struct run *run, const struct event *event)
{
	struct outage *outage = &run->outage;
	struct event metric = *event;
	struct flow flow;

	outage->known[event->ingress] = outage->down;
	metric.since = event->at;
	metric.value = outage->down ? INFINITY : 0;
	if (run->balancer->metric)
		run->balancer->metric(run->state, &run->world, &metric);
	while (outage->down &&
	       outage_take(outage, event->ingress, INFINITY, &flow))
		move(run, &flow);
}

/* Tell an ingress of an instance. */
static void tell(struct run *run, enum event_type type, uint32_t ingress,
		 uint32_t index)
{
	struct world *world = &run->world;
	struct instance *instance = &world->instance[index];
	const struct event event = {
		.at = world->now + instance->delay_s[ingress],
		.type = type,
		.ingress = ingress,
		.instance = index,
		.since = world->now,
		.value = instance_flows(instance, world->now),
	};

	events_add(&world->events, &event);
}

static void on_sample(struct run *run, const struct event *event)
{
	struct event next = *event;
	uint32_t i;

	for (i = 0; i < WORLD_INGRESSES; i++)
		if (!run->outage.down || !outage_has(&run->outage,
						     event->instance))
			tell(run, EVENT_METRIC, i, event->instance);
	next.at += run->world.setting->age_s;
	if (next.at < run->end)
		events_add(&run->world.events, &next);
}

static void happen(struct run *run, const struct event *event)
{
	const struct balancer *balancer = run->balancer;

	run->world.now = event->at;
	switch (event->type) {
	case EVENT_FLOW:
		return on_flow(run, event);
	case EVENT_JOIN:
		return on_join(run, event);
	case EVENT_SAMPLE:
		return on_sample(run, event);
	case EVENT_METRIC:
		return balancer->metric(run->state, &run->world, event);
	case EVENT_PROBE:
		if (run->outage.down &&
		    outage_has(&run->outage, event->instance))
			return;
		return tell(run, EVENT_ANSWER, event->ingress,
			    event->instance);
	case EVENT_ANSWER:
		return balancer->answer(run->state, &run->world, event);
	case EVENT_END:
		return on_end(run, event);
	case EVENT_DOWN:
		return on_down(run);
	case EVENT_UP:
		return outage_end(&run->outage, &run->world);
	case EVENT_HEAR:
		return on_hear(run, event);
	}
}

/* Sites do not publish all at once. */
static void begin(struct run *run)
{
	struct world *world = &run->world;
	struct event event = { .type = EVENT_SAMPLE };
	uint32_t i;

	for (i = 0; i < WORLD_INGRESSES; i++)
		next_flow(run, i);
	if (!run->balancer->metrics)
		return;
	for (i = 0; i < world->instances; i++) {
		event.at = world->setting->age_s *
			   random_unit(&world->choice);
		event.instance = i;
		events_add(&world->events, &event);
	}
}

static void conclude(struct run *run, struct outcome *outcome)
{
	const struct measure *measure = &run->measure;

	*outcome = (struct outcome){
		.flows = measure->flows,
		.mean_s = measure->sum / measure->flows,
		.p99_s = measure_quantile(measure, 0.99),
		.late = (double)measure->late / measure->flows,
		.moved = (double)run->outage.moved / measure->flows,
		.oscillation = measure_oscillation(measure),
	};
	if (run->balancer->decisions)
		outcome->decisions = run->balancer->decisions(run->state,
							      &outcome->cpu_s);
}

void simulate(const struct setting *setting, struct outcome *outcome)
{
	struct run run = {
		.balancer = setting->balancer,
		.end = setting->warm_s + setting->run_s,
	};
	struct event event;

	world_init(&run.world, setting);
	measure_init(&run.measure, setting);
	run.state = run.balancer->start(&run.world);
	outage_init(&run.outage, &run.world);
	begin(&run);
	while (events_next(&run.world.events, &event))
		happen(&run, &event);
	conclude(&run, outcome);
	run.balancer->stop(run.state);
	outage_free(&run.outage);
	measure_free(&run.measure);
	world_free(&run.world);
}
