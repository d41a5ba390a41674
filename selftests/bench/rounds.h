/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounds of measurements: where they run, their median, what is said of them. */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include <stddef.h>

/** die - say what failed, and errno, and end. */
void die(const char *what) __attribute__((noreturn));

/** pin - stay on the last CPU, and before others. */
void pin(void);

/** median - of @count values, which get sorted: the first is the minimum. */
double median(double *value, size_t count);

/** header - date, kernel, processor, and how it is measured. */
void header(int rounds, int packets);

/** progress - on a terminal, until @round is beyond @rounds. */
void progress(int round, int rounds);

#endif /* BENCH_ROUNDS_H */
