// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who gets how much.  Two things that differ in how fast they may act:
 *
 * base, what an instance is due in the long run.  It moves until what a flow
 * meets everywhere is alike - its whole time where that is known, else load.
 * A metric says what the shares of a while ago led to, so a correction is a
 * part of the imbalance, once per metric, and less if the last one cannot show
 * yet.  It is relative to the share there is: two ingresses that act on the
 * same metric move the same part of their flows, not twice as many.
 *
 * tilt, towards who has slots free just now, which is only worth something as
 * long as it is true: it fades with the age of the metric.
 */
#include "stage.h"

/* what an idle instance still weighs: noise around 0 is no imbalance */
#define LOAD_FLOOR	0.05
/* free part below which it is only a matter of degree */
#define FREE_FLOOR	0.1
/* of an imbalance, that is made good at once */
#define TILT_MOST	0.35
/* nobody gets so little that nothing could be learned from it */
#define BASE_FLOOR	(1.0 / 64)

/**
 * struct balance - of those that are kept
 * @timed: what a flow meets is a time
 * @pressure: mean of it, by share
 * @load: mean load, by share
 * @sizes: sum of select_size()
 */
struct balance {
	bool timed;
	double pressure;
	double load;
	double sizes;
};

static struct select_candidate *kept(const struct selection *s, uint32_t i)
{
	return &s->candidate[s->kept[i]];
}

static double pressure(const struct balance *balance,
		       const struct select_candidate *c)
{
	return balance->timed ? c->real_us : c->load + LOAD_FLOOR;
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
		c->share = select_size(s, c->instance) / balance->sizes *
			   free_part(c);
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

static void weigh_up(const struct selection *s, struct balance *balance)
{
	double loads = 0, pressures = 0, of_load = 0, of_pressure = 0;
	const struct select_candidate *c;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		if (!isnan(c->load)) {
			loads += c->base * fmin(c->load, 1);
			of_load += c->base;
		}
		if (!isnan(pressure(balance, c))) {
			pressures += c->base * pressure(balance, c);
			of_pressure += c->base;
		}
	}
	balance->load = loads / of_load;
	balance->pressure = pressures / of_pressure;
}

/* What part of an imbalance this metric may correct. */
static double gain(const struct selection *s, const struct balance *balance,
		   const struct select_candidate *c)
{
	const struct select_tuning *tuning = &s->service->tuning;
	double age = (double)s->now_ms - c->instance->sampled_ms;
	double since = (double)c->instance->sampled_ms - c->used_ms;
	double part = fmin(1, since / (fmax(age, 0) + tuning->settle_ms));
	double steep = balance->timed ?
		select_wait_elasticity(c->load, c->instance->capacity) : 1;

	return tuning->gain * part / fmax(steep, 1);
}

static void correct(struct selection *s, const struct balance *balance)
{
	double step = s->service->tuning.step, factor, least;
	struct select_candidate *c;
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		if (c->instance->sampled_ms <= c->used_ms)
			continue;
		factor = pow(balance->pressure / pressure(balance, c),
			     gain(s, balance, c));
		c->interval_ms = c->instance->sampled_ms - c->used_ms;
		c->used_ms = c->instance->sampled_ms;
		if (isnan(factor))
			continue;
		c->base *= fmin(fmax(factor, 1 / step), step);
		least = BASE_FLOOR * select_size(s, c->instance) /
			balance->sizes;
		c->base = fmax(c->base, least);
	}
	normalise(s, true);
}

/*
 * The exponent of the tilt.  The fuller all are, the more a small difference in
 * load is one in what is free; once flows have had the time to follow, more
 * than part of that overshoots.
 */
static double tilt_exponent(const struct select_tuning *tuning, double horizon,
			    double load)
{
	double steep = load / (1 - load + FREE_FLOOR);
	double most = TILT_MOST * (1 + tuning->settle_ms / horizon) / steep;

	return fmin(tuning->tilt / (1 + horizon / tuning->tilt_ms), most);
}

static double tilt(const struct selection *s, const struct balance *balance,
		   const struct select_candidate *c)
{
	double age = (double)s->now_ms - c->instance->sampled_ms;
	double free = fmax(1 - c->load, 0) + FREE_FLOOR;

	if (isnan(c->load) || !c->interval_ms)
		return 1;
	/* what is done now stays so until the next one comes */
	return pow(free / (1 - balance->load + FREE_FLOOR),
		   tilt_exponent(&s->service->tuning,
				 fmax(age, 0) + c->interval_ms,
				 balance->load));
}

void select_share(struct selection *s)
{
	struct balance balance = { .timed = true };
	struct select_candidate *c;
	uint32_t i;

	if (!s->kepts)
		return;
	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		balance.sizes += select_size(s, c->instance);
		if (isnan(c->real_us) || isnan(c->load) ||
		    isnan(c->instance->capacity))
			balance.timed = false;
	}
	welcome(s, &balance);
	weigh_up(s, &balance);
	correct(s, &balance);
	for (i = 0; i < s->kepts; i++) {
		c = kept(s, i);
		c->share = c->base * tilt(s, &balance, c);
	}
	normalise(s, false);
}
