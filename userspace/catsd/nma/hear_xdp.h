/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers taken in XDP: cats_stamp_hear of bpf/cats_stamp_watch.bpf.c */
#ifndef CATSD_NMA_HEAR_XDP_H
#define CATSD_NMA_HEAR_XDP_H

#include "reflector.h"
#include "watch.h"

struct nma_hear_xdp;

/** nma_heard_fn - answers that came, in order; at most NMA_HEARD of them */
typedef void (*nma_heard_fn)(void *ctx, const struct stamp_answer *answers,
			     uint32_t count);

/** NMA_HEARD - answers that are handed on together */
#define NMA_HEARD	32

/**
 * nma_hear_xdp_open - begin on the devices of the file
 * @config: section
 * @watch: programs
 * @reflector: NULL: none; where it is in XDP too, it calls our program
 * @xdp: result
 *
 * Return: 0 or a negative errno with a message.
 */
int nma_hear_xdp_open(const struct nma_config *config,
		      const struct nma_watch *watch,
		      const struct nma_reflector *reflector,
		      struct nma_hear_xdp **xdp);

/** nma_hear_xdp_close - the socket takes answers again; NULL is fine. */
void nma_hear_xdp_close(struct nma_hear_xdp *xdp);

/** nma_hear_xdp_read - hand on all answers there are; no system call. */
void nma_hear_xdp_read(struct nma_hear_xdp *xdp, nma_heard_fn fn, void *ctx);

#endif /* CATSD_NMA_HEAR_XDP_H */
