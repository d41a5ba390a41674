/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting until no program on any CPU is where it was before: what the kernel
 * does before an update of a map of maps returns.
 */
#ifndef CATS_RCU_H
#define CATS_RCU_H

/**
 * struct cats_rcu - two maps that hold nothing
 * @outer: the map of maps
 * @inner: the one in it
 */
struct cats_rcu {
	int outer;
	int inner;
};

/** cats_rcu_open - 0 or a negative errno with a message. */
int cats_rcu_open(struct cats_rcu *rcu);
/** cats_rcu_close - after cats_rcu_open(), successful or not. */
void cats_rcu_close(struct cats_rcu *rcu);

/** cats_rcu_wait - milliseconds, in any thread; 0 or a negative errno. */
int cats_rcu_wait(const struct cats_rcu *rcu);

#endif /* CATS_RCU_H */
