#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The other end of a STAMP session, by Scapy's implementation of RFC 8762 and 8972.

stamp.py sender ADDR PORT COUNT      probe; every answer must be right
stamp.py reflector ADDR PORT         answer, without state, until killed
stamp.py forge ADDR PORT             answers that are none, to a session-sender
"""

import socket
import struct
import sys
import time

from scapy.all import IPv6, Raw, UDP, send
from scapy.contrib.stamp import (
    STAMPSessionReflectorTestUnauthenticated as Answer,
    STAMPSessionSenderTestUnauthenticated as Probe,
    STAMPTestTLV,
)

NTP = 2208988800


def ntp_now():
    """Now, as a 64-bit NTP timestamp."""
    now = time.time_ns()
    return (now // 10**9 + NTP) << 32 | (now % 10**9 << 32) // 10**9


def udp(addr="::", port=0):
    """A UDP socket."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((addr, port))
    sock.settimeout(5)
    return sock


def raw64(packet, offset):
    """64 bits of a packet, past Scapy's idea of a timestamp."""
    return struct.unpack_from(">Q", packet, offset)[0]


def tlvs(data):
    """TLVs of a packet: Scapy 2.5 finds them in lists of packets only."""
    found, at = [], 44
    while at < len(data):
        found.append(STAMPTestTLV(data[at:]))
        at += 4 + found[-1].len
    return found


def check_answer(seq, sent, data, state):
    """What RFC 8762 4.3.1 and RFC 8972 3, 4.1 say of an answer."""
    answer = Answer(data[:44])
    received, left = raw64(data, 16), raw64(data, 4)
    assert len(data) == len(sent), "not symmetric"
    assert answer.seq_sender == seq, "not the probe's sequence number"
    assert answer.ssid == 77, "not the SSID"
    assert raw64(data, 28) == raw64(sent, 4), "not the probe's timestamp"
    assert data[36:38] == sent[12:14], "not the probe's error estimate"
    assert 1 <= answer.ttl_sender <= 64, "not a hop limit"
    assert raw64(sent, 4) <= received <= left <= ntp_now(), "times"
    assert answer.seq == state.setdefault("seq", answer.seq), "sequence"
    state["seq"] += 1
    if len(data) > 44:
        padding, unknown = tlvs(data)
        assert padding.type == 1 and padding.flags == 0, "padding TLV"
        assert unknown.type == 200 and int(unknown.flags) == 0x80, "unknown TLV"


def sender(addr, port, count):
    """Probe, with TLVs now and then, and judge the answers."""
    sock, state = udp(), {}
    for seq in range(count):
        probe = Probe(seq=seq, ssid=77)
        if seq % 3 == 2:
            probe.tlv_objects = [
                STAMPTestTLV(flags="U", type=1, len=8, value=bytes(8)),
                STAMPTestTLV(flags="U", type=200, len=4, value=b"abcd"),
            ]
        sent = bytearray(bytes(probe))
        struct.pack_into(">Q", sent, 4, ntp_now())
        sock.sendto(bytes(sent), (addr, port))
        check_answer(seq, bytes(sent), sock.recv(2048), state)
    print(f"{count} answers, all right")


def reflector(addr, port):
    """Answer as a stateless reflector does."""
    sock = udp(addr, port)
    sock.settimeout(None)
    while True:
        data, peer = sock.recvfrom(2048)
        received = ntp_now()
        probe = Probe(data[:44])
        answer = bytearray(bytes(Answer(seq=probe.seq, ssid=probe.ssid,
                                        seq_sender=probe.seq, ttl_sender=64)))
        answer[28:36], answer[36:38] = data[4:12], data[12:14]
        struct.pack_into(">Q", answer, 16, received)
        struct.pack_into(">Q", answer, 4, ntp_now())
        sock.sendto(bytes(answer), peer)


def forge(addr, port):
    """Answers that are none, one of each kind, to a session-sender."""
    def answer(ssid=1, seq=0):
        return bytes(Answer(seq=0, ssid=ssid, seq_sender=seq, ttl_sender=64))

    def packet(data, source="fd00:e::1"):
        return (IPv6(src=source, dst=addr) / UDP(sport=862, dport=port) /
                Raw(data))

    packets = [packet(answer()[:20]),                   # truncated
               packet(answer(ssid=999)),                # unknown session
               packet(answer(), "fd00:be::2"),          # spoofed source
               packet(answer(seq=0x7fffffff))]          # not sent
    # whatever was sent lately, it had another timestamp
    packets += [packet(answer(seq=seq)) for seq in range(0, 30000, 20)]
    send(packets, verbose=False)


def main():
    """Do what the arguments say."""
    what, addr, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if what == "sender":
        sender(addr, port, int(sys.argv[4]))
    elif what == "reflector":
        reflector(addr, port)
    else:
        forge(addr, port)


main()
