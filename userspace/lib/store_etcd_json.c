// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries as etcd's JSON gateway has them: keys and values in base64, 64-bit
 * numbers in strings.  A value is {"value": OBJECT, "ttl-ms": N}, so that others
 * know when it ends: etcd tells nobody.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "clock.h"
#include "store_etcd.h"

static json_t *base64(const char *data, size_t len)
{
	char *text = malloc(BASE64_LEN(len) + 1);
	json_t *string;

	if (!text)
		return NULL;
	base64_encode((const uint8_t *)data, len, text);
	string = json_string(text);
	free(text);
	return string;
}

/* NUL-terminated; NULL if it is none. */
static char *from_base64(const json_t *string)
{
	size_t len = json_string_length(string);
	char *data = len ? malloc(len / 4 * 3 + 4) : NULL;
	int n;

	if (!data)
		return NULL;
	n = base64_decode(json_string_value(string), len, (uint8_t *)data);
	if (n < 0) {
		free(data);
		return NULL;
	}
	data[n] = '\0';
	return data;
}

static json_t *full_key(struct etcd *etcd, const char *key)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s", etcd->prefix, key);
	return base64(text, strlen(text));
}

static json_t *decimal(int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return json_string(text);
}

int64_t etcd_int(const json_t *object, const char *member)
{
	const json_t *number = json_object_get(object, member);

	if (json_is_integer(number))
		return json_integer_value(number);
	return json_is_string(number) ?
		       strtoll(json_string_value(number), NULL, 10) : 0;
}

int64_t etcd_revision(const json_t *answer)
{
	return etcd_int(json_object_get(answer, "header"), "revision");
}

json_t *etcd_key_range(struct etcd *etcd)
{
	size_t len = strlen(etcd->prefix);
	char end[256];

	/* of a printable prefix, so the last octet is no 0xff */
	snprintf(end, sizeof(end), "%s", etcd->prefix);
	end[len - 1]++;
	return json_pack("{s:o, s:o}", "key", base64(etcd->prefix, len),
			 "range_end", base64(end, len));
}

static json_t *comparison(struct etcd *etcd,
			  const struct store_compare *compare)
{
	int64_t revision = compare->what == STORE_IS_REVISION ?
				   (int64_t)compare->revision : 0;
	bool exists = compare->what == STORE_EXISTS;

	return json_pack("{s:o, s:s, s:s, s:o}", "key",
			 full_key(etcd, compare->key), "target", "MOD",
			 "result", exists ? "GREATER" : "EQUAL",
			 "mod_revision", decimal(revision));
}

static json_t *put(struct etcd *etcd, const struct store_op *op)
{
	json_t *value = json_pack("{s:O, s:I}", "value", op->value, "ttl-ms",
				  (json_int_t)op->ttl_ms);
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	json_t *request = NULL;

	if (text)
		request = json_pack("{s:{s:o, s:o, s:o}}", "request_put",
				    "key", full_key(etcd, op->key), "value",
				    base64(text, strlen(text)), "lease",
				    decimal(op->lease));
	free(text);
	json_decref(value);
	return request;
}

json_t *etcd_txn(struct etcd *etcd, const struct store_request *head)
{
	json_t *compare = json_array(), *success = json_array();
	const struct store_request *request;
	size_t i;

	for (request = head; request; request = request->next) {
		const struct store_txn *txn = &request->txn;

		for (i = 0; i < txn->compares; i++)
			json_array_append_new(compare,
					      comparison(etcd,
							 &txn->compare[i]));
		for (i = 0; i < txn->ops; i++)
			json_array_append_new(success, txn->op[i].value ?
				put(etcd, &txn->op[i]) :
				json_pack("{s:{s:o}}", "request_delete_range",
					  "key",
					  full_key(etcd, txn->op[i].key)));
	}
	return json_pack("{s:o, s:o}", "compare", compare, "success", success);
}

static json_t *unwrap(const json_t *kv, uint64_t *ttl_ms)
{
	char *text = from_base64(json_object_get(kv, "value"));
	json_t *whole = text ? json_loads(text, 0, NULL) : NULL;
	json_t *value = json_object_get(whole, "value");

	*ttl_ms = etcd_int(whole, "ttl-ms");
	json_incref(value);
	json_decref(whole);
	free(text);
	return value;
}

int etcd_entry(struct etcd *etcd, const json_t *kv, struct store_entry *entry)
{
	char *key = from_base64(json_object_get(kv, "key"));
	size_t len = strlen(etcd->prefix);
	uint64_t ttl_ms;

	memset(entry, 0, sizeof(*entry));
	if (!key || strncmp(key, etcd->prefix, len) ||
	    !store_key_is_valid(key + len)) {
		free(key);
		return store_fail(etcd->store, "etcd holds a key that is none of ours");
	}
	memmove(key, key + len, strlen(key + len) + 1);
	entry->key = key;
	entry->value = unwrap(kv, &ttl_ms);
	entry->revision = etcd_int(kv, "mod_revision");
	if (ttl_ms)
		entry->expires_ms = clock_monotonic_ms() + ttl_ms;
	else
		entry->lease = etcd_int(kv, "lease");
	return 0;
}
