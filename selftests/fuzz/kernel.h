/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CATS_FUZZ_KERNEL_H
#define CATS_FUZZ_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* A SID that no message names: even, so that its route is local */
#define KERNEL_CANARY	253

void kernel_open(void);
void kernel_say(void);
void kernel_device(void);
void kernel_prime(void);
bool kernel_answers(void);
uint64_t kernel_canary_packets(void);
unsigned int kernel_verdicts(void);

#endif /* CATS_FUZZ_KERNEL_H */
