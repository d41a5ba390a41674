// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen client: results, one line of JSON each. */
#include <inttypes.h>
#include <stdio.h>

#include "flowgen.h"

/* "NAME":{"i1":n,...}, instances without flows left out */
static void report_counts(struct client *c, const char *name,
			  const uint64_t *count)
{
	const char *comma = "";

	printf(",\"%s\":{", name);
	for (unsigned int i = 1; i <= c->instances; i++) {
		if (!count[i])
			continue;
		printf("%s\"%s\":%" PRIu64, comma, c->instance[i], count[i]);
		comma = ",";
	}
	putchar('}');
}

static double seconds_since(uint64_t start)
{
	return (double)(now_ns() - start) / NSEC;
}

/**
 * struct tally - a set of flows, summed up
 * @asked: asked at least once
 * @answered: answered what they were asked last
 * @lost: asked, the socket is there, but no answer came
 * @moved: answered from another instance than at first, or broke
 * @reset: those of @moved that broke
 * @now: by the instance that answered last
 * @from: of @moved, by the instance that answered first
 * @to: of @moved, by the instance that answered last
 */
struct tally {
	uint64_t asked;
	uint64_t answered;
	uint64_t lost;
	uint64_t moved;
	uint64_t reset;
	uint64_t now[INSTANCES_MAX + 1];
	uint64_t from[INSTANCES_MAX + 1];
	uint64_t to[INSTANCES_MAX + 1];
};

static void tally_flow(struct tally *t, const struct flow *f)
{
	bool answered = f->answered && !f->waiting && !f->broken;

	t->asked += f->asked;
	t->answered += answered;
	t->lost += f->waiting;
	if (answered)
		t->now[f->last]++;
	if (!f->moved && !f->broken)
		return;
	t->moved++;
	t->from[f->first]++;
	if (f->broken)
		t->reset++;
	else
		t->to[f->last]++;
}

void report_flows(struct client *c, const char *command, uint64_t start)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < c->flows.count; i++)
		tally_flow(&t, c->flows.list[i]);
	printf("{\"command\":\"%s\",\"flows\":%zu,\"asked\":%" PRIu64
	       ",\"answered\":%" PRIu64 ",\"moved\":%" PRIu64
	       ",\"reset\":%" PRIu64 ",\"lost\":%" PRIu64
	       ",\"requests\":%" PRIu64 ",\"replies\":%" PRIu64,
	       command, c->flows.count, t.asked, t.answered, t.moved, t.reset,
	       t.lost, c->requests, c->replies);
	report_counts(c, "per_instance", t.now);
	report_counts(c, "moved_from", t.from);
	report_counts(c, "moved_to", t.to);
	printf(",\"seconds\":%.3f}\n", seconds_since(start));
}

/* Counts the flows of a set by the instance that answered first. */
void count_first(const struct flows *set, size_t from, uint64_t *count)
{
	for (size_t i = from; i < set->count; i++)
		count[set->list[i]->first]++;
}

void report_opened(struct client *c, const char *command, size_t wanted,
		   size_t opened, const uint64_t *count, uint64_t start)
{
	printf("{\"command\":\"%s\",\"flows\":%zu,\"answered\":%zu,\"lost\":%zu",
	       command, wanted, opened, wanted - opened);
	report_counts(c, "per_instance", count);
	printf(",\"seconds\":%.3f}\n", seconds_since(start));
}

void report_bulk(const char *command, size_t bytes, size_t good,
		 const char *instance, const char *error, uint64_t start)
{
	double seconds = seconds_since(start);

	printf("{\"command\":\"%s\",\"bytes\":%zu,\"same\":%zu,\"exact\":%s"
	       ",\"instance\":\"%s\",\"error\":\"%s\",\"seconds\":%.3f"
	       ",\"mbit_s\":%.1f}\n",
	       command, bytes, good, good == bytes && !*error ? "true" : "false",
	       instance, error, seconds, good * 8 / seconds / 1e6);
}
