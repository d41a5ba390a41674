/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SID is an entry of cats.ko and a route that leads to it, or where there is
 * no cats.ko a route alone.  All of it is there, or nothing.
 */
#ifndef CATS_SID_INSTALL_H
#define CATS_SID_INSTALL_H

#include "fib.h"
#include "sid.h"

/**
 * struct cats_egress - what SIDs are installed in
 * @genl: family of cats.ko, NULL where it is not there
 * @route: rtnetlink
 */
struct cats_egress {
	struct cats_genl *genl;
	struct cats_netlink *route;
};

/**
 * cats_sid_install - make a SID
 * @e: where
 * @sid: what
 * @replace: one that exists is changed at once
 *
 * An instance that does not exist is created.  A route to the SID that was not
 * made by cats is not touched.
 *
 * Return: 0; a negative errno with a message, then all is as it was.
 */
int cats_sid_install(struct cats_egress *e, const struct cats_sid *sid,
		     bool replace);

/** cats_sid_uninstall - remove a SID and its route, whichever backend has it. */
int cats_sid_uninstall(struct cats_egress *e, const struct cats_sid *sid);

/** cats_sid_uninstall_all - remove all, or those of the device of @filter. */
int cats_sid_uninstall_all(struct cats_egress *e,
			   const struct cats_sid_filter *filter);

/* In sid_stock.c: the same without cats.ko. */

/**
 * cats_sid_stock_install - make a SID of a seg6local route
 * @e: where; its @genl is not used
 * @sid: what
 * @replace: the route there is, if there is one, is ours
 */
int cats_sid_stock_install(struct cats_egress *e, const struct cats_sid *sid,
			   bool replace);

/** cats_sid_stock_get - the seg6local SID of that address and length; -ENOENT. */
int cats_sid_stock_get(struct cats_egress *e, const struct cats_sid *sid,
		       struct cats_sid *found);

/** cats_sid_stock_uninstall - -ENOENT if there is no such seg6local SID. */
int cats_sid_stock_uninstall(struct cats_egress *e,
			     const struct cats_sid *sid);

/** cats_sid_stock_uninstall_all - remove all seg6local SIDs of ours. */
int cats_sid_stock_uninstall_all(struct cats_egress *e);

#endif /* CATS_SID_INSTALL_H */
