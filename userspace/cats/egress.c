// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "egress.h"
#include "error.h"

static struct cats_genl family, metrics;
static struct cats_netlink route;
static struct cats_egress egress;
static bool refused;	/* the kernel was asked to load cats.ko */

/* Sockets stay open for the next command of a batch. */
static int open_family(struct cats_genl *genl, const char *name, bool load)
{
	return genl->id ? 0 : cats_genl_open(genl, name, load);
}

int egress_family(bool load, struct cats_genl **genl)
{
	int ret = open_family(&family, CATS_GENL_NAME, load);

	*genl = &family;
	return ret != -ENOENT ? ret :
	       cats_error(ENOENT, "cats.ko is not available (no generic netlink family \"%s\" in this kernel)",
			  CATS_GENL_NAME);
}

int egress_metrics(struct cats_genl **genl)
{
	int ret = open_family(&metrics, CATS_METRIC_GENL_NAME, true);

	*genl = &metrics;
	return ret != -ENOENT ? ret :
	       cats_error(ENOENT, "cats.ko is not available (no generic netlink family \"%s\" in this kernel)",
			  CATS_METRIC_GENL_NAME);
}

static int open_cats(bool load)
{
	struct cats_genl *genl;
	int ret;

	if (refused)
		return 0;
	ret = egress_family(load, &genl);
	if (!ret)
		egress.genl = genl;
	if (ret != -ENOENT)
		return ret;
	if (load) {
		refused = true;
		cats_warn("%s; using the kernel's seg6local",
			  cats_error_message());
	}
	return 0;
}

int egress_open(bool load, struct cats_egress **e)
{
	int ret = 0;

	*e = &egress;
	if (!egress.route)
		ret = cats_netlink_open(&route, NETLINK_ROUTE);
	if (!ret)
		egress.route = &route;
	if (!ret && !egress.genl)
		ret = open_cats(load);
	return ret;
}

void egress_close(void)
{
	cats_genl_close(&family);
	cats_genl_close(&metrics);
	cats_netlink_close(&route);
}
