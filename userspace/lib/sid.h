/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIDs of an egress forwarder, and how cats.ko is told of them. */
#ifndef CATS_SID_H
#define CATS_SID_H

#include <linux/cats.h>

#include "dump.h"

/** enum cats_backend - who decapsulates */
enum cats_backend {
	CATS_BACKEND_CATS,	/* cats.ko */
	CATS_BACKEND_SEG6LOCAL,	/* a route of the stock kernel */
};

/** enum cats_sid_routed - how packets get to a SID of cats.ko */
enum cats_sid_routed {
	CATS_SID_ROUTE_UNKNOWN,	/* nobody looked */
	CATS_SID_ROUTE_NONE,	/* they do not */
	CATS_SID_ROUTE_LOCAL,
	CATS_SID_ROUTE_UNICAST,	/* forwarded to the device, not made by cats */
};

/**
 * struct cats_sid - a SID
 * @sid: address, argument bits 0
 * @len: locator and function bits
 * @behavior: enum cats_behavior
 * @ifindex: cats device, 0 for the only one
 * @nh4: next hop of End.DX4
 * @nh6: next hop of End.DX6
 * @oif: device of the next hop, 0 when not given
 * @vrftable: table of End.DT*, 0 when not given
 * @has_instance: @instance is given
 * @instance: CSCI-ID
 * @backend: who has it
 * @routed: enum cats_sid_routed
 * @packets: decapsulated and sent on
 * @bytes: of these
 * @drops: packets to it that were not
 */
struct cats_sid {
	uint8_t sid[16];
	uint8_t len;
	uint16_t behavior;
	uint32_t ifindex;
	uint8_t nh4[4];
	uint8_t nh6[16];
	uint32_t oif;
	uint32_t vrftable;
	bool has_instance;
	uint8_t instance[16];
	enum cats_backend backend;
	enum cats_sid_routed routed;
	uint64_t packets;
	uint64_t bytes;
	uint64_t drops;
};

/**
 * struct cats_sid_filter - which SIDs are meant
 * @ifindex: those of a cats device, 0 for all
 * @has_instance: those of @instance only
 * @instance: CSCI-ID
 */
struct cats_sid_filter {
	uint32_t ifindex;
	bool has_instance;
	uint8_t instance[16];
};

/** cats_sid_name - "SID" or "SID/LEN", valid up to the next call. */
const char *cats_sid_name(const struct cats_sid *sid);

/** cats_sid_decode - read a SID from an answer or an event of cats.ko. */
int cats_sid_decode(struct nlmsghdr *nlh, struct cats_sid *sid);

/** cats_sid_get - fill in the SID of that address and length; -ENOENT. */
int cats_sid_get(struct cats_genl *genl, struct cats_sid *sid);

/** cats_sid_new - instantiate; @replace: one that exists is changed at once. */
int cats_sid_new(struct cats_genl *genl, const struct cats_sid *sid,
		 bool replace);

/** cats_sid_del - remove the SID of that address and length. */
int cats_sid_del(struct cats_genl *genl, const struct cats_sid *sid);

/** cats_sid_flush - remove all, or those of the device of @filter. */
int cats_sid_flush(struct cats_genl *genl,
		   const struct cats_sid_filter *filter);

/** cats_sid_dump - all that @filter means, for cats_sid_decode(). */
int cats_sid_dump(struct cats_genl *genl, const struct cats_sid_filter *filter,
		  struct cats_dump *dump);

#endif /* CATS_SID_H */
