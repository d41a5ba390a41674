/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tunnel of section 6, where this host is the ingress: the client's flow is
 * put on a next hop of the CS-ID's route that leads to the granted instance, in
 * the flow table of the XDP program, before its first packet comes.
 */
#ifndef CATSD_CMAS_PIN_H
#define CATSD_CMAS_PIN_H

#include <stddef.h>

#include "cmas/client_flow.h"

struct cmas_pin;

/** cmas_pin_open - NULL with a message; there need be no tables yet. */
struct cmas_pin *cmas_pin_open(void);
/** cmas_pin_close - what is pinned stays; NULL is fine. */
void cmas_pin_close(struct cmas_pin *pin);

/**
 * cmas_pin_flow - put it on a next hop to @csci
 *
 * Doing so again keeps it there although it sends nothing, or was pushed out.
 *
 * Return: 0; -ENOENT: no tables, no route, no next hop to that instance that
 * takes flows; with a message.
 */
int cmas_pin_flow(struct cmas_pin *pin, const struct cmas_flow *flow,
		  const uint8_t csci[16]);

/**
 * cmas_pin_check - could it be?
 *
 * Return: as cmas_pin_flow(), which may fail all the same a moment later.
 */
int cmas_pin_check(struct cmas_pin *pin, const struct cmas_flow *flow,
		   const uint8_t csci[16]);

/** cmas_pin_begin - cmas_pin_flow() says from now on what is wanted. */
void cmas_pin_begin(struct cmas_pin *pin);

/**
 * cmas_pin_prune - unpin what is not wanted, twice in a row
 *
 * Return: flows that were not wanted for the first time; those that were
 * unpinned are added to *@removed.
 */
size_t cmas_pin_prune(struct cmas_pin *pin, uint64_t *removed);

/** cmas_unpin_flow - its next packet is placed as any other's. */
void cmas_unpin_flow(struct cmas_pin *pin, const struct cmas_flow *flow,
		     const uint8_t csci[16]);

#endif /* CATSD_CMAS_PIN_H */
