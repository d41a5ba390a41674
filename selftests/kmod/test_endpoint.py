#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The endpoint behaviors of cats.ko on the wire: RFC 8986 4."""

import errno
import json
import socket
import struct

from genl import NLM_F_REPLACE
from lab import (CS4, CS6, EGRESS, NH4, NH6, SRC, delivers, equal, main,
                 refused, until)
from packets import (DEST, HOP, IPV6, ROUTING, inner4, inner6, ipv6, options,
                     srh)

SID = "2001:db8:e1::{}".format
PARAM = 4


def vrf(lab):
    if "red" not in lab.egress.run("ip link show type vrf"):
        lab.egress.ip("link add red type vrf table 10", "link set red up",
                      "link add blue type vrf table 20", "link set blue up")
        lab.egress.sysctl("net.vrf.strict_mode=1")
    # table 10 leads to i1, table 20 to i2; main knows neither
    lab.egress.ip(
        f"route replace {CS4} via {NH4['i1']} dev lan onlink table 10",
        f"route replace {CS4} via {NH4['i2']} dev lan onlink table 20",
        f"route replace {CS6} via {NH6['i1']} dev lan onlink table 10",
        f"route replace {CS6} via {NH6['i2']} dev lan onlink table 20")


def dx4_to_its_instance(lab):
    """End.DX4: two instances of one CS-ID on one link, each gets its SID's"""
    for number, name in enumerate(("i1", "i2"), 1):
        lab.sid(SID(number), "DX4", nh4=NH4[name])
    for number, name in (1, "i1"), (2, "i2"), (2, "i2"), (1, "i1"):
        inner = inner4(CS4)
        delivers(lab, lab.outer(SID(number), inner), name, inner)
    equal(lab.sid_counts(SID(1)), (2, 64, 0))


def dx4_stock(lab):
    """End.DX4 of the kernel, for comparison: loses or misses the instance"""
    lab.egress.sysctl("net.ipv6.conf.all.seg6_enabled=1",
                      "net.ipv6.conf.src.seg6_enabled=1")
    for number, name in enumerate(("i1", "i2"), 1):
        lab.egress.ip(f"route replace {SID(number)} encap seg6local action "
                      f"End.DX4 nh4 {NH4[name]} dev lan")
    wrong = 0
    for number, name in (1, "i1"), (2, "i2"):
        lab.send(lab.outer(SID(number), inner4(CS4)))
        wrong += lab.receivers(1.0)[0] != name
        lab.egress.ip(f"route del {SID(number)}")
    equal(wrong > 0, True, "the kernel's End.DX4 is right now:")


def dx6_to_its_instance(lab):
    """End.DX6: the same with IPv6"""
    for number, name in enumerate(("i1", "i2"), 1):
        lab.sid(SID(number), "DX6", nh6=NH6[name])
    for number, name in (1, "i1"), (2, "i2"), (2, "i2"), (1, "i1"):
        inner = inner6(CS6)
        delivers(lab, lab.outer(SID(number), inner), name, inner)
    equal(lab.sid_counts(SID(2)), (2, 104, 0))


def dx6_link_local(lab):
    """End.DX6: a link-local next hop, on the device named"""
    mac = lab.port["i2"].mac
    local = "fe80::%02x%02x:%02xff:fe%02x:%02x%02x" % (mac[0] ^ 2, *mac[1:])
    refused(errno.EINVAL, "needs oif", lab.sid, SID(1), "DX6", nh6=local)
    lab.sid(SID(1), "DX6", nh6=local, oif="lan")
    inner = inner6(CS6)
    delivers(lab, lab.outer(SID(1), inner), "i2", inner)


def with_srh(lab):
    """With an SRH of 1 to 10 segments, and with TLVs"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DX4", nh4=NH4["i2"])
    for segments in 1, 2, 10:
        path = [SID(9)] * segments
        delivers(lab, lab.outer(SID(1), inner6(CS6), path), "i1", inner6(CS6))
        delivers(lab, lab.outer(SID(2), inner4(CS4), path), "i2", inner4(CS4))
    for tlvs in bytes(8), b"\x04\x06" + bytes(6), b"\x7c\x05hello\0" + bytes(8):
        delivers(lab, lab.outer(SID(1), inner6(CS6), [SID(9)], tlvs=tlvs), "i1",
                 inner6(CS6))


def with_other_headers(lab):
    """Behind hop-by-hop and destination options and a used-up routing header"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    inner = inner6(CS6)
    chain = options(DEST) + options(ROUTING, 16) + \
        srh([SID(1)], 0, DEST) + options(IPV6) + inner
    delivers(lab, ipv6(SRC, SID(1), chain, HOP), "i1", inner)
    other = struct.pack("!BBBBI", IPV6, 0, 200, 0, 0) + inner
    delivers(lab, ipv6(SRC, SID(1), other, ROUTING), "i1", inner)


def dt_main_table(lab):
    """End.DT4, End.DT6, End.DT46 without VRF: the main table"""
    lab.egress.ip(f"route replace {CS4} via {NH4['i1']} dev lan",
                  f"route replace {CS6} via {NH6['i2']} dev lan")
    lab.sid(SID(4), "DT4")
    lab.sid(SID(6), "DT6")
    lab.sid(SID(46), "DT46")
    for sid in SID(4), SID(46):
        delivers(lab, lab.outer(sid, inner4(CS4)), "i1", inner4(CS4))
    for sid in SID(6), SID(46):
        delivers(lab, lab.outer(sid, inner6(CS6), [sid]), "i2", inner6(CS6))
    lab.egress.ip(f"route del {CS4}", f"route del {CS6}")


def dt_vrftable(lab):
    """End.DT* by vrftable: the table of the VRF named"""
    vrf(lab)
    for number, table in (1, 10), (2, 20):
        lab.sid(SID(number), "DT46", vrftable=table)
        lab.sid(SID(number + 10), "DT4", vrftable=table)
        lab.sid(SID(number + 20), "DT6", vrftable=table)
    for number, name in (1, "i1"), (2, "i2"):
        for sid in SID(number), SID(number + 10):
            delivers(lab, lab.outer(sid, inner4(CS4)), name, inner4(CS4))
        for sid in SID(number), SID(number + 20):
            delivers(lab, lab.outer(sid, inner6(CS6)), name, inner6(CS6))


def dt_vrf_of_device(lab):
    """End.DT46 in the VRF of the cats device"""
    vrf(lab)
    lab.egress.ip("link set cats0 master blue")
    try:
        lab.sid(SID(1), "DT46")
        lab.egress.ip(f"route replace {SID(1)} dev cats0 table main")
        delivers(lab, lab.outer(SID(1), inner4(CS4)), "i2", inner4(CS4))
        delivers(lab, lab.outer(SID(1), inner6(CS6)), "i2", inner6(CS6))
    finally:
        lab.egress.ip("link set cats0 nomaster", "link set cats0 up")


def dt_vrf_gone(lab):
    """End.DT46: the VRF is deleted, and comes back with another index"""
    vrf(lab)
    lab.sid(SID(1), "DT46", vrftable=10)
    delivers(lab, lab.outer(SID(1), inner4(CS4)), "i1", inner4(CS4))
    lab.egress.ip("link del red")
    lab.dropped(lab.outer(SID(1), inner4(CS4)), "no-vrf")
    refused(errno.ENODEV, "no VRF device has this table", lab.sid, SID(2),
            "DT4", vrftable=10)
    lab.egress.ip("link add red type vrf table 10", "link set red up",
                  f"route replace {CS4} via {NH4['i1']} dev lan onlink table 10")
    delivers(lab, lab.outer(SID(1), inner4(CS4)), "i1", inner4(CS4))
    lab.egress.sysctl("net.vrf.strict_mode=0")
    refused(errno.EPERM, "strict_mode", lab.sid, SID(2), "DT4", vrftable=10)
    lab.egress.ip("link del red", "link del blue")


def prefix_sid(lab):
    """A SID with arguments; the longest prefix wins"""
    lab.sid("2001:db8:e2:1::/64", "DX6", nh6=NH6["i1"])
    lab.sid("2001:db8:e2:1:8000::/65", "DX6", nh6=NH6["i2"])
    lab.sid("2001:db8:e2:1::7", "DX6", nh6=NH6["i2"])
    for last, name in ("::1", "i1"), ("::7", "i2"), (":7fff::9", "i1"), \
            (":8000::", "i2"), (":ffff::7", "i2"):
        packet = lab.outer(f"2001:db8:e2:1{last}", inner6(CS6))
        delivers(lab, packet, name, inner6(CS6))
    refused(errno.EINVAL, "behind its prefix", lab.sid, "2001:db8:e3::1/64",
            "DT6")


def nested(lab):
    """A SID in a SID in a SID on the same device: all are decapsulated"""
    lab.sid(SID(1), "DT6")
    lab.sid(SID(2), "DT46")
    lab.sid(SID(3), "DX4", nh4=NH4["i2"])
    inner = inner4(CS4)
    packet = lab.outer(SID(3), inner)
    for sid in SID(2), SID(1), SID(2), SID(1), SID(1), SID(1), SID(1), SID(1), \
            SID(1), SID(1), SID(1), SID(1):
        packet = lab.outer(sid, packet)
    delivers(lab, packet, "i2", inner)
    # End.DX6 to oneself would never end
    lab.sid(SID(4), "DX6", nh6="2001:db8:2::1")
    lab.dropped(lab.outer(SID(4), inner6(CS6)), "no-nexthop")


def hop_limit_of_outer(lab):
    """The outer hop limit of the last hop is 1, or 0: a SID is local"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    for value in 1, 0:
        delivers(lab, lab.outer(SID(1), inner6(CS6), hlim=value), "i1",
                 inner6(CS6))


def unicast_route(lab):
    """By a unicast route to the device: forwarded to it, the same otherwise"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DT46")
    lab.egress.ip(f"route replace {CS4} via {NH4['i2']} dev lan")
    for number in 1, 2:
        lab.egress.ip(f"route del local {SID(number)}",
                      f"route add {SID(number)} dev cats0")
    delivers(lab, lab.outer(SID(1), inner6(CS6), [SID(1)]), "i1", inner6(CS6))
    delivers(lab, lab.outer(SID(2), inner4(CS4)), "i2", inner4(CS4))
    lab.dropped(lab.outer(SID(1), inner6(CS6), [SID(9), SID(1)], 1),
                "segments-left")
    equal(lab.icmp()[:3], (PARAM, 0, 43))
    for number in 1, 2:
        lab.egress.ip(f"route del {SID(number)} dev cats0")
    lab.egress.ip(f"route del {CS4}")


def from_this_host(lab):
    """A packet of the egress itself to its own SID"""
    lab.egress.ip(f"route replace {CS6} via {NH6['i1']} dev lan")
    lab.sid(SID(1), "DT6")
    lab.egress.ip(f"route add 2001:db8:aa::1 encap seg6 mode encap.red "
                  f"segs {SID(1)} dev cats0")
    lab.egress.run(f"ip sr tunsrc set {EGRESS}")
    lab.egress.ip(f"route replace {CS6} encap seg6 mode encap segs {SID(1)} "
                  "dev src metric 1")
    lab.egress.run("python3 -c 'import socket; s = socket.socket(socket.AF_INET6,"
                   f" socket.SOCK_DGRAM); s.sendto(b\"own\", (\"{CS6}\", 2000))'")
    # its own table has the encapsulation again: the packet ends, not the host
    until(lambda: lab.sid_counts(SID(1))[0], "the SID sees it")
    lab.egress.ip(f"route del {CS6} metric 1", f"route del {CS6}",
                  "route del 2001:db8:aa::1")


def tcpdump(lab):
    """What the device receives is seen by tcpdump, for End.DX and for End.DT"""
    lab.egress.ip(f"route replace {CS6} via {NH6['i2']} dev lan")
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DT6")
    sock = lab.egress.inside(lambda: socket.socket(
        socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
    sock.bind(("cats0", 3))
    sock.settimeout(10)
    inner = inner6(CS6)
    for number, name in (1, "i1"), (2, "i2"):
        lab.send(lab.outer(SID(number), inner))
        equal(sock.recv(2000).hex(), inner.hex())
        equal(lab.receivers()[0], name)
    sock.close()
    lab.egress.ip(f"route del {CS6}")


def filters(lab):
    """tc at the device, and netfilter where packets are received and forwarded"""
    lab.egress.ip(f"route replace {CS6} via {NH6['i1']} dev lan")
    lab.sid(SID(1), "DT6")
    lab.sid(SID(2), "DX6", nh6=NH6["i1"])
    packet = lab.outer(SID(1), inner6(CS6))
    lab.egress.run("tc qdisc add dev cats0 clsact")
    lab.egress.run("tc filter add dev cats0 ingress pref 1 matchall action drop")
    lab.send(packet)
    until(lambda: "dropped 1" in lab.egress.run(
        "tc -s filter show dev cats0 ingress"), "tc drops it")
    lab.egress.run("tc qdisc del dev cats0 clsact")
    for hook, number, dev in (("prerouting", 1, "cats0"), ("forward", 1, "cats0"),
                              ("forward", 2, "cats0"), ("input", 1, "src")):
        lab.egress.run("nft -f -", input=f"""
            table ip6 t {{
                chain c {{
                    type filter hook {hook} priority 0;
                    iifname {dev} ip6 nexthdr != icmpv6 counter drop
                }}
            }}""")
        lab.send(lab.outer(SID(number), inner6(CS6)))
        until(lambda: "packets 1 " in lab.egress.run("nft list ruleset"),
              f"{hook} drops it")
        lab.egress.run("nft flush ruleset")
    delivers(lab, packet, "i1", inner6(CS6))
    lab.egress.ip(f"route del {CS6}")


def counters(lab):
    """The device counts what it received, decapsulated"""
    def counts():
        stats = json.loads(lab.egress.run("ip -s -j link show cats0"))
        received = stats[0]["stats64"]["rx"]
        return received["packets"], received["bytes"], received["dropped"]
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    before = counts()
    delivers(lab, lab.outer(SID(1), inner6(CS6)), "i1", inner6(CS6))
    lab.dropped(lab.outer(SID(1), inner6(CS6), [SID(1)], 1), "segments-left")
    equal(tuple(a - b for a, b in zip(counts(), before)), (1, 52, 1))


def moved(lab):
    """A device that moves to another namespace, or goes, takes its SIDs along"""
    for command in f"link set cats1 netns {lab.src.name}", "link del cats1":
        lab.egress.ip("link add cats1 type cats", "link set cats1 up")
        lab.sid(SID(1), "DX6", nh6=NH6["i1"], dev="cats1")
        delivers(lab, lab.outer(SID(1), inner6(CS6)), "i1", inner6(CS6))
        lab.egress.ip(command)
        refused(errno.ENOENT, "no such SID", lab.sid_counts, SID(1))
    lab.src.ip("link del cats1")
    # down, the device takes nothing
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.egress.ip("link set cats0 down")
    before = lab.verdicts()
    lab.send(lab.outer(SID(1), inner6(CS6)))
    lab.egress.ip("link set cats0 up")
    lab.sid(SID(1), "DX6", flags=4 | NLM_F_REPLACE, nh6=NH6["i1"])
    delivers(lab, lab.outer(SID(1), inner6(CS6)), "i1", inner6(CS6))
    equal(lab.verdicts()["delivered"] - before["delivered"], 1)


if __name__ == "__main__":
    main([dx4_to_its_instance, dx4_stock, dx6_to_its_instance, dx6_link_local,
          with_srh, with_other_headers, dt_main_table, dt_vrftable,
          dt_vrf_of_device, dt_vrf_gone, prefix_sid, nested,
          hop_limit_of_outer, unicast_route, from_this_host, tcpdump, filters,
          counters, moved])
