/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS structures (DMTF DSP0134), as in /sys/firmware/dmi/tables/DMI. */
#ifndef SMA_DMI_H
#define SMA_DMI_H

#include <stddef.h>
#include <stdint.h>

/**
 * sma_dmi_memory_rate - what one memory module transfers
 * @table: structure table, of any quality
 * @len: bytes
 *
 * Return: MB/s of the slowest module there is, at the speed it is configured
 * for; NAN if no module says.
 */
double sma_dmi_memory_rate(const uint8_t *table, size_t len);

#endif /* SMA_DMI_H */
