// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store_put FROM: lines of standard input, "KEY OBJECT" or "KEY" to delete it,
 * into the store at sqlite:PATH or etcd:URL.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "store_copy.h"

#define PATIENCE_MS	10000

static int put_line(struct store *store, char *line)
{
	char *key = strtok(line, " \n"), *text = strtok(NULL, "\n");
	json_t *value;

	if (!key)
		return 0;
	if (!text) {
		store_delete(store, key);
		return 0;
	}
	value = json_loads(text, 0, NULL);
	if (!value)
		return cats_error(22, "%s: no JSON", key);
	return store_put(store, key, value, 0);
}

int main(int argc, char **argv)
{
	struct store_config config = {};
	struct event_base *base = event_base_new();
	struct store *store = NULL;
	char *line = NULL;
	size_t room = 0;
	int ret;

	ret = argc == 2 ? store_location_parse(argv[1], &config) :
			  cats_error(22, "store_put takes one argument");
	if (!ret)
		ret = store_open(&config, base, &store);
	if (!ret)
		ret = store_wait(store, PATIENCE_MS);
	while (!ret && getline(&line, &room, stdin) > 0)
		ret = put_line(store, line);
	if (!ret)
		ret = store_wait(store, PATIENCE_MS);
	if (ret)
		fprintf(stderr, "store_put: %s\n", cats_error_message());
	free(line);
	store_free(store);
	store_location_free(&config);
	event_base_free(base);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
