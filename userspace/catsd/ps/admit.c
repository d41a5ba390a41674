// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "ps/admit.h"
#include "ps/carh_record.h"

#define ENTRIES_DEFAULT	100000
#define SKEW_MS_DEFAULT	1000
#define TTL_S_DEFAULT	255

/**
 * struct update - what a message says, once it is well-formed
 * @key: of the store
 * @value: record
 * @age_ms: since the agent sent it or perceived it, by our clock
 * @ttl_ms: time to live then
 * @stamp: orders the updates of a key
 */
struct update {
	const char *key;
	json_t *value;
	int64_t age_ms;
	int64_t ttl_ms;
	uint64_t stamp;
};

#define ADMIT_NAME(symbol, name) name,

static const char *const names[] = { ADMIT_REASONS(ADMIT_NAME) };

#undef ADMIT_NAME

const char *admit_name(enum admit_reason reason)
{
	return names[reason];
}

int admit_init(struct admit *admit, const struct ps_config *config,
	       struct store *store)
{
	memset(admit, 0, sizeof(*admit));
	admit->config = config;
	admit->store = store;
	admit->history = store_new();
	return admit->history ? 0 : cats_error_kernel(ENOMEM, "ps");
}

void admit_fini(struct admit *admit)
{
	store_free(admit->history);
}

static int64_t skew_ms(const struct admit *admit)
{
	return ps_option(admit->config->max_skew_ms, SKEW_MS_DEFAULT);
}

static int64_t max_ttl_ms(const struct admit *admit)
{
	return 1000ll * ps_option(admit->config->max_ttl_s, TTL_S_DEFAULT);
}

/* What stands in a record has to be what its key says. */
static bool is_about(const json_t *record, const char *key)
{
	const char *site = json_string_value(json_object_get(record, "site"));
	int kind = strcspn(key, "/");
	bool path = !strncmp(key, "path/", 5);
	const char *subject;
	char expected[256];

	subject = json_string_value(json_object_get(record, path ?
						    "policy" : "instance"));
	if (!strncmp(key, "metric/", 7) && !json_object_get(record, "instance"))
		subject = "host";
	if (!site || !subject)
		return false;
	snprintf(expected, sizeof(expected), "%.*s/%s/%s", kind, key, site,
		 subject);
	return !strcmp(expected, key);
}

/* The CARH says when it was perceived and for how long it is good. */
static enum admit_reason judge_carh(const struct admit *admit,
				    struct update *update)
{
	struct carh carh;
	uint64_t now = carh_time_now();

	if (!carh_record_read(update->value, &carh))
		return ADMIT_CARH;
	switch (carh_judge(&carh, now, skew_ms(admit))) {
	case CARH_OK:
		break;
	case CARH_FUTURE:
		return ADMIT_FUTURE;
	default:
		return ADMIT_STALE;
	}
	update->age_ms = carh_time_ms(carh.timestamp, now);
	update->ttl_ms = carh.ttl_s * 1000ll;
	update->stamp = carh.timestamp;
	return ADMIT_ACCEPTED;
}

static enum admit_reason judge_time(const struct admit *admit,
				    const struct update *update)
{
	if (update->age_ms < -skew_ms(admit))
		return ADMIT_FUTURE;
	if (update->age_ms >= update->ttl_ms + skew_ms(admit))
		return ADMIT_STALE;
	return ADMIT_ACCEPTED;
}

static bool read_message(const json_t *message, const char *member,
			 struct update *update)
{
	const json_t *time = json_object_get(message, "time-ms");

	update->key = json_string_value(json_object_get(message, member));
	if (!update->key || !json_is_integer(time))
		return false;
	update->age_ms = (int64_t)clock_realtime_ms() -
			 json_integer_value(time);
	update->stamp = json_integer_value(time);
	return true;
}

static enum admit_reason judge(const struct admit *admit,
			       const struct tls_peer *peer,
			       const json_t *message, struct update *update)
{
	const json_t *ttl = json_object_get(message, "ttl-ms");
	enum admit_reason reason;

	if (!read_message(message, "put", update))
		return ADMIT_MALFORMED;
	update->value = json_object_get(message, "value");
	if (!json_is_object(update->value) || !json_is_integer(ttl) ||
	    json_integer_value(ttl) <= 0 ||
	    json_object_get(update->value, "via"))
		return ADMIT_MALFORMED;
	update->ttl_ms = json_integer_value(ttl);
	if (!tls_peer_may(peer, update->key))
		return ADMIT_NOT_GRANTED;
	if (!is_about(update->value, update->key))
		return ADMIT_OTHER_SUBJECT;
	reason = judge_time(admit, update);
	if (reason == ADMIT_ACCEPTED && !strncmp(update->key, "metric/", 7))
		reason = judge_carh(admit, update);
	return reason;
}

/* In hexadecimal: JSON has no unsigned 64-bit numbers. */
static int remember(struct admit *admit, const char *key, uint64_t stamp)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, stamp);
	return store_put(admit->history, key, json_pack("{s:s}", "stamp", text),
			 max_ttl_ms(admit) + skew_ms(admit));
}

/* -1, 0, 1: older than, the same as, newer than what was accepted last */
static int compare_with_last(struct admit *admit, const char *key,
			     uint64_t stamp)
{
	const struct store_entry *last;
	char text[17];

	store_expire(admit->history, clock_monotonic_ms());
	last = store_get(admit->history, key);
	if (!last)
		return 1;
	snprintf(text, sizeof(text), "%016" PRIx64, stamp);
	return strcmp(text, json_string_value(json_object_get(last->value,
							      "stamp")));
}

static bool has_room(const struct admit *admit)
{
	return store_count(admit->history) <
	       ps_option(admit->config->max_entries, ENTRIES_DEFAULT);
}

/*
 * Scores made with other bounds cannot be compared either (RFC 10053 5.4).  What
 * the first instance of a CS-ID says counts as long as that is repeated.
 */
static bool differs_from_others(struct admit *admit, const json_t *value)
{
	json_t *theirs = json_object_get(value, "functions");
	const json_t *csids = json_object_get(value, "csid");
	const char *csid = json_string_value(json_array_get(csids, 0));
	const struct store_entry *first;
	char key[80];

	if (!csid || strlen(csid) > 63 || !json_is_object(theirs))
		return false;
	snprintf(key, sizeof(key), "functions/%s", csid);
	first = store_get(admit->history, key);
	if (first && !json_equal(first->value, theirs))
		return true;
	/* without room, or with a CS-ID that is no key, nobody compares */
	if (first || has_room(admit))
		store_put(admit->history, key, json_incref(theirs),
			  max_ttl_ms(admit));
	return false;
}

static void check_functions(struct admit *admit, json_t *value,
			    const char *key)
{
	const struct ps_functions *ours = admit->config->functions;
	const json_t *theirs = json_object_get(value, "functions");
	const struct {
		const char *name;
		const char *wanted;
	} functions[] = {
		{ "normalization", ours ? ours->normalization : NULL },
		{ "aggregation", ours ? ours->aggregation : NULL },
	};
	json_t *wrong = json_array();
	const char *used;
	size_t i;

	for (i = 0; i < 2; i++) {
		used = json_string_value(json_object_get(theirs,
							 functions[i].name));
		if (functions[i].wanted &&
		    (!used || strcmp(used, functions[i].wanted)))
			json_array_append_new(wrong,
					      json_string(functions[i].name));
	}
	if (!json_array_size(wrong) && differs_from_others(admit, value))
		json_array_append_new(wrong, json_string("others"));
	if (!json_array_size(wrong)) {
		json_decref(wrong);
		return;
	}
	admit->mismatched++;
	catsd_log_limited(&admit->mismatch_limit, LOG_WARNING,
			  "ps: %s: scores are made with other functions than here or by others: %s",
			  key, json_string_value(json_array_get(wrong, 0)));
	json_object_set_new(value, "mismatch", wrong);
}

static enum admit_reason store_update(struct admit *admit,
				const struct tls_peer *peer,
				const struct update *update)
{
	int64_t ttl = update->ttl_ms - update->age_ms;
	json_t *value = json_copy(update->value);

	if (!value)
		return ADMIT_FULL;
	if (ttl > max_ttl_ms(admit))
		ttl = max_ttl_ms(admit);
	if (ttl < 1)
		ttl = 1;
	json_object_set_new(value, "via", json_string(peer->name));
	json_object_set_new(value, "incarnation",
			    json_string(peer->incarnation));
	if (!strncmp(update->key, "metric/", 7))
		check_functions(admit, value, update->key);
	if (remember(admit, update->key, update->stamp) ||
	    store_put(admit->store, update->key, value, ttl))
		return ADMIT_MALFORMED;
	return ADMIT_ACCEPTED;
}

static enum admit_reason counted(struct admit *admit,
				 enum admit_reason reason,
				 const struct tls_peer *peer, const char *key)
{
	admit->count[reason]++;
	if (reason > ADMIT_UNCHANGED)
		catsd_log_limited(&admit->limit[reason], LOG_WARNING,
				  "ps: %s: update of %.128s refused: %s",
				  peer->name, key ? key : "?",
				  admit_name(reason));
	return reason;
}

enum admit_reason admit_put(struct admit *admit, const struct tls_peer *peer,
			    const json_t *message)
{
	struct update update = {};
	enum admit_reason reason;
	int order;

	reason = judge(admit, peer, message, &update);
	if (reason != ADMIT_ACCEPTED)
		return counted(admit, reason, peer, update.key);
	order = compare_with_last(admit, update.key, update.stamp);
	if (order < 0)
		reason = ADMIT_REPLAY;
	else if (!order)
		reason = store_get(admit->store, update.key) ? ADMIT_UNCHANGED :
							       ADMIT_REPLAY;
	else if (!has_room(admit) && !store_get(admit->history, update.key))
		reason = ADMIT_FULL;
	else
		reason = store_update(admit, peer, &update);
	return counted(admit, reason, peer, update.key);
}

enum admit_reason admit_delete(struct admit *admit,
			       const struct tls_peer *peer,
			       const json_t *message)
{
	struct update update = {};
	enum admit_reason reason = ADMIT_ACCEPTED;

	if (!read_message(message, "delete", &update))
		reason = ADMIT_MALFORMED;
	else if (!tls_peer_may(peer, update.key))
		reason = ADMIT_NOT_GRANTED;
	else if (update.age_ms < -skew_ms(admit))
		reason = ADMIT_FUTURE;
	else if (update.age_ms > max_ttl_ms(admit))
		reason = ADMIT_STALE;
	else if (store_delete(admit->store, update.key))
		reason = ADMIT_UNKNOWN_KEY;
	return counted(admit, reason, peer, update.key);
}

json_t *admit_status(const struct admit *admit)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = 0; i < ADMIT_COUNT; i++)
		json_object_set_new(object, names[i],
				    json_integer(admit->count[i]));
	json_object_set_new(object, "mismatched",
			    json_integer(admit->mismatched));
	return object;
}

void admit_measure(const struct admit *admit, struct openmetrics *om)
{
	unsigned int i;

	for (i = 0; i < ADMIT_COUNT; i++)
		om_counter(om, "cats_ps_updates",
			   "Updates of agents, by what became of them.",
			   OM_LABELS({ "result", names[i] }), admit->count[i]);
	om_counter(om, "cats_ps_mismatched",
		   "Accepted updates whose scores are made with other functions.",
		   NULL, admit->mismatched);
	om_gauge(om, "cats_ps_known_keys", "Keys of agents not forgotten yet.",
		 NULL, store_count(admit->history));
}
