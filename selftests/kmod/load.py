# SPDX-License-Identifier: GPL-2.0-or-later
"""Many requests in one datagram, many packets in one call: what is measured is the
kernel, not Python."""

import ctypes
import errno
import socket
import struct

from genl import NLM_F_REQUEST, address
from lab import libc
from packets import ipv6

BATCH = 512


def requests(family, cmd, payloads, flags=0):
    """Datagrams of as many requests as fit; without ack, so that only errors are
    answered."""
    out, size = [], 0
    for payload in payloads:
        out.append(struct.pack("=IHHIIBBH", 20 + len(payload), family.id,
                               NLM_F_REQUEST | flags, 0, 0, cmd, 1, 0) + payload)
        size += 20 + len(payload)
        if size > 60000:
            yield b"".join(out)
            out, size = [], 0
    if out:
        yield b"".join(out)


def send(family, datagrams):
    """Sends them; raises what the kernel answers if it does."""
    for datagram in datagrams:
        family.sock.send(datagram)
    family.sock.settimeout(0)
    try:
        data = family.sock.recv(1 << 16)
    except BlockingIOError:
        return
    code, = struct.unpack_from("=i", data, 16)
    raise OSError(-code, errno.errorcode.get(-code, "?"))


class iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class mmsghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint),
                ("iov", ctypes.POINTER(iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int), ("padding", ctypes.c_int),
                ("len", ctypes.c_uint), ("end", ctypes.c_int)]


class Flood:
    """UDP over IPv6 to a SID, out of BATCH source ports at a time; what follows
    the outer header is shared, so that one write changes a whole batch."""

    def __init__(self, host, sid):
        self.sock = host.egress.inside(lambda: socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, 0))
        self.sock.bind(("cats0", 0))
        name = struct.pack("=HHiHBB8s", socket.AF_PACKET, socket.htons(0x86dd),
                           host.ifindex("cats0"), 0, 0, 0, b"")
        self.name = ctypes.create_string_buffer(name, len(name))
        head = ipv6("2001:db8:1::1", sid, bytes(48), 41)[:40] + \
            ipv6("2001:db8:10::1", "2001:db8:c5::1", bytes(8), 17)[:40]
        self.head = ctypes.create_string_buffer(head, len(head))
        self.ports = [ctypes.create_string_buffer(
            struct.pack("!HHHH", port, 7, 8, 0), 8) for port in range(BATCH)]
        self.messages = (mmsghdr * BATCH)()
        self.parts = [(iovec * 2)((ctypes.addressof(self.head), 80),
                                  (ctypes.addressof(port), 8))
                      for port in self.ports]
        for message, parts in zip(self.messages, self.parts):
            message.name = ctypes.addressof(self.name)
            message.namelen, message.iov, message.iovlen = len(name), parts, 2

    def sid(self, sid):
        self.head[24:40] = address(sid)

    def client(self, index):
        """Another client address: BATCH other flows."""
        self.head[60:64] = struct.pack("!I", index)

    def send(self, count=BATCH):
        sent = 0
        while sent < count:
            done = libc.sendmmsg(self.sock.fileno(),
                                 ctypes.byref(self.messages[sent]),
                                 count - sent, 0)
            if done < 0:
                raise OSError(ctypes.get_errno(), "sendmmsg")
            sent += done
