// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <string.h>

#include "device_name.h"

#define NAMES	64	/* a device has one place, by its index */

static struct {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
} names[NAMES];

const char *device_name(uint32_t ifindex)
{
	unsigned int i = ifindex % NAMES;

	if (names[i].ifindex == ifindex && ifindex)
		return names[i].name;
	names[i].ifindex = ifindex;
	if (!if_indextoname(ifindex, names[i].name))
		strcpy(names[i].name, "?");
	return names[i].name;
}

void device_names_forget(void)
{
	memset(names, 0, sizeof(names));
}
