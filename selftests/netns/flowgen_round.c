// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen client: rounds, in which every flow of a set is asked. */
#include <stdlib.h>

#include "flowgen.h"

#define TRIES	5	/* of a datagram before its deadline */

void flows_add(struct flows *set, struct flow *f)
{
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 1024;
		set->list = realloc(set->list,
				    set->room * sizeof(*set->list));
		if (!set->list)
			fail("out of memory");
	}
	set->list[set->count++] = f;
}

void flows_free(struct client *c, struct flows *set)
{
	for (size_t i = 0; i < set->count; i++) {
		flow_close(c, set->list[i]);
		free(set->list[i]);
	}
	free(set->list);
	*set = (struct flows){ 0 };
}

void round_begin(struct client *c, struct flows *set)
{
	c->requests = 0;
	c->replies = 0;
	for (size_t i = 0; i < set->count; i++) {
		set->list[i]->asked = false;
		set->list[i]->answered = false;
	}
}

/* In batches, so that no queue on the way overflows. */
void round_ask(struct client *c, struct flows *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->list[i]->fd >= 0)
			flow_ask(c, set->list[i]);
		if (i % BATCH == BATCH - 1)
			flows_poll(c, 0);
	}
}

/* Repeats what is overdue; returns how many requests are within the deadline */
static size_t round_repeat(struct client *c, struct flows *set)
{
	uint64_t now = now_ns();
	size_t open = 0, sent = 0;
	struct flow *f;

	for (size_t i = 0; i < set->count; i++) {
		f = set->list[i];
		if (!f->waiting || now - f->start >= c->deadline)
			continue;
		open++;
		if (now - f->sent < c->deadline / TRIES)
			continue;
		flow_repeat(c, f);
		if (++sent % BATCH == 0)
			flows_poll(c, 0);
	}
	return open;
}

/* Every flow answers, breaks or misses its deadline. */
void round_finish(struct client *c, struct flows *set)
{
	uint64_t next = 0;

	while (c->waiting) {
		flows_poll(c, 10);
		if (now_ns() < next)
			continue;
		if (!round_repeat(c, set))
			break;
		next = now_ns() + 20000000;
	}
}

/*
 * Opens @count flows and asks each who answers.  Those that do not are
 * dropped.  Returns how many do.
 */
size_t round_open(struct client *c, struct flows *set, enum proto proto,
		  size_t count)
{
	struct flows fresh = { 0 };
	struct flow *f;
	size_t good = 0;

	for (size_t i = 0; i < count; i++) {
		f = malloc(sizeof(*f));
		if (!f)
			fail("out of memory");
		flows_add(&fresh, f);
		if (flow_open(c, f, proto, i % c->targets))
			break;
		flow_ask(c, f);
		if (i % BATCH == BATCH - 1)
			flows_poll(c, 0);
	}
	round_finish(c, &fresh);
	for (size_t i = 0; i < fresh.count; i++) {
		f = fresh.list[i];
		if (f->fd >= 0 && f->answered) {
			flows_add(set, f);
			good++;
		} else {
			flow_close(c, f);
			free(f);
		}
	}
	free(fresh.list);
	return good;
}

/* Moves count from here on; flows that broke are forgotten. */
void flows_mark(struct client *c)
{
	struct flows *set = &c->flows;
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct flow *f = set->list[i];

		if (f->broken) {
			free(f);
			continue;
		}
		f->first = f->last;
		f->moved = false;
		set->list[kept++] = f;
	}
	set->count = kept;
}
