/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reflector in XDP: bpf/cats_stamp.bpf.c */
#ifndef CATSD_NMA_REFLECT_XDP_H
#define CATSD_NMA_REFLECT_XDP_H

#include "reflector.h"

/** nma_reflect_xdp_open - load and attach to the devices of the file. */
int nma_reflect_xdp_open(const struct nma_reflector_config *config,
			 struct nma_reflect_xdp **xdp);

/** nma_reflect_xdp_close - detach; NULL is fine. */
void nma_reflect_xdp_close(struct nma_reflect_xdp *xdp);

/**
 * nma_reflect_xdp_next - a program for what is no probe, on the same devices
 * @xdp: reflector
 * @prog: file descriptor; -1: none
 *
 * Return: 0 or a negative errno with a message.
 */
int nma_reflect_xdp_next(struct nma_reflect_xdp *xdp, int prog);

/**
 * nma_reflect_xdp_number - number of the next answer to a session
 * @xdp: reflector
 * @peer: session that may ask
 * @plain: its probes are what XDP answers: from now on it does
 */
uint32_t nma_reflect_xdp_number(struct nma_reflect_xdp *xdp,
				struct nma_peer *peer, bool plain);

/** nma_reflect_xdp_seen - take over when XDP last heard of the session. */
void nma_reflect_xdp_seen(struct nma_reflect_xdp *xdp, struct nma_peer *peer);

/** nma_reflect_xdp_forget - the session is over. */
void nma_reflect_xdp_forget(struct nma_reflect_xdp *xdp,
			    const struct nma_peer *peer);

/** nma_reflect_xdp_tick - set its clock by ours. */
void nma_reflect_xdp_tick(struct nma_reflect_xdp *xdp, uint16_t error);

/** nma_reflect_xdp_count - over all CPUs. */
uint64_t nma_reflect_xdp_count(struct nma_reflect_xdp *xdp,
			       enum stamp_xdp_counter counter);

#endif /* CATSD_NMA_REFLECT_XDP_H */
