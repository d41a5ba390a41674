# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets byte by byte: what a test sends must not depend on what a library
thinks is right."""

import socket
import struct

TCP, UDP, ICMP, ICMP6, IPIP, IPV6 = 6, 17, 1, 58, 4, 41
HOP, ROUTING, FRAGMENT, DEST, NONE = 0, 43, 44, 60, 59
FIN, SYN, RST, ACK = 1, 2, 4, 16


def raw(text):
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return socket.inet_pton(family, text)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def with_checksum(src, dst, proto, header, at, payload):
    """The transport header with its checksum at offset AT filled in."""
    segment = header + payload
    pseudo = raw(src) + raw(dst) + struct.pack("!II", len(segment), proto)
    value = checksum(pseudo + segment) or 0xffff
    return segment[:at] + struct.pack("!H", value) + segment[at + 2:]


def udp(src, dst, sport=1000, dport=2000, payload=b"cats"):
    header = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    return with_checksum(src, dst, UDP, header, 6, payload)


def tcp(src, dst, flags, sport=1000, dport=2000, payload=b""):
    header = struct.pack("!HHIIBBHHH", sport, dport, 1, 1, 5 << 4, flags,
                         1000, 0, 0)
    return with_checksum(src, dst, TCP, header, 16, payload)


def ipv4(src, dst, payload, proto=UDP, ttl=64, tos=0, df=True, ident=1,
         more=False, offset=0):
    frag = (0x4000 if df else 0) | (0x2000 if more else 0) | offset
    header = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), ident,
                         frag, ttl, proto, 0, raw(src), raw(dst))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(src, dst, payload, proto=UDP, hlim=64, tclass=0, label=0, length=None):
    return struct.pack("!IHBB", 6 << 28 | tclass << 20 | label,
                       len(payload) if length is None else length, proto, hlim) \
        + raw(src) + raw(dst) + payload


def srh(segments, left, proto, tlvs=b"", last=None, length=None, kind=4,
        flags=0):
    """SEGMENTS as in the header: the last one travelled to first."""
    body = b"".join(map(raw, segments)) + tlvs
    return struct.pack("!BBBBBBH", proto,
                       len(body) // 8 if length is None else length, kind, left,
                       max(len(segments) - 1, 0) if last is None else last,
                       flags, 0) + body


def options(proto, size=8):
    """A hop-by-hop or destination options header of padding."""
    return struct.pack("!BBBB", proto, size // 8 - 1, 1, size - 4) + bytes(size - 4)


def inner4(dst, proto=UDP, payload=None, src="192.0.2.1", **more):
    body = payload if payload is not None else udp(src, dst)
    return ipv4(src, dst, body, proto, **more)


def inner6(dst, proto=UDP, payload=None, src="2001:db8:10::1", **more):
    body = payload if payload is not None else udp(src, dst)
    return ipv6(src, dst, body, proto, **more)


def tcp4(dst, flags, sport=1000, src="192.0.2.1", **more):
    return inner4(dst, TCP, tcp(src, dst, flags, sport), src, **more)


def udp4(dst, sport=1000, src="192.0.2.1", **more):
    return inner4(dst, UDP, udp(src, dst, sport), src, **more)


def tcp6(dst, flags, sport=1000, src="2001:db8:10::1", **more):
    return inner6(dst, TCP, tcp(src, dst, flags, sport), src, **more)
