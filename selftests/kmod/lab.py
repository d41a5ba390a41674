# SPDX-License-Identifier: GPL-2.0-or-later
"""A CATS egress forwarder in network namespaces, for tests of cats.ko.

  src ------- egress ------- lan (a bridge) --- i1
  .1       .2  cats0  .1                    '-- i2

i1 and i2 own the same CS-ID on one link and do not answer ARP for it, as the
instances of an anycast service with direct return do."""

import atexit
import ctypes
import os
import select
import socket
import struct
import subprocess
import sys
import time
import traceback

from genl import Family, NetlinkError, address, attr, number, parse, u8, u16, u32
from packets import IPIP, IPV6, ipv6, srh

CS4, CS6 = "203.0.113.1", "2001:db8:c5::1"
SRC, EGRESS = "2001:db8:1::1", "2001:db8:1::2"
NH4 = {"i1": "10.0.0.11", "i2": "10.0.0.12"}
NH6 = {"i1": "2001:db8:2::11", "i2": "2001:db8:2::12"}
ETH_P_ALL = socket.htons(3)
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def run(command, check=True, **more):
    """A shell command; its output, or an exception with what it said."""
    done = subprocess.run(command, shell=True, capture_output=True, text=True,
                          **more)
    if check and done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


class Namespace:
    def __init__(self, name):
        self.name = f"lab{os.getpid()}-{name}"
        run(f"ip netns add {self.name}")
        self.ip("link set lo up")
        self.sysctl("net.ipv6.conf.all.accept_dad=0",
                    "net.ipv6.conf.default.accept_dad=0")

    def delete(self):
        run(f"ip netns del {self.name}", check=False)

    def ip(self, *commands):
        run(f"ip -n {self.name} -b -", input="\n".join(commands) + "\n")

    def sysctl(self, *settings):
        self.run("sysctl -q -w " + " ".join(settings))

    def run(self, command, check=True, **more):
        return run(f"ip netns exec {self.name} {command}", check, **more)

    def inside(self, make):
        """What make() returns, made in this namespace."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            if libc.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            return make()
        finally:
            libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)


class Port:
    """A device of a namespace: frames out and in."""

    def __init__(self, namespace, dev):
        self.dev = dev
        self.sock = namespace.inside(lambda: socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, ETH_P_ALL))
        self.sock.bind((dev, 3))
        self.mac = self.sock.getsockname()[4]

    def send(self, peer, packet):
        kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
        self.sock.send(peer.mac + self.mac + kind + packet)

    def next(self, wanted, timeout=10.0):
        """The next packet received for which wanted(packet) holds, or None."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None
            frame, sender = self.sock.recvfrom(1 << 17)
            if sender[2] != socket.PACKET_OUTGOING and wanted(frame[14:]):
                return frame[14:]

    def drain(self):
        while select.select([self.sock], [], [], 0)[0]:
            self.sock.recv(1 << 17)


def to_service(packet):
    """Is it a packet to a CS-ID (UDP or TCP)?"""
    if packet[0] >> 4 == 4:
        return packet[16:20] == socket.inet_aton(CS4) and packet[9] in (6, 17)
    return packet[24:40] == address(CS6) and packet[6] in (6, 17, 44)


class Lab:
    def __init__(self):
        self.spaces = {}
        atexit.register(self.delete)
        for name in "src", "egress", "lan", "i1", "i2":
            self.spaces[name] = Namespace(name)
        self.__dict__.update(self.spaces)
        self.links()
        self.addresses()
        self.port = {"src": Port(self.src, "egress"),
                     "uplink": Port(self.egress, "src"),
                     "i1": Port(self.i1, "lan"), "i2": Port(self.i2, "lan")}
        self.family = self.egress.inside(lambda: Family("cats"))
        self.metric = self.egress.inside(lambda: Family("cats_metric"))

    def delete(self):
        for space in self.spaces.values():
            space.delete()
        self.spaces = {}

    def link(self, a, dev_a, b, dev_b, mtu=1500):
        run(f"ip link add {dev_a} netns {self.spaces[a].name} mtu {mtu} type veth "
            f"peer name {dev_b} netns {self.spaces[b].name} mtu {mtu}")
        self.spaces[a].ip(f"link set {dev_a} up")
        self.spaces[b].ip(f"link set {dev_b} up")

    def links(self):
        self.lan.ip("link add br0 type bridge", "link set br0 up")
        self.link("src", "egress", "egress", "src", 9000)
        for name in "egress", "i1", "i2":
            self.link(name, "lan", "lan", name)
            self.lan.ip(f"link set {name} master br0")

    def addresses(self):
        self.egress.sysctl("net.ipv4.ip_forward=1",
                           "net.ipv6.conf.all.forwarding=1",
                           "net.ipv6.icmp.ratelimit=0",
                           "net.ipv4.icmp_ratelimit=0")
        self.src.ip(f"addr add {SRC}/64 dev egress",
                    f"route add default via {EGRESS}",
                    "addr add 192.0.2.1/24 dev egress",
                    "addr add 2001:db8:10::1/128 dev lo")
        self.egress.ip(f"addr add {EGRESS}/64 dev src",
                       "addr add 192.0.2.2/24 dev src",
                       f"route add 2001:db8:10::/64 via {SRC}",
                       "addr add 10.0.0.1/24 dev lan",
                       "addr add 2001:db8:2::1/64 dev lan",
                       "link add cats0 type cats", "link set cats0 up")
        for name in "i1", "i2":
            self.spaces[name].sysctl("net.ipv4.conf.all.arp_ignore=1")
            self.spaces[name].ip(f"addr add {NH4[name]}/24 dev lan",
                                 f"addr add {NH6[name]}/64 dev lan",
                                 f"addr add {CS4}/32 dev lo",
                                 f"addr add {CS6}/128 dev lo")

    # --- configuration --------------------------------------------------------

    def ifindex(self, dev):
        return self.egress.inside(lambda: socket.if_nametoindex(dev))

    def instance(self, id, cmd=None, flags=4, **conf):
        f = self.family
        payload = attr(f.INSTANCE_ID, address(id))
        for prefix in conf.get("cs_ids", ()):
            text, _, length = prefix.partition("/")
            payload += attr(f.INSTANCE_CS_ID | 0x8000,
                            attr(f.PREFIX_ADDRESS, address(text)) +
                            u8(f.PREFIX_LEN, int(length or 128)))
        if "state" in conf:
            payload += u32(f.INSTANCE_STATE, {"up": 0, "drain": 1,
                                              "down": 2}[conf["state"]])
        if "limit" in conf:
            payload += u32(f.INSTANCE_FLOW_LIMIT, conf["limit"])
        f.call(cmd or f.CMD_INSTANCE_NEW, payload, flags)

    def set_instance(self, id, **conf):
        self.instance(id, self.family.CMD_INSTANCE_SET, **conf)

    def sid_attrs(self, sid, behavior=None, nh4=None, nh6=None, oif=None,
                  vrftable=None, instance=None, dev=None):
        f = self.family
        text, _, length = sid.partition("/")
        payload = attr(f.SID_SID, address(text)) + \
            u8(f.SID_PREFIX_LEN, int(length or 128))
        if behavior:
            payload += u16(f.SID_BEHAVIOR,
                           f.c["CATS_BEHAVIOR_END_" + behavior])
        if dev:
            payload += u32(f.SID_IFINDEX, self.ifindex(dev))
        if nh4:
            payload += attr(f.SID_NH4, socket.inet_aton(nh4))
        if nh6:
            payload += attr(f.SID_NH6, address(nh6))
        if oif:
            payload += u32(f.SID_OIF, self.ifindex(oif))
        if vrftable:
            payload += u32(f.SID_VRFTABLE, vrftable)
        if instance:
            payload += attr(f.SID_INSTANCE, address(instance))
        return payload

    def sid(self, sid, behavior, flags=4, **conf):
        """Instantiates a SID and routes it to its device."""
        self.family.call(self.family.CMD_SID_NEW,
                         self.sid_attrs(sid, behavior, **conf), flags)
        self.egress.ip(f"route replace local {sid} dev {conf.get('dev', 'cats0')}")

    def flush(self):
        f = self.family
        for dev in "cats1", "cats2":
            self.egress.run(f"ip link del {dev}", check=False)
        f.call(f.CMD_SID_FLUSH)
        f.call(f.CMD_INSTANCE_FLUSH)
        for port in self.port.values():
            port.drain()

    # --- what came of it ------------------------------------------------------

    def verdicts(self, dev="cats0"):
        f = self.family
        stats = f.call(f.CMD_STATS_GET, u32(f.STATS_IFINDEX, self.ifindex(dev)))
        found = {}
        for reason in stats[0][f.STATS_REASON]:
            fields = parse(reason)
            name = fields[f.REASON_NAME][0].rstrip(b"\0").decode()
            found[name] = number(fields, f.REASON_PACKETS)
        return found

    def sid_counts(self, sid):
        f = self.family
        got = f.call(f.CMD_SID_GET, self.sid_attrs(sid))[0]
        return tuple(number(got, kind)
                     for kind in (f.SID_PACKETS, f.SID_BYTES, f.SID_DROPS))

    def instance_get(self, id):
        f = self.family
        got = f.call(f.CMD_INSTANCE_GET, attr(f.INSTANCE_ID, address(id)))[0]
        names = "PACKETS BYTES FLOWS FLOWS_STARTED FLOWS_ENDED HANDSHAKES " \
            "DROP_CS_ID DROP_DOWN DROP_DRAIN DROP_LIMIT SIDS STATE"
        return {name.lower(): number(got, getattr(f, "INSTANCE_" + name))
                for name in names.split()}

    # --- traffic --------------------------------------------------------------

    def outer(self, sid, inner, segments=None, left=0, tlvs=b"", **more):
        """INNER encapsulated to SID, with an SRH if there are segments."""
        proto = IPIP if inner[0] >> 4 == 4 else IPV6
        if segments is None:
            return ipv6(SRC, sid, inner, proto, **more)
        return ipv6(SRC, sid, srh(segments, left, proto, tlvs) + inner, 43, **more)

    def send(self, packet):
        self.port["src"].send(self.port["uplink"], packet)

    def receivers(self, timeout=10.0):
        """Which instance gets the next packet, and the packet."""
        sockets = {self.port[name].sock: name for name in ("i1", "i2")}
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            ready = select.select(list(sockets), [], [],
                                  max(end - time.monotonic(), 0))[0]
            for sock in ready:
                packet = self.port[sockets[sock]].next(to_service, 0.001)
                if packet:
                    return sockets[sock], packet
        return None, None

    def dropped(self, packet, reason):
        """Sends a packet that must be dropped because of REASON."""
        before = self.verdicts()
        self.send(packet)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            after = self.verdicts()
            changed = {name: after[name] - before[name] for name in after
                       if after[name] != before[name] and name != "not-srv6"}
            if changed:
                if changed != {reason: 1}:
                    raise AssertionError(f"{changed} instead of {reason}")
                return
        raise AssertionError(f"nothing counted instead of {reason}")

    def icmp(self, timeout=10.0):
        """Type, code, 32 bits of information and the quoted packet of the next
        ICMP error the source gets."""
        def error(packet):
            if packet[0] >> 4 == 4:
                return packet[9] == 1 and packet[20] in (3, 11)
            return packet[6] == 58 and packet[40] < 128
        packet = self.port["src"].next(error, timeout)
        if not packet:
            return None
        body = packet[20:] if packet[0] >> 4 == 4 else packet[40:]
        return body[0], body[1], int.from_bytes(body[4:8], "big"), body[8:]


# --- KTAP ----------------------------------------------------------------------

def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what} got {got!r}, wanted {wanted!r}")


def delivers(lab, packet, name, inner):
    """PACKET reaches instance NAME and is INNER, one hop further on."""
    lab.send(packet)
    got, received = lab.receivers()
    equal(got, name)
    inner = bytearray(inner)
    if inner[0] >> 4 == 4:
        inner[8] -= 1
        value = struct.unpack_from("!H", inner, 10)[0] + 0x100
        struct.pack_into("!H", inner, 10, (value & 0xffff) + (value >> 16))
    else:
        inner[7] -= 1
    equal(received[:len(inner)].hex(), bytes(inner).hex())


def refused(errno, text, call, *args, **more):
    """The kernel refuses with this error, and a message that contains TEXT."""
    try:
        call(*args, **more)
    except NetlinkError as error:
        equal(error.errno, errno, error.message)
        if text not in error.message:
            raise AssertionError(f"said {error.message!r}, not {text!r}")
        return
    raise AssertionError("was not refused")


def until(condition, what, timeout=20.0):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        select.select([], [], [], 0.01)
    raise AssertionError(f"never: {what}")


def main(tests, make=Lab):
    """Runs functions of a lab as tests; their first line of doc is the name."""
    print("KTAP version 1")
    print(f"1..{len(tests)}", flush=True)
    lab, failed = make(), 0
    for index, test in enumerate(tests, 1):
        start = time.monotonic()
        try:
            test(lab)
            print(f"ok {index} - {test.__doc__.splitlines()[0]}")
        except Exception:
            failed += 1
            for line in traceback.format_exc().splitlines()[-6:]:
                print(f"# {line}")
            print(f"not ok {index} - {test.__doc__.splitlines()[0]}")
        if os.environ.get("CATS_TEST_TIMES"):
            print(f"# {time.monotonic() - start:.2f} s")
        sys.stdout.flush()
        lab.flush()
    sys.exit(1 if failed else 0)
