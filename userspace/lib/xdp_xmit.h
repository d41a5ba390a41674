/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can frames be redirected to a device? */
#ifndef CATS_XDP_XMIT_H
#define CATS_XDP_XMIT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * cats_xdp_xmit - does the device send frames that XDP redirects to it?
 * @ifindex: device
 * @kind: its rtnetlink kind, "" for a physical one
 *
 * Linux 6.3 and later say so (the netdev generic netlink family), for a veth
 * even whether its other end listens.  Before that the kind decides: physical
 * devices, veth, tun and bond do, others do not.
 *
 * Sending to one that does not loses every frame without a word.
 */
bool cats_xdp_xmit(uint32_t ifindex, const char *kind);

#endif /* CATS_XDP_XMIT_H */
