// SPDX-License-Identifier: GPL-2.0-or-later
/* cats fwd: the forwarding table (draft-fu-cats-flow-lb, Figure 3). */
#include "command.h"
#include "output.h"
#include "route.h"

static const char help[] =
	"Usage: cats fwd [ show [ CSID[/LEN] ] [ vrf VRFID ] ]\n";

static void show_slot(struct cats_forwarder *f, uint32_t base, uint32_t offset,
		      uint32_t sel)
{
	struct cats_nexthop *nexthop;

	nexthop = cats_table_at(&f->nexthop, cats_slot_at(f, base + offset));
	if (!nexthop)
		return;
	out_line("    ");
	out_open();
	out_number("offset", "offset %llu", offset);
	show_nexthop_names(f, nexthop, sel);
	if (options.json)
		out_close();
}

static int show_table(struct cats_forwarder *f,
		       const struct cats_service *service)
{
	const struct cats_service_conf *conf = &service->conf[service->sel & 1];
	uint32_t i;

	if (conf->flags & CATS_SERVICE_BLACKHOLE)
		return 0;
	out_open();
	show_key(&service->key);
	out_string(HUE_NONE, "table", " table %s",
		   compiler_names[conf->compiler]);
	out_number("size", " size %llu", conf->size);
	out_array("slots");
	for (i = 0; i < conf->size; i++)
		show_slot(f, conf->base, i, service->sel & 1);
	out_array_end();
	out_close();
	return 0;
}

static int fwd_show(struct args *args)
{
	return show_routes(args, show_table);
}

static const struct command commands[] = {
	{ "show", fwd_show }, { "list", fwd_show }, { NULL, NULL },
};

const struct object object_fwd = { "fwd", help, commands };
