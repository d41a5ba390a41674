// SPDX-License-Identifier: GPL-2.0-or-later
#include "balancer.h"
#include "measure.h"
#include "simulate.h"

/**
 * struct run - under way
 * @world: of it
 * @balancer: under test
 * @state: of that
 * @measure: what became of flows
 * @end: no more flows from then on
 */
struct run {
	struct world world;
	const struct balancer *balancer;
	void *state;
	struct measure measure;
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

static void on_flow(struct run *run, const struct event *event)
{
	struct world *world = &run->world;
	struct event join = *event;

	join.type = EVENT_JOIN;
	join.since = event->at;
	join.instance = run->balancer->choose(run->state, world,
					      event->ingress, event->value);
	join.at += world->instance[join.instance].delay_s[event->ingress];
	events_add(&world->events, &join);
	if (event->at >= run->measure.begin)
		measure_choice(&run->measure, event->at, join.instance);
	next_flow(run, event->ingress);
}

static void on_join(struct run *run, const struct event *event)
{
	struct instance *instance = &run->world.instance[event->instance];
	double end = instance_join(instance, event->at, event->value);

	if (event->since >= run->measure.begin)
		measure_response(&run->measure,
				 end + instance->delay_s[event->ingress] -
				 event->since);
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
		return tell(run, EVENT_ANSWER, event->ingress,
			    event->instance);
	case EVENT_ANSWER:
		return balancer->answer(run->state, &run->world, event);
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
	begin(&run);
	while (events_next(&run.world.events, &event))
		happen(&run, &event);
	conclude(&run, outcome);
	run.balancer->stop(run.state);
	measure_free(&run.measure);
	world_free(&run.world);
}
