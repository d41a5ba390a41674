/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Session-Reflector (RFC 8762 4.3), in a process and, beside it, in XDP. */
#ifndef CATSD_NMA_REFLECTOR_H
#define CATSD_NMA_REFLECTOR_H

#include "config.h"

#define NMA_PEERS	8192	/* sessions kept, a power of two */

/**
 * struct nma_peer - a session that asks us
 * @addr: its sender
 * @port: likewise
 * @ssid: 0 if it has none
 * @used: the entry is taken
 * @sequence: of the next answer: RFC 8762 4, stateful
 * @seen: CLOCK_MONOTONIC, ns
 */
struct nma_peer {
	struct in6_addr addr;
	uint16_t port;
	uint16_t ssid;
	bool used;
	uint32_t sequence;
	uint64_t seen;
};

struct nma_source;
struct nma_reflect_xdp;

/**
 * struct nma_reflector - the reflector
 * @config: from the file
 * @udp: socket
 * @port: of it
 * @key: of authenticated mode
 * @sources: who may ask
 * @peers: sessions by hash
 * @peer_count: of them
 * @xdp: the one in XDP, NULL if there is none
 * @error: of the clock, as sent
 * @counts: by enum stamp_reason
 * @failed: answers that could not be sent
 */
struct nma_reflector {
	const struct nma_reflector_config *config;
	int udp;
	uint16_t port;
	struct stamp_key key;
	struct nma_source *sources;
	struct nma_peer *peers;
	uint32_t peer_count;
	struct nma_reflect_xdp *xdp;
	uint16_t error;
	uint64_t counts[STAMP_REASON_MAX];
	uint64_t failed;
};

/** nma_reflector_open - socket, and XDP where asked for; 0 or -errno. */
int nma_reflector_open(struct nma_reflector *reflector,
		       const struct nma_reflector_config *config);

/** nma_reflector_close - also if it was not opened wholly. */
void nma_reflector_close(struct nma_reflector *reflector);

/** nma_reflector_receive - answer all probes there are. */
void nma_reflector_receive(struct nma_reflector *reflector);

/** nma_reflector_tick - once a second: clocks, and sessions that are over. */
void nma_reflector_tick(struct nma_reflector *reflector);

#endif /* CATSD_NMA_REFLECTOR_H */
