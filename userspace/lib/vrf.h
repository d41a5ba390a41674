/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VRF devices of the host. */
#ifndef CATS_VRF_H
#define CATS_VRF_H

#include "netlink.h"

/**
 * cats_vrf_device - the VRF device of a table
 * @nl: rtnetlink
 * @table: its table
 * @ifindex: result
 *
 * Return: 0; -ENODEV; another negative errno; with a message.
 */
int cats_vrf_device(struct cats_netlink *nl, uint32_t table,
		    uint32_t *ifindex);

#endif /* CATS_VRF_H */
