// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a change is worth it (RFC 10054 R9, RFC 10053 section 6). */
#include "damping.h"
#include "stage.h"

/* What the candidates in force come to. */
static uint32_t weights_in_force(const struct selection *s)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < s->candidates; i++)
		sum += s->candidate[i].weight;
	return sum;
}

static double moved(const struct selection *s, uint32_t in_force)
{
	double sum = 0, was;
	size_t i;

	if (!in_force)
		return s->kepts ? 1 : 0;
	for (i = 0; i < s->candidates; i++) {
		was = (double)s->candidate[i].weight / in_force;
		sum += fabs(s->candidate[i].share - was);
	}
	return sum / 2;
}

/**
 * struct losses - candidates in force that are not kept
 * @gone: their flows cannot stay
 * @outside: the SLA is no longer met
 */
struct losses {
	bool gone;
	bool outside;
};

static struct losses losses(const struct selection *s)
{
	struct losses l = {};
	const struct select_candidate *c;
	size_t i;

	for (i = 0; i < s->candidates; i++) {
		c = &s->candidate[i];
		if (!c->serving)
			continue;
		if (select_reason_fate(c->reason) == SELECT_FATE_MOVED)
			l.gone = true;
		else if (c->weight && c->reason && c->share == 0 &&
			 c->reason < SELECT_OTHER_PATH)
			l.outside = true;
	}
	return l;
}

static bool is_same(const struct selection *s, uint32_t in_force)
{
	uint32_t i;

	for (i = 0; i < s->kepts; i++) {
		in_force -= s->weight[i];
		if (s->candidate[s->kept[i]].weight != s->weight[i])
			return false;
	}
	return !in_force;
}

static enum select_change judge(const struct selection *s)
{
	const struct select_tuning *tuning = &s->service->tuning;
	uint32_t in_force = weights_in_force(s);
	struct losses l = losses(s);

	s->report->moved = moved(s, in_force);
	/* nobody to turn to: what is in force is as good as anything */
	if (!s->kepts && !l.outside)
		return SELECT_SAME;
	if (!s->memory->decided)
		return SELECT_START;
	if (l.gone || !in_force)
		return SELECT_URGENT;
	if (is_same(s, in_force) ||
	    (s->report->moved < tuning->worth && !l.outside))
		return SELECT_SAME;
	return budget_take(&s->memory->budget_full_ms, tuning->burst,
			   tuning->spacing_ms, 0, s->now_ms) ? SELECT_BETTER :
							       SELECT_HELD;
}

/* Another path of its instance has taken over: the SID is the same. */
static bool has_successor(const struct selection *s, size_t index)
{
	const struct select_instance *instance = s->candidate[index].instance;
	size_t i = index;

	while (i && s->candidate[i - 1].instance == instance)
		i--;
	for (; i < s->candidates && s->candidate[i].instance == instance; i++)
		if (i != index && s->candidate[i].share > 0)
			return true;
	return false;
}

static void leave(struct selection *s, size_t index, uint32_t *room)
{
	struct select_candidate *c = &s->candidate[index];

	c->weight = 0;
	c->base = 0;
	if (select_reason_fate(c->reason) == SELECT_FATE_MOVED || !*room ||
	    has_successor(s, index)) {
		c->serving = false;
		return;
	}
	(*room)--;
}

static void put_in_force(struct selection *s)
{
	uint32_t room = SELECT_NEXTHOPS_MAX - s->kepts, i;
	struct select_candidate *c;
	size_t at;

	for (at = 0; at < s->candidates; at++)
		if (s->candidate[at].serving && s->candidate[at].share == 0)
			leave(s, at, &room);
	for (i = 0; i < s->kepts; i++) {
		c = &s->candidate[s->kept[i]];
		c->weight = s->weight[i];
		c->serving = true;
	}
	s->memory->decided = true;
}

void select_settle(struct selection *s)
{
	struct select_candidate *c;
	size_t i;

	s->report->change = judge(s);
	if (s->report->change > SELECT_HELD)
		put_in_force(s);
	for (i = 0; i < s->candidates; i++) {
		c = &s->candidate[i];
		/* who comes back later is a new one */
		if (c->share == 0 && !c->weight)
			c->base = 0;
		s->report->count[c->reason]++;
		s->report->kept += c->weight > 0;
		s->report->draining += c->serving && !c->weight;
	}
}
