// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who gets how much.  Two things that differ in how fast they may act:
 *
 * base, what an instance is due in the long run.  It moves until load is alike
 * everywhere, but that a fast instance may have more of it than a slow one.  A
 * metric says what the shares of a while ago led to, so a correction is a part
 * of the imbalance, once per metric, and less if the last one cannot show yet.
 * It is relative to the share there is: two ingresses that act on the same
 * metric move the same part of their flows, not twice as many.
 *
 * tilt, away from who has more flows than usual just now, towards who has
 * fewer.  That is only worth something as long as it is true: it fades with the
 * age of the metric, the faster the shorter flows are.
 *
 * It is load that is made alike, not the time that waiting takes: near its
 * limit that is many times the load's chance up and down, and chasing it was
 * worse in simulation than leaving it alone.
 */
#include "stage.h"

/* what an idle instance still weighs: noise around 0 is no imbalance */
#define LOAD_FLOOR	0.05
/* so many flows are half sure */
#define FLOWS_SURE	64
/* free part below which it is only a matter of degree */
#define FREE_FLOOR	0.1
/* so many times more or less than it is due */
#define TILT_MOST	4.0
/*
 * Of what is more than usual, so that it dies out even if flows are far shorter
 * than is said; if nothing is said, they may well be
 */
#define PART_MOST	0.9
#define PART_BLIND	0.25
/* times as long as it takes for flows to follow: what is usual in that */
#define USUAL_TIMES	4
/* enough to find those that would be too full */
#define SPEED_PASSES	3
/* nobody gets so little that nothing could be learned from it */
#define BASE_FLOOR	(1.0 / 64)

/**
 * struct balance - of those that are kept
 * @slowness: of each, what its load is multiplied by; 1 if nobody knows
 * @due: share of each by what it is made for, 1 together
 * @pressure: mean of load x slowness, by share
 * @load: mean load, by share
 */
struct balance {
	double slowness[SELECT_NEXTHOPS_MAX];
	double due[SELECT_NEXTHOPS_MAX];
	double pressure;
	double load;
};

static struct select_candidate *kept(const struct selection *s, uint32_t i)
{
	return &s->candidate[s->kept[i]];
}

/* Times count if the computing time and the path's delay are known of all. */
static bool is_timed(const struct selection *s)
{
	uint32_t i;

	for (i = 0; i < s->kepts && s->computing; i++)
		if (isnan(select_unloaded_us(s, kept(s, i))))
			return false;
	return s->computing;
}

static void appraise(const struct selection *s, struct balance *balance)
{
	double sum = 0;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		balance->due[i] = select_size(s, kept(s, i)->instance);
		sum += balance->due[i];
	}
	for (i = 0; i < s->kepts; i++)
		balance->due[i] /= sum;
}

/*
 * The fuller all are, the less a fast one can be given more, and no more than a
 * third of what is free on average; what that leaves is for the others.
 */
static void compare_speed(const struct selection *s, struct balance *balance)
{
	double load = balance->load, mean = 0, least;
	double speed = s->service->tuning.speed * fmin(1, 2 * (1 - load));
	bool timed = is_timed(s) && !isnan(load);
	int pass;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		balance->slowness[i] = timed ?
			pow(select_unloaded_us(s, kept(s, i)), speed) : 1;
		mean += balance->due[i] / balance->slowness[i];
	}
	for (pass = 0; timed && pass < SPEED_PASSES; pass++) {
		least = load / mean / (load + (1 - load) / 3);
		for (i = 0, mean = 0; i < s->kepts; i++) {
			balance->slowness[i] = fmax(balance->slowness[i],
						    least);
			mean += balance->due[i] / balance->slowness[i];
		}
	}
}

static double pressure(const struct selection *s,
		       const struct balance *balance, uint32_t i)
{
	return (kept(s, i)->load + LOAD_FLOOR) * balance->slowness[i];
}

static void normalise(struct selection *s, bool base)
{
	double sum = 0;
	uint32_t i;

	for (i = 0; i < s->kepts; i++)
		sum += base ? kept(s, i)->base : kept(s, i)->share;
	for (i = 0; i < s->kepts; i++) {
		if (base)
			kept(s, i)->base /= sum;
		else
			kept(s, i)->share /= sum;
	}
}

static double free_part(const struct select_candidate *c)
{
	return isnan(c->load) ? 1 : fmax(1 - c->load, FREE_FLOOR);
}

/*
 * A new one gets what its size says, and what is free of that; those that were
 * there share the rest as they did.
 */
static void welcome(struct selection *s, const struct balance *balance)
{
	double had = 0, rest = 1;
	struct select_candidate *c;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		had += c->base;
		if (c->base > 0)
			continue;
		c->share = balance->due[i] * free_part(c);
		rest -= c->share;
		c->used_ms = c->instance->sampled_ms;
		c->interval_ms = 0;
	}
	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		c->base = c->base > 0 ? c->base / had * rest : c->share;
	}
	normalise(s, true);
}

/* Mean load, by share; of those that is known of. */
static void weigh_up(const struct selection *s, struct balance *balance)
{
	double loads = 0, of = 0;
	const struct select_candidate *c;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		if (isnan(c->load))
			continue;
		loads += c->base * fmin(c->load, 1);
		of += c->base;
	}
	balance->load = loads / of;
}

static void weigh_pressure(const struct selection *s, struct balance *balance)
{
	double pressures = 0, of = 0, p;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		p = pressure(s, balance, i);
		if (isnan(p))
			continue;
		pressures += kept(s, i)->base * p;
		of += kept(s, i)->base;
	}
	balance->pressure = pressures / of;
}

static bool is_fresh(const struct select_candidate *c)
{
	return c->instance->sampled_ms > c->used_ms;
}

static double since_used(const struct select_candidate *c)
{
	return (double)c->instance->sampled_ms - c->used_ms;
}

static double age(const struct selection *s, const struct select_candidate *c)
{
	return fmax((double)s->now_ms - c->instance->sampled_ms, 0);
}

/* What one more flow makes of flows there, by its computing time. */
static double steep(const struct select_candidate *c)
{
	const struct select_instance *instance = c->instance;

	if (isnan(instance->service_us) || isnan(instance->capacity) ||
	    isnan(c->usual))
		return 1;
	return select_marginal(c->usual, instance->capacity);
}

/* How long more than usual lasts by itself, in ms. */
static double lasts(const struct selection *s, const struct select_candidate *c,
		    double steepness)
{
	double computing = c->instance->service_us / 1000;

	return isnan(computing) ? s->service->tuning.tilt_ms :
				  computing * steepness;
}

/* What the load of an instance is about, chance aside. */
static void observe(struct selection *s)
{
	const double most = s->service->tuning.gain;
	struct select_candidate *c;
	double part;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		if (!c->interval_ms || isnan(c->usual)) {
			c->usual = c->load;
		} else if (is_fresh(c) && !isnan(c->load)) {
			part = since_used(c) /
			       (USUAL_TIMES * lasts(s, c, steep(c)));
			c->usual += fmin(part, most) * (c->load - c->usual);
		}
	}
}

/*
 * What part of an imbalance this metric may correct.  A number of flows is off
 * by its root, just so: of few flows the most is chance.
 */
static double gain(const struct selection *s, const struct select_candidate *c)
{
	const struct select_tuning *tuning = &s->service->tuning;
	double part = fmin(1, since_used(c) / (age(s, c) + tuning->settle_ms));
	double flows = c->instance->flows;

	if (!isnan(flows))
		part *= flows / (flows + FLOWS_SURE);
	return tuning->gain * part;
}

static void correct(struct selection *s, const struct balance *balance)
{
	double step = s->service->tuning.step, factor;
	struct select_candidate *c;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		if (!is_fresh(c))
			continue;
		factor = pow(balance->pressure / pressure(s, balance, i),
			     gain(s, c));
		c->interval_ms = since_used(c);
		c->used_ms = c->instance->sampled_ms;
		if (isnan(factor))
			continue;
		c->base *= fmin(fmax(factor, 1 / step), step);
		c->base = fmax(c->base, BASE_FLOOR * balance->due[i]);
	}
	normalise(s, true);
}

/*
 * More flows than usual are as usual again after some time by themselves: d of
 * them are d exp(-t / lasts) after t.  What would still be there when the next
 * metric comes is made good until then.
 */
static double tilt(const struct selection *s, const struct select_candidate *c)
{
	double horizon = age(s, c) + c->interval_ms, more, part, steepness;

	if (isnan(c->load) || isnan(c->usual) || !c->interval_ms)
		return 1;
	more = (c->load - c->usual) / fmax(fmin(c->usual, 1), LOAD_FLOOR);
	steepness = steep(c);
	part = 1 / (steepness * expm1(horizon / lasts(s, c, steepness)));
	part = fmin(part, isnan(c->instance->service_us) ? PART_BLIND :
							   PART_MOST);
	return fmin(fmax(1 - s->service->tuning.tilt * part * more,
			 1 / TILT_MOST), TILT_MOST);
}

void select_share(struct selection *s)
{
	struct select_candidate *c;
	struct balance balance;
	uint32_t i;

	if (!s->kepts)
		return;
	appraise(s, &balance);
	welcome(s, &balance);
	observe(s);
	weigh_up(s, &balance);
	compare_speed(s, &balance);
	weigh_pressure(s, &balance);
	correct(s, &balance);
	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		c->share = c->base * tilt(s, c);
	}
	normalise(s, false);
}
