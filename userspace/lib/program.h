/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XDP program: its maps, and the devices it is attached to. */
#ifndef CATS_PROGRAM_H
#define CATS_PROGRAM_H

#include <stdint.h>

#include "bpffs.h"

struct cats_forwarder;

/** enum cats_attach_mode - how the program is attached */
enum cats_attach_mode {
	CATS_ATTACH_AUTO,	/* native, else generic */
	CATS_ATTACH_NATIVE,	/* in the driver */
	CATS_ATTACH_GENERIC,	/* on socket buffers; works everywhere, slow */
};

/**
 * cats_program_create_maps - create and pin the maps
 * @place: where; the caller holds the lock
 *
 * Return: 0 or a negative errno with a message; then nothing is pinned.
 */
int cats_program_create_maps(const struct cats_place *place);

/**
 * cats_program_attach - steer what @ifindex receives
 * @f: forwarder; the caller is the writer
 * @ifindex: device
 * @name: its name, for messages
 * @mode: how
 *
 * Return: 0; -EEXIST if this forwarder has the device already; -EBUSY if
 * somebody else's program is attached; another negative errno with a message.
 */
int cats_program_attach(struct cats_forwarder *f, uint32_t ifindex,
			const char *name, enum cats_attach_mode mode);

/**
 * cats_program_detach - stop steering what @ifindex receives
 *
 * Return: 0; -ENOENT if it is not attached there.
 */
int cats_program_detach(struct cats_forwarder *f, uint32_t ifindex,
			const char *name);

/**
 * struct cats_attachment - a device the program is attached to
 * @ifindex: 0 when the device is gone
 * @mode: CATS_ATTACH_NATIVE or CATS_ATTACH_GENERIC
 * @prog_id: id of the program
 */
struct cats_attachment {
	uint32_t ifindex;
	enum cats_attach_mode mode;
	uint32_t prog_id;
};

/** cats_program_attachment - what the link of @ifindex says; 0 or -errno. */
int cats_program_attachment(const struct cats_forwarder *f, uint32_t ifindex,
			    struct cats_attachment *attachment);

#endif /* CATS_PROGRAM_H */
