#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP through an endpoint with segmentation offload: large packets stay large,
and every byte arrives.  The source encapsulates with the kernel's own seg6."""

import hashlib
import os
import socket
import threading

from lab import CS4, CS6, NH4, NH6, SRC, Lab, Port, equal, main
from packets import TCP

SID = "2001:db8:e1::{}".format
SIZE = 1 << 20


class Bulk(Lab):
    """Answers go directly back to the source, as plain packets."""

    def addresses(self):
        super().addresses()
        self.i1.ip("route add default via 10.0.0.1",
                   "route add default via 2001:db8:2::1")
        self.src.run(f"ip sr tunsrc set {SRC}")
        self.sniffer = Port(self.egress, "lan")


def listen(lab, family, address):
    def make():
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, 2000))
        sock.listen()
        return sock
    return lab.i1.inside(make)


def connect(lab, family, source, address):
    def make():
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.bind((source, 0))
        sock.settimeout(30)
        return sock
    sock = lab.src.inside(make)
    sock.connect((address, 2000))
    return sock


def bulk(lab, ipv6):
    """Sends SIZE bytes; the sizes of what the egress sent, the digests"""
    family = socket.AF_INET6 if ipv6 else socket.AF_INET
    address, source = (CS6, "2001:db8:10::1") if ipv6 else (CS4, "192.0.2.1")
    server = listen(lab, family, address)
    data, received = os.urandom(SIZE), hashlib.sha256()

    def serve():
        sock, _ = server.accept()
        while chunk := sock.recv(1 << 16):
            received.update(chunk)
        sock.close()
    thread = threading.Thread(target=serve)
    thread.start()
    client = connect(lab, family, source, address)
    client.sendall(data)
    client.close()
    thread.join(30)
    server.close()
    return sizes(lab), hashlib.sha256(data).digest() == received.digest()


def sizes(lab):
    """Of the TCP packets the egress has sent to the instances."""
    found, sock = [], lab.sniffer.sock
    sock.setblocking(False)
    while True:
        try:
            frame, sender = sock.recvfrom(1 << 17)
        except BlockingIOError:
            return found
        packet = frame[14:]
        if sender[2] == socket.PACKET_OUTGOING and \
                TCP in (packet[9] if packet[0] >> 4 == 4 else packet[6],):
            found.append(len(packet))


def through(lab, behavior, ipv6, **conf):
    destination = CS6 if ipv6 else CS4
    lab.instance(NH4["i1"])
    lab.sid(SID(1), behavior, instance=NH4["i1"], **conf)
    lab.egress.ip(f"route replace {CS4} via {NH4['i1']} dev lan",
                  f"route replace {CS6} via {NH6['i1']} dev lan")
    lab.src.ip(f"route add {destination} encap seg6 mode encap segs {SID(1)} "
               "dev egress mtu 1400")
    lab.sniffer.drain()
    sent, right = bulk(lab, ipv6)
    lab.src.ip(f"route del {destination}")
    equal(right, True, "bytes:")
    equal(max(sent) > 1500, True, f"largest packet of {len(sent)} {max(sent)}:")
    got = lab.instance_get(NH4["i1"])
    equal((got["flows_started"], got["handshakes"], got["bytes"] > SIZE),
          (1, 1, True))
    print(f"# {len(sent)} packets for {SIZE} bytes, largest {max(sent)}")


def dx4(lab):
    """End.DX4: 1 MiB of TCP in large packets"""
    through(lab, "DX4", False, nh4=NH4["i1"])


def dx6(lab):
    """End.DX6: 1 MiB of TCP in large packets"""
    through(lab, "DX6", True, nh6=NH6["i1"])


def dt46(lab):
    """End.DT46: 1 MiB of TCP in large packets, IPv4 and IPv6"""
    through(lab, "DT46", False)
    lab.flush()
    through(lab, "DT46", True)


if __name__ == "__main__":
    main([dx4, dx6, dt46], Bulk)
