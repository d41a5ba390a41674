#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the ingress sends, byte by byte; for test_wire.sh.

wire.py probes DIR SRCMAC DSTMAC CSID4 CSID6 OVERHEAD...
	makes DIR/probes-<4|6>-<overhead>.pcap, packets to be steered, and
	DIR/refused-..., packets to be answered with an ICMP error
wire.py steer PROBES OUT DEV NETNS PEERDEV SOURCE
	sends each packet on DEV, receives it encapsulated by SOURCE on
	PEERDEV of another namespace
wire.py refuse REFUSED OUT DEV
	sends each packet on DEV, receives the ICMP error there
wire.py compare PROBES KERNEL CATS
wire.py padding PROBES KERNEL CATS
	the padding of a short frame is not sent on
wire.py bits PROBES KERNEL CATS
	shows that compare sees every bit but those of the flow label
wire.py decode CAPTURE...
	has tshark dissect captures, for dissect and errors
wire.py dissect PROBES CATS MODE SEGMENT,...
	what tshark says about steered packets
wire.py errors REFUSED ANSWERS ROUTER MTU
	what tshark says about ICMP errors
wire.py damage IN OUT OFFSET
	changes one byte of each packet
wire.py labels PROBES CATS...
	the flow label is that of the flow, whatever its path

compare, padding, bits, dissect, errors and labels print what is wrong, and fail if
anything is.
"""

import ctypes
import ipaddress
import json
import os
import socket
import struct
import subprocess
import sys
import time

from wire_frames import (
    ETH, OUTER, MTU, HOPLIMIT, TIMEOUT, WARNING, PROBES, REFUSED, table,
    write_pcap, read_pcap, Maker, packet_of, tos_of, family_of,
    one_hop_less, overhead_of)


def cmd_probes(folder, src, dst, csid4, csid6, *overheads):
    maker = Maker((src, dst), (csid4, csid6))
    for family in "46":
        for overhead in overheads:
            for name, probes in ("probes", PROBES), ("refused", REFUSED):
                write_pcap(f"{folder}/{name}-{family}-{overhead}.pcap",
                           [maker.frame(family, probe, number,
                                        MTU - int(overhead))
                            for number, probe in
                            enumerate(table(probes, family))])


# --- the wire ----------------------------------------------------------------

def open_wire(dev, netns=None):
    if netns:
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
        if libc.setns(fd, 0x40000000):
            raise SystemExit(f"setns: {os.strerror(ctypes.get_errno())}")
        os.close(fd)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind((dev, 3))
    return wire


def receive(wire, wanted):
    """The next incoming frame that is wanted, or None."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        wire.settimeout(max(end - time.monotonic(), 0.001))
        try:
            frame, address = wire.recvfrom(65535)
        except socket.timeout:
            return None
        if address[2] != socket.PACKET_OUTGOING and wanted(frame):
            return frame
    return None


def exchange(probes, out, sender, receiver, wanted):
    """One at a time, so that answer and packet belong together."""
    answers = []
    for number, frame in enumerate(read_pcap(probes), 1):
        sender.send(frame)
        answer = receive(receiver, wanted)
        if answer is None:
            raise SystemExit(f"{probes}: packet {number} got lost")
        answers.append(answer)
    write_pcap(out, answers)


def is_icmp_error(frame):
    if frame[12:14] == b"\x08\x00":
        return frame[23] == 1 and frame[34] in (3, 4, 5, 11, 12)
    return (frame[12:14] == b"\x86\xdd" and frame[20] == 58 and
            frame[OUTER] < 128)


def cmd_steer(probes, out, dev, netns, peer, source):
    source = socket.inet_pton(socket.AF_INET6, source)
    sender = open_wire(dev)
    exchange(probes, out, sender, open_wire(peer, netns),
             lambda frame: frame[12:14] == b"\x86\xdd" and
             frame[22:38] == source)


def cmd_refuse(refused, out, dev):
    wire = open_wire(dev)
    exchange(refused, out, wire, wire, is_icmp_error)


# --- comparing ---------------------------------------------------------------


def wanted_frame(inner, kernel, cats):
    """What the kernel sent, changed where cats differs on purpose."""
    word = (6 << 28 | tos_of(inner) << 20 |
            struct.unpack_from("!I", cats, ETH)[0] & 0xfffff)
    rest = kernel[ETH + 4:ETH + 7] + bytes([HOPLIMIT])
    rest += kernel[ETH + 8:ETH + overhead_of(kernel)]
    return kernel[:ETH] + struct.pack("!I", word) + rest + one_hop_less(inner)


def hex_rows(name, frame, rows):
    return [f"  {name:6} {16 * r:04x}  {frame[16 * r:16 * r + 16].hex(' ')}"
            for r in rows]


def region(offset, overhead):
    for name, end in (("Ethernet", ETH), ("outer IPv6", OUTER),
                      ("routing header", ETH + overhead)):
        if offset < end:
            return name
    return "inner packet"


def hex_diff(name, want, got):
    """Nothing, or lines that show where two frames differ."""
    if want == got:
        return []
    size = max(len(want), len(got))
    at = [i for i in range(size) if want[i:i + 1] != got[i:i + 1]]
    lines = [f"{name}: {len(want)} octets wanted, {len(got)} sent, "
             f"{len(at)} differ, first {at[0]} "
             f"({region(at[0], overhead_of(want))})"]
    for row in sorted({i // 16 for i in at})[:8]:
        lines += hex_rows("wanted", want, [row]) + hex_rows("sent", got, [row])
    return lines


def kernel_problems(name, inner, kernel):
    """The kernel behaves as the comparison assumes."""
    tos = tos_of(kernel[ETH:])
    lines = []
    if tos != (tos_of(inner) if family_of(inner) == "6" else 0):
        lines.append(f"{name}: the kernel sent traffic class {tos:#x}")
    # Linux 6.18 does not count encapsulating as a hop; one that does is right.
    encapsulated = kernel[ETH + overhead_of(kernel):]
    if encapsulated not in (inner, one_hop_less(inner)):
        lines.append(f"{name}: the kernel changed the inner packet")
    return lines


def differences(name, inner, kernel, cats):
    return (kernel_problems(name, inner, kernel) +
            hex_diff(name, wanted_frame(inner, kernel, cats), cats))


def triples(probes, kernel, cats):
    """(name, inner packet, frame of the kernel, frame of cats)"""
    inner = [packet_of(frame) for frame in read_pcap(probes)]
    names = [p.name for p in table(PROBES, family_of(inner[0]))]
    files = (names, inner, read_pcap(kernel), read_pcap(cats))
    if len({len(one) for one in files}) != 1:
        raise SystemExit(f"{kernel} and {cats} are not of {probes}")
    return list(zip(*files))


def cmd_compare(probes, kernel, cats):
    """What follows the packet in its frame is left to cmd_padding()."""
    return [line for name, inner, theirs, ours in triples(probes, kernel, cats)
            for line in differences(name, inner, theirs,
                                    ours[:ETH + len(packet_of(ours))])]


def cmd_padding(probes, kernel, cats):
    lines = []
    for name, inner, theirs, ours in triples(probes, kernel, cats):
        for who, frame in ("kernel", theirs), ("cats", ours):
            extra = len(frame) - ETH - overhead_of(frame) - len(inner)
            if extra:
                lines.append(f"{name}: {extra} octets more from {who}")
    return lines


def cmd_bits(probes, kernel, cats):
    lines = []
    label = [ETH * 8 + bit for bit in range(12, 32)]
    for name, inner, theirs, ours in triples(probes, kernel, cats):
        if len(inner) > 100:
            continue
        unseen = []
        ours = ours[:ETH + len(packet_of(ours))]
        for bit in range(8 * len(ours)):
            frame = bytearray(ours)
            frame[bit // 8] ^= 0x80 >> bit % 8
            if not differences(name, inner, theirs, bytes(frame)):
                unseen.append(bit)
        if unseen != label:
            lines.append(f"{name}: changes of bits {unseen} are not seen")
    return lines


def cmd_labels(probes, *captures):
    """Captures of several paths for the same probes, made by one ingress."""
    lines = []
    labels = [[struct.unpack_from("!I", frame, ETH)[0] & 0xfffff
               for frame in read_pcap(capture)] for capture in captures]
    for number, probe in enumerate(read_pcap(probes)):
        name = table(PROBES, family_of(probe[ETH:]))[number].name
        seen = {row[number] for row in labels}
        if len(seen) != 1:
            lines.append(f"{name}: {sorted(seen)}")
    if len(set(labels[0])) < len(labels[0]) - 1:
        lines.append(f"flows share labels: {labels[0]}")
    return lines


def cmd_damage(source, out, offset):
    frames = [bytearray(frame) for frame in read_pcap(source)]
    for frame in frames:
        frame[int(offset)] ^= 0x15
    write_pcap(out, frames)


# --- tshark ------------------------------------------------------------------

PREFERENCES = ("ip.check_checksum:TRUE", "tcp.check_checksum:TRUE",
               "udp.check_checksum:TRUE",
               "tcp.analyze_sequence_numbers:FALSE")


SUMS = ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status",
        "icmp.checksum.status", "icmpv6.checksum.status")
FIELDS = SUMS + (
    "frame.protocols", "_ws.expert.severity", "_ws.expert.message",
    "_ws.malformed", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
    "ipv6.routing.type", "ipv6.routing.segleft",
    "ipv6.routing.srh.last_entry", "ipv6.routing.srh.flags",
    "ipv6.routing.srh.tag", "ipv6.routing.srh.addr", "icmp.type", "icmp.code",
    "icmp.mtu", "icmpv6.type", "icmpv6.code", "icmpv6.mtu")


def tshark(path):
    """A dictionary of lists for each packet."""
    command = ["tshark", "-n", "-r", path, "-T", "fields",
               "-E", "separator=;", "-E", "occurrence=a",
               "-E", "aggregator=|"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"tshark: {run.stderr}")
    return [dict(zip(FIELDS, [cell.split("|") if cell else []
                              for cell in line.split(";")]))
            for line in run.stdout.splitlines()]


def cmd_decode(*captures):
    """All at once: most of the time tshark takes is for its start."""
    merged = captures[0] + ".merged"
    write_pcap(merged, [frame for capture in captures
                        for frame in read_pcap(capture)])
    rows = tshark(merged)
    for capture in captures:
        count = len(read_pcap(capture))
        with open(capture + ".json", "w", encoding="utf-8") as out:
            json.dump(rows[:count], out)
        rows = rows[count:]


def decoded(capture):
    with open(capture + ".json", encoding="utf-8") as source:
        return json.load(source)


def complaints(row):
    """Of tshark, about one packet"""
    lines = []
    for severity, message in zip(row["_ws.expert.severity"],
                                 row["_ws.expert.message"]):
        if int(severity, 0) >= WARNING:
            lines.append(message)
    if row["_ws.malformed"] or "_ws.malformed" in row["frame.protocols"][0]:
        lines.append("malformed")
    return lines


def mismatches(name, row, want):
    lines = [f"{name}: {line}" for line in complaints(row)]
    for field, value in want.items():
        if row[field] != value:
            lines.append(f"{name}: {field} is {row[field]}, not {value}")
    return lines


def canonical(address):
    return str(ipaddress.ip_address(address))


TRANSPORT = {"tcp": "tcp", "options": "tcp", "echo": "icmp"}
GOOD, NOT_PRESENT = ["1"], ["3"]


def inner_fields(probe, packet):
    """Protocols and checksums of the inner packet"""
    family = family_of(packet)
    name = TRANSPORT.get(probe.kind, "udp")
    if name == "icmp" and family == "6":
        name = "icmpv6"
    want = {field: [] for field in SUMS}
    want[f"{name}.checksum.status"] = (
        NOT_PRESENT if probe.kind == "nosum" else GOOD)
    if family == "4":
        want["ip.checksum.status"] = GOOD
    path = "ip" if family == "4" else "ipv6"
    if probe.kind == "dstopts":
        path += ":ipv6.dstopts"
    want["inner"] = f"{path}:{name}"
    return want


def routing_fields(mode, segments):
    """RFC 8754 4.1 and 4.1.1"""
    segments = [canonical(segment) for segment in segments.split(",")]
    if mode == "encap.red" and len(segments) == 1:
        listed, left = [], []
    else:
        listed = segments[mode == "encap.red":][::-1]
        left = [str(len(segments) - 1)]
    return {"ipv6.routing.type": ["4"] if listed else [],
            "ipv6.routing.segleft": left,
            "ipv6.routing.srh.last_entry":
                [str(len(listed) - 1)] if listed else [],
            "ipv6.routing.srh.flags": ["0x00"] if listed else [],
            "ipv6.routing.srh.tag": ["0000"] if listed else [],
            "ipv6.routing.srh.addr": listed}, segments[0]


def steered_problems(probe, packet, row, routing, first):
    want = inner_fields(probe, packet)
    chain = "eth:ethertype:ipv6:"
    if routing["ipv6.routing.type"]:
        chain += "ipv6.routing:"
    chain += want.pop("inner")
    lines = mismatches(probe.name, row, {**want, **routing})
    if row["ipv6.dst"][0] != first:
        lines.append(f"{probe.name}: sent to {row['ipv6.dst'][0]}")
    seen = row["frame.protocols"][0]
    if seen not in (chain, chain + ":data"):
        lines.append(f"{probe.name}: dissected as {seen}, not {chain}")
    return lines


def cmd_dissect(probes, cats, mode, segments):
    routing, first = routing_fields(mode, segments)
    packets = [packet_of(frame) for frame in read_pcap(probes)]
    rows = decoded(cats)
    if len(rows) != len(packets):
        return [f"{len(rows)} packets dissected, not {len(packets)}"]
    lines = []
    for probe, packet, row in zip(table(PROBES, family_of(packets[0])),
                                  packets, rows):
        lines += steered_problems(probe, packet, row, routing, first)
    return lines


# --- ICMP errors -------------------------------------------------------------

def error_fields(family, probe, packet, router, mtu):
    """Of the outermost headers; those of the quotation come after them."""
    big = probe.hops > 1
    if family == "4":
        client = socket.inet_ntop(socket.AF_INET, packet[12:16])
        return {"ip.src": router, "ip.dst": client,
                "icmp.type": "3" if big else "11",
                "icmp.code": "4" if big else "0",
                "icmp.mtu": mtu if big else None,
                "ip.checksum.status": "1", "icmp.checksum.status": "1"}
    client = socket.inet_ntop(socket.AF_INET6, packet[8:24])
    return {"ipv6.src": canonical(router), "ipv6.dst": client,
            "icmpv6.type": "2" if big else "3", "icmpv6.code": "0",
            "icmpv6.mtu": mtu if big else None,
            "icmpv6.checksum.status": "1"}


def quotation_problems(name, packet, answer):
    """The quotation is how the packet came in, and as long as it may be."""
    answer = packet_of(answer)
    ip6 = family_of(answer) == "6"
    quoted = answer[48:] if ip6 else answer[28:]
    most = min(len(packet), 48 if ip6 else 28)
    lines = []
    if not packet.startswith(quoted):
        lines += hex_diff(f"{name}: quotation", packet[:len(quoted)], quoted)
    if len(answer) > (1280 if ip6 else 576) or len(quoted) < most:
        lines.append(f"{name}: {len(answer)} octets, {len(quoted)} quoted")
    return lines


def error_problems(probe, packet, row, want):
    lines = [f"{probe.name}: {line}" for line in complaints(row)]
    for field, value in want.items():
        got = row[field][0] if row[field] else None
        if got != value:
            lines.append(f"{probe.name}: {field} is {got}, not {value}")
    seen = row["frame.protocols"][0]
    inner = inner_fields(probe, packet)["inner"]
    if inner.split(":")[-1] not in seen.split(":")[4:]:
        lines.append(f"{probe.name}: dissected as {seen}, no {inner}")
    return lines


def cmd_errors(refused, answers, router, mtu):
    packets = [packet_of(frame) for frame in read_pcap(refused)]
    family = family_of(packets[0])
    probes = table(REFUSED, family)
    wants = [error_fields(family, probe, packet, router, mtu)
             for probe, packet in zip(probes, packets)]
    rows = decoded(answers)
    frames = read_pcap(answers)
    if not len(rows) == len(frames) == len(probes):
        return [f"{len(rows)} errors dissected, not {len(probes)}"]
    lines = []
    for probe, packet, row, want, frame in zip(probes, packets, rows, wants,
                                               frames):
        lines += error_problems(probe, packet, row, want)
        lines += quotation_problems(probe.name, packet, frame)
    return lines


def main():
    command = globals().get("cmd_" + (sys.argv[1] if sys.argv[1:] else ""))
    if not command:
        sys.exit(__doc__)
    lines = command(*sys.argv[2:])
    if lines:
        print("\n".join(lines[:40]))
        sys.exit(1)


main()
