/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pinned flows that somebody wants, and those that nobody wants any more: who
 * was killed before it could unpin a flow has left one.
 *
 *	cats_flow_pins_begin();
 *	for every flow that is wanted: cats_flow_keep(), else cats_flow_pin()
 *		and cats_flow_keep();
 *	cats_flow_prune();
 */
#ifndef CATS_FLOW_PINS_H
#define CATS_FLOW_PINS_H

#include "flow.h"

struct cats_flow_pins;

/** cats_flow_pins_new - NULL: no memory */
struct cats_flow_pins *cats_flow_pins_new(void);
/** cats_flow_pins_free - NULL is fine; flows stay as they are. */
void cats_flow_pins_free(struct cats_flow_pins *pins);

/** cats_flow_pins_begin - none is known to be wanted yet */
void cats_flow_pins_begin(struct cats_flow_pins *pins);

/**
 * cats_flow_keep - a flow is wanted; its timeout begins anew
 * @f: forwarder, reading at least
 * @pins: whose
 * @service: route it matches
 * @tuple: its packets
 * @instance: CSCI-ID it is to go to, IPv4-mapped
 *
 * Return: false if the flow does not go there: it has to be pinned.
 */
bool cats_flow_keep(struct cats_forwarder *f, struct cats_flow_pins *pins,
		    uint32_t service, const struct cats_tuple *tuple,
		    const uint8_t instance[16]);

/**
 * cats_flow_prune - forget pinned flows that are not wanted
 * @f: forwarder, reading at least
 * @pins: whose
 * @removed: is increased by those that were forgotten
 *
 * Another process may have pinned a flow of which this one does not know yet:
 * a flow goes when it is not wanted twice.
 *
 * Return: flows that were not wanted for the first time.
 */
size_t cats_flow_prune(struct cats_forwarder *f, struct cats_flow_pins *pins,
		       uint64_t *removed);

#endif /* CATS_FLOW_PINS_H */
