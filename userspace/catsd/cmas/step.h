/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of a reservation on its way.  It depends on the revision it was made
 * from; of two at once one is done again.
 */
#ifndef CATSD_CMAS_STEP_H
#define CATSD_CMAS_STEP_H

#include "cmas/cmas.h"
#include "cmas/flow_index.h"

/**
 * struct step - a change
 * @cmas: role
 * @counter: what it counts as
 * @json: flow of the tunnel, of the body; NULL
 * @flow: the same
 * @active: it is to be
 * @tries: so far
 * @csci: of the reservation
 * @key: of the store
 * @index: of the store, key of @flow
 * @why: it has to be undone
 */
struct step {
	struct cmas *cmas;
	enum cmas_counter counter;
	json_t *json;
	struct cmas_flow flow;
	bool active;
	unsigned int tries;
	uint8_t csci[16];
	char key[RESERVATION_KEY_MAX];
	char index[FLOW_KEY_MAX];
	char why[160];
};

/**
 * struct step_change - a transaction in the making
 * @claim: of a flow
 * @compare: conditions
 * @compares: length of @compare
 * @op: first that of the reservation
 * @ops: length of @op
 */
struct step_change {
	struct flow_claim claim;
	struct store_compare compare[3];
	size_t compares;
	struct store_op op[2];
	size_t ops;
};

/** step_text - a member of a reservation; "" if it has none */
static inline const char *step_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

/** step_is_active - is the tunnel set up? */
static inline bool step_is_active(const struct store_entry *entry)
{
	return !strcmp(step_text(entry->value, "state"), "active");
}

/** step_new - the job of @call; NULL: refused */
struct step *step_new(struct api_call *call, struct cmas *cmas,
		      enum cmas_counter counter);

/** step_find - the reservation, if it is the asker's business; NULL: refused */
const struct store_entry *step_find(struct api_call *call, struct cmas *cmas,
				    char key[RESERVATION_KEY_MAX]);

/** step_is_its_client - does the client of a reservation ask? */
bool step_is_its_client(const struct api_call *call, const json_t *value);

/** step_take - do it, from what the store has now, and answer */
void step_take(struct api_call *call);

/** tunnel_claim - a flow is nobody else's with @change; false: refused */
bool tunnel_claim(struct api_call *call, struct step_change *change);

/**
 * tunnel_pin - the reservation is active: pin its flow
 *
 * Return: false: it cannot be, so that the tunnel is undone, and the call
 * answered when it is.
 */
bool tunnel_pin(struct api_call *call, const struct store_entry *entry);

#endif /* CATSD_CMAS_STEP_H */
