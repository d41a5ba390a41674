/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that answers the data plane's questions. */
#ifndef CATSD_HYBRID_ANSWER_H
#define CATSD_HYBRID_ANSWER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hybrid/brief.h"
#include "hybrid/config.h"
#include "hybrid/link.h"

/*
 * X(member, name, text): what became of the questions.  All but too_old and
 * not_sent went on as packets.
 */
#define HYBRID_COUNTS(X)						\
	X(placed, "placed", "a next hop was chosen and the flow made known") \
	X(known, "known", "a packet of a flow that had been placed meanwhile") \
	X(by_table, "by-table", "left to the forwarding table: no next hop takes flows, or the flow table is too busy there") \
	X(too_old, "too-old", "dropped: it waited longer than max-age-ms") \
	X(not_sent, "not-sent", "dropped: the device is no port any more")

/**
 * struct hybrid_counts - since the role began
 * @expected: of @placed, those that went where they are served first
 * @flows: whose ends are looked for
 * @delay_sum: from the question to the packet sent on, ns
 * @delay_max: likewise
 */
struct hybrid_counts {
#define HYBRID_MEMBER(member, name, text) uint64_t member;
	HYBRID_COUNTS(HYBRID_MEMBER)
#undef HYBRID_MEMBER
	uint64_t expected;
	struct hybrid_flow_counts flows;
	uint64_t delay_sum;
	uint64_t delay_max;
};

struct hybrid_answer;

/**
 * hybrid_answer_start - begin
 * @config: section
 * @briefs: what is known of services
 * @answer: result
 *
 * Return: 0 or a negative errno with a message.
 */
int hybrid_answer_start(const struct hybrid_config *config,
			struct briefs *briefs, struct hybrid_answer **answer);

/** hybrid_answer_stop - answer what is asked, and end; NULL is fine. */
void hybrid_answer_stop(struct hybrid_answer *answer);

/**
 * hybrid_answer_read - how it is
 * @answer: thread
 * @counts: result
 * @trouble: result: why nothing is asked, "" if it is
 * @size: of @trouble
 */
void hybrid_answer_read(struct hybrid_answer *answer,
			struct hybrid_counts *counts, char *trouble,
			size_t size);

#endif /* CATSD_HYBRID_ANSWER_H */
