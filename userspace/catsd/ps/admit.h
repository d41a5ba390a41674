/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which updates of agents get into the store.  A refused one changes nothing,
 * is counted by reason and moves no traffic.
 */
#ifndef CATSD_PS_ADMIT_H
#define CATSD_PS_ADMIT_H

#include "carriage/tls.h"
#include "log.h"
#include "openmetrics.h"
#include "ps/config.h"
#include "store.h"

/** ADMIT_REASONS - X(symbol, name): what becomes of an update */
#define ADMIT_REASONS(X)						\
	X(ADMIT_ACCEPTED, "accepted")					\
	X(ADMIT_UNCHANGED, "unchanged")					\
	X(ADMIT_MALFORMED, "malformed")					\
	X(ADMIT_NOT_GRANTED, "not-granted")				\
	X(ADMIT_OTHER_SUBJECT, "other-subject")				\
	X(ADMIT_CARH, "carh")						\
	X(ADMIT_FUTURE, "future")					\
	X(ADMIT_STALE, "stale")						\
	X(ADMIT_REPLAY, "replay")					\
	X(ADMIT_FULL, "full")						\
	X(ADMIT_UNKNOWN_KEY, "unknown-key")

#define ADMIT_SYMBOL(symbol, name) symbol,

/**
 * enum admit_reason - what becomes of an update
 *
 * accepted, and unchanged: what is there already, in a resynchronisation.
 * Refused: malformed (not what Documentation/carriage.md says), not-granted (the
 * certificate does not name site or instance), other-subject (key and record
 * differ), carh (its octets are wrong), future, stale (older than its time to
 * live), replay (not newer than what was accepted), full, unknown-key (removal
 * of what is not there).
 */
enum admit_reason {
	ADMIT_REASONS(ADMIT_SYMBOL)
	ADMIT_COUNT
};

#undef ADMIT_SYMBOL

/**
 * struct admit - the gate
 * @config: section ps
 * @store: what is accepted goes here
 * @history: newest time that was accepted of each key
 * @count: by enum admit_reason
 * @mismatched: accepted, made with other functions than ours
 * @limit: of the lines in the log, by reason
 * @mismatch_limit: likewise
 */
struct admit {
	const struct ps_config *config;
	struct store *store;
	struct store *history;
	uint64_t count[ADMIT_COUNT];
	uint64_t mismatched;
	struct log_limit limit[ADMIT_COUNT];
	struct log_limit mismatch_limit;
};

/** admit_init - 0 or -ENOMEM with a message. */
int admit_init(struct admit *admit, const struct ps_config *config,
	       struct store *store);
/** admit_fini - the store keeps what was accepted. */
void admit_fini(struct admit *admit);

/** admit_name - "accepted", "replay", ... */
const char *admit_name(enum admit_reason reason);

/** admit_put - judge and store {"put", "value", "time-ms", "ttl-ms"}. */
enum admit_reason admit_put(struct admit *admit, const struct tls_peer *peer,
			    const json_t *message);

/** admit_delete - judge and carry out {"delete", "time-ms"}. */
enum admit_reason admit_delete(struct admit *admit,
			       const struct tls_peer *peer,
			       const json_t *message);

/** admit_status - counters by reason, a new object. */
json_t *admit_status(const struct admit *admit);
/** admit_measure - the same as samples. */
void admit_measure(const struct admit *admit, struct openmetrics *om);

#endif /* CATSD_PS_ADMIT_H */
