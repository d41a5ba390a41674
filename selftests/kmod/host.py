# SPDX-License-Identifier: GPL-2.0-or-later
"""One namespace with a cats device, for tests that look at the kernel's answers:
what is behind the device is a link nobody listens on."""

import ctypes
import json
import os
import select
import socket
import struct

from genl import Family, address, attr, nest, u32, u64
from lab import CLONE_NEWNET, Lab, Namespace, libc, run
from packets import ipv6

CLONE_NEWUSER = 0x10000000
NOBODY = 65534
PR_SET_DUMPABLE = 4
SID = "2001:db8:e1::{}".format
NH4 = "10.0.0.11"


class Host(Lab):
    def __init__(self):
        self.spaces, self.port = {}, {}
        self.egress = self.space("egress")
        self.egress.ip("link add out type dummy", "link set out up",
                       "addr add 10.0.0.1/24 dev out",
                       f"neigh add {NH4} lladdr 02:00:00:00:00:01 dev out",
                       "addr add 2001:db8:2::1/64 dev out nodad",
                       "neigh add 2001:db8:2::11 lladdr 02:00:00:00:00:01 dev out")
        # what a request with a VRF's table is answered depends on it
        run("modprobe -q vrf", check=False)
        self.egress.sysctl("net.vrf.strict_mode=1")
        self.family, self.metric = self.families(self.egress)

    def space(self, name):
        """Another namespace with a cats device."""
        space = self.spaces[name] = Namespace(name)
        space.ip("link add cats0 type cats", "link set cats0 up")
        space.sysctl("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        return space

    def flush(self):
        """As Lab's, without the processes."""
        self.family.call(self.family.CMD_SID_FLUSH)
        self.family.call(self.family.CMD_INSTANCE_FLUSH)

    @staticmethod
    def families(space):
        return space.inside(lambda: (Family("cats"), Family("cats_metric")))

    def inject(self, packets, space=None):
        """Sends outer packets into cats0, without a network."""
        sock = (space or self.egress).inside(lambda: socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, 0))
        with sock:
            for packet in packets:
                sock.sendto(packet, ("cats0", 0x86dd))

    def flows(self, count, space=None, sid=SID(1)):
        """COUNT flows of IPv6 to a SID, with different ports."""
        head = bytes(8) + address("2001:db8:10::1") + address("2001:db8:c5::1")
        head = struct.pack("!IHBB", 6 << 28, 12, 17, 64) + head[8:]
        outer = ipv6("2001:db8:1::1", sid, bytes(52), 41)[:40] + head
        self.inject((outer + struct.pack("!HHHHI", port, 7, 12, 0, 0)
                     for port in range(1, count + 1)), space)

    def threshold(self, id, kind, levels, cmd=None):
        m = self.metric
        m.call(cmd or m.CMD_THRESHOLD_SET,
               attr(m.THRESHOLD_INSTANCE, address(id)) +
               u32(m.THRESHOLD_KIND, kind) +
               b"".join(nest(m.THRESHOLD_LEVEL, u64(m.LEVEL_RISE, rise),
                             u64(m.LEVEL_FALL, fall)) for rise, fall in levels))

    def state(self):
        """All that is configured."""
        f, m = self.family, self.metric
        counts = {f.INSTANCE_PACKETS, f.INSTANCE_BYTES, f.INSTANCE_PAD}
        instances = [{key: value for key, value in fields.items()
                      if key not in counts} for fields in f.dump(f.CMD_INSTANCE_GET)]
        return (f.dump(f.CMD_SID_GET), instances, m.dump(m.CMD_THRESHOLD_GET),
                f.call(f.CMD_FLOW_TABLE_GET))


def user_namespace():
    """Become root of a new user namespace with its own network."""
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {NOBODY} 1"),
                       ("gid_map", f"0 {NOBODY} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


class Child:
    """A process of its own that does what()."""

    def __init__(self, what):
        self.read, write = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                result = json.dumps(what())
            except BaseException as error:
                result = json.dumps(f"{type(error).__name__}: {error}")
            os.write(write, result.encode())
            os._exit(0)
        os.close(write)

    def running(self):
        return not select.select([self.read], [], [], 0)[0]

    def result(self):
        """What it returned, or the exception as text."""
        with os.fdopen(self.read) as file:
            result = json.loads(file.read())
        os.waitpid(self.pid, 0)
        return result


def as_nobody(space, what):
    """What what() returns, called without privileges in SPACE."""
    def drop():
        there = os.open(f"/run/netns/{space.name}", os.O_RDONLY)
        libc.setns(there, CLONE_NEWNET)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        # or /proc/self stays root's
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        return what()
    return Child(drop).result()
