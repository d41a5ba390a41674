// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store_pairs PATH - write to a store in SQLite until the power fails: two keys
 * with the same number, in one transaction, one transaction after the other.
 * Prints each number once the store has said that it is done, and "checkpoint" when
 * one was made meanwhile: values are so long that 17 pairs ask for one.
 *
 * store_pairs -r PATH - print the two numbers, 0 if they are not there.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "store_backend.h"

#define WAIT_MS	20000
#define LENGTH	500000

/**
 * struct writer - who writes
 * @base: loop
 * @store: to this store
 * @n: this number
 * @pad: makes a value long
 * @checkpoints: so far
 */
struct writer {
	struct event_base *base;
	struct store *store;
	int n;
	char pad[LENGTH + 1];
	uint64_t checkpoints;
};

static void die(const char *what)
{
	fprintf(stderr, "store_pairs: %s\n", what);
	exit(1);
}

static void write_pair(struct writer *writer);

static void note_checkpoint(struct writer *writer)
{
	struct store_upkeep upkeep;

	if (!store_upkeep(writer->store, &upkeep) ||
	    upkeep.done == writer->checkpoints)
		return;
	writer->checkpoints = upkeep.done;
	puts("checkpoint");
}

static void on_done(void *ctx, int result, uint64_t revision)
{
	struct writer *writer = ctx;

	(void)revision;
	if (result)
		die("a transaction failed");
	note_checkpoint(writer);
	printf("%d\n", writer->n);
	fflush(stdout);
	write_pair(writer);
}

static void write_pair(struct writer *writer)
{
	json_t *value = json_pack("{s:i, s:s}", "n", ++writer->n, "pad",
				  writer->pad);
	const struct store_op op[] = {
		{ .key = "pair/a", .value = value },
		{ .key = "pair/b", .value = value },
	};
	const struct store_txn txn = { .op = op, .ops = 2 };

	if (!value || store_txn(writer->store, &txn, on_done, writer))
		die(cats_error_message());
	json_decref(value);
}

static int number(struct store *store, const char *key)
{
	const struct store_entry *entry = store_get(store, key);

	return entry ? json_integer_value(json_object_get(entry->value, "n")) :
		       0;
}

int main(int argc, char **argv)
{
	bool reads = argc == 3 && !strcmp(argv[1], "-r");
	struct store_config config = { .type = "sqlite" };
	static struct writer writer;

	if (argc != 2 && !reads) {
		fprintf(stderr, "Usage: store_pairs [ -r ] PATH\n");
		return 2;
	}
	config.path = argv[argc - 1];
	memset(writer.pad, 'x', LENGTH);
	writer.base = event_base_new();
	if (!writer.base || store_config_check(&config) ||
	    store_open(&config, writer.base, &writer.store) ||
	    store_wait(writer.store, WAIT_MS))
		die(cats_error_message());
	writer.n = number(writer.store, "pair/a");
	if (reads) {
		printf("%d %d\n", writer.n, number(writer.store, "pair/b"));
	} else {
		write_pair(&writer);
		event_base_dispatch(writer.base);
	}
	store_free(writer.store);
	event_base_free(writer.base);
	return 0;
}
