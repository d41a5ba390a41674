// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "program.h"
#include "questions.h"

#define PROGRAMS	64
#define META		sizeof(uint32_t)

/**
 * struct program - a port's program
 * @ifindex: 0: none
 * @fd: program
 */
struct program {
	uint32_t ifindex;
	int fd;
};

/**
 * struct cats_questions - the one who is asked
 * @f: forwarder
 * @lock: descriptor that holds the right to be asked
 * @ring: ends and questions
 * @fn: is told of questions
 * @end: is told of ends, or NULL
 * @ctx: for both
 * @count: handed on in this turn
 * @most: to hand on in this turn
 * @program: of ports, by ifindex
 * @frame: metadata, and the frame behind it
 */
struct cats_questions {
	struct cats_forwarder *f;
	int lock;
	struct ring_buffer *ring;
	cats_question_fn fn;
	cats_flow_end_fn end;
	void *ctx;
	uint32_t count;
	uint32_t most;
	struct program program[PROGRAMS];
	uint8_t frame[META + CATS_QUESTION_FRAME];
};

static int take(void *ctx, void *data, size_t len)
{
	struct cats_questions *questions = ctx;

	(void)len;
	questions->fn(questions->ctx, data);
	/* an error ends the turn; this one counts as read */
	return ++questions->count < questions->most ? 0 : -EAGAIN;
}

static int take_end(void *ctx, void *data, size_t len)
{
	struct cats_questions *questions = ctx;

	(void)len;
	if (questions->end)
		questions->end(questions->ctx, data);
	return 0;
}

/*
 * A ring has one reader: its position is shared with whoever opens it.  The lock
 * is one of the file's octets, which has nothing to do with cats_place_lock().
 */
static int be_alone(struct cats_questions *questions)
{
	struct flock octet = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
			       .l_len = 1 };
	const char *path = questions->f->place.lock;

	questions->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (questions->lock < 0)
		return cats_error_kernel(errno, path);
	if (!fcntl(questions->lock, F_OFD_SETLK, &octet))
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return cats_error_kernel(errno, path);
	return cats_error(EBUSY, "another process places flows for this namespace");
}

static int open_ring(struct cats_questions *questions, const char *name,
		     ring_buffer_sample_fn fn)
{
	char path[PATH_MAX + 32];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "%s/%s", questions->f->place.dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return cats_error_kernel(errno, path);
	if (questions->ring) {
		ret = ring_buffer__add(questions->ring, fd, fn, questions);
	} else {
		questions->ring = ring_buffer__new(fd, fn, questions, NULL);
		ret = questions->ring ? 0 : -errno;
	}
	close(fd);
	return ret ? cats_error_kernel(-ret, path) : 0;
}

/* They are read in this order. */
static int open_rings(struct cats_questions *questions)
{
	int ret = open_ring(questions, "cats_ends", take_end);

	return ret ? ret : open_ring(questions, "cats_questions", take);
}

int cats_questions_open(struct cats_forwarder *f, cats_question_fn fn,
			cats_flow_end_fn end, void *ctx,
			struct cats_questions **result)
{
	struct cats_questions *questions = calloc(1, sizeof(*questions));
	int ret;

	if (!questions)
		return cats_error_kernel(ENOMEM, "questions");
	questions->f = f;
	questions->fn = fn;
	questions->end = end;
	questions->ctx = ctx;
	questions->lock = -1;
	ret = be_alone(questions);
	if (!ret)
		ret = open_rings(questions);
	if (ret) {
		cats_questions_close(questions);
		return ret;
	}
	*result = questions;
	return 0;
}

static void forget(struct program *program)
{
	if (program->ifindex)
		close(program->fd);
	program->ifindex = 0;
}

void cats_questions_close(struct cats_questions *questions)
{
	uint32_t i;

	if (!questions)
		return;
	if (questions->ring)
		cats_store64(&questions->f->control->asked_until, 0);
	for (i = 0; i < PROGRAMS; i++)
		forget(&questions->program[i]);
	ring_buffer__free(questions->ring);
	if (questions->lock >= 0)
		close(questions->lock);
	free(questions);
}

int cats_questions_fd(const struct cats_questions *questions)
{
	return ring_buffer__epoll_fd(questions->ring);
}

void cats_questions_promise(struct cats_questions *questions, uint64_t ns)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	cats_store64(&questions->f->control->asked_until,
		     now.tv_sec * 1000000000ull + now.tv_nsec + ns);
}

uint32_t cats_questions_read(struct cats_questions *questions, uint32_t most)
{
	questions->count = 0;
	questions->most = most;
	ring_buffer__consume(questions->ring);
	return questions->count;
}

static int find_program(struct cats_questions *questions, uint32_t ifindex)
{
	struct program *program = &questions->program[ifindex % PROGRAMS];
	struct cats_attachment attachment;

	if (program->ifindex == ifindex)
		return program->fd;
	if (cats_program_attachment(questions->f, ifindex, &attachment) ||
	    !attachment.ifindex)
		return cats_error(ENODEV, "the device is no port any more");
	forget(program);
	program->fd = bpf_prog_get_fd_by_id(attachment.prog_id);
	if (program->fd < 0)
		return cats_error_kernel(errno, "the port's program");
	program->ifindex = ifindex;
	return program->fd;
}

int cats_question_send_on(struct cats_questions *questions,
			  const struct cats_question *question)
{
	struct xdp_md md = {
		.data = META,
		.data_end = META + question->len,
		.ingress_ifindex = question->ifindex,
		.rx_queue_index = question->queue,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = questions->frame,
		    .data_size_in = META + question->len, .ctx_in = &md,
		    .ctx_size_in = sizeof(md), .repeat = 1, .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	static const uint32_t mark = CATS_ANSWERED;
	int prog = find_program(questions, question->ifindex);

	if (prog < 0)
		return prog;
	memcpy(questions->frame, &mark, META);
	memcpy(questions->frame + META, question->frame, question->len);
	if (!bpf_prog_test_run_opts(prog, &opts))
		return 0;
	forget(&questions->program[question->ifindex % PROGRAMS]);
	return cats_error_kernel(errno, "sending a packet on");
}
