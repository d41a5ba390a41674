#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIDs and instances change under traffic: no packet goes to a wrong instance,
and none is lost by a change that need not lose any.

CATS_CHURN_SECONDS: how long each test lasts, 2 unless given."""

import errno
import os
import random
import select
import signal
import time

from genl import (NLM_F_CREATE, NLM_F_REPLACE, Family, NetlinkError, address,
                  attr)
from lab import CS4, CS6, NH4, NH6, equal, main, until
from packets import UDP, inner4, inner6, udp

SECONDS = float(os.environ.get("CATS_CHURN_SECONDS", 2))
SIDS = range(1, 9)
SID = "2001:db8:e1::{}".format


def home(number):
    """The instance a SID belongs to."""
    return "i1" if number % 2 else "i2"


def tagged(number, port):
    """A packet that says for which SID it is."""
    payload = bytes([number]) * 4
    if number % 4 < 2:
        return inner4(CS4, UDP, udp("192.0.2.1", CS4, port, payload=payload))
    return inner6(CS6, UDP, udp("2001:db8:10::1", CS6, port, payload=payload))


def conf(number):
    if number % 4 < 2:
        return dict(behavior="DX4", nh4=NH4[home(number)])
    return dict(behavior="DX6", nh6=NH6[home(number)])


def tag(packet):
    return packet[28] if packet[0] >> 4 == 4 else packet[48]


def child(lab, work):
    """Runs work() in a process of its own until it is told to end."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        # answers on a shared socket would go to either process
        lab.family = lab.egress.inside(lambda: Family("cats"))
        work()
        code = 0
    finally:
        os._exit(code)


def end(pid):
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)


def setup(lab):
    for name in "i1", "i2":
        lab.instance(NH4[name])
    for number in SIDS:
        lab.sid(SID(number), instance=NH4[home(number)], **conf(number))


def blast(lab):
    packets = [lab.outer(SID(number), tagged(number, port))
               for port in range(1, 40) for number in SIDS]
    while True:
        for packet in packets:
            lab.send(packet)


def receive(lab, seconds):
    """Packets by instance and tag, for some time."""
    found = {"i1": {}, "i2": {}}
    sockets = {lab.port[name].sock: name for name in found}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for sock in select.select(list(sockets), [], [], 0.1)[0]:
            frame, sender = sock.recvfrom(2000)
            packet = frame[14:]
            if sender[2] == 4 or len(packet) not in (32, 52):
                continue
            counts = found[sockets[sock]]
            counts[tag(packet)] = counts.get(tag(packet), 0) + 1
    return found


def churn(lab, random):
    """Deletes, makes and changes for ever."""
    f = lab.family
    number = random.choice(SIDS)
    payload = lab.sid_attrs(SID(number), instance=NH4[home(number)],
                            **conf(number))
    id = attr(f.INSTANCE_ID, address(NH4[random.choice(("i1", "i2"))]))
    f.call(*random.choice((
        (f.CMD_SID_DEL, lab.sid_attrs(SID(number))),
        (f.CMD_SID_NEW, payload), (f.CMD_SID_NEW, payload),
        (f.CMD_SID_NEW, payload, 4 | NLM_F_REPLACE | NLM_F_CREATE),
        (f.CMD_SID_SET, payload),
        (f.CMD_INSTANCE_DEL, id), (f.CMD_INSTANCE_NEW, id),
        (f.CMD_INSTANCE_SET, id + attr(f.INSTANCE_STATE, bytes(4))),
        (f.CMD_SID_FLUSH,) if random.random() < 0.1 else (f.CMD_SID_NEW, payload),
        (f.CMD_INSTANCE_FLUSH,))))


def any_change(lab):
    """SIDs and instances come and go: nothing reaches a wrong instance"""
    setup(lab)

    def work():
        dice, changes = random.Random(1), 0
        while True:
            try:
                churn(lab, dice)
                changes += 1
            except NetlinkError as error:
                if error.errno not in (errno.EEXIST, errno.ENOENT, errno.EBUSY):
                    raise
    pids = [child(lab, lambda: blast(lab)), child(lab, work)]
    found = receive(lab, SECONDS)
    for pid in pids:
        end(pid)
    for name in found:
        wrong = {n: count for n, count in found[name].items() if home(n) != name}
        equal(wrong, {}, f"at {name}:")
    equal(sum(map(len, found.values())), len(SIDS), "SIDs heard of:")
    print("# packets received:", {name: sum(counts.values())
                                  for name, counts in found.items()})


def replaced(lab):
    """SIDs replaced and instances reconfigured under traffic: no packet is lost"""
    setup(lab)

    def work():
        f, dice = lab.family, random.Random(2)
        while True:
            number = dice.choice(SIDS)
            f.call(f.CMD_SID_NEW, lab.sid_attrs(
                SID(number), instance=NH4[home(number)], **conf(number)),
                4 | NLM_F_REPLACE)
            lab.set_instance(NH4[home(number)], state="up",
                             limit=dice.choice((0, 10000)),
                             cs_ids=[CS4, CS6])
    pid = child(lab, work)
    before, sent, deadline = lab.verdicts(), 0, time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for number in SIDS:
            lab.send(lab.outer(SID(number), tagged(number, sent % 1000 + 1)))
            sent += 1
    end(pid)
    until(lambda: lab.verdicts()["delivered"] - before["delivered"] == sent,
          f"all {sent} packets are delivered: {before} {lab.verdicts()}")
    counts = [lab.instance_get(NH4[name])["packets"] for name in ("i1", "i2")]
    equal(counts, [sent // 2, sent // 2])
    print(f"# packets sent: {sent}")


def swung(lab):
    """A SID swung from one instance to the other: the next packet goes there"""
    for name in "i1", "i2":
        lab.instance(NH4[name])
    f = lab.family
    lab.sid(SID(1), "DX4", nh4=NH4["i1"], instance=NH4["i1"])
    deadline, swings = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline:
        name = ("i1", "i2")[swings % 2]
        f.call(f.CMD_SID_SET, lab.sid_attrs(SID(1), nh4=NH4[name],
                                            instance=NH4[name]))
        for port in 1, 2, 3:
            lab.send(lab.outer(SID(1), inner4(CS4, UDP, udp(
                "192.0.2.1", CS4, port, payload=bytes([1 + swings % 2]) * 4))))
        for _ in range(3):
            got, packet = lab.receivers()
            equal((got, tag(packet)), (name, 1 + swings % 2), f"swing {swings}:")
        swings += 1
    print(f"# swings: {swings}")


if __name__ == "__main__":
    main([any_change, replaced, swung])
