/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Service contact instances behind an egress forwarder, as cats.ko has them. */
#ifndef CATS_INSTANCE_H
#define CATS_INSTANCE_H

#include <linux/cats.h>

#include "dump.h"

/**
 * struct cats_prefix - a CS-ID, or a block of them
 * @addr: IPv6, or IPv4-mapped
 * @len: bits of the 128 that count
 */
struct cats_prefix {
	uint8_t addr[16];
	uint8_t len;
};

/**
 * struct cats_instance - an instance, or what to change of one
 * @id: CSCI-ID, IPv6 or IPv4-mapped
 * @has_state: @state is given
 * @has_limit: @flow_limit is given
 * @any_cs_id: it may serve any CS-ID
 * @state: enum cats_instance_state
 * @flow_limit: flows at a time, 0 for no limit
 * @cs_ids: CS-IDs it may serve; 0: not given, or any
 * @cs_id: these
 * @sids: that lead to it
 * @flows: active ones
 * @packets: sent to it
 * @bytes: of these
 * @started: flows since it was created
 * @ended: flows since then
 * @handshakes: of TCP, that were completed
 * @has_latency: there was one
 * @latency_us: moving average of their duration
 * @drop_cs_id: packets not to one of its CS-IDs
 * @drop_down: packets while it was down
 * @drop_drain: packets of new flows while draining
 * @drop_limit: packets of new flows beyond the limit
 */
struct cats_instance {
	uint8_t id[16];
	bool has_state;
	bool has_limit;
	bool any_cs_id;
	uint32_t state;
	uint32_t flow_limit;
	uint32_t cs_ids;
	struct cats_prefix cs_id[CATS_CS_IDS_MAX];
	uint32_t sids;
	uint32_t flows;
	uint64_t packets;
	uint64_t bytes;
	uint64_t started;
	uint64_t ended;
	uint64_t handshakes;
	bool has_latency;
	uint32_t latency_us;
	uint64_t drop_cs_id;
	uint64_t drop_down;
	uint64_t drop_drain;
	uint64_t drop_limit;
};

/** cats_instance_decode - read one from an answer or an event of cats.ko. */
int cats_instance_decode(struct nlmsghdr *nlh, struct cats_instance *instance);

/** cats_instance_new - create one; -EEXIST. */
int cats_instance_new(struct cats_genl *genl,
		      const struct cats_instance *instance);

/** cats_instance_set - change what is given; -ENOENT. */
int cats_instance_set(struct cats_genl *genl,
		      const struct cats_instance *instance);

/** cats_instance_del - remove the one of that CSCI-ID. */
int cats_instance_del(struct cats_genl *genl, const uint8_t *id);

/** cats_instance_flush - remove all, or those in @state if it is not NULL. */
int cats_instance_flush(struct cats_genl *genl, const uint32_t *state);

/**
 * cats_instance_dump - for cats_instance_decode()
 * @genl: family
 * @id: only that one, -ENOENT if it does not exist; NULL for all
 * @dump: result, to be freed in any case
 */
int cats_instance_dump(struct cats_genl *genl, const uint8_t *id,
		       struct cats_dump *dump);

#endif /* CATS_INSTANCE_H */
