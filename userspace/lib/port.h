/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports: devices that the program steers from, and their VRF-ID. */
#ifndef CATS_PORT_H
#define CATS_PORT_H

#include "forwarder.h"
#include "program.h"

/**
 * cats_port_add - steer what a device receives
 * @f: forwarder, writing
 * @ifindex: device
 * @name: its name
 * @vrf: VRF-ID of its packets
 * @mode: how the program is attached
 *
 * Return: 0; -EEXIST, -EBUSY, -ENOSPC, with a message; then nothing changed.
 */
int cats_port_add(struct cats_forwarder *f, uint32_t ifindex, const char *name,
		  uint32_t vrf, enum cats_attach_mode mode);

/** cats_port_del - stop; -ENOENT if it is no port. */
int cats_port_del(struct cats_forwarder *f, uint32_t ifindex, const char *name);

/** cats_port_alive - is the program attached to the device of this entry? */
bool cats_port_alive(const struct cats_forwarder *f,
		     const struct cats_port *port);

/** cats_port_is_veth - is this device a veth?  Its XDP_TX may get lost. */
bool cats_port_is_veth(const char *name);

#endif /* CATS_PORT_H */
