#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what, dumps, events, and how everything goes away: the netlink
families of cats.ko in the namespaces they live in."""

import errno
import os
import socket
import time

from genl import (NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_DUMP_INTR,
                  NLM_F_REPLACE, NLMSG_DONE, NLMSG_ERROR, Family, NetlinkError,
                  address, attr, number, u32)
from host import NH4, SID, Child, Host, as_nobody, user_namespace
from lab import equal, main, refused, run, until

READS = "SID_GET INSTANCE_GET STATS_GET".split()
WRITES = ("SID_NEW SID_SET SID_DEL SID_FLUSH INSTANCE_NEW INSTANCE_SET "
          "INSTANCE_DEL INSTANCE_FLUSH FLOW_TABLE_SET FLOW_GET").split()


def many(lab, count, **conf):
    """COUNT SIDs of prefix length 128, in few datagrams."""
    f = lab.family
    for index in range(count):
        f.call(f.CMD_SID_NEW, lab.sid_attrs(SID(f"{index:x}"), "DT6", **conf))


def errors(family, commands):
    """errno names of what a caller without payload or with an empty one gets."""
    said = {}
    for name in commands:
        try:
            family.call(getattr(family, "CMD_" + name))
            said[name] = None
        except NetlinkError as error:
            said[name] = errno.errorcode[error.errno]
    return said


def joins(family, group):
    try:
        family.join(group)
    except PermissionError:
        return False
    return True


def unprivileged(lab):
    """Unprivileged: may read all but flows, may change nothing"""
    many(lab, 3)
    lab.instance(NH4)
    before = lab.state()

    def what():
        f, m = Family("cats"), Family("cats_metric")
        return [[len(f.dump(getattr(f, "CMD_" + name))) for name in READS],
                len(m.dump(m.CMD_METRIC_GET)), len(m.dump(m.CMD_THRESHOLD_GET)),
                len(f.call(f.CMD_FLOW_TABLE_GET)), errors(f, WRITES),
                errors(m, ["THRESHOLD_SET", "THRESHOLD_DEL"]),
                joins(f, "flow"), joins(f, "config"), joins(m, "metric")]
    got = as_nobody(lab.egress, what)
    equal(got[:4], [[3, 1, 1], 1, 0, 1])
    equal(set(got[4].values()) | set(got[5].values()), {"EPERM"})
    equal(got[6:], [False, True, True])
    equal(lab.state(), before)


def owner(lab):
    """Root of a user namespace: everything in its own network, nothing in ours"""
    def what():
        ours = Family("cats")
        user_namespace()
        run("ip link add cats0 type cats && ip link set cats0 up && "
            "ip link set lo up")
        f, m = Family("cats"), Family("cats_metric")
        f.join("flow")
        f.join("config")
        f.call(f.CMD_INSTANCE_NEW, attr(f.INSTANCE_ID, address(NH4)))
        f.call(f.CMD_SID_NEW, lab_sid(f))
        m.call(m.CMD_THRESHOLD_SET, attr(m.THRESHOLD_INSTANCE, address(NH4)) +
               u32(m.THRESHOLD_KIND, 1) +
               attr(m.THRESHOLD_LEVEL | 0x8000, attr(m.LEVEL_RISE, b"\1" * 8)))
        counts = [len(f.dump(f.CMD_SID_GET)), len(m.dump(m.CMD_THRESHOLD_GET)),
                  len(f.dump(f.CMD_FLOW_GET))]
        f.call(f.CMD_FLOW_TABLE_SET, u32(f.FLOW_TABLE_MAX_FLOWS, 5))
        # our namespace's socket was opened by nobody
        return counts, errors(ours, WRITES)

    def lab_sid(f):
        return attr(f.SID_SID, address(SID(1))) + \
            attr(f.SID_BEHAVIOR, b"\x14\0") + attr(f.SID_INSTANCE, address(NH4))
    counts, said = as_nobody(lab.egress, what)
    equal(counts, [1, 1, 0])
    equal(set(said.values()), {"EPERM"})
    equal(lab.family.dump(lab.family.CMD_SID_GET), [])
    equal(number(lab.family.call(lab.family.CMD_FLOW_TABLE_GET)[0],
                 lab.family.FLOW_TABLE_MAX_FLOWS), 1048576)


def begin(family, cmd, payload=b""):
    """Starts a dump; the messages of its first datagram."""
    family.send(cmd, payload, NLM_F_DUMP)
    return list(family.messages())


def finish(family, messages):
    """Number of objects, and whether the kernel says they do not fit together."""
    count, interrupted = 0, False
    while True:
        for kind, flags, _, data in messages:
            interrupted |= bool(flags & NLM_F_DUMP_INTR)
            if kind in (NLMSG_DONE, NLMSG_ERROR):
                return count, interrupted
            count += 1
        messages = list(family.messages())


def dumps(lab):
    """A dump of 3000 SIDs: each once, consistent; and what changes between"""
    many(lab, 3000)
    f = lab.family
    got = [fields[f.SID_SID][0] for fields in f.dump(f.CMD_SID_GET)]
    equal((len(got), len(set(got)), f.interrupted), (3000, 3000, False))
    other, _ = lab.families(lab.egress)
    for change in ("f.call(f.CMD_SID_NEW, lab.sid_attrs(SID('9:9'), 'DT6'))",
                   "f.call(f.CMD_SID_SET, lab.sid_attrs(SID('9:9'), 'DT4'))",
                   "f.call(f.CMD_SID_DEL, lab.sid_attrs(SID('9:9')))",
                   "f.call(f.CMD_SID_DEL, lab.sid_attrs(SID('7')))"):
        first = begin(other, f.CMD_SID_GET)
        equal(len(first) < 3000, True)
        exec(change)
        equal(finish(other, first)[1], True, change)
    # a refused change is none
    first = begin(other, f.CMD_SID_GET)
    refused(errno.ENOENT, "", f.call, f.CMD_SID_DEL, lab.sid_attrs(SID("7")))
    equal(finish(other, first), (2999, False))
    # neither is the change of another namespace
    there = lab.families(lab.space("other"))[0]
    first = begin(other, f.CMD_SID_GET)
    there.call(f.CMD_SID_NEW, lab.sid_attrs(SID(1), "DT6"))
    equal(finish(other, first), (2999, False))
    equal(len(there.dump(f.CMD_SID_GET)), 1)
    lab.spaces.pop("other").delete()


def references():
    with open("/sys/module/cats/refcnt") as file:
        return int(file.read())


def abandoned(lab):
    """Dumps left half-way, of SIDs and of flows: the module is free again"""
    many(lab, 500)
    flows_of(lab, lab.egress, 500)
    before = references()
    f = lab.family
    for cmd in f.CMD_SID_GET, f.CMD_FLOW_GET:
        sockets = [lab.families(lab.egress)[0] for _ in range(20)]
        for family in sockets:
            begin(family, cmd)
        equal(references() >= before + 20, True)
        # a second dump on a socket that has one
        refused(errno.EBUSY, "", sockets[0].dump, cmd)
        for family in sockets:
            family.sock.close()
        until(lambda: references() == before, "the module is free")
    f.call(f.CMD_SID_FLUSH)
    equal(len(f.dump(f.CMD_FLOW_GET)), 500)


def flows_of(lab, space, count):
    """An instance of a namespace with COUNT flows."""
    f, m = lab.families(space)
    f.call(f.CMD_INSTANCE_NEW, attr(f.INSTANCE_ID, address(NH4)))
    f.call(f.CMD_SID_NEW, lab.sid_attrs("2001:db8:e1:f::1", "DT6", instance=NH4))
    lab.flows(count, space, "2001:db8:e1:f::1")
    until(lambda: len(f.dump(f.CMD_FLOW_GET)) == count, "the flows are there")


def flow_dump_resize(lab):
    """A flow dump whose table grows meanwhile says that it is inconsistent"""
    flows_of(lab, lab.egress, 3000)
    other, _ = lab.families(lab.egress)
    first = begin(other, other.CMD_FLOW_GET)
    lab.flows(8000, sid="2001:db8:e1:f::1")
    f = lab.family
    until(lambda: number(f.call(f.CMD_FLOW_TABLE_GET)[0], f.FLOW_TABLE_FLOWS)
          >= 8000, "8000 flows", 120)
    count, interrupted = finish(other, first)
    print(f"# {count} flows, interrupted: {interrupted}")
    equal(interrupted, True)


def filters(lab):
    """Dumps of a device, of an instance"""
    f, m = lab.family, lab.metric
    lab.egress.ip("link add cats1 type cats")
    for digit in 1, 2, 3:
        lab.instance(f"10.0.0.{digit}")
        lab.threshold(f"10.0.0.{digit}", digit, [(5, 5)])
        lab.threshold(f"10.0.0.{digit}", 0, [(5, 5)])
        for low in range(digit):
            f.call(f.CMD_SID_NEW, lab.sid_attrs(
                SID(f"{digit}:{low}"), "DT6", dev=f"cats{digit % 2}",
                instance=f"10.0.0.{digit}"))
    for payload, count in ((b"", 6), (u32(f.SID_IFINDEX, lab.ifindex("cats0")), 2),
                           (u32(f.SID_IFINDEX, lab.ifindex("cats1")), 4),
                           (u32(f.SID_IFINDEX, 9999), 0),
                           (attr(f.SID_INSTANCE, address("10.0.0.3")), 3),
                           (attr(f.SID_INSTANCE, address("10.0.0.9")), 0)):
        equal(len(f.dump(f.CMD_SID_GET, payload)), count, payload.hex())
    for payload, count in ((b"", 6), (attr(m.THRESHOLD_INSTANCE,
                                           address("10.0.0.2")), 2)):
        equal(len(m.dump(m.CMD_THRESHOLD_GET, payload)), count)
    equal(len(f.dump(f.CMD_STATS_GET)), 2)
    f.call(f.CMD_SID_FLUSH, u32(f.SID_IFINDEX, lab.ifindex("cats1")))
    equal(len(f.dump(f.CMD_SID_GET)), 2)
    lab.egress.ip("link del cats1")


def dump_refuses(lab):
    """A dump refuses what it would not restrict itself to"""
    lab.instance(NH4)
    f, m = lab.family, lab.metric
    id = address(NH4)
    taken = []
    for family, cmd, payload in (
            (f, "SID_GET", attr(f.SID_SID, address(SID(1)))),
            (f, "SID_GET", attr(f.SID_PREFIX_LEN, b"\x40")),
            (f, "INSTANCE_GET", attr(f.INSTANCE_ID, id)),
            (f, "STATS_GET", u32(f.STATS_IFINDEX, 77)),
            (f, "FLOW_GET", attr(f.FLOW_SADDR, id)),
            (m, "METRIC_GET", attr(m.METRIC_INSTANCE, id)),
            (m, "THRESHOLD_GET", u32(m.THRESHOLD_KIND, 1))):
        try:
            family.dump(getattr(family, "CMD_" + cmd), payload)
            taken.append(f"{cmd} {payload.hex()}")
        except NetlinkError as error:
            equal((error.errno, error.message),
                  (errno.EINVAL, "a dump cannot be restricted by this"))
    equal(taken, [])


def drained(family):
    """Reads what waits; the error at its end."""
    family.sock.settimeout(0)
    try:
        while True:
            family.sock.recv(1 << 16)
    except OSError as error:
        return error.errno


def listeners(lab):
    """Events: both listeners get all; one that does not read gets ENOBUFS"""
    f = lab.family
    reading, other, deaf = (lab.families(lab.egress)[0] for _ in range(3))
    for family in reading, other, deaf:
        family.join("config")
    # twice what is asked for, and not less than 2304 bytes
    deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    many(lab, 200)
    for family in reading, other:
        got = []
        while len(got) < 200:
            got += family.events(10)
        equal([fields[f.SID_SID][0] for _, fields in got],
              [address(SID(f"{index:x}")) for index in range(200)])
    equal((drained(deaf), drained(deaf)), (errno.ENOBUFS, errno.EAGAIN))
    # it hears again
    f.call(f.CMD_SID_DEL, lab.sid_attrs(SID(1)))
    equal([cmd for cmd, _ in deaf.events(10)], [f.CMD_SID_DEL_NTF])


def add_until(lab, space, end):
    """Adds SIDs to a device that comes and goes; how often what came of it."""
    f, _ = lab.families(space)
    said = {}
    while time.monotonic() < end:
        for index in range(50):
            try:
                f.call(f.CMD_SID_NEW, lab.sid_attrs(SID(index), "DT6"),
                       NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK)
                code = "added"
            except NetlinkError as error:
                code = errno.errorcode[error.errno]
            said[code] = said.get(code, 0) + 1
    return said


def device_race(lab):
    """A device that is deleted while SIDs are added to it"""
    space = lab.space("race")
    f, _ = lab.families(space)
    child = Child(lambda: add_until(lab, space, time.monotonic() + 4))
    rounds = 0
    while child.running():
        space.ip(*["link del cats0", "link add cats0 type cats"] * 5)
        rounds += 5
    said = child.result()
    print(f"# {rounds} devices: {said}")
    equal(set(said) <= {"added", "ENODEV"}, True, said)
    equal(said["added"] > 0, True)
    space.ip("link del cats0")
    equal(f.dump(f.CMD_SID_GET), [])
    f.sock.close()
    lab.spaces.pop("race").delete()


def busy_namespace(lab):
    """A namespace with everything in use goes away"""
    for round_ in range(3):
        space = lab.space("busy")
        lab.egress.ip(f"link add p0 type veth peer name p1 netns {space.name}")
        f, m = lab.families(space)
        flows_of(lab, space, 200)
        f.call(f.CMD_SID_NEW, lab.sid_attrs(SID(2), "DX6", nh6="fe80::9",
                                            instance=NH4, oif=None) +
               u32(f.SID_OIF, 1))
        m.call(m.CMD_THRESHOLD_SET, attr(m.THRESHOLD_INSTANCE, address(NH4)) +
               u32(m.THRESHOLD_KIND, 2) +
               attr(m.THRESHOLD_LEVEL | 0x8000, attr(m.LEVEL_RISE, b"\1" * 8)))
        f.join("flow")
        m.join("metric")
        open_dump = lab.families(space)[0]
        begin(open_dump, f.CMD_FLOW_GET)
        lab.spaces.pop("busy").delete()
        # sockets hold it: what is in it works
        equal(len(f.dump(f.CMD_SID_GET)), 2)
        for family in f, m, open_dump:
            family.sock.close()
        until(lambda: "p0@" not in lab.egress.run("ip link"), "it is gone", 60)


def reload(lab):
    """The module goes with SIDs, instances and flows there, and comes back"""
    many(lab, 100)
    flows_of(lab, lab.egress, 100)
    lab.threshold(NH4, 1, [(5, 5)])
    listener, _ = lab.families(lab.egress)
    listener.join("config")
    for _ in range(3):
        run("modprobe -r cats")
        equal(os.path.exists("/sys/module/cats"), False)
        run("modprobe cats")
    lab.egress.ip("link add cats0 type cats", "link set cats0 up")
    lab.family, lab.metric = lab.families(lab.egress)
    equal(lab.state()[:3], ([], [], []))
    many(lab, 3)


if __name__ == "__main__":
    main([unprivileged, owner, dumps, abandoned, flow_dump_resize, filters,
          dump_refuses, listeners, device_race, busy_namespace, reload], Host)
