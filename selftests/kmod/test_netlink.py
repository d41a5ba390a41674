#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input to the netlink families of cats.ko: refused with a reason, and
nothing has changed; what new and set do with what exists."""

import errno
import socket
import struct

from genl import (NLA_F_NESTED, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL,
                  NLM_F_REPLACE, NetlinkError, address, attr, nest, number, u8,
                  u16, u32, u64)
from host import NH4, SID, Host
from lab import equal, main, refused, until
from packets import inner4

REFUSALS = {errno.EINVAL, errno.ERANGE}
SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "id": 16}
S32 = 1 << 31
# what each operation takes: attribute, its type, values out of range
SID_KEY = [("SID_SID", "id"), ("SID_PREFIX_LEN", "u8", 0, 129, 255)]
SID_CONF = SID_KEY + [
    ("SID_BEHAVIOR", "u16", 0, 15, 21, 65535), ("SID_IFINDEX", "u32", 0, S32),
    ("SID_NH4", "u32"), ("SID_NH6", "id"), ("SID_OIF", "u32", 0, S32),
    ("SID_VRFTABLE", "u32", 0), ("SID_INSTANCE", "id")]
INSTANCE_KEY = [("INSTANCE_ID", "id")]
INSTANCE_STATE = [("INSTANCE_STATE", "u32", 3, S32)]
INSTANCE_CONF = INSTANCE_KEY + INSTANCE_STATE + [
    ("INSTANCE_CS_ID", "nest"), ("INSTANCE_FLOW_LIMIT", "u32")]
METRIC_KEY = [("THRESHOLD_INSTANCE", "id"), ("THRESHOLD_KIND", "u32", 5, S32)]
OPERATIONS = {
    "SID_GET": SID_KEY + [SID_CONF[3], SID_CONF[8]], "SID_NEW": SID_CONF,
    "SID_SET": SID_CONF, "SID_DEL": SID_KEY, "SID_FLUSH": [SID_CONF[3]],
    "INSTANCE_GET": INSTANCE_KEY, "INSTANCE_NEW": INSTANCE_CONF,
    "INSTANCE_SET": INSTANCE_CONF + [("INSTANCE_ANY_CS_ID", "flag")],
    "INSTANCE_DEL": INSTANCE_KEY, "INSTANCE_FLUSH": INSTANCE_STATE,
    "FLOW_GET": [("FLOW_INSTANCE", "id"), ("FLOW_SADDR", "id"),
                 ("FLOW_DADDR", "id"), ("FLOW_PROTOCOL", "u8"),
                 ("FLOW_SPORT", "u16"), ("FLOW_DPORT", "u16")],
    "FLOW_TABLE_GET": [],
    "FLOW_TABLE_SET": [("FLOW_TABLE_MAX_FLOWS", "u32", (1 << 24) + 1)] +
    [(f"FLOW_TABLE_TIMEOUT_{name}", "u32", 0, most + 1) for name, most in (
        ("SYN", 86400), ("ESTABLISHED", 864000), ("CLOSING", 86400),
        ("UDP", 86400), ("OTHER", 86400))],
    "STATS_GET": [("STATS_IFINDEX", "u32", 0, S32)]}
METRIC_OPERATIONS = {
    "METRIC_GET": [("METRIC_INSTANCE", "id")], "THRESHOLD_GET": METRIC_KEY,
    "THRESHOLD_SET": METRIC_KEY + [("THRESHOLD_LEVEL", "nest")],
    "THRESHOLD_DEL": METRIC_KEY}


def operations(lab):
    """Family, command number and attributes of every operation."""
    for family, table in (lab.family, OPERATIONS), (lab.metric, METRIC_OPERATIONS):
        for name, attributes in table.items():
            yield family, name, getattr(family, "CMD_" + name), [
                (getattr(family, entry[0]), *entry[1:]) for entry in attributes]


def configured(lab):
    """Something that a wrong request could damage."""
    lab.instance(NH4, cs_ids=["203.0.113.0/120"], limit=7)
    lab.family.call(lab.family.CMD_SID_NEW, lab.sid_attrs(
        SID(1), "DX4", nh4=NH4, instance=NH4, dev="cats0"))
    lab.threshold(NH4, 1, [(10, 5), (20, 10)])
    return lab.state()


def explained(family, cmd, payload, errors=REFUSALS, **more):
    """The request is refused, and the kernel says what is wrong with it."""
    try:
        family.call(cmd, payload, **more)
    except NetlinkError as error:
        if error.errno not in errors:
            raise
        if not error.message and error.offset is None and error.missing is None:
            raise AssertionError(f"command {cmd}: no reason given: {error}")
        return error
    raise AssertionError(f"command {cmd} took {payload.hex()[:200]}")


def right(kind):
    """Bytes of the right length for an attribute."""
    return b"\1" * SIZES.get(kind, 0)


def lengths(lab):
    """Attributes too short and too long, of every operation"""
    before = configured(lab)
    for family, name, cmd, attributes in operations(lab):
        for number_, kind, *_ in attributes:
            sizes = {0, 1, 3, 15, 17, 400} if kind in SIZES else {1, 4}
            if kind == "nest":
                number_ |= NLA_F_NESTED
                sizes = {0, 1, 3}
            for size in sizes - {SIZES.get(kind)}:
                explained(family, cmd, attr(number_, bytes(size)))
    equal(lab.state(), before)


def ranges(lab):
    """Values out of range, of every operation"""
    before = configured(lab)
    for family, name, cmd, attributes in operations(lab):
        for number_, kind, *wrong in attributes:
            for value in wrong:
                data = value.to_bytes(SIZES[kind], "little")
                error = explained(family, cmd, attr(number_, data))
                equal(error.errno, errno.ERANGE, f"{name} {number_} {value}:")
                equal(error.offset, 20)
    equal(lab.state(), before)


def foreign(lab):
    """Unknown attributes, and those of other operations"""
    before = configured(lab)
    for family, name, cmd, attributes in operations(lab):
        known = {entry[0] for entry in attributes}
        for kind in set(range(0, 20)) - known | {100, 0x3fff}:
            explained(family, cmd, attr(kind, bytes(4)))
            explained(family, cmd, attr(kind | NLA_F_NESTED, b""))
    equal(lab.state(), before)


def missing(lab):
    """Without what is needed: the kernel names it"""
    before = configured(lab)
    f, m = lab.family, lab.metric
    for cmd in "SID_GET", "SID_NEW", "SID_SET", "SID_DEL":
        equal(explained(f, getattr(f, "CMD_" + cmd), b"").missing, f.SID_SID)
    for cmd in "INSTANCE_GET", "INSTANCE_NEW", "INSTANCE_SET", "INSTANCE_DEL":
        equal(explained(f, getattr(f, "CMD_" + cmd), b"").missing, f.INSTANCE_ID)
    equal(explained(f, f.CMD_STATS_GET, b"").missing, f.STATS_IFINDEX)
    equal(explained(f, f.CMD_SID_NEW, lab.sid_attrs(SID(2))).missing,
          f.SID_BEHAVIOR)
    flow = attr(f.FLOW_SADDR, bytes(16)) + attr(f.FLOW_DADDR, bytes(16))
    for size, absent in (0, f.FLOW_SADDR), (20, f.FLOW_DADDR), (40, f.FLOW_PROTOCOL):
        equal(explained(f, f.CMD_FLOW_GET, flow[:size]).missing, absent)
    id = attr(m.THRESHOLD_INSTANCE, address(NH4))
    for cmd in "THRESHOLD_GET", "THRESHOLD_SET", "THRESHOLD_DEL":
        equal(explained(m, getattr(m, "CMD_" + cmd), id).missing,
              m.THRESHOLD_KIND)
    refused(errno.EINVAL, "which instance", m.call, m.CMD_METRIC_GET)
    refused(errno.EINVAL, "which instance", m.call, m.CMD_THRESHOLD_DEL,
            u32(m.THRESHOLD_KIND, 1))
    for behavior, text in ("DX4", "needs nh4"), ("DX6", "needs nh6"):
        refused(errno.EINVAL, text, f.call, f.CMD_SID_NEW,
                lab.sid_attrs(SID(2), behavior))
    equal(lab.state(), before)


def nesting(lab):
    """Nested attributes: flag missing or superfluous, wrong and half inside"""
    before = configured(lab)
    f, m = lab.family, lab.metric
    id = attr(f.INSTANCE_ID, address("10.0.0.12"))
    good = attr(f.PREFIX_ADDRESS, address(NH4))
    for inside in (b"", u8(f.PREFIX_LEN, 3), good[:-1], good[:12], good + b"\0",
                   attr(f.PREFIX_ADDRESS, bytes(15)),
                   attr(f.PREFIX_ADDRESS, bytes(17)), good + attr(3, b""),
                   good + u8(f.PREFIX_LEN, 129), good + u16(f.PREFIX_LEN, 128),
                   good + u8(f.PREFIX_LEN, 64), good + nest(f.PREFIX_LEN),
                   good + struct.pack("=HH", 3, 2),
                   good + struct.pack("=HH", 40, 2)):
        for cmd, who in (f.CMD_INSTANCE_NEW, id), \
                (f.CMD_INSTANCE_SET, attr(f.INSTANCE_ID, address(NH4))):
            explained(f, cmd, who + nest(f.INSTANCE_CS_ID, good) +
                      nest(f.INSTANCE_CS_ID, inside))
    refused(errno.EINVAL, "NLA_F_NESTED is missing", f.call, f.CMD_INSTANCE_NEW,
            id + attr(f.INSTANCE_CS_ID, good))
    refused(errno.EINVAL, "NLA_F_NESTED not expected", f.call,
            f.CMD_INSTANCE_NEW, nest(f.INSTANCE_ID, address(NH4)))
    key = attr(m.THRESHOLD_INSTANCE, address(NH4)) + u32(m.THRESHOLD_KIND, 1)
    for inside in (b"", u64(m.LEVEL_FALL, 1), u64(m.LEVEL_RISE, 0),
                   u32(m.LEVEL_RISE, 1), u64(m.LEVEL_RISE, 5) + attr(4, b""),
                   u64(m.LEVEL_RISE, 5) + attr(m.LEVEL_PAD, b""),
                   u64(m.LEVEL_RISE, 5)[:-1]):
        explained(m, m.CMD_THRESHOLD_SET, key + nest(m.THRESHOLD_LEVEL, inside))
    equal(lab.state(), before)


def framing(lab):
    """Messages cut short, too long, with garbage behind"""
    before = configured(lab)
    f = lab.family
    new = lab.sid_attrs(SID(2), "DX4", nh4=NH4)
    for length in range(21, 20 + len(new)):
        # what the cut leaves over is not a message any more, or begins with 0
        if length % 4:
            explained(f, f.CMD_SID_NEW, new[:length - 20], length=length)
    for length in 16, 17, 19:
        # no header of the family: generic netlink has no words for it
        refused(errno.EINVAL, "", f.call, f.CMD_SID_NEW, new[:4], length=length)
    # longer than the datagram, or shorter than a header: not answered at all
    for length in 3, 15, 21 + len(new), 1 << 16, 0xffffffff:
        f.send(f.CMD_SID_NEW, new, NLM_F_ACK, length)
    for garbage in b"\1", b"\1\0\1", struct.pack("=HH", 3, 1), b"\xff" * 64:
        explained(f, f.CMD_SID_NEW, new + garbage)
    for cmd in 0, 6, 100, 255:
        try:
            f.call(cmd, b"")
        except NetlinkError as error:
            equal(error.errno, errno.EOPNOTSUPP)
    equal(lab.state(), before)


def huge(lab):
    """An attribute of 64 KiB, 65 CS-IDs, 17 levels, a thousand of each"""
    before = configured(lab)
    f, m = lab.family, lab.metric
    for family, name, cmd, attributes in operations(lab):
        for number_, kind, *_ in attributes:
            number_ |= NLA_F_NESTED if kind == "nest" else 0
            explained(family, cmd, attr(number_, bytes(65531)))
    prefix = nest(f.INSTANCE_CS_ID, attr(f.PREFIX_ADDRESS, address(NH4)))
    key = attr(m.THRESHOLD_INSTANCE, address(NH4)) + u32(m.THRESHOLD_KIND, 1)
    for count in 65, 1000:
        refused(errno.E2BIG, "more CS-IDs", f.call, f.CMD_INSTANCE_SET,
                attr(f.INSTANCE_ID, address(NH4)) + prefix * count)
        levels = b"".join(nest(m.THRESHOLD_LEVEL, u64(m.LEVEL_RISE, rise))
                          for rise in range(1, count + 1))
        refused(errno.E2BIG, "too many levels", m.call, m.CMD_THRESHOLD_SET,
                key + levels)
    equal(lab.state(), before)
    f.call(f.CMD_INSTANCE_SET, attr(f.INSTANCE_ID, address(NH4)) + prefix * 64)
    equal(len(f.dump(f.CMD_INSTANCE_GET)[0][f.INSTANCE_CS_ID]), 64)


def duplicates(lab):
    """The same attribute twice: the last counts, as everywhere in netlink"""
    configured(lab)
    f = lab.family
    f.call(f.CMD_SID_NEW, attr(f.SID_SID, address(SID(7))) +
           lab.sid_attrs(SID(8), "DT6"))
    refused(errno.ENOENT, "no such SID", f.call, f.CMD_SID_GET,
            lab.sid_attrs(SID(7)))
    f.call(f.CMD_SID_SET, u16(f.SID_BEHAVIOR, 19) + lab.sid_attrs(SID(8), "DT46"))
    equal(number(f.call(f.CMD_SID_GET, lab.sid_attrs(SID(8)))[0],
                 f.SID_BEHAVIOR), 20)
    explained(f, f.CMD_SID_NEW, u16(f.SID_BEHAVIOR, 99) +
              lab.sid_attrs(SID(9), "DT6"))


def sense(lab):
    """What is well-formed and makes no sense: refused, with the attribute"""
    before = configured(lab)
    f = lab.family
    cats0, out = lab.ifindex("cats0"), lab.ifindex("out")
    for sid in "::", "::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1":
        refused(errno.EINVAL, "global unicast", f.call, f.CMD_SID_NEW,
                lab.sid_attrs(sid, "DT6"))
    for more, code, text in (
            (u32(f.SID_IFINDEX, 9999), errno.ENODEV, "no cats device"),
            (u32(f.SID_IFINDEX, out), errno.ENODEV, "no cats device"),
            (u32(f.SID_OIF, 9999), errno.ENODEV, "no device has"),
            (u32(f.SID_OIF, cats0), errno.EINVAL, "on a cats device"),
            (u32(f.SID_VRFTABLE, 77), errno.ENODEV, "no VRF device"),
            (attr(f.SID_NH4, socket.inet_aton("0.0.0.0")), errno.EINVAL, "nh4"),
            (attr(f.SID_NH4, socket.inet_aton("224.0.0.1")), errno.EINVAL, "nh4"),
            (attr(f.SID_NH4, socket.inet_aton("127.0.0.1")), errno.EINVAL, "nh4"),
            (attr(f.SID_NH6, address("ff02::1")), errno.EINVAL, "nh6"),
            (attr(f.SID_NH6, bytes(16)), errno.EINVAL, "nh6"),
            (attr(f.SID_NH6, address("fe80::1")), errno.EINVAL, "has no nh6"),
            (attr(f.SID_INSTANCE, address("10.9.9.9")), errno.ENOENT,
             "no instance")):
        for cmd in f.CMD_SID_SET, f.CMD_SID_NEW:
            sid = SID(1) if cmd == f.CMD_SID_SET else SID(2)
            error = explained(f, cmd, lab.sid_attrs(sid, "DX4", nh4=NH4) + more,
                              {code})
            equal(text in error.message, True, error.message)
            equal(error.offset is not None, True, error.message)
    refused(errno.EINVAL, "cannot be ::", f.call, f.CMD_INSTANCE_NEW,
            attr(f.INSTANCE_ID, bytes(16)))
    refused(errno.EINVAL, "either CS-IDs or any", f.call, f.CMD_INSTANCE_SET,
            attr(f.INSTANCE_ID, address(NH4)) + attr(f.INSTANCE_ANY_CS_ID, b"") +
            nest(f.INSTANCE_CS_ID, attr(f.PREFIX_ADDRESS, address(NH4))))
    equal(lab.state(), before)


def new_flags(lab):
    """New: CREATE, EXCL and REPLACE, of what there is and of what there is not"""
    f = lab.family
    # REPLACE and EXCL together are NLM_F_DUMP
    flags = [(what | create, what & NLM_F_REPLACE, create)
             for what in (0, NLM_F_REPLACE, NLM_F_EXCL)
             for create in (0, NLM_F_CREATE)]
    id = attr(f.INSTANCE_ID, address("10.0.0.12"))
    for new, remove, payload in (
            (f.CMD_INSTANCE_NEW, f.CMD_INSTANCE_DEL, (id, b"")),
            (f.CMD_SID_NEW, f.CMD_SID_DEL,
             (lab.sid_attrs(SID(1)), u16(f.SID_BEHAVIOR, 20)))):
        for combination, replace, create in flags:
            whole = b"".join(payload)
            if replace and not create:
                refused(errno.ENOENT, "no ", f.call, new, whole,
                        combination | NLM_F_ACK)
                f.call(new, whole)
            else:
                f.call(new, whole, combination | NLM_F_ACK)
            if replace:
                f.call(new, whole, combination | NLM_F_ACK)
            else:
                refused(errno.EEXIST, "", f.call, new, whole,
                        combination | NLM_F_ACK)
            f.call(remove, payload[0])
    # the other family has no such thing
    m = lab.metric
    refused(errno.EINVAL, "nlmsg_flags", m.call, m.CMD_THRESHOLD_SET, b"",
            NLM_F_REPLACE | NLM_F_ACK)


def set_forgets(lab):
    """Set: another behavior forgets what it does not have, and only that"""
    configured(lab)
    f = lab.family

    def has():
        got = f.call(f.CMD_SID_GET, lab.sid_attrs(SID(1)))[0]
        return tuple(name for name in "NH4 NH6 OIF VRFTABLE INSTANCE".split()
                     if getattr(f, "SID_" + name) in got)
    equal(has(), ("NH4", "INSTANCE"))
    for behavior, more, kept in (
            (None, {"oif": "out"}, ("NH4", "OIF", "INSTANCE")),
            ("DX6", {"nh6": "fe80::1"}, ("NH6", "OIF", "INSTANCE")),
            (None, {"nh6": "2001:db8:2::11"}, ("NH6", "OIF", "INSTANCE")),
            ("DT46", {}, ("INSTANCE",)), ("DX4", {"nh4": NH4}, ("NH4", "INSTANCE"))):
        f.call(f.CMD_SID_SET, lab.sid_attrs(SID(1), behavior, **more))
        equal(has(), kept)
    # what it would need is not remembered from before
    f.call(f.CMD_SID_SET, lab.sid_attrs(SID(1), "DT4"))
    refused(errno.EINVAL, "needs nh4", f.call, f.CMD_SID_SET,
            lab.sid_attrs(SID(1), "DX4"))
    lab.instance(NH4, flags=NLM_F_REPLACE | NLM_F_ACK)
    got = f.call(f.CMD_INSTANCE_GET, attr(f.INSTANCE_ID, address(NH4)))[0]
    equal((f.INSTANCE_CS_ID in got, number(got, f.INSTANCE_FLOW_LIMIT)),
          (False, 0))


def all_or_nothing(lab):
    """A refused replace leaves the SID working, and its counters"""
    configured(lab)
    f = lab.family
    before = f.call(f.CMD_SID_GET, lab.sid_attrs(SID(1)))
    for behavior, more in (("DX6", {}), ("DX6", {"nh6": "fe80::1"}),
                           ("DT4", {"vrftable": 99}), ("DT46", {"nh4": NH4}),
                           ("DX4", {"nh4": NH4, "instance": "10.8.8.8"})):
        explained(f, f.CMD_SID_NEW, lab.sid_attrs(SID(1), behavior, **more),
                  {errno.EINVAL, errno.ENODEV, errno.ENOENT},
                  flags=NLM_F_ACK | NLM_F_REPLACE)
    equal(f.call(f.CMD_SID_GET, lab.sid_attrs(SID(1))), before)
    lab.inject([lab.outer(SID(1), inner4("203.0.113.1"))])
    until(lambda: lab.sid_counts(SID(1))[0] == 1, "the SID works")
    f.call(f.CMD_SID_NEW, lab.sid_attrs(SID(1), "DX4", nh4="10.0.0.12"),
           NLM_F_ACK | NLM_F_REPLACE)
    equal(lab.sid_counts(SID(1))[0], 1)


if __name__ == "__main__":
    main([lengths, ranges, foreign, missing, nesting, framing, huge, duplicates,
          sense, new_flags, set_forgets, all_or_nothing], Host)
