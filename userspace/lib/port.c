// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "port.h"

static struct cats_port *find(struct cats_forwarder *f, uint32_t ifindex,
			      uint32_t want)
{
	struct cats_port *port;
	uint32_t i;

	for (i = 0; i < CATS_PORT_PROBES; i++) {
		port = &f->port[(ifindex + i) & (CATS_PORTS - 1)];
		if (port->ifindex == want)
			return port;
	}
	return NULL;
}

/* Sources of the ICMP errors: the first global addresses of the device. */
static void set_addresses(struct cats_port *port, const char *name)
{
	const struct sockaddr_in6 *in6;
	struct ifaddrs *all, *ifa;

	if (getifaddrs(&all))
		return;
	for (ifa = all; ifa; ifa = ifa->ifa_next) {
		if (!ifa->ifa_addr || strcmp(ifa->ifa_name, name))
			continue;
		in6 = (const void *)ifa->ifa_addr;
		if (ifa->ifa_addr->sa_family == AF_INET && !port->addr4)
			port->addr4 = ((const struct sockaddr_in *)
					       ifa->ifa_addr)->sin_addr.s_addr;
		else if (ifa->ifa_addr->sa_family == AF_INET6 &&
			 !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) &&
			 !port->addr6[0])
			memcpy(port->addr6, &in6->sin6_addr, 16);
	}
	freeifaddrs(all);
}

bool cats_port_is_veth(const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_data = (char *)&info };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool veth;

	if (fd < 0)
		return false;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	veth = !ioctl(fd, SIOCETHTOOL, &ifr) && !strcmp(info.driver, "veth");
	close(fd);
	return veth;
}

/* bpf/icmp.h, cats_answer(): how ICMP errors leave a veth */
static int allow_answers(struct cats_forwarder *f, uint32_t ifindex,
			 const char *name)
{
	if (!cats_port_is_veth(name) ||
	    !bpf_map_update_elem(f->out_fd, &ifindex, &ifindex, BPF_ANY))
		return 0;
	return cats_error_kernel(errno, name);
}

bool cats_port_alive(const struct cats_forwarder *f,
		     const struct cats_port *port)
{
	struct cats_attachment attachment;

	return port->ifindex &&
	       !cats_program_attachment(f, port->ifindex, &attachment) &&
	       attachment.ifindex == port->ifindex;
}

/* A device that is gone leaves its entry and a link without a device. */
static void forget_gone(struct cats_forwarder *f)
{
	uint32_t i;

	for (i = 0; i < CATS_PORTS; i++) {
		if (!f->port[i].ifindex || cats_port_alive(f, &f->port[i]))
			continue;
		cats_program_detach(f, f->port[i].ifindex, "");
		memset(&f->port[i], 0, sizeof(f->port[i]));
	}
}

int cats_port_add(struct cats_forwarder *f, uint32_t ifindex, const char *name,
		  uint32_t vrf, enum cats_attach_mode mode)
{
	struct cats_port entry = { .vrf = vrf }, *port;
	int ret;

	forget_gone(f);
	if (find(f, ifindex, ifindex))
		return cats_error(EEXIST, "%s is a CATS device already", name);
	port = find(f, ifindex, 0);
	if (!port)
		return cats_error(ENOSPC, "the port table has no room for %s",
				  name);
	set_addresses(&entry, name);
	*port = entry;
	cats_store32(&port->ifindex, ifindex);
	ret = allow_answers(f, ifindex, name);
	if (!ret)
		ret = cats_program_attach(f, ifindex, name, mode);
	if (ret)
		memset(port, 0, sizeof(*port));
	else
		cats_changed(f);
	return ret;
}

int cats_port_del(struct cats_forwarder *f, uint32_t ifindex, const char *name)
{
	struct cats_port *port = find(f, ifindex, ifindex);
	int ret;

	if (!port)
		return cats_error(ENOENT, "%s is not a CATS device", name);
	ret = cats_program_detach(f, ifindex, name);
	if (ret && ret != -ENOENT)
		return ret;
	memset(port, 0, sizeof(*port));
	cats_changed(f);
	return 0;
}
