#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An agent that measures this host, and the C-PS it reports to: lost and found."""

import json
import subprocess
import time

from daemon import CATS, Authority, Daemon, equal, free_port, main, until

INSTANCES = ("10.0.1.2", "10.0.1.3", "2001:db8:31::4")


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.authority = Authority(directory)
        self.port = free_port()
        self.ps = self.center("cps", self.authority.issue("cps",
                                                          "DNS:cps.example"))
        self.agent = self.site("agent", self.authority.issue("agent",
                                                             "URI:cats://s1"))

    def tls(self, certificate, ca=None):
        return (f"tls: {{ certificate: {certificate[0]}, key: {certificate[1]}, "
                f"ca: {ca or self.authority.ca} }}\n")

    def center(self, name, certificate):
        return Daemon(self.directory, name, f"""site: center
{self.tls(certificate)}ps:
  listen: "[::1]:{self.port}"
  functions: {{ normalization: min-max, aggregation: weighted-mean }}
""")

    def site(self, name, certificate, cps="cps.example"):
        instances = ", ".join(f"{{ instance: '{one}' }}" for one in INSTANCES)
        return Daemon(self.directory, name, f"""site: s1
{self.tls(certificate)}publish: {{ to: [ {{ address: "[::1]:{self.port}",
                      name: {cps} }} ] }}
sma:
  sample-ms: 100
  window-ms: 1000
  interval-ms: 500
  ttl-s: 3
  services:
    - {{ name: web, csid: [ 203.0.113.1 ], instances: [ {instances} ] }}
""")

    def peer(self, daemon=None):
        return (daemon or self.agent).status("publish")["peers"][0]

    def at_center(self):
        return sorted(self.ps.entries("metric/s1/"))

    def __enter__(self):
        self.ps.start()
        self.agent.start()
        return self

    def __exit__(self, *args):
        self.agent.__exit__(*args)
        self.ps.__exit__(*args)


ALL = sorted(f"metric/s1/{one}" for one in INSTANCES + ("host",))


def reported(lab):
    """What the agent measures gets to the C-PS, with its scores"""
    until(lambda: lab.at_center() == ALL, "all are there")
    until(lambda: lab.peer()["state"] == "synced", "the agent knows")
    value = lab.ps.entries()["metric/s1/host"]
    equal((value["via"], 0 <= value["level2"] <= 10, "mismatch" in value),
          ("agent", True, False))
    first = value["sequence"]
    until(lambda: lab.ps.entries()["metric/s1/host"]["sequence"] > first + 1,
          "updates go on")
    equal(lab.peer()["refused"], {})


def watched(lab):
    """cats monitor metric tells of them"""
    env = {"CATSD_CONTROL": lab.ps.control}
    with subprocess.Popen([CATS, "-j", "monitor", "metric"], env=env, text=True,
                          stdout=subprocess.PIPE) as monitor:
        event = json.loads(monitor.stdout.readline())
        monitor.terminate()
    equal((event[0]["site"], event[0]["via"]), ("s1", "agent"))


def restarted(lab):
    """The C-PS is killed and started: the agent comes back with everything"""
    before = lab.peer()
    lab.ps.kill()
    until(lambda: lab.peer()["state"] in ("waiting", "connecting"), "it notices")
    begin = time.monotonic()
    lab.ps.start()
    until(lambda: lab.at_center() == ALL, "all are there again")
    print(f"# after {time.monotonic() - begin:.2f} s")
    after = lab.peer()
    equal((after["connects"], after["syncs"]),
          (before["connects"] + 1, before["syncs"] + 1))


def expired(lab):
    """The agent is killed: what it said ends with its time to live"""
    lab.agent.kill()
    begin = time.monotonic()
    until(lambda: lab.at_center() == [], "nothing is left", 10)
    took = time.monotonic() - begin
    print(f"# after {took:.2f} s")
    equal(took < 5.5, True, "3 s, the skew, a second of rounding:")
    lab.agent.start()
    until(lambda: lab.at_center() == ALL, "all are there again")


def ended(lab):
    """The agent is told to end and started: its new updates are not replays"""
    lab.agent.stop()
    lab.agent.start()
    first = lab.ps.entries()["metric/s1/host"]["carh"]
    until(lambda: lab.peer()["state"] == "synced", "synced")
    until(lambda: lab.ps.entries()["metric/s1/host"]["carh"] != first,
          "a new one is there")
    equal(lab.peer()["refused"], {})


def backs_off(lab):
    """Without a C-PS the attempts get rarer, and memory does not grow"""
    lab.ps.stop()
    begin = lab.peer()["failures"]
    until(lambda: lab.peer()["failures"] >= begin + 3, "it tries")
    early = lab.peer()["failures"]
    time_left = time.monotonic() + 4
    until(lambda: time.monotonic() > time_left, "4 s", 6)
    equal(lab.peer()["failures"] - early <= 4, True, "in 4 s:")
    lab.ps.start()
    until(lambda: lab.at_center() == ALL, "all are there again", 20)


def wrong_center(lab):
    """A C-PS whose certificate has another name gets nothing"""
    lab.ps.stop()
    certificate = lab.authority.issue("mallory", "DNS:mallory.example")
    with lab.center("mallory", certificate) as mallory:
        before = lab.peer()["failures"]
        until(lambda: lab.peer()["failures"] > before and "hostname mismatch" in
              lab.peer()["last-failure"].lower(), "it is refused", 30)
        equal(mallory.entries(), {})
    lab.ps.start()
    until(lambda: lab.at_center() == ALL, "all are there again", 40)


def ungranted(lab):
    """An agent that is another site's: refused, and told why"""
    certificate = lab.authority.issue("thief", "URI:cats://s2")
    with lab.site("thief", certificate) as thief:
        until(lambda: lab.peer(thief)["refused"].get("not-granted", 0) >=
              len(ALL), "it is told")
        shown = thief.cats("agent", "show", "publish").stdout
        equal("not-granted" in shown, True, shown)
    equal({value["via"] for value in lab.ps.entries("metric/s1/").values()},
          {"agent"})


if __name__ == "__main__":
    main([reported, watched, restarted, expired, ended, ungranted, backs_off,
          wrong_center], Lab)
