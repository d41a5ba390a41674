// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "flow_internal.h"
#include "hybrid/answer.h"
#include "hybrid/place.h"
#include "questions.h"

#define MS		1000000ull
#define LOOK_MS		100
/* several looks: a thread that is late has not gone */
#define PROMISE		(500 * MS)
/* so many, then writers may go on */
#define TURN		64

/**
 * struct hybrid_answer - the thread
 * @config: section
 * @briefs: what is known of services
 * @thread: it
 * @stop: told to end
 * @f: forwarder, while @questions
 * @questions: NULL while nothing is asked
 * @places: flows placed; NULL while nothing is asked
 * @swept_us: when flows were last looked after
 * @lock: of what follows
 * @counts: what became of the questions
 * @trouble: why nothing is asked
 */
struct hybrid_answer {
	const struct hybrid_config *config;
	struct briefs *briefs;
	pthread_t thread;
	int stop;
	struct cats_forwarder f;
	struct cats_questions *questions;
	struct hybrid_places *places;
	uint64_t swept_us;
	pthread_mutex_t lock;
	struct hybrid_counts counts;
	char trouble[128];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void count(struct hybrid_answer *answer, uint64_t *what)
{
	pthread_mutex_lock(&answer->lock);
	++*what;
	pthread_mutex_unlock(&answer->lock);
}

static void count_delay(struct hybrid_answer *answer, uint64_t ns)
{
	pthread_mutex_lock(&answer->lock);
	answer->counts.delay_sum += ns;
	if (ns > answer->counts.delay_max)
		answer->counts.delay_max = ns;
	pthread_mutex_unlock(&answer->lock);
}

static void set_trouble(struct hybrid_answer *answer, const char *text)
{
	pthread_mutex_lock(&answer->lock);
	snprintf(answer->trouble, sizeof(answer->trouble), "%s", text);
	pthread_mutex_unlock(&answer->lock);
}

static void tuple_of(const struct cats_question *question,
		     struct cats_tuple *tuple)
{
	memcpy(tuple->saddr, question->saddr, sizeof(tuple->saddr));
	memcpy(tuple->daddr, question->daddr, sizeof(tuple->daddr));
	tuple->sport = question->sport;
	tuple->dport = question->dport;
	tuple->proto = question->proto;
}

static void begin_flow(struct hybrid_answer *answer,
		       const struct cats_service *service,
		       const struct cats_tuple *tuple, bool expected)
{
	hybrid_links_begin(hybrid_places_links(answer->places), &answer->f,
			   cats_flow_hash(&answer->f, service, tuple),
			   now_ns() / 1000);
	if (expected)
		count(answer, &answer->counts.expected);
}

/* Return: which of the counts the flow belongs to. */
static uint64_t *place(struct hybrid_answer *answer,
		       const struct cats_question *question)
{
	struct cats_service *service;
	struct cats_tuple tuple = {};
	bool known, expected = false;
	uint32_t id;

	service = cats_table_at(&answer->f.service, question->service);
	if (!service || !service->used)
		return &answer->counts.by_table;
	tuple_of(question, &tuple);
	cats_flow_nexthop(&answer->f, question->service, &tuple, &known);
	if (known)
		return &answer->counts.known;
	id = hybrid_place(answer->places, &answer->f, question->service,
			  &expected);
	if (!id ||
	    cats_flow_pin(&answer->f, question->service, &tuple, id, 0))
		return &answer->counts.by_table;
	begin_flow(answer, service, &tuple, expected);
	return &answer->counts.placed;
}

static void on_question(void *ctx, const struct cats_question *question)
{
	struct hybrid_answer *answer = ctx;
	uint64_t age = answer->config->max_age_ms ?
			       answer->config->max_age_ms : HYBRID_MAX_AGE_MS;
	uint64_t *what;

	/* of a C-PS that was killed, say: whoever waited has asked again */
	if (now_ns() - question->time > age * MS) {
		count(answer, &answer->counts.too_old);
		return;
	}
	what = place(answer, question);
	if (cats_question_send_on(answer->questions, question))
		what = &answer->counts.not_sent;
	else
		count_delay(answer, now_ns() - question->time);
	count(answer, what);
}

static void on_end(void *ctx, const struct cats_flow_end *end)
{
	struct hybrid_answer *answer = ctx;

	hybrid_links_end(hybrid_places_links(answer->places), &answer->f,
			 end->hash, end->time / 1000);
}

static void open_tables(struct hybrid_answer *answer)
{
	if (cats_forwarder_open(&answer->f, false)) {
		set_trouble(answer, "there are no tables");
		return;
	}
	/* ids of next hops are those of these tables */
	answer->places = hybrid_places_new(answer->briefs);
	if (!answer->places)
		cats_error_kernel(ENOMEM, "hybrid");
	if (!answer->places ||
	    cats_questions_open(&answer->f, on_question, on_end, answer,
				&answer->questions)) {
		set_trouble(answer, cats_error_message());
		hybrid_places_free(answer->places);
		answer->places = NULL;
		cats_forwarder_close(&answer->f);
		return;
	}
	set_trouble(answer, "");
}

/* Flows that ended without a word. */
static void look_after(struct hybrid_answer *answer)
{
	struct hybrid_links *links = hybrid_places_links(answer->places);
	uint64_t now_us = now_ns() / 1000;

	if (now_us < answer->swept_us + LOOK_MS * 1000 ||
	    cats_read_begin(&answer->f))
		return;
	answer->swept_us = now_us;
	hybrid_links_sweep(links, &answer->f, now_us);
	cats_end(&answer->f);
	pthread_mutex_lock(&answer->lock);
	hybrid_links_counts(links, &answer->counts.flows);
	pthread_mutex_unlock(&answer->lock);
}

/* Return: are there more? */
static bool read_some(struct hybrid_answer *answer)
{
	uint32_t n;

	if (cats_read_begin(&answer->f))
		return false;
	n = cats_questions_read(answer->questions, TURN);
	cats_end(&answer->f);
	return n == TURN;
}

static void close_tables(struct hybrid_answer *answer)
{
	if (!answer->questions)
		return;
	/* no packet asks any more, and what has been asked is answered */
	cats_questions_promise(answer->questions, 0);
	cats_table_grace(&answer->f.service);
	while (read_some(answer))
		;
	cats_questions_close(answer->questions);
	answer->questions = NULL;
	hybrid_places_free(answer->places);
	answer->places = NULL;
	cats_forwarder_close(&answer->f);
}

static bool is_stopped(struct hybrid_answer *answer, bool more)
{
	struct pollfd fds[2] = { { .fd = answer->stop, .events = POLLIN },
				 { .events = POLLIN } };

	fds[1].fd = answer->questions ?
			    cats_questions_fd(answer->questions) : -1;
	poll(fds, 2, more ? 0 : LOOK_MS);
	return fds[0].revents;
}

static void *run(void *arg)
{
	struct hybrid_answer *answer = arg;
	bool more;

	do {
		more = false;
		if (answer->questions &&
		    answer->f.control->schema != CATS_SCHEMA)
			close_tables(answer);
		if (!answer->questions)
			open_tables(answer);
		if (!answer->questions)
			continue;
		cats_questions_promise(answer->questions, PROMISE);
		more = read_some(answer);
		look_after(answer);
	} while (!is_stopped(answer, more));
	close_tables(answer);
	return NULL;
}

static void set_priority(const struct hybrid_answer *answer)
{
	uint32_t priority = answer->config->priority ?
				    answer->config->priority : HYBRID_PRIORITY;
	struct sched_param param = { .sched_priority = priority };

	/* who may not goes on without */
	if (priority < HYBRID_PRIORITY_NONE)
		pthread_setschedparam(answer->thread, SCHED_FIFO, &param);
}

int hybrid_answer_start(const struct hybrid_config *config,
			struct briefs *briefs, struct hybrid_answer **result)
{
	struct hybrid_answer *answer = calloc(1, sizeof(*answer));
	int ret;

	if (!answer)
		return cats_error_kernel(ENOMEM, "hybrid");
	answer->config = config;
	answer->briefs = briefs;
	pthread_mutex_init(&answer->lock, NULL);
	answer->stop = eventfd(0, EFD_CLOEXEC);
	ret = answer->stop >= 0 ?
		      pthread_create(&answer->thread, NULL, run, answer) :
		      errno;
	if (ret) {
		if (answer->stop >= 0)
			close(answer->stop);
		free(answer);
		return cats_error_kernel(ret, "hybrid");
	}
	pthread_setname_np(answer->thread, "catsd-hybrid");
	set_priority(answer);
	*result = answer;
	return 0;
}

void hybrid_answer_stop(struct hybrid_answer *answer)
{
	static const uint64_t one = 1;

	if (!answer)
		return;
	if (write(answer->stop, &one, sizeof(one)) > 0)
		pthread_join(answer->thread, NULL);
	close(answer->stop);
	pthread_mutex_destroy(&answer->lock);
	free(answer);
}

void hybrid_answer_read(struct hybrid_answer *answer,
			struct hybrid_counts *counts, char *trouble,
			size_t size)
{
	pthread_mutex_lock(&answer->lock);
	*counts = answer->counts;
	snprintf(trouble, size, "%s", answer->trouble);
	pthread_mutex_unlock(&answer->lock);
}
