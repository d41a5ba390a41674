#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an endpoint does not take, and what it answers: RFC 8986 4.1.1 and 4.4,
RFC 8754 2.1.2 and 4.3, RFC 8200 4.4, RFC 6040 4.2."""

import errno
import struct

from lab import CS4, CS6, NH4, NH6, SRC, delivers, equal, main, refused, until
from packets import (DEST, FRAGMENT, IPIP, IPV6, NONE, ROUTING, UDP, inner4,
                     inner6, ipv6, options, srh, udp)

SID = "2001:db8:e1::{}".format
UNREACH, PTB, EXCEEDED, PARAM = 1, 2, 3, 4


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


def rate_limited(lab):
    """ICMP errors are limited in rate, drops are all counted"""
    lab.sid(SID(1), "DX6", nh6=NH6["i1"])
    lab.egress.sysctl("net.ipv6.icmp.ratelimit=1000")
    before = lab.verdicts()["segments-left"]
    for _ in range(100):
        lab.send(lab.outer(SID(1), inner6(CS6), [SID(9), SID(1)], 1))
    until(lambda: lab.verdicts()["segments-left"] == before + 100, "100 drops")
    lab.egress.sysctl("net.ipv6.icmp.ratelimit=0")
    # one more, which is answered in any case, is the last
    lab.send(ipv6(SRC, SID(1), udp(SRC, SID(1)), UDP))
    answers = 0
    while lab.icmp()[:2] == (PARAM, 0):
        answers += 1
    equal(1 <= answers < 50, True, f"{answers} answers:")


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


if __name__ == "__main__":
    main([segments_left, rate_limited, other_routing_header, upper_layer,
          malformed_srh, truncated, too_many_headers, fragments,
          inner_malformed, trailing_bytes, hop_limit, mtu, ecn, no_sid,
          other_device, no_nexthop, hmac, hmac_right])
