#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The endpoint behaviors of cats.ko on the wire: RFC 8986 4, RFC 8754 4.3."""

import errno
import json
import socket
import struct

from genl import NLM_F_REPLACE
from lab import CS4, CS6, EGRESS, NH4, NH6, SRC, equal, main, refused, until
from packets import (DEST, FRAGMENT, HOP, IPIP, IPV6, NONE, ROUTING, UDP, inner4,
                     inner6, ipv6, options, srh, udp)

SID = "2001:db8:e1::{}".format
UNREACH, PTB, EXCEEDED, PARAM = 1, 2, 3, 4


def delivers(lab, packet, name, inner, decrement=1):
    """PACKET reaches instance NAME and is INNER, one hop further on."""
    lab.send(packet)
    got, received = lab.receivers()
    equal(got, name)
    inner = bytearray(inner)
    if inner[0] >> 4 == 4:
        inner[8] -= decrement
        value = struct.unpack_from("!H", inner, 10)[0] + 0x100 * decrement
        struct.pack_into("!H", inner, 10, (value & 0xffff) + (value >> 16))
    else:
        inner[7] -= decrement
    equal(received[:len(inner)].hex(), bytes(inner).hex())


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


def segments_left(lab):
    """SL != 0: ICMPv6 parameter problem 0 at SL (RFC 8986 4.4 S02)"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.dropped(lab.outer(SID(1), inner6(CS6), [SID(9), SID(1)], 1),
                "segments-left")
    equal(lab.icmp()[:3], (PARAM, 0, 43))
    chain = options(ROUTING) + srh([SID(9)] * 3, 2, IPV6) + inner6(CS6)
    lab.dropped(ipv6(SRC, SID(1), chain, DEST), "segments-left")
    equal(lab.icmp()[:3], (PARAM, 0, 51))
    equal(lab.sid_counts(SID(1)), (0, 0, 2))


def other_routing_header(lab):
    """Routing header of another type with SL != 0: points to the type"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    other = struct.pack("!BBBBI", IPV6, 0, 200, 1, 0) + inner6(CS6)
    lab.dropped(ipv6(SRC, SID(1), other, ROUTING), "segments-left")
    equal(lab.icmp()[:3], (PARAM, 0, 42))


def upper_layer(lab):
    """Wrong upper layer: parameter problem 4 at that header (RFC 8986 4.1.1)"""
    lab.sid(SID(6), "DX6", nh6=NH6["i1"])
    lab.sid(SID(4), "DX4", nh4=NH4["i1"])
    lab.sid(SID(46), "DT46")
    plain = udp(SRC, SID(6))
    for packet, pointer in (
            (lab.outer(SID(6), inner4(CS4)), 40),
            (lab.outer(SID(4), inner6(CS6)), 40),
            (lab.outer(SID(4), inner6(CS6), [SID(4)]), 64),
            (ipv6(SRC, SID(46), plain, UDP), 40),
            (ipv6(SRC, SID(6), b"", NONE), 40),
            (ipv6(SRC, SID(6), options(UDP, 24) + plain, DEST), 64)):
        lab.dropped(packet, "upper-layer")
        equal(lab.icmp()[:3], (PARAM, 4, pointer))


def malformed_srh(lab):
    """Malformed SRH of every kind, and nothing of it gets through"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    inner = inner6(CS6)
    tlv = bytes([5, 200]) + bytes(6)
    for header in (srh([SID(9)], 0, IPV6, last=1),
                   srh([SID(9)], 0, IPV6, last=255),
                   srh([], 0, IPV6, last=0),
                   srh([SID(9)], 0, IPV6, length=0),
                   srh([SID(9)], 0, IPV6, length=1),
                   srh([SID(9)], 0, IPV6, length=255),
                   srh([SID(9)], 0, IPV6, tlvs=tlv),
                   srh([SID(9)], 0, IPV6, tlvs=bytes(7) + b"\x05"),
                   srh([SID(9)], 0, ROUTING) + srh([SID(9)], 0, IPV6)):
        lab.dropped(ipv6(SRC, SID(1), header + inner, ROUTING), "srh-malformed")
    delivers(lab, lab.outer(SID(1), inner), "i1", inner)


def truncated(lab):
    """Truncated at every byte of headers: dropped, named, nothing else"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DX4", nh4=NH4["i1"])
    for sid, inner in (SID(1), inner6(CS6)), (SID(2), inner4(CS4)):
        whole = lab.outer(sid, inner, [SID(9)])
        for cut in range(41, len(whole)):
            packet = whole[:4] + struct.pack("!H", cut - 40) + whole[6:cut]
            reason = "outer-malformed" if cut < 48 else \
                "srh-malformed" if cut < 64 else "inner-malformed"
            lab.dropped(packet, reason)


def too_many_headers(lab):
    """A chain of more extension headers than are followed"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    chain = options(DEST) * 20 + options(IPV6) + inner6(CS6)
    lab.dropped(ipv6(SRC, SID(1), chain, DEST), "outer-malformed")


def fragments(lab):
    """An outer fragment is not reassembled; inner ones go through"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DX4", nh4=NH4["i1"])
    head = struct.pack("!BBHI", IPV6, 0, 1, 7)
    lab.dropped(ipv6(SRC, SID(1), head + inner6(CS6), FRAGMENT),
                "outer-fragment")
    for more, offset in (True, 0), (False, 2):
        inner = inner4(CS4, df=False, more=more, offset=offset)
        delivers(lab, lab.outer(SID(2), inner), "i1", inner)
    head = struct.pack("!BBHI", UDP, 0, 9, 7)
    inner = ipv6("2001:db8:10::1", CS6, head + udp("2001:db8:10::1", CS6),
                 FRAGMENT)
    delivers(lab, lab.outer(SID(1), inner), "i1", inner)


def inner_malformed(lab):
    """An inner packet whose lengths, version or checksum are wrong"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DX4", nh4=NH4["i1"])
    good6, good4 = inner6(CS6), inner4(CS4)

    def changed(packet, at, value):
        return packet[:at] + bytes([value]) + packet[at + 1:]
    for packet in (ipv6(SRC, SID(1), changed(good6, 0, 0x40), IPV6),
                   ipv6(SRC, SID(1), changed(good6, 5, 13), IPV6),
                   ipv6(SRC, SID(2), changed(good4, 0, 0x65), IPIP),
                   ipv6(SRC, SID(2), changed(good4, 0, 0x44), IPIP),
                   ipv6(SRC, SID(2), changed(good4, 0, 0x4f), IPIP),
                   ipv6(SRC, SID(2), changed(good4, 3, 200), IPIP),
                   ipv6(SRC, SID(2), changed(good4, 3, 19), IPIP),
                   ipv6(SRC, SID(2), changed(good4, 10, good4[10] ^ 1), IPIP)):
        lab.dropped(packet, "inner-malformed")


def trailing_bytes(lab):
    """Bytes behind the end of the inner packet are cut off"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    inner = inner6(CS6, payload=udp("2001:db8:10::1", CS6, payload=bytes(20)))
    lab.send(lab.outer(SID(1), inner + bytes(100)))
    equal(len(lab.receivers()[1]), len(inner))


def hop_limit(lab):
    """Inner hop limit: decremented; at 1 an ICMP error to the inner source"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DX4", nh4=NH4["i1"])
    for sid, inner in (SID(1), inner6(CS6, hlim=2)), (SID(2), inner4(CS4, ttl=2)):
        delivers(lab, lab.outer(sid, inner), "i1", inner)
    for value in 0, 1:
        lab.dropped(lab.outer(SID(1), inner6(CS6, hlim=value)),
                    "inner-hop-limit")
        equal(lab.icmp()[:2], (EXCEEDED, 0))
        lab.dropped(lab.outer(SID(2), inner4(CS4, ttl=value)), "inner-hop-limit")
        equal(lab.icmp()[:2], (11, 0))


def mtu(lab):
    """Above the MTU towards the instance: packet too big, with that MTU"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DX4", nh4=NH4["i1"])
    big6 = udp("2001:db8:10::1", CS6, payload=bytes(1453))
    big4 = udp("192.0.2.1", CS4, payload=bytes(1473))
    lab.dropped(lab.outer(SID(1), inner6(CS6, payload=big6)), "inner-too-big")
    equal(lab.icmp()[:3], (PTB, 0, 1500))
    lab.dropped(lab.outer(SID(2), inner4(CS4, payload=big4)), "inner-too-big")
    equal(lab.icmp()[:3], (3, 4, 1500))
    fits = inner6(CS6, payload=udp("2001:db8:10::1", CS6, payload=bytes(1452)))
    delivers(lab, lab.outer(SID(1), fits), "i1", fits)
    lab.send(lab.outer(SID(2), inner4(CS4, payload=big4, df=False)))
    equal([len(lab.receivers()[1]) for _ in range(2)], [1500, 21])


def ecn(lab):
    """ECN on decapsulation as in RFC 6040 figure 4, for IPv4 and IPv6"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.sid(SID(2), "DX4", nh4=NH4["i1"])
    table = {(0, 0): 0, (0, 2): 0, (0, 1): 0, (2, 0): 2, (2, 2): 2, (2, 1): 1,
             (1, 0): 1, (1, 2): 1, (1, 1): 1, (2, 3): 3, (1, 3): 3, (3, 0): 3,
             (3, 1): 3, (3, 2): 3, (3, 3): 3}
    for (inside, outside), result in table.items():
        dscp = 0x28
        lab.send(lab.outer(SID(1), inner6(CS6, tclass=dscp | inside),
                           tclass=0x68 | outside))
        packet = lab.receivers()[1]
        equal((packet[0] << 4 | packet[1] >> 4) & 0xff, dscp | result,
              f"IPv6 {inside} in {outside}:")
        lab.send(lab.outer(SID(2), inner4(CS4, tos=dscp | inside),
                           tclass=0x68 | outside))
        equal(lab.receivers()[1][1], dscp | result, f"IPv4 {inside} in {outside}:")
    lab.dropped(lab.outer(SID(1), inner6(CS6), tclass=3), "ecn")
    lab.dropped(lab.outer(SID(2), inner4(CS4), tclass=3), "ecn")


def no_sid(lab):
    """An address routed to the device that is no SID: address unreachable"""
    lab.egress.ip("route add 2001:db8:e9::/64 dev cats0")
    lab.dropped(lab.outer("2001:db8:e9::1", inner6(CS6)), "no-sid")
    equal(lab.icmp()[:2], (UNREACH, 3))
    lab.egress.ip("route del 2001:db8:e9::/64 dev cats0")


def other_device(lab):
    """A SID of another device is none of this one"""
    lab.egress.ip("link add cats1 type cats", "link set cats1 up")
    refused(errno.EINVAL, "several cats devices", lab.sid, SID(1), "DT6")
    lab.sid(SID(1), "DX6", nh6=NH6["i1"], dev="cats1")
    delivers(lab, lab.outer(SID(1), inner6(CS6)), "i1", inner6(CS6))
    lab.egress.ip(f"route del local {SID(1)}",
                  f"route add local {SID(1)} dev cats0")
    lab.dropped(lab.outer(SID(1), inner6(CS6)), "no-sid")
    lab.egress.ip("link del cats1")
    refused(errno.ENOENT, "no such SID", lab.sid_counts, SID(1))


def no_nexthop(lab):
    """The route to the instance is gone, and comes back"""
    lab.sid(SID(1), "DX6", nh6="2001:db8:77::1")
    lab.sid(SID(2), "DX4", nh4="10.77.0.1")
    for sid, inner in (SID(1), inner6(CS6)), (SID(2), inner4(CS4)):
        lab.dropped(lab.outer(sid, inner), "no-nexthop")
    lab.egress.ip(f"route add 2001:db8:77::/64 dev lan",
                  "route add 10.77.0.0/24 dev lan")
    lab.i2.ip("addr add 2001:db8:77::1/64 dev lan", "addr add 10.77.0.1/24 dev lan")
    for sid, inner in (SID(1), inner6(CS6)), (SID(2), inner4(CS4)):
        delivers(lab, lab.outer(sid, inner), "i2", inner)
    lab.egress.ip("link set lan down")
    for sid, inner in (SID(1), inner6(CS6)), (SID(2), inner4(CS4)):
        lab.dropped(lab.outer(sid, inner), "no-nexthop")
    lab.egress.ip("link set lan up", "addr replace 2001:db8:2::1/64 dev lan")
    lab.i2.ip("addr del 2001:db8:77::1/64 dev lan", "addr del 10.77.0.1/24 dev lan")


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


def hmac(lab):
    """HMAC: wrong is dropped, and so is none where the interface requires it"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    tlv = struct.pack("!BBHI", 5, 38, 0, 77) + bytes(32)
    packet = ipv6(SRC, SID(1), srh([SID(1)], 0, IPV6, tlv, flags=8) + inner6(CS6),
                  ROUTING)
    lab.dropped(packet, "hmac")
    lab.egress.sysctl("net.ipv6.conf.src.seg6_require_hmac=1")
    lab.dropped(lab.outer(SID(1), inner6(CS6), [SID(1)]), "hmac")
    lab.dropped(lab.outer(SID(1), inner6(CS6)), "hmac")
    lab.egress.sysctl("net.ipv6.conf.src.seg6_require_hmac=-1")
    delivers(lab, packet, "i1", inner6(CS6))
    lab.egress.sysctl("net.ipv6.conf.src.seg6_require_hmac=0")


def hmac_right(lab):
    """HMAC: what the kernel itself signs is taken"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    for space in lab.src, lab.egress:
        space.run("ip sr hmac set 77 sha256", input="secret\nsecret\n")
    lab.egress.sysctl("net.ipv6.conf.src.seg6_require_hmac=1")
    lab.src.ip(f"sr tunsrc set {SRC}",
               f"route add {CS6} encap seg6 mode encap segs {SID(1)} hmac 77 "
               "dev egress")
    lab.src.run(f"python3 -c 'import socket; "
                f"s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); "
                f"s.bind((\"2001:db8:10::1\", 0)); "
                f"s.sendto(b\"signed\", (\"{CS6}\", 2000))'")
    got, packet = lab.receivers()
    equal((got, packet[48:54]), ("i1", b"signed"))
    lab.egress.sysctl("net.ipv6.conf.src.seg6_require_hmac=0")
    lab.src.ip(f"route del {CS6}")


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
          dt_vrf_of_device, dt_vrf_gone, prefix_sid, segments_left,
          other_routing_header, upper_layer, malformed_srh, truncated,
          too_many_headers, fragments, inner_malformed, trailing_bytes,
          hop_limit, mtu, ecn, no_sid, other_device, no_nexthop, nested, hmac,
          hmac_right, hop_limit_of_outer, unicast_route, from_this_host, tcpdump,
          filters, counters, moved])
