/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Role cmas: what its files share. */
#ifndef CATSD_CMAS_H
#define CATSD_CMAS_H

#include "api/server.h"
#include "cmas/config.h"
#include "cmas/owner.h"
#include "cmas/table.h"
#include "role.h"

struct cmas_pin;
struct flow_leftover;

/** CMAS_COUNTERS - X(symbol, name): what became of what */
#define CMAS_COUNTERS(X)						\
	X(CMAS_GRANTED, "granted")					\
	X(CMAS_REFUSED_GAS, "gas")					\
	X(CMAS_REFUSED_UNKNOWN_DELAY, "unknown-delay")			\
	X(CMAS_REFUSED_DELAY, "delay")					\
	X(CMAS_REFUSED_SERVICE, "unknown-service")			\
	X(CMAS_NOT_OWNER, "not-owner")					\
	X(CMAS_NOT_STORED, "not-stored")				\
	X(CMAS_TUNNELS, "tunnels")					\
	X(CMAS_RENEWED, "renewed")					\
	X(CMAS_FINISHED, "finished")					\
	X(CMAS_ENDED, "ended")						\
	X(CMAS_MODELS, "models")					\
	X(CMAS_CHANGES, "changes")					\
	X(CMAS_RESYNCHRONISED, "resynchronised")			\
	X(CMAS_PINNED, "pinned")					\
	X(CMAS_PIN_FAILED, "pin-failed")				\
	X(CMAS_FLOW_TAKEN, "flow-taken")				\
	X(CMAS_STRAY, "stray-unpinned")

#define CMAS_COUNTER_SYMBOL(symbol, name) symbol,

/**
 * enum cmas_counter - of requests: granted, or refused for want of gas, of a
 * known delay, of a short one, or of the service; not-owner: asked the wrong
 * C-PS; not-stored: the store did not take a grant.  Of reservations: tunnels
 * set up, renewed, finished by somebody, ended by their lease.  Of sites: whole
 * models, changes, and changes that had to be answered with "send the whole".
 * Of flows: pinned in this ingress, or not; refused, for another reservation has
 * it; unpinned, for no reservation did.
 */
enum cmas_counter {
	CMAS_COUNTERS(CMAS_COUNTER_SYMBOL)
	CMAS_COUNTER_COUNT
};

#undef CMAS_COUNTER_SYMBOL

/**
 * struct cmas - the role
 * @catsd: daemon
 * @config: section
 * @name: of this C-PS, for the owner's key
 * @server: HTTP
 * @table: the whole service table
 * @owner: who grants
 * @pin: flows of this ingress; NULL: not here
 * @pin_timer: keeps them pinned, and no others
 * @watch: of reservations
 * @leftover: flows whose reservations have ended
 * @row: scratch, for a selection
 * @chosen: the same, rows of the table
 * @rows: room of these
 * @count: by enum cmas_counter
 */
struct cmas {
	struct catsd *catsd;
	const struct cmas_config *config;
	char name[256];
	struct api_server *server;
	struct cmas_table *table;
	struct cmas_owner *owner;
	struct cmas_pin *pin;
	struct event *pin_timer;
	struct store_watch *watch;
	struct flow_leftover *leftover;
	struct cmas_row *row;
	struct cmas_entry **chosen;
	size_t rows;
	uint64_t count[CMAS_COUNTER_COUNT];
};

/* request.c: struct api_route.handle */
void cmas_request_add(struct api_call *call, void *ctx);

/* reservation.c, and tunnel.c */
void cmas_reservation_list(struct api_call *call, void *ctx);
void cmas_reservation_show(struct api_call *call, void *ctx);
void cmas_reservation_tunnel(struct api_call *call, void *ctx);
void cmas_reservation_renew(struct api_call *call, void *ctx);
void cmas_reservation_finished(struct api_call *call, void *ctx);

/* pinning.c */

/** cmas_pinning_start - if it is configured; 0, or -ENOMEM with a message */
int cmas_pinning_start(struct cmas *cmas);
/** cmas_pinning_stop - what is pinned stays. */
void cmas_pinning_stop(struct cmas *cmas);
/** cmas_pinning_follow - a reservation changed, or has ended */
void cmas_pinning_follow(struct cmas *cmas, enum store_change change,
			 const struct store_entry *entry);

/* site.c */
void cmas_site_list(struct api_call *call, void *ctx);
void cmas_site_show(struct api_call *call, void *ctx);
void cmas_site_put(struct api_call *call, void *ctx);
void cmas_site_change(struct api_call *call, void *ctx);
void cmas_site_delete(struct api_call *call, void *ctx);

/* whole.c: the whole service table, and the description of the API */
void cmas_table_show(struct api_call *call, void *ctx);
void cmas_openapi(struct api_call *call, void *ctx);

#endif /* CATSD_CMAS_H */
