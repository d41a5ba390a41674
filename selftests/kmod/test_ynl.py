#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own client, which knows nothing but the specifications, does
everything the netlink families of cats.ko can do."""

import errno
import ipaddress
import os
import subprocess
import sys

from genl import ROOT, address
from host import NH4, SID, Host
from lab import equal, main, until

SPECS = os.path.join(ROOT, "Documentation/netlink/specs")


def skip(why):
    print(f"# SKIP {why}")
    sys.exit(4)


def client():
    """The directory of the client, of the kernel's sources."""
    done = subprocess.run([os.path.join(ROOT, "selftests/static/kernel_tools")],
                          capture_output=True, text=True)
    if done.returncode:
        skip("no sources of the kernel's client: " + done.stderr.strip()[-200:])
    return done.stdout.strip()


TOOLS = client()
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOOLS, "tools/net/ynl"))
try:
    from lib import Netlink, NlError, YnlFamily
except ImportError as error:
    skip(f"the kernel's client cannot be used: {error}")


class Client:
    """A family by its specification; it knows which operations were done."""

    def __init__(self, lab, name):
        # ynl-check has validated the specification
        self.ynl = lab.egress.inside(lambda: YnlFamily(
            f"{SPECS}/{name}.yaml", schema=""))
        self.done = set()

    def do(self, op, flags=None, **values):
        self.done.add(op)
        return self.ynl.do(op, {key.replace("_", "-"): value
                                for key, value in values.items()}, flags)

    def dump(self, op, **values):
        self.done.add(op)
        return self.ynl.dump(op, values)

    def refused(self, code, text, op, **values):
        try:
            self.do(op, **values)
        except NlError as error:
            equal(-error.nl_msg.error, code)
            equal(text in error.nl_msg.extack["msg"], True,
                  error.nl_msg.extack)
            return error.nl_msg.extack
        raise AssertionError(f"{op} was not refused")

    def events(self, *names):
        """The messages of the next events, which must have these names."""
        queue = self.ynl.async_msg_queue

        def enough():
            self.ynl.check_ntf()
            return len(queue) >= len(names)
        until(enough, names)
        equal(tuple(event["name"] for event in queue), names)
        self.done |= set(names)
        messages = [event["msg"] for event in queue]
        queue.clear()
        return messages


class Clients(Host):
    def __init__(self):
        super().__init__()
        self.cats, self.metrics = self.two()
        # the client loses its way when events come between question and answer
        self.heard, self.measured = self.two()
        self.heard.ynl.ntf_subscribe("config")
        self.measured.ynl.ntf_subscribe("metric")

    def two(self):
        return [Client(self, name) for name in ("cats", "cats_metric")]


ID = address(NH4)
# how the client writes IPv4-mapped addresses depends on Python
ID_TEXT, BLOCK_TEXT = (str(ipaddress.ip_address(address(text)))
                       for text in (NH4, "203.0.113.0"))
SID1, SID2 = address(SID(1)), address(SID(2))


def instances(lab):
    """Instances: new, set, get, dump, del, flush, and their events"""
    c = lab.cats
    blocks = [{"address": address("203.0.113.0"), "len": 120},
              {"address": address("2001:db8:c5::"), "len": 64}]
    c.do("instance-new", id=ID, state="drain", cs_id=blocks, flow_limit=9)
    got = c.do("instance-get", id=ID)
    shown = {"id": ID_TEXT, "state": "drain", "flow-limit": 9, "sids": 0,
             "cs-id": [{"address": BLOCK_TEXT, "len": 120},
                       {"address": "2001:db8:c5::", "len": 64}]}
    equal({key: got[key] for key in shown}, shown)
    c.do("instance-set", id=ID, state="up", any_cs_id=True)
    got = c.do("instance-get", id=ID)
    equal((got["state"], "cs-id" in got), ("up", False))
    c.do("instance-new", [Netlink.NLM_F_REPLACE], id=ID)
    c.do("instance-new", id=address("10.0.0.12"), state="down")
    equal(len(c.dump("instance-get")), 2)
    c.do("instance-flush", state="down")
    c.do("instance-del", id=ID)
    events = lab.heard.events("instance-new-ntf", "instance-set-ntf",
                              "instance-set-ntf",
                              "instance-new-ntf", "instance-del-ntf",
                              "instance-del-ntf")
    equal([event["state"] for event in events],
          ["drain", "up", "up", "down", "down", "up"])
    equal(c.refused(errno.ENOENT, "no instance", "instance-get", id=ID)["bad-attr"],
          ".id")


def sids(lab):
    """SIDs: new, set, get, dump, del, flush, and their events"""
    c = lab.cats
    cats0, out = lab.ifindex("cats0"), lab.ifindex("out")
    c.do("instance-new", id=ID)
    c.do("sid-new", sid=SID1, behavior="end-dx4", ifindex=cats0, nh4=0x0a00000b,
         oif=out, instance=ID)
    c.do("sid-new", sid=address("2001:db8:e2::"), prefix_len=64,
         behavior="end-dt46")
    equal(c.do("sid-get", sid=SID1), {
        "sid": SID(1), "prefix-len": 128, "behavior": "end-dx4",
        "ifindex": cats0, "nh4": NH4, "oif": out, "instance": ID_TEXT,
        "packets": 0, "bytes": 0, "drops": 0})
    c.do("sid-set", sid=SID1, behavior="end-dx6", nh6=address("fe80::1"))
    equal(c.do("sid-get", sid=SID1)["nh6"], "fe80::1")
    equal(len(c.dump("sid-get")), 2)
    equal(len(c.dump("sid-get", instance=ID)), 1)
    c.do("sid-del", sid=SID1)
    c.do("sid-flush", ifindex=cats0)
    c.do("instance-flush")
    equal(c.dump("sid-get"), [])
    lab.heard.events("instance-new-ntf", "sid-new-ntf", "sid-new-ntf",
                     "sid-set-ntf", "sid-del-ntf", "sid-del-ntf",
                     "instance-del-ntf")
    said = c.refused(errno.EINVAL, "a SID needs a behavior", "sid-new", sid=SID2)
    equal(said["miss-type"], "behavior" if "behavior" == said["miss-type"]
          else lab.family.SID_BEHAVIOR)
    equal(c.refused(errno.EINVAL, "no nh6", "sid-new", sid=SID2,
                    behavior="end-dt4", nh6=SID1)["bad-attr"], ".nh6")


def flows(lab):
    """Flows: get, dump, the table and its settings, start and end"""
    c = lab.cats
    c.do("instance-new", id=ID)
    c.do("sid-new", sid=SID1, behavior="end-dt6", instance=ID)
    listener = Client(lab, "cats")
    listener.ynl.ntf_subscribe("flow")
    c.do("flow-table-set", timeout_udp=1, max_flows=5)
    lab.flows(7)
    until(lambda: lab.sid_counts(SID(1))[0] == 7, "7 packets")
    shown = c.dump("flow-get", instance=ID)
    equal(len(shown), 5)
    one = c.do("flow-get", saddr=address("2001:db8:10::1"),
               daddr=address("2001:db8:c5::1"), protocol=17, sport=3, dport=7)
    equal((one["sport"], one["state"], one["packets"], one["instance"]),
          (3, "udp", 1, ID_TEXT))
    table = c.do("flow-table-get")
    equal((table["max-flows"], table["untracked"], table["timeout-udp"]),
          (5, 2, 1))
    print(f"# {table['flow-size']} bytes for a flow")
    events = listener.events(*["flow-start-ntf"] * 5, *["flow-end-ntf"] * 5)
    equal({event["end"] for event in events[5:]}, {"idle"})
    c.done |= listener.done
    c.do("flow-table-set", timeout_udp=60, max_flows=1048576)
    c.do("sid-flush")
    c.do("instance-flush")
    lab.heard.events("instance-new-ntf", "sid-new-ntf", "sid-del-ntf",
                     "instance-del-ntf")


def stats(lab):
    """How packets ended"""
    c = lab.cats
    cats0 = lab.ifindex("cats0")
    got = c.do("stats-get", ifindex=cats0)
    names = [reason["name"] for reason in got["reason"]]
    equal((got["ifindex"], "delivered" in names, "no-sid" in names),
          (cats0, True, True))
    equal([device["ifindex"] for device in c.dump("stats-get")], [cats0])


def metrics(lab):
    """Metrics and thresholds: set, get, dump, del, and the event"""
    c, m = lab.cats, lab.metrics
    c.do("instance-new", id=ID)
    c.do("sid-new", sid=SID1, behavior="end-dt6", instance=ID)
    m.do("threshold-set", instance=ID, kind="flows",
         level=[{"rise": 2, "fall": 1}, {"rise": 4}])
    m.do("threshold-set", instance=ID, kind="byte-rate", level={"rise": 10**12})
    got = m.do("threshold-get", instance=ID, kind="flows")
    equal((got["level"], got["current"], got["crossings"]),
          ([{"rise": 2, "fall": 1}, {"rise": 4, "fall": 4}], 0, 0))
    equal(len(m.dump("threshold-get", instance=ID)), 2)
    lab.flows(4)
    events = lab.measured.events("threshold-ntf", "threshold-ntf")
    equal([(event["kind"], event["previous"], event["current"], event["value"])
           for event in events], [("flows", 0, 1, 2), ("flows", 1, 2, 4)])
    equal(m.do("metric-get", instance=ID)["flows"], 4)
    equal([metric["instance"] for metric in m.dump("metric-get")], [ID_TEXT])
    m.do("threshold-del", instance=ID, kind="flows")
    equal([left["kind"] for left in m.dump("threshold-get")], ["byte-rate"])
    m.refused(errno.ENOENT, "no levels", "threshold-del", instance=ID,
              kind="flows")


def command(lab):
    """The command line: a SID made and shown"""
    def cli(name, *more):
        return lab.egress.run(" ".join((
            "/usr/bin/python3", "-B", f"{TOOLS}/tools/net/ynl/cli.py", "--spec",
            f"{SPECS}/cats.yaml", "--schema",
            f"{TOOLS}/Documentation/netlink/genetlink-legacy.yaml", name, *more)))
    cli("--do sid-new", f'--json "{{\\"sid\\": \\"{SID1.hex()}\\", '
        '\\"behavior\\": \\"end-dt46\\"}"')
    equal("'behavior': 'end-dt46'" in cli("--dump sid-get"), True)


def complete(lab):
    """No operation, no notification of the specifications was left out"""
    for asks, hears in (lab.cats, lab.heard), (lab.metrics, lab.measured):
        equal(sorted(set(asks.ynl.msgs) - asks.done - hears.done), [])


if __name__ == "__main__":
    main([instances, sids, flows, stats, metrics, complete, command], Clients)
