# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets for wire.py: made, stored in captures, taken apart."""

import socket
import struct
from collections import namedtuple

ETH = 14
IP6 = 40
OUTER = ETH + IP6
MTU = 1500
HOPLIMIT = 64		# of the outer header
TIMEOUT = 5		# seconds for one packet
WARNING = 0x600000	# PI_WARN in tshark's epan/proto.h

Probe = namedtuple("Probe", "name kind size tos hops families")

# Size: octets of payload.  Every packet is a flow of its own.
PROBES = (
    Probe("TCP SYN", "tcp", 0, 0x00, 64, "46"),
    Probe("TCP, odd, AF41 ECT(0)", "tcp", 333, 0x8a, 63, "46"),
    Probe("TCP, EF CE", "tcp", 1000, 0xbb, 255, "46"),
    Probe("TCP, all bits of the traffic class", "tcp", 8, 0xff, 17, "46"),
    Probe("TCP with options of IPv4", "options", 21, 0x28, 64, "4"),
    Probe("UDP, odd, ECT(1), last hop but one", "udp", 1, 0x01, 2, "46"),
    Probe("UDP, EF", "udp", 512, 0xb8, 128, "46"),
    Probe("UDP, empty, CS6", "udp", 0, 0xc0, 64, "46"),
    Probe("UDP without checksum", "nosum", 77, 0x50, 64, "4"),
    Probe("UDP, header checksum 0xfeff", "carry", 10, 0x02, 64, "4"),
    Probe("UDP with a flow label", "label", 99, 0x03, 64, "6"),
    Probe("UDP with destination options", "dstopts", 11, 0x08, 64, "6"),
    Probe("UDP in a padded frame", "padded", 3, 0x00, 64, "46"),
    Probe("ICMP echo, odd, AF11 CE", "echo", 57, 0x2b, 64, "46"),
    Probe("ICMP echo, empty", "echo", 0, 0x00, 9, "46"),
    Probe("UDP, fits exactly", "fits", 0, 0x00, 64, "46"),
)

REFUSED = (
    Probe("a byte too long", "long", 1, 0x00, 64, "46"),
    Probe("as long as the link, ECT(0)", "full", 0, 0x02, 64, "46"),
    Probe("a byte too long, may be fragmented", "nodf", 1, 0x00, 64, "4"),
    Probe("UDP without hops", "udp", 65, 0x00, 1, "46"),
    Probe("TCP without hops, AF41", "tcp", 33, 0x88, 1, "46"),
    Probe("ICMP echo without hops", "echo", 64, 0x00, 1, "46"),
)


def table(probes, family):
    return [p for p in probes if family in p.families]


# --- pcap --------------------------------------------------------------------

def write_pcap(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            out.write(struct.pack("<IIII", number, 0, len(frame), len(frame)))
            out.write(frame)


def read_pcap(path):
    with open(path, "rb") as source:
        data = source.read()
    frames, at = [], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return frames


# --- making packets ----------------------------------------------------------

class Maker:
    """Builds the packets of both tables; the only user of scapy."""

    def __init__(self, macs, csids):
        from scapy.layers import inet, inet6, l2
        self.inet, self.inet6 = inet, inet6
        self.ether = l2.Ether(src=macs[0], dst=macs[1])
        self.csid = dict(zip("46", csids))
        self.client = {"4": "192.0.2.2", "6": "2001:db8:10::2"}

    def network(self, family, probe):
        src, dst = self.client[family], self.csid[family]
        if family == "6":
            label = 0x54321 if probe.kind == "label" else 0
            return self.inet6.IPv6(src=src, dst=dst, tc=probe.tos,
                                   hlim=probe.hops, fl=label)
        options = []
        if probe.kind == "options":
            options = self.inet.IPOption_Stream_Id(security=4660)
        return self.inet.IP(src=src, dst=dst, tos=probe.tos, ttl=probe.hops,
                            flags=0 if probe.kind == "nodf" else "DF",
                            id=4660, options=options)

    def transport(self, family, probe, number):
        port = 40001 + number
        if probe.kind in ("tcp", "options"):
            return self.inet.TCP(sport=port, dport=40000, seq=number,
                                 flags="PA" if probe.size else "S")
        if probe.kind == "echo" and family == "4":
            return self.inet.ICMP(type=8, id=port, seq=1)
        if probe.kind == "echo":
            return self.inet6.ICMPv6EchoRequest(id=port, seq=1)
        udp = self.inet.UDP(sport=port, dport=40000)
        if probe.kind == "nosum":
            udp.chksum = 0
        if probe.kind == "dstopts":
            return self.inet6.IPv6ExtHdrDestOpt() / udp
        return udp

    def carry(self, packet):
        """An identification that makes the header checksum 0xfeff."""
        for ident in range(65536):
            packet.id = ident
            header = bytes(packet)[:20]
            if header[10:12] == b"\xfe\xff":
                return
        raise SystemExit("no header checksum 0xfeff")

    def frame(self, family, probe, number, room):
        packet = (self.network(family, probe) /
                  self.transport(family, probe, number))
        size = probe.size
        if probe.kind in ("fits", "long", "nodf"):
            size += room - len(packet)
        if probe.kind == "full":
            size = MTU - len(packet)
        packet = packet / bytes((7 * i + number) % 251 for i in range(size))
        if probe.kind == "carry":
            self.carry(packet)
        frame = bytes(self.ether / packet)
        if probe.kind == "padded":
            frame += b"\xee" * 20
        return frame


def packet_of(frame):
    """The IP packet, without the padding of the frame."""
    packet = frame[ETH:]
    if packet[0] >> 4 == 4:
        return packet[:struct.unpack_from("!H", packet, 2)[0]]
    return packet[:IP6 + struct.unpack_from("!H", packet, 4)[0]]


def tos_of(packet):
    if packet[0] >> 4 == 4:
        return packet[1]
    return struct.unpack_from("!H", packet)[0] >> 4 & 0xff


def family_of(packet):
    return str(packet[0] >> 4)


def one_hop_less(packet):
    """RFC 8986 5.1; the checksum is summed up anew, not adjusted."""
    packet = bytearray(packet)
    if family_of(packet) == "6":
        packet[7] -= 1
        return bytes(packet)
    packet[8] -= 1
    packet[10:12] = b"\0\0"
    words = struct.unpack_from(f"!{(packet[0] & 15) * 2}H", packet)
    total = sum(words)
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    packet[10:12] = struct.pack("!H", total ^ 0xffff)
    return bytes(packet)


def overhead_of(frame):
    """Octets of the outer headers."""
    if frame[20] != socket.IPPROTO_ROUTING:
        return IP6
    return IP6 + 8 + 8 * frame[OUTER + 1]
