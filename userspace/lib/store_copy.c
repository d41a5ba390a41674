// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "store_copy.h"

#define WAIT_MS		10000

static int add_endpoint(struct store_config *config, const char *text,
			size_t len)
{
	char **grown = realloc(config->endpoints,
			       (config->endpoints_count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	config->endpoints = grown;
	grown[config->endpoints_count] = strndup(text, len);
	if (!grown[config->endpoints_count])
		return -ENOMEM;
	config->endpoints_count++;
	return 0;
}

static int add_endpoints(struct store_config *config, const char *text)
{
	size_t len;
	int ret;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		ret = add_endpoint(config, text, len);
		if (ret || !text[len])
			return ret;
	}
}

int store_location_parse(const char *text, struct store_config *config)
{
	const char *rest = strchr(text, ':');
	size_t len = rest ? rest - text : 0;
	int ret;

	config->type = strndup(text, len);
	if (!config->type)
		return cats_error(ENOMEM, "store: out of memory");
	if (!strcmp(config->type, "sqlite")) {
		config->path = strdup(rest + 1);
		ret = config->path ? 0 : -ENOMEM;
	} else if (!strcmp(config->type, "etcd")) {
		ret = add_endpoints(config, rest + 1);
	} else {
		return cats_error(EINVAL, "\"%s\" is not sqlite:PATH or etcd:URL[,URL]",
				  text);
	}
	return ret ? cats_error(ENOMEM, "store: out of memory") : 0;
}

void store_location_free(struct store_config *config)
{
	unsigned int i;

	for (i = 0; i < config->endpoints_count; i++)
		free(config->endpoints[i]);
	free(config->endpoints);
	free(config->path);
	free(config->type);
}

/**
 * struct copy - one that is going on
 * @to: store
 * @op: of the next transaction
 * @ops: length of @op
 * @result: of those before
 * @copied: count
 */
struct copy {
	struct store *to;
	struct store_op op[STORE_OPS_MAX];
	size_t ops;
	int result;
	struct store_copied *copied;
};

static void on_done(void *ctx, int result, uint64_t revision)
{
	struct copy *copy = ctx;

	(void)revision;
	if (!copy->result)
		copy->result = result;
}

static int write_out(struct copy *copy)
{
	const struct store_txn txn = { .op = copy->op, .ops = copy->ops };

	if (!copy->ops)
		return 0;
	copy->copied->entries += copy->ops;
	copy->ops = 0;
	return store_txn(copy->to, &txn, on_done, copy);
}

static int copy_entry(void *ctx, const struct store_entry *entry)
{
	uint64_t now = clock_monotonic_ms();
	struct copy *copy = ctx;
	struct store_op *op = &copy->op[copy->ops];

	/* whoever renews the lease does it in the old store */
	if (entry->lease) {
		copy->copied->leased++;
		return 0;
	}
	*op = (struct store_op){ .key = entry->key, .value = entry->value };
	if (entry->expires_ms)
		op->ttl_ms = entry->expires_ms > now ?
				     entry->expires_ms - now : 1;
	copy->ops++;
	return copy->ops == STORE_OPS_MAX ? write_out(copy) : 0;
}

static int copy_all(struct store *from, struct store *to,
		    struct store_copied *copied)
{
	struct copy copy = { .to = to, .copied = copied };
	int ret;

	if (store_count(to))
		return cats_error(EEXIST, "the store to copy to has %zu entries already",
				  store_count(to));
	ret = store_each(from, "", copy_entry, &copy);
	if (!ret)
		ret = write_out(&copy);
	if (!ret)
		ret = store_wait(to, WAIT_MS);
	/* done requests must not find the copy gone */
	if (!ret && copy.result)
		ret = cats_error(EIO, "store: %s: %s", store_backend_name(to),
				 store_problem(to));
	return ret;
}

static int open_one(const struct store_config *config, struct event_base *base,
		    struct store **store)
{
	int ret = store_config_check(config);

	if (!ret)
		ret = store_open(config, base, store);
	return ret ? ret : store_wait(*store, WAIT_MS);
}

int store_copy(const struct store_config *from, const struct store_config *to,
	       struct store_copied *copied)
{
	struct event_base *base = event_base_new();
	struct store *source = NULL, *target = NULL;
	int ret = 0;

	memset(copied, 0, sizeof(*copied));
	if (!base)
		return cats_error(ENOMEM, "store: out of memory");
	/* opening would make one */
	if (from->path && access(from->path, F_OK))
		ret = cats_error(ENOENT, "store: %s: %s", from->path,
				 strerror(errno));
	if (!ret)
		ret = open_one(from, base, &source);
	if (!ret)
		ret = open_one(to, base, &target);
	if (!ret)
		ret = copy_all(source, target, copied);
	store_free(target);
	store_free(source);
	event_base_free(base);
	return ret;
}
