/* SPDX-License-Identifier: GPL-2.0-or-later */
/* STAMP programs on devices; they are gone with the process. */
#ifndef CATSD_NMA_ATTACH_XDP_H
#define CATSD_NMA_ATTACH_XDP_H

#include <stdint.h>

/** NMA_DEVICES - most devices of a list in the file */
#define NMA_DEVICES	64

/**
 * nma_attach_xdp - attach a program, in the driver if it can
 * @section: of the file, for messages
 * @prog: file descriptor
 * @device: name
 * @ifindex: result
 *
 * Return: file descriptor of the link, -ENODEV, -EBUSY or another negative
 * errno, with a message.
 */
int nma_attach_xdp(const char *section, int prog, const char *device,
		   uint32_t *ifindex);

#endif /* CATSD_NMA_ATTACH_XDP_H */
