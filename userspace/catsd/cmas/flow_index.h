/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which reservation has a flow: a key of the store for every flow that is
 * reserved, put in the transaction that gives it to a reservation, deleted in
 * the one that ends that.
 *
 *	cmas/flow/VRF-ID/CS-ID/PROTOCOL/SOURCE/SPORT/DPORT
 *		{"reservation": ID}
 *
 * It has no time to live: it counts for as long as the reservation that it
 * names is there.  One whose reservation ended with its time is taken over by
 * whoever comes next, or deleted by flow_leftover.h.
 */
#ifndef CATSD_CMAS_FLOW_INDEX_H
#define CATSD_CMAS_FLOW_INDEX_H

#include "cmas/client_flow.h"
#include "cmas/table.h"
#include "store.h"

#define FLOW_PREFIX		"cmas/flow/"
#define FLOW_KEY_MAX		160
#define RESERVATION_KEY_MAX	(sizeof(RESERVATION_PREFIX) + 64)

/**
 * struct flow_claim - what has to hold for a flow to be nobody's
 * @compare: conditions of a transaction
 * @compares: length of @compare
 * @former: reservation that had it
 */
struct flow_claim {
	struct store_compare compare[2];
	size_t compares;
	char former[RESERVATION_KEY_MAX];
};

/** flow_index_key - of a flow */
void flow_index_key(const struct cmas_flow *flow, char key[FLOW_KEY_MAX]);

/** flow_index_names - key of the reservation that an entry is of */
void flow_index_names(const struct store_entry *entry,
		      char reservation[RESERVATION_KEY_MAX]);

/**
 * flow_index_claim - whose is it?
 * @store: store
 * @key: of the flow; is borrowed by @claim
 * @claim: result: what makes sure that it is nobody's
 *
 * Return: the reservation that has it; NULL if none has.
 */
const struct store_entry *flow_index_claim(struct store *store,
					   const char *key,
					   struct flow_claim *claim);

/**
 * flow_index_release - what has to be done besides when a reservation ends
 * @store: store
 * @reservation: entry
 * @key: room for what @op borrows
 * @op: result, one operation
 *
 * Return: operations, 0 or 1.
 */
size_t flow_index_release(struct store *store,
			  const struct store_entry *reservation,
			  char key[FLOW_KEY_MAX], struct store_op *op);

#endif /* CATSD_CMAS_FLOW_INDEX_H */
