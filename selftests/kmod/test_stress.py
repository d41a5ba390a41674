#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Namespaces, devices, SIDs, instances and the module itself come and go while
packets are on their way.  What it finds is what the kernel says of it.

CATS_STRESS_SECONDS: how long each test lasts, 3 unless given."""

import os
import socket
import struct
import subprocess
import time

from genl import Family, address, attr, u16
from lab import (CS4, CS6, NH4, NH6, Namespace, equal, main, run, until)
from packets import SYN, inner6, tcp4, udp4
from test_churn import child, end

SECONDS = float(os.environ.get("CATS_STRESS_SECONDS", 3))
SID = "2001:db8:e1::{}".format


def lasting():
    """Counts up from 1 until the time is over, and in any case to 3."""
    deadline, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline or count < 3:
        count += 1
        yield count


def traffic(lab):
    """New flows all the time, to SIDs that are there and others."""
    port = 0
    while True:
        port = port % 60000 + 1
        for number in 1, 2, 3, 4:
            lab.send(lab.outer(SID(number), udp4(CS4, port)))
            lab.send(lab.outer(SID(number), tcp4(CS4, SYN, port), [SID(9)]))
            lab.send(lab.outer(SID(number), inner6(CS6), [SID(number)]))


def configure(lab):
    lab.instance(NH4["i1"], limit=100)
    lab.instance(NH4["i2"])
    lab.sid(SID(1), "DX4", nh4=NH4["i1"], instance=NH4["i1"])
    lab.sid(SID(2), "DX6", nh6=NH6["i2"], instance=NH4["i2"])
    lab.sid(SID(3), "DT46", instance=NH4["i2"])


def devices(lab):
    """The device is deleted and made again under traffic"""
    pid = child(lab, lambda: traffic(lab))
    try:
        for count in lasting():
            lab.egress.ip("link del cats0", "link add cats0 type cats",
                          "link set cats0 up")
            lab.family.call(lab.family.CMD_INSTANCE_FLUSH)
            configure(lab)
    finally:
        end(pid)
    print(f"# devices: {count}")


def namespaces(lab):
    """Namespaces die with devices, SIDs, instances, flows and listeners"""
    for count in lasting():
        space = Namespace(f"brief{count}")
        lab.spaces[space.name] = space
        space.ip("link add cats0 type cats", "link set cats0 up",
                 "link add d0 type dummy", "link set d0 up",
                 "addr add 10.0.0.1/24 dev d0", "addr add 2001:db8:2::1/64 dev d0")
        space.sysctl("net.ipv6.conf.all.forwarding=1")
        family = space.inside(lambda: Family("cats"))
        listener = space.inside(lambda: Family("cats"))
        listener.join("flow")
        family.call(family.CMD_INSTANCE_NEW,
                    attr(family.INSTANCE_ID, address("10.0.0.2")))
        family.call(family.CMD_SID_NEW, b"".join((
            attr(family.SID_SID, address(SID(1))), u16(family.SID_BEHAVIOR, 17),
            attr(family.SID_NH4, socket.inet_aton("10.0.0.2")),
            attr(family.SID_INSTANCE, address("10.0.0.2")))))
        space.ip(f"route add local {SID(1)} dev cats0")
        own_traffic(space)
        family.send(family.CMD_SID_GET, b"", 0x300)
        space.delete()
        del lab.spaces[space.name]
    print(f"# namespaces: {count}")


def own_traffic(space):
    """Flows of the namespace to its own SID, by a raw socket."""
    sock = space.inside(lambda: socket.socket(
        socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW))
    for port in range(1, 20):
        inner = udp4(CS4, port)
        sock.sendto(struct.pack("!IHBB", 6 << 28, len(inner), 4, 64) +
                    socket.inet_pton(socket.AF_INET6, "::1") +
                    socket.inet_pton(socket.AF_INET6, SID(1)) + inner,
                    (SID(1), 0))
    sock.close()


def reloads(lab):
    """The module is unloaded and loaded again under traffic"""
    pid = child(lab, lambda: traffic(lab))
    try:
        for count in lasting():
            configure(lab)
            run("rmmod cats")
            lab.egress.ip("link add cats0 type cats", "link set cats0 up")
            lab.family = lab.egress.inside(lambda: Family("cats"))
    finally:
        end(pid)
    print(f"# reloads: {count}")


def moves(lab):
    """The device moves between namespaces, and in and out of a VRF"""
    pid = child(lab, lambda: traffic(lab))
    lab.egress.ip("link add red type vrf table 10", "link set red up")
    try:
        for count in lasting():
            lab.instance(NH4["i1"], flags=4)
            lab.sid(SID(3), "DT46", instance=NH4["i1"])
            lab.egress.ip("link set cats0 master red", "link set cats0 nomaster",
                          f"link set cats0 netns {lab.lan.name}")
            lab.lan.ip(f"link set cats0 netns {lab.egress.name}")
            lab.egress.ip("link set cats0 up")
            lab.family.call(lab.family.CMD_INSTANCE_FLUSH)
    finally:
        end(pid)
    lab.egress.ip("link del red")
    print(f"# moves: {count}")


def unloads(lab):
    """After all of it the module can be unloaded, and nothing of it is left"""
    for space in lab.spaces.values():
        space.delete()
    until(lambda: subprocess.run(["rmmod", "cats"], capture_output=True)
          .returncode == 0, "rmmod")
    equal("cats" in run("cat /proc/slabinfo"), False)
    lab.__init__()


if __name__ == "__main__":
    main([devices, namespaces, reloads, moves, unloads])
