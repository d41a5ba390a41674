#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an SRv6 endpoint costs: cats.ko against the same kernel's seg6local.

Runs in a guest whose clock counts instructions (selftests/vm/run -i), so that a
figure is the instructions from the sender's system call to the drop at the
instance's device.  What it takes until the egress has received the frame is
measured too, and subtracted."""

import json
import os
import statistics
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "selftests/kmod"))

from lab import CS4, CS6, EGRESS, SRC, Lab, Port, run  # noqa: E402
from packets import inner4, inner6  # noqa: E402

# instructions hardly vary: rounds are for what the kernel does meanwhile
ROUNDS = int(os.environ.get("CATS_BENCH_ROUNDS", 7))
COUNT = int(os.environ.get("CATS_BENCH_COUNT", 2000))
NH4, NH6 = "10.0.0.11", "2001:db8:2::11"
SID = "2001:db8:e{}::{}".format
BUILD = os.environ.get("CATS_BUILD", os.path.join(ROOT, "build"))

# name, behavior, arguments of seg6local, of cats.ko, inner packet
CASES = (
    ("End.DX6", "DX6", f"nh6 {NH6} dev sink", dict(nh6=NH6), inner6(CS6)),
    ("End.DX4", "DX4", f"nh4 {NH4} dev sink", dict(nh4=NH4), inner4(CS4)),
    ("End.DT6", "DT6", "vrftable 10 dev red", dict(vrftable=10), inner6(CS6)),
    ("End.DT4", "DT4", "vrftable 10 dev red", dict(vrftable=10), inner4(CS4)),
    ("End.DT46", "DT46", "vrftable 10 dev red", dict(vrftable=10), inner6(CS6)),
)


class Rig(Lab):
    """src --- egress --- i1, without a bridge between"""

    def links(self):
        self.link("src", "egress", "egress", "src", 9000)
        self.link("egress", "sink", "i1", "lan")
        self.link("egress", "spare", "i2", "lan")

    def addresses(self):
        self.egress.sysctl("net.ipv4.ip_forward=1",
                           "net.ipv6.conf.all.forwarding=1",
                           "net.ipv6.conf.all.seg6_enabled=1",
                           "net.ipv6.conf.src.seg6_enabled=1")
        self.src.ip(f"addr add {SRC}/64 dev egress")
        self.egress.ip(f"addr add {EGRESS}/64 dev src",
                       "addr add 10.0.0.1/24 dev sink",
                       "addr add 2001:db8:2::1/64 dev sink",
                       "link add red type vrf table 10", "link set red up",
                       f"route add {CS4} via {NH4} dev sink onlink table 10",
                       f"route add {CS6} via {NH6} dev sink onlink table 10",
                       "link add cats0 type cats", "link set cats0 up")
        self.egress.sysctl("net.vrf.strict_mode=1")
        self.i1.ip(f"addr add {NH4}/24 dev lan", f"addr add {NH6}/64 dev lan")
        mac = Port(self.i1, "lan").mac.hex(":")
        self.egress.ip(
            f"neigh replace {NH4} dev sink lladdr {mac} nud permanent",
            f"neigh replace {NH6} dev sink lladdr {mac} nud permanent",
            # the kernel's End.DX4 asks for the inner destination
            f"neigh replace {CS4} dev sink lladdr {mac} nud permanent")
        self.i1.run("tc qdisc add dev lan clsact")
        self.i1.run("tc filter add dev lan ingress matchall action drop")


def frames(rig, directory):
    """A file with a frame for every case and backend, and one to drop."""
    names = []

    def add(name, packet):
        path = os.path.join(directory, name)
        with open(path, "wb") as file:
            file.write(rig.port["uplink"].mac + rig.port["src"].mac +
                       b"\x86\xdd" + packet)
        names.append(path)
    rig.egress.ip(f"route add blackhole {SID(0, 0)}")
    add("received", rig.outer(SID(0, 0), inner6(CS6)))
    rig.instance("10.0.0.11", cs_ids=[CS4, CS6])
    for index, (name, behavior, stock, ours, inner) in enumerate(CASES, 1):
        for srh in False, True:
            number = index + 100 * srh
            path = [SID(1, number)] if srh else None
            rig.egress.ip(f"route add {SID(1, number)} encap seg6local "
                          f"action {name} {stock}")
            rig.sid(SID(2, number), behavior, **ours, instance="10.0.0.11")
            text = name + (" with SRH" if srh else "")
            add(f"{text} seg6local", rig.outer(SID(1, number), inner, path))
            add(f"{text} cats.ko", rig.outer(SID(2, number), inner, path))
    return names


def measure(rig, names):
    """Median and minimum of each frame's rounds."""
    out = rig.src.run(f"{BUILD}/selftests/bench/blast egress {ROUNDS} {COUNT} " +
                      " ".join(f"'{name}'" for name in names))
    rounds = {}
    for line in out.splitlines():
        path, value = line.rsplit(" ", 1)
        rounds.setdefault(os.path.basename(path), []).append(float(value))
    return {name: (statistics.median(values), min(values))
            for name, values in rounds.items()}


def arrived(rig, dev):
    """Packets a device of the instance has received."""
    text = rig.i1.run(f"ip -s -j link show {dev}")
    return json.loads(text)[0]["stats64"]["rx"]["packets"]


def main():
    run("modprobe cats")
    rig = Rig()
    with tempfile.TemporaryDirectory() as directory:
        names = frames(rig, directory)
        before = arrived(rig, "lan")
        result = measure(rig, names)
        missing = (len(names) - 1) * ROUNDS * (COUNT + 64) - \
            (arrived(rig, "lan") - before)
        if missing > 100:
            sys.exit(f"{missing} packets did not arrive: {rig.verdicts()}")
    received = result["received"][0]
    print(f"{'':22}{'seg6local':>12}{'cats.ko':>12}{'ratio':>8}"
          f"{'min ratio':>11}   instructions, received: {received:.0f}")
    worst = 0.0
    for name, *_ in CASES:
        for text in name, name + " with SRH":
            stock, ours = result[f"{text} seg6local"], result[f"{text} cats.ko"]
            ratio = (ours[0] - received) / (stock[0] - received)
            least = (ours[1] - received) / (stock[1] - received)
            worst = max(worst, ratio)
            print(f"{text:22}{stock[0] - received:12.0f}"
                  f"{ours[0] - received:12.0f}{ratio:8.3f}{least:11.3f}")
    print(f"worst ratio {worst:.3f}")


if __name__ == "__main__":
    main()
