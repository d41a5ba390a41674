#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many SIDs and many flows: what one costs does not depend on how many there are.

With `selftests/vm/run -i` a nanosecond of the guest is one instruction of the only
CPU: durations are instructions then, and what they would take natively is given
for RATE instructions per second.  CATS_SCALE=full: the sizes that are promised."""

import glob
import os
import select
import statistics
import time

from genl import NLM_F_DUMP, NLMSG_DONE, address, attr, number, u8, u16, u32
from host import NH4, Host
from lab import equal, main, until
from load import BATCH, Flood, requests, send

FULL = os.environ.get("CATS_SCALE") == "full"
SIDS = 100000 if FULL else 20000
FLOWS = 1000000 if FULL else 100000
RATE = 3e9
with open("/proc/cmdline") as cmdline:
    COUNTED = "tsc=reliable" in cmdline.read()
with open("/proc/kallsyms") as symbols:
    CHECKED = any(line.endswith(" kasan_report\n") for line in symbols)


def prefix(index):
    """SIDs as an operator numbers them: one locator, a function each."""
    return f"2001:db8:e1:{index >> 16:x}:{index & 0xffff:x}::1"


def native(nanoseconds):
    """Seconds at RATE instructions per second."""
    return nanoseconds / RATE


def show(what, nanoseconds, count):
    each = nanoseconds / count
    text = f"# {what}: {nanoseconds / 1e9:.2f} s, {each:.0f} ns each"
    if COUNTED:
        text += f" = instructions; native at 3e9/s: {native(nanoseconds):.3f} s, " \
            f"{count / native(nanoseconds):.0f}/s"
    print(text, flush=True)


def timed(what):
    begin = time.monotonic_ns()
    what()
    return time.monotonic_ns() - begin


def sid_payloads(lab, begin, end):
    f = lab.family
    rest = u8(f.SID_PREFIX_LEN, 128) + u16(f.SID_BEHAVIOR, 18)
    return [attr(f.SID_SID, address(prefix(index))) + rest
            for index in range(begin, end)]


def add(lab, begin, end):
    """Adds SIDs; nanoseconds the kernel took."""
    f = lab.family
    datagrams = list(requests(f, f.CMD_SID_NEW, sid_payloads(lab, begin, end)))
    return timed(lambda: send(f, datagrams))


def adding(lab):
    """SIDs: the last are added as fast as the first"""
    step = SIDS // 10
    took = [add(lab, begin, begin + step) for begin in range(0, SIDS, step)]
    show(f"{SIDS} SIDs added", sum(took), SIDS)
    show("the first tenth", took[0], step)
    show("the last tenth", took[-1], step)
    if COUNTED:
        equal(SIDS / native(sum(took)) >= 50000, True, "50,000 a second:")
    equal(took[-1] <= 3 * took[0], True, "the last within 3 times the first:")


def received(family):
    """The datagrams of a dump, and how long it took."""
    datagrams = []
    begin = time.monotonic_ns()
    family.send(family.CMD_SID_GET, b"", NLM_F_DUMP)
    family.sock.settimeout(60)
    while True:
        data = family.sock.recv(1 << 16)
        datagrams.append(data)
        if int.from_bytes(data[4:6], "little") == NLMSG_DONE:
            return datagrams, time.monotonic_ns() - begin


def dumping(lab):
    """SIDs: all of them are dumped, in less than a second natively"""
    datagrams, took = received(lab.family)
    count = 0
    for data in datagrams:
        offset = 0
        while offset < len(data):
            count += int.from_bytes(data[offset + 4:offset + 6], "little") == \
                lab.family.id
            offset += int.from_bytes(data[offset:offset + 4], "little")
    equal(count, SIDS)
    show(f"{SIDS} SIDs dumped", took, SIDS)
    if COUNTED:
        equal(native(took) * 100000 / SIDS < 1, True, "100,000 in a second:")


def packet_cost(lab, flood, sids):
    """Nanoseconds a packet takes, of batches to SIDs far apart: the median where
    instructions are counted, else the least: what an emulated machine is held up
    by is not the lookup."""
    took = []
    for index in range(40):
        flood.sid(prefix(index * 7919 % sids))
        took.append(timed(flood.send) / BATCH)
    return statistics.median(took) if COUNTED else min(took)


def lookup(lab):
    """SIDs: a packet costs the same with 10, 1,000 and all of them"""
    f = lab.family
    lab.egress.ip("route add 2001:db8:c5::/64 via 2001:db8:2::11 dev out")
    flood, costs = Flood(lab, prefix(0)), {}
    for count in SIDS, 1000, 10:
        f.call(f.CMD_SID_FLUSH)
        add(lab, 0, count)
        packet_cost(lab, flood, count)
        costs[count] = packet_cost(lab, flood, count)
    print(f"# a packet through the endpoint: {costs}"
          f"{' instructions' if COUNTED else ' ns'}")
    equal(lab.verdicts()["no-sid"], 0)
    equal(costs[SIDS] <= costs[10] * (1.1 if COUNTED else 1.5), True, costs)


def flushing(lab):
    """SIDs: all are flushed"""
    f = lab.family
    f.call(f.CMD_SID_FLUSH)
    add(lab, 0, SIDS)
    show(f"{SIDS} SIDs flushed", timed(lambda: f.call(f.CMD_SID_FLUSH)), SIDS)
    equal(f.dump(f.CMD_SID_GET), [])


def memory():
    """Bytes the kernel has not given to slabs it cannot give back, or vmalloc():
    flows are of the first kind, their table of the second.  Not MemFree, which
    page lists, page cache and sockets move by more than the flows."""
    with open("/proc/meminfo") as file:
        fields = dict(line.split(":") for line in file)
    return -1024 * sum(int(fields[name].split()[0])
                       for name in ("SUnreclaim", "VmallocUsed"))


def settled():
    """As memory(), once two readings in a row agree: the kernel frees and caches
    in the background."""
    before = memory()

    def agree():
        nonlocal before
        select.select([], [], [], 0.5)
        now = memory()
        same, before = abs(now - before) < 256 << 10, now
        return same
    until(agree, "the free memory settles", 30)
    return before


def slab():
    """Line of the flows' cache, where it is not shared with others."""
    with open("/proc/slabinfo") as file:
        return [line.split()[:6] for line in file if line.startswith("cats_flow")]


def workers():
    """Nanoseconds all kernel workers have run."""
    total = 0
    for path in glob.glob("/proc/[0-9]*/schedstat"):
        try:
            with open(path.replace("schedstat", "comm")) as file:
                if not file.read().startswith("kworker"):
                    continue
            with open(path) as file:
                total += int(file.read().split()[0])
        except OSError:
            continue
    return total


def share(seconds=8):
    """Share of a CPU that workers took, of the next seconds."""
    before, begin = workers(), time.monotonic_ns()
    select.select([], [], [], seconds)
    return (workers() - before) / (time.monotonic_ns() - begin)


def tracked(lab):
    f = lab.family
    table = f.call(f.CMD_FLOW_TABLE_GET)[0]
    return number(table, f.FLOW_TABLE_FLOWS), number(table, f.FLOW_TABLE_UNTRACKED)


def flows(lab):
    """Flows: all are tracked, in the memory stated; the collector's share"""
    f = lab.family
    lab.instance(NH4)
    f.call(f.CMD_FLOW_TABLE_SET, u32(f.FLOW_TABLE_TIMEOUT_UDP, 86400))
    f.call(f.CMD_SID_NEW, lab.sid_attrs(prefix(0), "DT6", instance=NH4))
    flood = Flood(lab, prefix(0))
    idle, free = share(), settled()

    def start():
        for index in range(FLOWS // BATCH):
            flood.client(index)
            flood.send()
    took, count = timed(start), FLOWS // BATCH * BATCH
    until(lambda: tracked(lab)[0] == count, f"{count} flows: {tracked(lab)}")
    # before the table's last resize is over, there are two
    select.select([], [], [], 3)
    used = free - settled()
    show(f"{count} flows started", took, count)
    size = number(f.call(f.CMD_FLOW_TABLE_GET)[0], f.FLOW_TABLE_FLOW_SIZE)
    print(f"# memory: {used >> 20} MiB, {used / count:.0f} bytes for a flow, "
          f"{size} of them its own; slab {slab()}")
    print(f"# workers' share of a CPU: {idle:.2%} idle, {share():.2%} with flows")
    equal(tracked(lab)[1], 0, "untracked:")
    if CHECKED:
        print("# not judged: KASAN adds to every object, and to the page")
    else:
        equal(used / count < 2 * size, True, "within twice its size:")
    cost = timed(lambda: [flood.send() for _ in range(20)])
    show("packets of flows there are", cost, 20 * BATCH)


def ending(lab):
    """Flows: all end with their instance"""
    f = lab.family
    f.call(f.CMD_SID_FLUSH)
    f.call(f.CMD_INSTANCE_FLUSH)
    took = timed(lambda: until(lambda: tracked(lab)[0] == 0, "all ended", 120))
    print(f"# all ended after {took / 1e9:.1f} s")


class Empty(Host):
    def flush(self):
        """What a test has made is for the next one."""


if __name__ == "__main__":
    main([adding, dumping, lookup, flushing, flows, ending], Empty)
