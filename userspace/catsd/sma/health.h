/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is an instance healthy, and how long does it take to answer? */
#ifndef SMA_HEALTH_H
#define SMA_HEALTH_H

#include <event2/event.h>
#include <stdint.h>

#include "config.h"

/** enum sma_health_state - of an instance */
enum sma_health_state {
	HEALTH_UNKNOWN,		/* not asked, or not answered often enough */
	HEALTH_UP,
	HEALTH_DOWN,
	HEALTH_STATES
};

/** enum sma_health_result - of a check; names: sma_health_result_name() */
enum sma_health_result {
	HEALTH_GOOD,
	HEALTH_REFUSED,		/* no connection */
	HEALTH_TIMEOUT,		/* not all of it in time */
	HEALTH_CLOSED,		/* connection ended inside the header */
	HEALTH_BAD_HTTP,	/* no HTTP/1 response */
	HEALTH_BAD_STATUS,	/* not the one that is healthy */
	HEALTH_LOCAL,		/* not asked: this host is short of something */
	HEALTH_RESULTS
};

struct sma_health;

/** sma_health_fn - a check ended; may not free the health */
typedef void (*sma_health_fn)(void *ctx, struct sma_health *health);

/**
 * sma_health_new - begin to check
 * @base: event loop
 * @config: how
 * @address: CSCI-ID, used unless @config has one
 * @spread: any number; checks of different ones are at different times
 * @fn: is called after every check, or NULL
 * @ctx: for @fn
 *
 * Return: NULL with a message if memory is short.
 */
struct sma_health *sma_health_new(struct event_base *base,
				  const struct sma_health_config *config,
				  const uint8_t address[16], uint32_t spread,
				  sma_health_fn fn, void *ctx);
/** sma_health_free - NULL is fine. */
void sma_health_free(struct sma_health *health);

/** sma_health_state - of the instance; NULL: HEALTH_UNKNOWN. */
enum sma_health_state sma_health_state(const struct sma_health *health);
/** sma_health_state_name - "unknown", "up", "down". */
const char *sma_health_state_name(enum sma_health_state state);

/**
 * sma_health_response_us - response time of the last good check
 *
 * To the established connection with TCP, to the end of the response's header
 * with HTTP.  Of a check that is still going on when the next one is due, how long
 * it has been: it is at least that.
 *
 * Return: NAN if the last check was not good, or is too long ago.
 */
double sma_health_response_us(const struct sma_health *health);

/** sma_health_count - checks with a result; NULL: 0. */
uint64_t sma_health_count(const struct sma_health *health,
			  enum sma_health_result result);
/** sma_health_last - result of the last check; HEALTH_GOOD before it. */
enum sma_health_result sma_health_last(const struct sma_health *health);
/** sma_health_result_name - "good", "refused", ... for counters. */
const char *sma_health_result_name(enum sma_health_result result);

#define HEALTH_INTERVAL_MS	5000
#define HEALTH_TIMEOUT_MS	1000
#define HEALTH_FALL		2
#define HEALTH_RISE		1

#endif /* SMA_HEALTH_H */
