// SPDX-License-Identifier: GPL-2.0-or-later
/* cats dev: devices that CATS traffic comes in on. */
#include <errno.h>
#include <net/if.h>

#include "command.h"
#include "error.h"
#include "output.h"
#include "port.h"
#include "program.h"

static const char help[] =
	"Usage: cats dev add DEV [ vrf VRFID ] [ mode { native | generic | auto } ]\n"
	"       cats dev del DEV\n"
	"       cats dev [ show [ DEV ] ]\n";

static const char *const modes[] = { "auto", "native", "generic", NULL };

static const char *args_device_name(struct args *args)
{
	if (args_more(args))
		return args_take(args);
	cats_error(EINVAL, "a device is expected");
	return NULL;
}

static int dev_add(struct args *args)
{
	const char *name = args_device_name(args);
	uint8_t mode = CATS_ATTACH_AUTO;
	struct args_seen seen = {};
	struct cats_forwarder *f;
	uint32_t ifindex, vrf = 0;
	int ret = 0;

	if (!name)
		return -EINVAL;
	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (ret)
			break;
		if (args_is(args, "vrf"))
			ret = args_number(args, "vrf", 0, UINT32_MAX, &vrf);
		else if (args_is(args, "mode"))
			ret = args_choice(args, "mode", modes, &mode);
		else
			ret = args_unknown(args);
	}
	if (!ret)
		ret = args_device(name, &ifindex);
	if (!ret)
		ret = session_write(&f);
	if (ret)
		return ret;
	ret = cats_port_add(f, ifindex, name, vrf, mode);
	session_end(f);
	return ret;
}

static int dev_del(struct args *args)
{
	const char *name = args_device_name(args);
	struct cats_forwarder *f;
	uint32_t ifindex;
	int ret;

	if (!name)
		return -EINVAL;
	if (args_more(args))
		return args_unknown(args);
	ret = args_device(name, &ifindex);
	if (ret)
		return ret;
	ret = session_read(&f);
	if (ret)
		return ret == -ENOENT ? cats_error(ENOENT, "%s is not a CATS device", name) : ret;
	session_end(f);
	ret = session_write(&f);
	if (ret)
		return ret;
	ret = cats_port_del(f, ifindex, name);
	session_end(f);
	return ret;
}

static void show_port(struct cats_forwarder *f, const struct cats_port *port)
{
	struct cats_attachment attachment = {};
	char name[IF_NAMESIZE] = "?";

	cats_program_attachment(f, port->ifindex, &attachment);
	if_indextoname(port->ifindex, name);
	out_open();
	out_number("ifindex", "%llu: ", port->ifindex);
	out_string(HUE_NAME, "ifname", "%s:", name);
	out_number("vrf", " vrf %llu", port->vrf);
	out_string(HUE_NONE, "mode", " mode %s", modes[attachment.mode]);
	out_number("prog_id", " prog %llu", attachment.prog_id);
	out_close();
}

static int dev_show(struct args *args)
{
	struct cats_forwarder *f;
	uint32_t ifindex = 0, i;
	int ret = 0;

	if (args_more(args))
		ret = args_device(args_take(args), &ifindex);
	if (!ret && args_more(args))
		ret = args_unknown(args);
	if (ret)
		return ret;
	ret = session_read(&f);
	if (ret && ret != -ENOENT)
		return ret;
	out_begin();
	for (i = 0; !ret && i < CATS_PORTS; i++)
		if (cats_port_alive(f, &f->port[i]) &&
		    (!ifindex || f->port[i].ifindex == ifindex))
			show_port(f, &f->port[i]);
	out_end();
	if (!ret)
		session_end(f);
	return 0;
}

static const struct command commands[] = {
	{ "show", dev_show }, { "list", dev_show }, { "add", dev_add },
	{ "del", dev_del },   { "delete", dev_del }, { NULL, NULL },
};

const struct object object_dev = { "dev", help, commands };
