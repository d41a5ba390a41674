// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conformance.h"

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int delete_entry(void *ctx, const struct store_entry *entry)
{
	char *key = ctx;

	strcpy(key, entry->key);
	return 1;
}

static int setup(void **state)
{
	struct subject *subject = *state;
	char key[256];

	subject->lab = lab_open(&subject->config);
	while (store_each(subject->lab->store, "", delete_entry, key)) {
		store_delete(subject->lab->store, key);
		lab_settle(subject->lab);
	}
	subject->lab->count = 0;
	return 0;
}

static int teardown(void **state)
{
	struct subject *subject = *state;

	lab_close(subject->lab);
	return 0;
}

static int list_key(void *ctx, const struct store_entry *entry)
{
	strcat(strcat(ctx, entry->key), " ");
	return 0;
}

static void order_and_revisions(void **state)
{
	struct lab *lab = ((struct subject *)*state)->lab;
	uint64_t before = store_revision(lab->store), first;
	char text[64] = "";

	lab_put(lab, "b/2", 2, 0);
	first = store_get(lab->store, "b/2")->revision;
	assert_true(first > before);
	lab_put(lab, "c", 9, 0);
	lab_put(lab, "b/1", 1, 0);
	lab_put(lab, "b", 0, 0);
	assert_int_equal(store_each(lab->store, "b/", list_key, text), 0);
	assert_string_equal(text, "b/1 b/2 ");
	assert_int_equal(store_get(lab->store, "b/2")->revision, first);
	assert_true(store_get(lab->store, "b")->revision >
		    store_get(lab->store, "b/1")->revision);
	lab_put(lab, "b/2", 3, 0);
	assert_true(store_get(lab->store, "b/2")->revision >
		    store_get(lab->store, "b")->revision);
	assert_int_equal(store_revision(lab->store),
			 store_get(lab->store, "b/2")->revision);
	assert_int_equal(lab_number(lab, "b/2"), 3);
	assert_int_equal(store_delete(lab->store, "b/2"), 0);
	lab_settle(lab);
	assert_null(store_get(lab->store, "b/2"));
	assert_int_equal(store_delete(lab->store, "b/2"), -ENOENT);
}

static void transactions(void **state)
{
	struct lab *lab = ((struct subject *)*state)->lab;
	json_t *one = number(1), *two = number(2);
	struct store_compare compare[] = { { STORE_ABSENT, "x", 0 },
					   { STORE_ABSENT, "y", 0 } };
	struct store_op op[] = { { .key = "x", .value = one },
				 { .key = "y", .value = two } };
	struct store_txn txn = { .compare = compare, .compares = 2,
				 .op = op, .ops = 2 };
	uint64_t revision;

	assert_int_equal(lab_txn(lab, &txn), 0);
	revision = store_get(lab->store, "x")->revision;
	/* one transaction, one revision */
	assert_int_equal(store_get(lab->store, "y")->revision, revision);
	assert_int_equal(lab_txn(lab, &txn), -ECANCELED);
	/* one condition of two is not enough, and nothing happens */
	compare[1] = (struct store_compare){ STORE_EXISTS, "y", 0 };
	op[0].value = two;
	op[1].value = NULL;
	assert_int_equal(lab_txn(lab, &txn), -ECANCELED);
	assert_int_equal(lab_number(lab, "x"), 1);
	assert_int_equal(lab_number(lab, "y"), 2);
	compare[0] = (struct store_compare){ STORE_IS_REVISION, "x",
					     revision };
	assert_int_equal(lab_txn(lab, &txn), 0);
	assert_int_equal(lab_number(lab, "x"), 2);
	assert_int_equal(lab_number(lab, "y"), -1);
	/* it has another revision by now */
	compare[1] = (struct store_compare){ STORE_ABSENT, "y", 0 };
	assert_int_equal(lab_txn(lab, &txn), -ECANCELED);
	json_decref(one);
	json_decref(two);
}

static void wrong_transactions(void **state)
{
	struct lab *lab = ((struct subject *)*state)->lab;
	json_t *one = number(1), *array = json_array();
	struct store_op op[] = { { .key = "x", .value = one },
				 { .key = "x" } };
	struct store_txn txn = { .op = op, .ops = 2 };

	assert_int_equal(store_txn(lab->store, &txn, NULL, NULL), -EINVAL);
	op[1].key = "not a key";
	assert_int_equal(store_txn(lab->store, &txn, NULL, NULL), -EINVAL);
	op[1] = (struct store_op){ .key = "y", .value = array };
	assert_int_equal(store_txn(lab->store, &txn, NULL, NULL), -EINVAL);
	op[1] = (struct store_op){ .key = "y", .value = one, .ttl_ms = 1,
				   .lease = 1 };
	assert_int_equal(store_txn(lab->store, &txn, NULL, NULL), -EINVAL);
	txn.ops = 0;
	assert_int_equal(store_txn(lab->store, &txn, NULL, NULL), -EINVAL);
	txn.ops = STORE_OPS_MAX + 1;
	assert_int_equal(store_txn(lab->store, &txn, NULL, NULL), -EINVAL);
	/* a lease that nobody granted: nothing of it happens */
	op[1] = (struct store_op){ .key = "y", .value = one, .lease = 12345 };
	txn.ops = 2;
	assert_int_equal(lab_txn(lab, &txn), -ENOENT);
	assert_int_equal(store_count(lab->store), 0);
	json_decref(one);
	json_decref(array);
}

/* The largest transaction there may be */
static void large_transaction(void **state)
{
	struct lab *lab = ((struct subject *)*state)->lab;
	struct store_op op[STORE_OPS_MAX];
	struct store_txn txn = { .op = op, .ops = STORE_OPS_MAX };
	char keys[STORE_OPS_MAX][8];
	json_t *one = number(1);
	int i;

	for (i = 0; i < STORE_OPS_MAX; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		op[i] = (struct store_op){ .key = keys[i], .value = one };
	}
	assert_int_equal(lab_txn(lab, &txn), 0);
	assert_int_equal(store_count(lab->store), STORE_OPS_MAX);
	for (i = 0; i < STORE_OPS_MAX; i++)
		op[i].value = NULL;
	assert_int_equal(lab_txn(lab, &txn), 0);
	assert_int_equal(store_count(lab->store), 0);
	json_decref(one);
}

static bool is_empty(void *ctx)
{
	struct lab *lab = ctx;

	return !store_count(lab->store);
}

static void put_leased(struct lab *lab, const char *key, uint64_t lease)
{
	json_t *one = number(1);
	const struct store_op op = { .key = key, .value = one,
				     .lease = lease };
	const struct store_txn txn = { .op = &op, .ops = 1 };

	assert_int_equal(lab_txn(lab, &txn), 0);
	json_decref(one);
}

static void leases(void **state)
{
	struct subject *subject = *state;
	struct lab *lab = subject->lab;
	uint64_t lease = store_lease_grant(lab->store, subject->lease_ms);
	uint64_t began = clock_monotonic_ms(), other;
	struct outcome outcome = {};

	put_leased(lab, "l/1", lease);
	put_leased(lab, "l/2", lease);
	assert_int_equal(store_get(lab->store, "l/1")->lease, lease);
	/* one that is revoked takes its keys along, and no others */
	other = store_lease_grant(lab->store, 100000);
	put_leased(lab, "l/3", other);
	store_lease_revoke(lab->store, other, lab_outcome, &outcome);
	assert_int_equal(lab_result(lab, &outcome), 0);
	lab_heard(lab, 4);
	assert_string_equal(lab->heard[3].key, "l/3");
	assert_int_equal(store_count(lab->store), 2);
	outcome.done = false;
	store_lease_renew(lab->store, other, lab_outcome, &outcome);
	assert_int_equal(lab_result(lab, &outcome), -ENOENT);
	/* the first ends by itself */
	assert_true(lab_until(lab, is_empty, lab));
	assert_true(clock_monotonic_ms() - began >= subject->lease_ms - 20);
	lab_heard(lab, 6);
	assert_int_equal(lab->heard[4].revision, lab->heard[5].revision);
}

static bool is_past(void *ctx)
{
	return clock_monotonic_ms() >= *(uint64_t *)ctx;
}

static void renewed_leases(void **state)
{
	struct subject *subject = *state;
	struct lab *lab = subject->lab;
	uint64_t lease = store_lease_grant(lab->store, subject->lease_ms);
	uint64_t step = subject->lease_ms / 4, at = clock_monotonic_ms();
	struct outcome outcome;
	int i;

	put_leased(lab, "l/1", lease);
	for (i = 0; i < 8; i++) {
		at += step;
		assert_true(lab_until(lab, is_past, &at));
		outcome = (struct outcome){};
		store_lease_renew(lab->store, lease, lab_outcome, &outcome);
		assert_int_equal(lab_result(lab, &outcome), 0);
	}
	/* twice its time has passed */
	assert_int_equal(store_count(lab->store), 1);
	assert_true(lab_until(lab, is_empty, lab));
}

static void times_to_live(void **state)
{
	struct subject *subject = *state;
	struct lab *lab = subject->lab;
	uint64_t began = clock_monotonic_ms(), expires;

	lab_put(lab, "t", 1, subject->lease_ms);
	lab_put(lab, "t", 2, 0);
	lab_put(lab, "u", 1, subject->lease_ms);
	expires = store_get(lab->store, "u")->expires_ms;
	assert_in_range(expires, began + subject->lease_ms - 20,
			clock_monotonic_ms() + subject->lease_ms + 20);
	assert_int_equal(store_get(lab->store, "t")->expires_ms, 0);
	lab_heard(lab, 4);
	assert_int_equal(lab->heard[3].change, STORE_EXPIRED);
	assert_string_equal(lab->heard[3].key, "u");
	assert_true(clock_monotonic_ms() - began >= subject->lease_ms - 20);
	/* what was put again without a time lives */
	assert_int_equal(lab_number(lab, "t"), 2);
}

static void check_changes(struct lab *lab, int n)
{
	uint64_t last = 0;
	int i;

	lab_heard(lab, n);
	for (i = 0; i < n; i++) {
		struct heard *heard = &lab->heard[i];

		assert_int_equal(heard->change,
				 i % 7 == 6 ? STORE_DELETED : STORE_PUT);
		if (heard->change == STORE_PUT)
			assert_int_equal(heard->n, i);
		assert_true(heard->revision >= last);
		last = heard->revision;
	}
}

/* Many changes of few keys at once: none may be left out or swapped. */
static void watch_hears_all(void **state)
{
	struct subject *subject = *state;
	struct lab *lab = subject->lab, *other = NULL;
	char key[8];
	int i;

	if (subject->shared)
		other = lab_open(&subject->config);
	for (i = 0; i < 700; i++) {
		snprintf(key, sizeof(key), "w/%d", i % 7 == 6 ? 5 : i % 7);
		if (i % 7 == 6)
			assert_int_equal(store_delete(lab->store, key), 0);
		else
			store_put(lab->store, key, number(i), 0);
	}
	check_changes(lab, 700);
	if (!other)
		return;
	check_changes(other, 700);
	assert_int_equal(store_revision(other->store),
			 store_revision(lab->store));
	lab_close(other);
}

/* Both count up one key, by comparing; no step may get lost. */
static void contended(void **state)
{
	struct subject *subject = *state;
	struct lab *lab[2] = { subject->lab, lab_open(&subject->config) };
	struct outcome outcome[2];
	int i, j, happened = 0;

	lab_put(lab[0], "n", 0, 0);
	lab_heard(lab[1], 1);
	for (i = 0; i < 40; i++) {
		for (j = 0; j < 2; j++) {
			const struct store_entry *entry;
			json_t *next = number(lab_number(lab[j], "n") + 1);
			struct store_op op = { .key = "n", .value = next };
			struct store_compare is = { .key = "n" };
			struct store_txn txn = { .compare = &is, .compares = 1,
						.op = &op, .ops = 1 };

			entry = store_get(lab[j]->store, "n");
			is.revision = entry->revision;
			outcome[j] = (struct outcome){};
			store_txn(lab[j]->store, &txn, lab_outcome,
				  &outcome[j]);
			json_decref(next);
		}
		for (j = 0; j < 2; j++)
			if (!lab_result(lab[j], &outcome[j]))
				happened++;
	}
	assert_true(happened >= 1);
	lab_heard(lab[0], happened + 1);
	lab_heard(lab[1], happened + 1);
	assert_int_equal(lab_number(lab[0], "n"), happened);
	lab_close(lab[1]);
}

static void restart(void **state)
{
	struct subject *subject = *state;
	uint64_t revision, expires;
	char *before, *after;

	lab_put(subject->lab, "r/stays", 1, 0);
	lab_put(subject->lab, "r/long", 2, 100000);
	put_leased(subject->lab, "r/leased",
		   store_lease_grant(subject->lab->store, 100000));
	revision = store_get(subject->lab->store, "r/stays")->revision;
	expires = store_get(subject->lab->store, "r/long")->expires_ms;
	before = lab_dump(subject->lab);
	/* queued and not yet run when it is closed */
	lab_close(subject->lab);
	subject->lab = lab_open(&subject->config);
	after = lab_dump(subject->lab);
	assert_string_equal(before, after);
	assert_int_equal(store_get(subject->lab->store, "r/stays")->revision,
			 revision);
	assert_in_range(store_get(subject->lab->store, "r/long")->expires_ms,
			expires - 1000, expires + 20000);
	lab_put(subject->lab, "r/new", 3, 0);
	assert_true(store_get(subject->lab->store, "r/new")->revision >
		    revision);
	free(before);
	free(after);
}

/* What another has when it comes later is all there is. */
static void comes_later(void **state)
{
	struct subject *subject = *state;
	struct lab *other;
	char *ours, *theirs;
	int i;

	for (i = 0; i < 300; i++) {
		char key[16];

		snprintf(key, sizeof(key), "s/%d", i * 37 % 300);
		store_put(subject->lab->store, key, number(i), 0);
	}
	lab_settle(subject->lab);
	other = lab_open(&subject->config);
	ours = lab_dump(subject->lab);
	theirs = lab_dump(other);
	assert_string_equal(ours, theirs);
	/* from the moment it came on, once */
	lab_put(subject->lab, "s/after", 1, 0);
	lab_heard(other, 1);
	free(ours);
	free(theirs);
	lab_close(other);
}

/* Not judged: how long a put takes until the mirror shows it. */
static void how_fast(void **state)
{
	struct lab *lab = ((struct subject *)*state)->lab;
	uint64_t began, took, worst = 0, sum = 0;
	int i;

	for (i = 0; i < 100; i++) {
		began = clock_ns();
		lab_put(lab, "fast", i, 0);
		took = clock_ns() - began;
		sum += took;
		if (took > worst)
			worst = took;
	}
	began = clock_ns();
	for (i = 0; i < 3000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "fast/%d", i % 100);
		store_put(lab->store, key, number(i), 0);
	}
	lab_settle(lab);
	print_message("# with sanitizers, put to mirror: mean %.2f ms, worst of 100 %.2f ms; 3000 puts at once: %.0f ms\n",
		      sum / 100e6, worst / 1e6, (clock_ns() - began) / 1e6);
}

#define TEST(name)							\
	{ #name, name, setup, teardown, NULL }

static const struct CMUnitTest tests[] = {
	TEST(order_and_revisions),
	TEST(transactions),
	TEST(wrong_transactions),
	TEST(large_transaction),
	TEST(leases),
	TEST(renewed_leases),
	TEST(times_to_live),
	TEST(watch_hears_all),
	TEST(how_fast),
	/* these are about a second process or a second life */
	TEST(contended),
	TEST(restart),
	TEST(comes_later),
};

#define TESTS	(sizeof(tests) / sizeof(tests[0]))

int conformance(struct subject *subject, const struct CMUnitTest *own,
		size_t count)
{
	struct CMUnitTest all[OWN_TESTS_MAX + TESTS];
	size_t common = subject->shared ? TESTS : TESTS - 3, i;

	assert_true(count <= OWN_TESTS_MAX);
	for (i = 0; i < count; i++)
		all[i] = own[i];
	for (i = 0; i < common; i++)
		all[count + i] = tests[i];
	for (i = 0; i < count + common; i++)
		all[i].initial_state = subject;
	return _cmocka_run_group_tests(subject->config.type, all,
				       count + common, NULL, NULL);
}
