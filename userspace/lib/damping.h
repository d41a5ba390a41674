/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to tell others about a change: multi-level gradient thresholds
 * (draft-fu-cats-flow-lb 5.5) with hysteresis, an interval, and a budget of
 * updates that a flapping source cannot exceed (RFC 10053 section 6).
 *
 * A source has one damping and any number of values, each with a gradient; one
 * update tells them all.  Time is passed in: milliseconds of any clock that
 * does not go back.
 */
#ifndef CATS_DAMPING_H
#define CATS_DAMPING_H

#include <stdbool.h>
#include <stdint.h>

/** GRADIENT_LEVELS_MAX - most levels of a gradient. */
#define GRADIENT_LEVELS_MAX	16

/**
 * struct gradient - levels of a value
 * @levels: ascending; level n is entered at levels[n - 1]
 * @count: of @levels; 0: the value never causes an update
 * @hysteresis: level n is left below levels[n - 1] - @hysteresis
 */
struct gradient {
	double levels[GRADIENT_LEVELS_MAX];
	unsigned int count;
	double hysteresis;
};

/** GRADIENT_UNKNOWN - level of a value that is NAN. */
#define GRADIENT_UNKNOWN	(-1)

/**
 * gradient_check - is it one?
 *
 * Return: 0; -EINVAL with a message: not ascending or finite, too many, or a
 * hysteresis that is negative or as wide as the gap of two levels.
 */
int gradient_check(const struct gradient *gradient);

/**
 * gradient_level - level of a value
 * @gradient: levels
 * @current: level so far, or GRADIENT_UNKNOWN
 * @value: may be NAN
 *
 * Return: 0 (below the first) to @gradient->count, or GRADIENT_UNKNOWN.
 */
int gradient_level(const struct gradient *gradient, int current, double value);

/**
 * struct damping_config - how often a source may speak
 * @interval_ms: an update at least this often
 * @burst: updates that may follow each other at once
 * @spacing_ms: one more every so many; at most @interval_ms
 *
 * In no period of T ms are there more than @burst + T / @spacing_ms updates.
 * The last one of a burst is kept back for what has moved by more than a level:
 * noise about a level must not use up what a real change will need.
 */
struct damping_config {
	uint32_t interval_ms;
	uint32_t burst;
	uint32_t spacing_ms;
};

/**
 * budget_take - may there be an update now?
 * @full_ms: the budget, kept as the time at which it will be full; 0 at first
 * @burst: updates that may follow each other at once
 * @spacing_ms: one more every so many
 * @keep: leave so many, less than @burst
 * @now_ms: time
 *
 * An update that may be is accounted for.
 */
bool budget_take(uint64_t *full_ms, uint32_t burst, uint32_t spacing_ms,
		 uint32_t keep, uint64_t now_ms);

/** damping_check - 0; -EINVAL with a message. */
int damping_check(const struct damping_config *config);

/** enum damping_reason - why there is an update; see damping_reason_name() */
enum damping_reason {
	DAMPING_NONE,		/* there is none */
	DAMPING_START,		/* the first */
	DAMPING_INTERVAL,	/* it was time */
	DAMPING_THRESHOLD,	/* a level was crossed */
	DAMPING_REASONS
};

/** damping_reason_name - "none", "start", "interval", "threshold". */
const char *damping_reason_name(enum damping_reason reason);

/**
 * struct damping - one source; all 0 before the first call
 * @started: there was an update
 * @sent_ms: time of the last one
 * @full_ms: when the budget is whole again
 * @over: a level was crossed and the budget is used up
 * @samples: calls
 * @updates: by reason; of DAMPING_NONE, samples without an update
 * @suppressed: crossings that had to wait, or were gone before they could be
 *	told, for want of budget
 */
struct damping {
	bool started;
	uint64_t sent_ms;
	uint64_t full_ms;
	bool over;
	uint64_t samples;
	uint64_t updates[DAMPING_REASONS];
	uint64_t suppressed;
};

/**
 * damping_sample - is there to be an update now?
 * @damping: source
 * @config: its limits
 * @now_ms: time
 * @levels: by which some value is away from what was told last, the most; see
 *	damped_sample()
 *
 * An answer other than DAMPING_NONE is accounted as an update.
 */
enum damping_reason damping_sample(struct damping *damping,
				   const struct damping_config *config,
				   uint64_t now_ms, unsigned int levels);

/**
 * struct damped - a value of a source
 * @level: it has; GRADIENT_UNKNOWN
 * @sent_level: the one in the last update
 * @sent: value in the last update; NAN: unknown
 * @max_error: largest difference of the value to the last update
 */
struct damped {
	int level;
	int sent_level;
	double sent;
	double max_error;
};

/** damped_init - nothing is known and nothing was told. */
void damped_init(struct damped *damped);

/** DAMPED_FAR - as many levels as there can be: known or not has changed. */
#define DAMPED_FAR	GRADIENT_LEVELS_MAX

/**
 * damped_sample - take a sample
 *
 * Return: by how many levels it is away from what was told last.
 */
unsigned int damped_sample(struct damped *damped,
			   const struct gradient *gradient, double value);

/** damped_sent - the sample is in an update. */
void damped_sent(struct damped *damped, double value);

/** damped_kept - the sample is not in an update: note the error it leaves. */
void damped_kept(struct damped *damped, double value);

#endif /* CATS_DAMPING_H */
