// SPDX-License-Identifier: GPL-2.0-or-later
/* The store: order, revisions, watches, times to live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "store.h"

/* struct heard - what a watch was told, one line a change */
struct heard {
	char text[1024];
	struct store_watch *unwatch;
};

static int setup(void **state)
{
	*state = store_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	store_free(*state);
	return 0;
}

static json_t *value(int n)
{
	return json_pack("{s:i}", "n", n);
}

static int number_of(struct store *store, const char *key)
{
	const struct store_entry *entry = store_get(store, key);

	return entry ? json_integer_value(json_object_get(entry->value, "n")) :
		       -1;
}

static void hear(void *ctx, enum store_change change,
		 const struct store_entry *entry)
{
	struct heard *heard = ctx;
	size_t len = strlen(heard->text);

	snprintf(heard->text + len, sizeof(heard->text) - len, "%c%s %llu\n",
		 "+-x"[change], entry->key,
		 (unsigned long long)entry->revision);
	store_unwatch(heard->unwatch);
	heard->unwatch = NULL;
}

static int list(void *ctx, const struct store_entry *entry)
{
	strcat(strcat(ctx, entry->key), " ");
	return !strcmp(entry->key, "b/3") ? 42 : 0;
}

static void keys_are_sorted(void **state)
{
	char text[256] = "";
	int i;

	for (i = 200; i > 0; i--) {
		char key[16];

		snprintf(key, sizeof(key), "n/%03d", i * 7 % 199);
		assert_int_equal(store_put(*state, key, value(i), 0), 0);
	}
	assert_int_equal(store_count(*state), 199);
	store_put(*state, "b/2", value(2), 0);
	store_put(*state, "b", value(0), 0);
	store_put(*state, "b/1", value(1), 0);
	store_put(*state, "c", value(9), 0);
	assert_int_equal(store_each(*state, "b", list, text), 0);
	assert_string_equal(text, "b b/1 b/2 ");
	text[0] = '\0';
	store_put(*state, "b/3", value(3), 0);
	store_put(*state, "b/4", value(4), 0);
	/* a walk ends when it is told to, and says so */
	assert_int_equal(store_each(*state, "b/", list, text), 42);
	assert_string_equal(text, "b/1 b/2 b/3 ");
}

static void revisions_go_up(void **state)
{
	assert_int_equal(store_revision(*state), 0);
	store_put(*state, "a", value(1), 0);
	store_put(*state, "b", value(1), 0);
	store_put(*state, "a", value(2), 0);
	assert_int_equal(store_get(*state, "a")->revision, 3);
	assert_int_equal(store_get(*state, "b")->revision, 2);
	assert_int_equal(number_of(*state, "a"), 2);
	assert_int_equal(store_delete(*state, "a"), 0);
	assert_int_equal(store_delete(*state, "a"), -ENOENT);
	assert_int_equal(store_revision(*state), 4);
	assert_null(store_get(*state, "a"));
}

static void bad_keys_and_values(void **state)
{
	char longest[257];

	memset(longest, 'k', 256);
	longest[256] = '\0';
	assert_int_equal(store_put(*state, longest, value(1), 0), -EINVAL);
	longest[255] = '\0';
	assert_int_equal(store_put(*state, longest, value(1), 0), 0);
	assert_int_equal(store_put(*state, "", value(1), 0), -EINVAL);
	assert_int_equal(store_put(*state, "a b", value(1), 0), -EINVAL);
	assert_int_equal(store_put(*state, "a\n", value(1), 0), -EINVAL);
	assert_int_equal(store_put(*state, "\xc3\xa4", value(1), 0), -EINVAL);
	assert_int_equal(store_put(*state, "a", json_array(), 0), -EINVAL);
	assert_int_equal(store_put(*state, "a", NULL, 0), -EINVAL);
	assert_int_equal(store_count(*state), 1);
	assert_int_equal(store_revision(*state), 1);
}

static void watches_are_told(void **state)
{
	struct heard all = {}, some = {}, once = {};

	assert_non_null(store_watch(*state, "", hear, &all));
	assert_non_null(store_watch(*state, "b/", hear, &some));
	once.unwatch = store_watch(*state, "b/", hear, &once);
	store_put(*state, "a", value(1), 0);
	store_put(*state, "b/1", value(1), 0);
	store_put(*state, "b/1", value(2), 0);
	store_delete(*state, "b/1");
	assert_string_equal(all.text, "+a 1\n+b/1 2\n+b/1 3\n-b/1 4\n");
	assert_string_equal(some.text, "+b/1 2\n+b/1 3\n-b/1 4\n");
	/* it took itself out while it was told */
	assert_string_equal(once.text, "+b/1 2\n");
}

static void entries_expire(void **state)
{
	uint64_t now = clock_monotonic_ms();
	struct heard heard = {};

	store_watch(*state, "", hear, &heard);
	assert_int_equal(store_expire(*state, now), -1);
	store_put(*state, "for-ever", value(1), 0);
	store_put(*state, "long", value(1), 100000);
	store_put(*state, "short", value(1), 1000);
	assert_in_range(store_expire(*state, now), 1, 1100);
	assert_int_equal(store_count(*state), 3);
	assert_in_range(store_expire(*state, now + 2000), 97000, 99000);
	assert_int_equal(number_of(*state, "short"), -1);
	/* one that is renewed lives on */
	store_put(*state, "long", value(2), 0);
	store_expire(*state, now + 200000);
	assert_int_equal(number_of(*state, "long"), 2);
	assert_string_equal(heard.text, "+for-ever 1\n+long 2\n+short 3\n"
					"xshort 4\n+long 5\n");
}

static void freed_with_watches(void **state)
{
	struct heard heard = {};

	store_watch(*state, "", hear, &heard);
	store_unwatch(NULL);
	store_free(NULL);
	store_put(*state, "a", value(1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_are_sorted, setup, teardown),
		cmocka_unit_test_setup_teardown(revisions_go_up, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_keys_and_values, setup,
						teardown),
		cmocka_unit_test_setup_teardown(watches_are_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(entries_expire, setup, teardown),
		cmocka_unit_test_setup_teardown(freed_with_watches, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
