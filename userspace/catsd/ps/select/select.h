/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selection of the C-PS (RFC 10053 3.4.4, draft-fu-cats-flow-lb 5.2): from
 * what is known of instances and SR policies to the next hops of a service and
 * their load sharing ratios.
 *
 * Pure: arrays in, arrays out; time is passed in, nothing is allocated, and the
 * result is determined by what goes in.  What a selection remembers stands in
 * the arrays, so that thousands of them share what they know of an instance.
 *
 * What is not known is NAN.  It never passes for good or bad: a bound on it
 * refuses it, a share is made without it.
 */
#ifndef CATSD_PS_SELECT_H
#define CATSD_PS_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** SELECT_NEXTHOPS_MAX - as many as a route has (CATS_NEXTHOPS_MAX) */
#define SELECT_NEXTHOPS_MAX	256

/** SELECT_RESOLUTION_MAX - largest sum of weights: one has to fit 16 bits */
#define SELECT_RESOLUTION_MAX	65535

/** enum select_state - what a site says of its instance */
enum select_state {
	SELECT_UP,
	SELECT_DRAIN,		/* keeps its flows, takes no new ones */
	SELECT_DOWN,
};

/**
 * struct select_instance - what is known of a service contact instance
 * @id: CSCI-ID, IPv6 or IPv4-mapped; decides between equals
 * @state: what its site says
 * @silent: its site has ceased to say anything of it
 * @unhealthy: its health check says that it is down
 * @mismatch: its score is made with other functions (RFC 10053 5.4)
 * @score: Composite Performance Score, 0..1000
 * @flows: it has at once, those that wait included
 * @capacity: flows it is made for at once; more than 0
 * @service_us: time it takes for one, without waiting (computing time); more
 *	than 0
 * @cost: of one, in the operator's unit
 * @gas: slots CMAS may still give away
 * @sampled_ms: when @score and @flows were perceived; 0: never.  A selection
 *	acts once on each
 */
struct select_instance {
	uint8_t id[16];
	enum select_state state;
	bool silent;
	bool unhealthy;
	bool mismatch;
	double score;
	double flows;
	double capacity;
	double service_us;
	double cost;
	double gas;
	uint64_t sampled_ms;
};

/**
 * struct select_path - what is known of the way to an egress by an SR policy
 * @down: liveness says so
 * @delay_us: one way, or half of the round trip
 * @variation_us: packet delay variation
 * @loss: 0..1
 */
struct select_path {
	bool down;
	double delay_us;
	double variation_us;
	double loss;
};

/**
 * SELECT_REASONS - X(symbol, name, fate): why a candidate is what it is
 *
 * The fate of flows it has: KEPT, DRAINS (they stay, new ones go elsewhere: RFC
 * 10053 4.4) or MOVED (there is nobody to take them).  In the order in which a
 * candidate is judged; see Documentation/selection.md.
 */
#define SELECT_REASONS(X)						\
	X(SELECT_KEPT, "kept", KEPT)					\
	X(SELECT_STATE_DOWN, "state-down", MOVED)			\
	X(SELECT_UNHEALTHY, "health-down", MOVED)			\
	X(SELECT_PATH_DOWN, "path-down", MOVED)				\
	X(SELECT_STATE_DRAIN, "state-drain", DRAINS)			\
	X(SELECT_STALE, "stale", DRAINS)				\
	X(SELECT_MISMATCH, "mismatch", DRAINS)				\
	X(SELECT_DELAY, "delay", DRAINS)				\
	X(SELECT_VARIATION, "variation", DRAINS)			\
	X(SELECT_LOSS, "loss", DRAINS)					\
	X(SELECT_LEVEL2, "level2", DRAINS)				\
	X(SELECT_CAPACITY, "capacity", DRAINS)				\
	X(SELECT_COST, "cost", DRAINS)					\
	X(SELECT_GAS, "gas", DRAINS)					\
	X(SELECT_OTHER_PATH, "other-path", DRAINS)			\
	X(SELECT_WORSE, "worse", DRAINS)				\
	X(SELECT_BEYOND, "beyond-next-hops", DRAINS)

#define SELECT_SYMBOL(symbol, name, fate) symbol,

/** enum select_reason - see SELECT_REASONS */
enum select_reason {
	SELECT_REASONS(SELECT_SYMBOL)
	SELECT_REASON_COUNT
};

#undef SELECT_SYMBOL

/** select_reason_name - "kept", "delay", ... */
const char *select_reason_name(enum select_reason reason);

/** enum select_fate - of the flows of a candidate; see SELECT_REASONS */
enum select_fate {
	SELECT_FATE_KEPT,
	SELECT_FATE_DRAINS,
	SELECT_FATE_MOVED,
};

/** select_reason_fate - of flows that are there when that reason comes. */
enum select_fate select_reason_fate(enum select_reason reason);

/**
 * struct select_candidate - an instance by an SR policy
 * @instance: of it
 * @path: way to it; NULL: nothing is known of that
 *
 * Remembered from one selection to the next, 0 before the first:
 * @base: share it is due in the long run, 0..1; 0: it is new
 * @used_ms: @sampled_ms of its instance that @base was made with
 * @interval_ms: between that and the one before; 0: there was none
 * @usual: mean of @load over the last metrics; NAN
 * @weight: in force; 0: it takes no new flows
 * @reason: why it is what it is
 * @serving: it was given flows and may have some: it is a next hop, with weight
 *	0 if it takes no more
 *
 * Results that explain it:
 * @unknown: @reason is that nobody knows
 * @load: 0 idle, 1 full; may be more; NAN
 * @real_us: delay of path and instance, waiting included; NAN
 * @rank: by which it is compared; less is better; NAN when it was not
 * @share: wanted, before quantisation
 */
struct select_candidate {
	const struct select_instance *instance;
	const struct select_path *path;
	double base;
	uint64_t used_ms;
	uint64_t interval_ms;
	double usual;
	uint16_t weight;
	uint8_t reason;
	bool serving;
	bool unknown;
	double load;
	double real_us;
	double rank;
	double share;
};

/**
 * struct select_sla - what a service asks for; NAN: nothing
 * @delay_us: at most, of the path; with a known computing time, of both
 * @variation_us: at most
 * @loss: at most
 * @level2: at least, 0..10 (draft-ietf-cats-metric-definition)
 * @load: at most, of the capacity
 * @cost: at most
 * @age_ms: at most, since a metric was perceived
 */
struct select_sla {
	double delay_us;
	double variation_us;
	double loss;
	double level2;
	double load;
	double cost;
	double age_ms;
};

/**
 * struct select_tuning - how it moves; select_tuning_default
 * @gain: part of an imbalance that is corrected per time it takes to see what
 *	the last correction did (1/4: as fast as can be without overshooting)
 * @speed: how much more load a fast instance may have: it is made inversely
 *	proportional to this power of the time a flow takes; 0: alike
 * @settle_ms: time until a correction shows, besides the metric's own age
 * @tilt: part of what an instance has more or less than usual that is made good
 *	until the next metric
 * @tilt_ms: how long more than usual lasts by itself, where the computing time
 *	is not known: what is older is not chased (several ingresses would)
 * @step: largest factor by which one metric moves a share
 * @worth: part of the flows that has to be better placed for a change
 * @hysteresis: who was dropped for a bound comes back that much inside it; who
 *	is not chosen has to be that much better than who is
 * @burst: changes that may follow each other at once, of those that wait
 * @spacing_ms: one more every so many
 */
struct select_tuning {
	double gain;
	double speed;
	double settle_ms;
	double tilt;
	double tilt_ms;
	double step;
	double worth;
	double hysteresis;
	uint32_t burst;
	uint32_t spacing_ms;
};

/** select_tuning_default - what the simulation (make sim) says is good. */
extern const struct select_tuning select_tuning_default;

struct select_objective;

/**
 * struct select_service - how a service is to be served
 * @objective: of the table; select_objective_find()
 * @sla: bounds
 * @gas: CMAS: slots asked for
 * @wanted_cost: CMAS: cost asked for
 * @nexthops: at most so many, 1 to SELECT_NEXTHOPS_MAX
 * @resolution: sum of the weights, @nexthops to SELECT_RESOLUTION_MAX
 * @tuning: how it moves
 */
struct select_service {
	const struct select_objective *objective;
	struct select_sla sla;
	uint32_t gas;
	uint64_t wanted_cost;
	uint32_t nexthops;
	uint32_t resolution;
	struct select_tuning tuning;
};

/** select_objective_find - "weighted", "least-delay", ...; NULL */
const struct select_objective *select_objective_find(const char *name);
/** select_objective_name - its name. */
const char *select_objective_name(const struct select_objective *objective);
/** select_objective_at - that many in the table, NULL behind the last. */
const struct select_objective *select_objective_at(size_t i);

/** select_service_init - weighted, without bounds, 16 next hops, in percent. */
void select_service_init(struct select_service *service);

/** select_service_check - 0; -EINVAL with a message that names the field. */
int select_service_check(const struct select_service *service);

/**
 * SELECT_CHANGES - X(symbol, name): what a selection comes to
 *
 * same: the next hops in force are as good; held: better ones are known and
 * have to wait for the budget; start: the first; better: it is worth it;
 * urgent: one that had flows is gone, or the first of none is back.
 */
#define SELECT_CHANGES(X)						\
	X(SELECT_SAME, "same")						\
	X(SELECT_HELD, "held")						\
	X(SELECT_START, "start")					\
	X(SELECT_BETTER, "better")					\
	X(SELECT_URGENT, "urgent")

#define SELECT_SYMBOL(symbol, name) symbol,

/** enum select_change - see SELECT_CHANGES; above SELECT_HELD it is one */
enum select_change {
	SELECT_CHANGES(SELECT_SYMBOL)
	SELECT_CHANGE_COUNT
};

#undef SELECT_SYMBOL

/** select_change_name - "same", "urgent", ... */
const char *select_change_name(enum select_change change);

/**
 * struct select_memory - what a service remembers; all 0 before the first
 * @decided: there was a decision
 * @budget_full_ms: see budget_take()
 */
struct select_memory {
	bool decided;
	uint64_t budget_full_ms;
};

/**
 * struct select_report - what became of it
 * @change: is there a new decision?
 * @kept: candidates that take flows, in the new or the old one
 * @draining: next hops with weight 0
 * @count: candidates by reason
 * @unmet: nobody meets the SLA: those that come closest are used
 * @moved: part of the new flows that the change sends elsewhere, 0..1; with
 *	SELECT_SAME, that it would have
 * @error: largest distance of a weight's share from the wanted one
 */
struct select_report {
	enum select_change change;
	uint32_t kept;
	uint32_t draining;
	uint32_t count[SELECT_REASON_COUNT];
	bool unmet;
	double moved;
	double error;
};

/**
 * select_run - choose anew
 * @service: how
 * @memory: of the service
 * @candidate: all of it, those of an instance together; @instance and @path
 *	set, the rest as the last call left it
 * @candidates: length of @candidate
 * @now_ms: time, of the clock of sampled_ms; does not go back
 * @report: result
 *
 * If the change is more than SELECT_HELD, the weights of @candidate are a new
 * decision, else those of the last one.  The next hops of a decision are the
 * candidates that are serving, at most SELECT_NEXTHOPS_MAX.
 */
void select_run(const struct select_service *service,
		struct select_memory *memory,
		struct select_candidate *candidate, size_t candidates,
		uint64_t now_ms, struct select_report *report);

/**
 * select_drained - the flows of a next hop with weight 0 are gone
 *
 * It is no next hop any more.
 */
void select_drained(struct select_candidate *candidate);

#endif /* CATSD_PS_SELECT_H */
