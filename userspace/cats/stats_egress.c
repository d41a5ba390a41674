// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "counters.h"
#include "device_name.h"
#include "egress.h"
#include "egress_stats.h"
#include "output.h"
#include "stats_egress.h"

/* A module is not loaded to read that it has counted nothing. */
int stats_egress_read(struct cats_dump *dump)
{
	struct cats_genl *genl;
	int ret = egress_family(false, &genl);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	return cats_egress_stats_dump(genl, dump);
}

/* The name is the kernel's: the module may be newer than this command. */
static void show_reason(const struct cats_egress_reason *reason,
			uint32_t ifindex)
{
	const struct cats_reason_name *known = cats_reason_name(reason->number);

	if (!reason->packets && !options.details)
		return;
	out_open();
	out_string(HUE_NONE, "disposition", "%-9s",
		   known->name ? cats_disposition_name(known->disposition) :
				 "?");
	out_string(HUE_NAME, "reason", " %-19s", reason->name);
	out_number("packets", " packets %llu", reason->packets);
	out_text(" dev %s", device_name(ifindex));
	if (options.details && known->text)
		out_string(HUE_NONE, "meaning", "  (%s)", known->text);
	out_close();
}

void stats_egress_show(struct cats_dump *dump)
{
	struct cats_egress_stats stats;
	struct nlmsghdr *nlh;
	uint32_t i;

	if (!dump->len)
		return;
	out_array("egress");
	while ((nlh = cats_dump_next(dump))) {
		if (cats_egress_stats_decode(nlh, &stats))
			continue;
		/* in text, a device is but a word of its verdicts */
		if (options.json)
			out_open();
		out_string(HUE_NAME, "ifname", NULL,
			   device_name(stats.ifindex));
		out_array("verdicts");
		for (i = 0; i < stats.reasons; i++)
			show_reason(&stats.reason[i], stats.ifindex);
		out_array_end();
		if (options.json)
			out_close();
	}
	out_array_end();
}
