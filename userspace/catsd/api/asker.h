/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who connects, by address: how many connections it has, how many requests it
 * may send now.  Of IPv6 it is the /64: more than that is no news of the client
 * (RFC 4291, 2.5.1), which could choose another address for every connection.
 */
#ifndef CATSD_API_ASKER_H
#define CATSD_API_ASKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/**
 * struct api_asker - an address
 * @address: of it, IPv4-mapped; first, see by_address()
 * @connections: it has
 * @credit: requests it may send, in thousandths
 * @since_ms: @credit was so, CLOCK_MONOTONIC; or it has no connection
 * @gone: those without a connection, the first that went first
 */
struct api_asker {
	uint8_t address[16];
	uint32_t connections;
	uint64_t credit;
	uint64_t since_ms;
	TAILQ_ENTRY(api_asker) gone;
};

/**
 * struct api_askers - all
 * @tree: tsearch(3), by address
 * @gone: remembered for as long as a burst may take, lest a new connection be a
 *	new credit
 * @requests_per_s: of each; 0: no limit
 */
struct api_askers {
	void *tree;
	TAILQ_HEAD(, api_asker) gone;
	uint32_t requests_per_s;
};

/** api_askers_init - nobody yet */
void api_askers_init(struct api_askers *askers, uint32_t requests_per_s);
/** api_askers_clear - free all. */
void api_askers_clear(struct api_askers *askers);

/** api_asker_connect - one connection more; @address IPv4-mapped; NULL: no memory */
struct api_asker *api_asker_connect(struct api_askers *askers,
				    const uint8_t address[16]);
/** api_asker_leave - one less */
void api_asker_leave(struct api_askers *askers, struct api_asker *asker);

/** api_asker_may - one request more? */
bool api_asker_may(struct api_askers *askers, struct api_asker *asker);

#endif /* CATSD_API_ASKER_H */
