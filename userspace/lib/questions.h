/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions of the data plane (include/cats/question.h), and sending packets on. */
#ifndef CATS_QUESTIONS_H
#define CATS_QUESTIONS_H

#include <cats/question.h>
#include "forwarder.h"

struct cats_questions;

/** cats_question_fn - a question; valid until it returns */
typedef void (*cats_question_fn)(void *ctx,
				 const struct cats_question *question);

/**
 * cats_flow_end_fn - the client of a known TCP flow ended it, maybe not for the first
 *	time; its hash is cats_flow_hash(); valid until it returns
 */
typedef void (*cats_flow_end_fn)(void *ctx, const struct cats_flow_end *end);

/**
 * cats_questions_open - become the one who is asked
 * @f: forwarder; outlives the result
 * @fn: is told of each question
 * @end: is told of ends of flows, before the questions that come after them;
 *	or NULL
 * @ctx: for both
 * @questions: result
 *
 * Nothing is asked before cats_questions_promise().
 *
 * Return: 0; -EBUSY if somebody else is asked already; another negative errno;
 * with a message.
 */
int cats_questions_open(struct cats_forwarder *f, cats_question_fn fn,
			cats_flow_end_fn end, void *ctx,
			struct cats_questions **questions);

/** cats_questions_close - nothing is asked any more; NULL is fine. */
void cats_questions_close(struct cats_questions *questions);

/** cats_questions_fd - readable when there are questions; ends do not wake */
int cats_questions_fd(const struct cats_questions *questions);

/** cats_questions_promise - questions are answered for the next @ns */
void cats_questions_promise(struct cats_questions *questions, uint64_t ns);

/**
 * cats_questions_read - hand on what there is: all ends, then questions
 * @questions: questions
 * @most: of them at a time
 *
 * Return: how many questions.
 */
uint32_t cats_questions_read(struct cats_questions *questions, uint32_t most);

/**
 * cats_question_send_on - pass the packet through the program once more
 * @questions: questions
 * @question: its flow is known by now, or the forwarding table shall decide
 *
 * Return: 0; -ENODEV if the device is no port any more; another negative errno;
 * with a message.
 */
int cats_question_send_on(struct cats_questions *questions,
			  const struct cats_question *question);

#endif /* CATS_QUESTIONS_H */
