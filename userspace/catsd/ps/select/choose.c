// SPDX-License-Identifier: GPL-2.0-or-later
/* A path for each instance, and the best of the instances. */
#include <string.h>

#include "stage.h"

/* -1, 0, 1; what is not known comes last */
static int compare(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return (a > b) - (a < b);
}

/* Who has the flows stays, unless another is worth the change (R9). */
static double preferred(const struct selection *s,
			const struct select_candidate *c, double value)
{
	return c->weight ? value * (1 - s->service->tuning.hysteresis) : value;
}

static bool is_better(const struct selection *s,
		      const struct select_candidate *a,
		      const struct select_candidate *b)
{
	const struct select_objective *objective = s->service->objective;
	int order;

	if (objective->better)
		return objective->better(s->service, a, b);
	order = compare(preferred(s, a, a->rank), preferred(s, b, b->rank));
	if (!order)
		order = compare(preferred(s, a, select_unloaded_us(s, a)),
				preferred(s, b, select_unloaded_us(s, b)));
	if (!order)
		order = memcmp(a->instance->id, b->instance->id, 16);
	return order < 0;
}

static bool is_better_path(const struct selection *s,
			   const struct select_candidate *a,
			   const struct select_candidate *b)
{
	double delay_a = a->path ? a->path->delay_us : NAN;
	double delay_b = b->path ? b->path->delay_us : NAN;
	int order = compare(preferred(s, a, delay_a),
			    preferred(s, b, delay_b));

	/* of two that nothing is known of, the one in use */
	return order ? order < 0 : a->weight > b->weight;
}

/* The best of at most @next hops, in order; the worst falls out. */
static void insert(struct selection *s, uint32_t index, uint32_t limit)
{
	uint32_t at = s->kepts;

	while (at && is_better(s, &s->candidate[index],
			       &s->candidate[s->kept[at - 1]]))
		at--;
	if (at == limit) {
		s->candidate[index].reason = SELECT_BEYOND;
		return;
	}
	if (s->kepts == limit)
		s->candidate[s->kept[--s->kepts]].reason = SELECT_BEYOND;
	memmove(&s->kept[at + 1], &s->kept[at],
		(s->kepts - at) * sizeof(*s->kept));
	s->kept[at] = index;
	s->kepts++;
}

/* Nobody within the bounds: those that are alive are better than nobody. */
static bool is_last_resort(const struct select_candidate *c)
{
	return c->reason >= SELECT_STALE && c->reason <= SELECT_COST;
}

/* What an instance is due does not depend on the way to it. */
static void inherit(struct selection *s, struct select_candidate *heir,
		    size_t from, size_t to)
{
	const struct select_candidate *c;

	if (heir->base > 0)
		return;
	for (c = s->candidate + from; c < s->candidate + to; c++) {
		if (c->base <= 0)
			continue;
		heir->base = c->base;
		heir->used_ms = c->used_ms;
		heir->interval_ms = c->interval_ms;
		heir->usual = c->usual;
		return;
	}
}

/* Candidates of an instance stand together: @from to the one returned. */
static size_t choose_path(struct selection *s, size_t from, bool last_resort)
{
	const struct select_objective *objective = s->service->objective;
	uint32_t limit = objective->sole ? 1 : s->service->nexthops;
	struct select_candidate *best = NULL, *c;
	size_t i;

	for (i = from; i < s->candidates &&
		       s->candidate[i].instance == s->candidate[from].instance;
	     i++) {
		c = &s->candidate[i];
		if (last_resort ? !is_last_resort(c) :
				  c->reason != SELECT_KEPT)
			continue;
		if (best && !is_better_path(s, c, best)) {
			c->reason = SELECT_OTHER_PATH;
			continue;
		}
		if (best)
			best->reason = SELECT_OTHER_PATH;
		best = c;
	}
	if (best) {
		inherit(s, best, from, i);
		best->rank = objective->rank(s, best);
		insert(s, best - s->candidate, limit);
	}
	return i;
}

static void choose_all(struct selection *s, bool last_resort)
{
	size_t i = 0;

	while (i < s->candidates)
		i = choose_path(s, i, last_resort);
}

/* Those that are far from the best only wait for it to fail. */
static void cut_band(struct selection *s)
{
	double band = s->service->objective->band, best;
	struct select_candidate *c;

	if (isinf(band) || !s->kepts)
		return;
	best = s->candidate[s->kept[0]].rank;
	while (s->kepts > 1) {
		c = &s->candidate[s->kept[s->kepts - 1]];
		if (preferred(s, c, c->rank) <= best * band ||
		    (isnan(best) && isnan(c->rank)))
			break;
		c->reason = SELECT_WORSE;
		s->kepts--;
	}
}

void select_choose(struct selection *s)
{
	choose_all(s, false);
	if (!s->kepts && !s->service->objective->strict) {
		choose_all(s, true);
		s->report->unmet = s->kepts > 0;
	}
	cut_band(s);
}
