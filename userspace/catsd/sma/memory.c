// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory utilisation, and the transfer rate of the modules out of SMBIOS. */
#include <math.h>
#include <stdlib.h>

#include "dmi.h"
#include "host.h"
#include "root.h"

/* 64 KiB is the most that an SMBIOS 2.1 entry point can name. */
#define DMI_MAX		(256 * 1024)

double sma_memory_utilisation(struct sma_host *host)
{
	uint64_t total, available;
	char buf[4096];

	if (sma_pread(host->meminfo_fd, buf, sizeof(buf)) <= 0 ||
	    !sma_field(buf, "MemTotal:", &total) ||
	    !sma_field(buf, "MemAvailable:", &available) || !total ||
	    available > total)
		return NAN;
	host->memory_total = total * 1024;
	return (double)(total - available) / total;
}

double sma_memory_frequency(struct sma_host *host)
{
	uint8_t *table = malloc(DMI_MAX);
	double rate = NAN;
	ssize_t len;

	if (!table)
		return NAN;
	/* readable by root only, and not there on machines without SMBIOS */
	len = sma_root_read(host->root, (char *)table, DMI_MAX,
			    "/sys/firmware/dmi/tables/DMI");
	if (len > 0)
		rate = sma_dmi_memory_rate(table, len);
	free(table);
	return rate;
}
