/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of devices, asked for once: a dump has the same few 100,000 times. */
#ifndef CATS_DEVICE_NAME_H
#define CATS_DEVICE_NAME_H

#include <stdint.h>

/** device_name - by index, "?" without one; valid up to the next call */
const char *device_name(uint32_t ifindex);

/** device_names_forget - they may have changed. */
void device_names_forget(void);

#endif /* CATS_DEVICE_NAME_H */
