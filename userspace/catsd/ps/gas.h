/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gas as a fact of the selection: what the service models of CMAS have, less what is
 * reserved.  Policy cmas selects by it; without a service of that policy nothing of
 * CMAS is looked at.
 */
#ifndef CATSD_PS_GAS_H
#define CATSD_PS_GAS_H

#include <event2/event.h>

#include "ps/facts.h"

struct ps_gas;

/**
 * ps_gas_open - from now on the facts have it
 * @facts: open
 * @base: event loop
 * @gas: result
 *
 * Return: 0 or -ENOMEM with a message.
 */
int ps_gas_open(struct facts *facts, struct event_base *base,
		struct ps_gas **gas);

/** ps_gas_close - NULL is fine. */
void ps_gas_close(struct ps_gas *gas);

#endif /* CATSD_PS_GAS_H */
