/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store under test, with its loop and what its watch heard. */
#ifndef STORE_LAB_H
#define STORE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>

#include "store_backend.h"

#define HEARD_MAX	4096

/**
 * struct heard - one change
 * @change: what
 * @key: of it
 * @revision: of it
 * @n: member "n" of the value, -1 if there is none
 */
struct heard {
	enum store_change change;
	char key[64];
	uint64_t revision;
	int n;
};

/**
 * struct lab - one process' view of a store
 * @config: of it
 * @base: loop
 * @store: it
 * @heard: changes, in order
 * @count: of @heard
 */
struct lab {
	struct store_config config;
	struct event_base *base;
	struct store *store;
	struct heard heard[HEARD_MAX];
	size_t count;
};

/** struct outcome - of a request */
struct outcome {
	bool done;
	int result;
	uint64_t revision;
};

/** lab_open - a store of that configuration, waited for. */
struct lab *lab_open(const struct store_config *config);
/** lab_close - writes what is queued */
void lab_close(struct lab *lab);

/** lab_until - run the loop until it holds; false after 20 s. */
bool lab_until(struct lab *lab, bool (*holds)(void *ctx), void *ctx);

/** lab_settle - run the loop until nothing is pending. */
void lab_settle(struct lab *lab);

/** lab_heard - run the loop until @count changes were heard, or fail. */
void lab_heard(struct lab *lab, size_t count);

/** lab_outcome - a store_done_fn; @ctx is a struct outcome */
void lab_outcome(void *ctx, int result, uint64_t revision);
/** lab_result - run the loop until it is there, and return it. */
int lab_result(struct lab *lab, struct outcome *outcome);

/** lab_put - wait for it. */
void lab_put(struct lab *lab, const char *key, int n, uint64_t ttl_ms);
/** lab_number - member "n" of the value; -1: no such key. */
int lab_number(struct lab *lab, const char *key);
/** lab_txn - wait for its result */
int lab_txn(struct lab *lab, const struct store_txn *txn);

/** number - an object with member n */
json_t *number(int n);

/** lab_dump - keys and values as text, to be freed */
char *lab_dump(struct lab *lab);

/** lab_path - a name in a directory of this process, which ends with it */
char *lab_path(const char *name);
/** lab_cleanup - remove that directory */
void lab_cleanup(void);

#endif /* STORE_LAB_H */
