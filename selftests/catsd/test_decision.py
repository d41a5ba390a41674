#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""C-PS that decide: on one host, at the end of TLS, several on one etcd."""

import json
import os
import shutil
import subprocess
import time

from daemon import CATS, CATSD, Authority, Daemon, Skip, equal, free_port, main, \
    until

KEY = "decision/100/203.0.113.1"
SERVICES = """
  hold-ms: 100
  lease-ms: 2000
  policies:
    - { policy: P1, endpoint: "2001:db8:e::1" }
    - { policy: P2, endpoint: "2001:db8:e::2" }
  services: [ { csid: [ 203.0.113.1 ], vrf: 100 } ]
"""


def sma(states, ttl=3):
    """Section sma: instances 10.0.1.N with a state each."""
    instances = "".join(f"""
        - {{ instance: 10.0.1.{n}, sid: "2001:db8:4::{n}", capacity: 100,
            endpoint: "2001:db8:e::{2 - n % 2}", state: {state} }}"""
                        for n, state in enumerate(states, 1))
    return f"""sma:
  sample-ms: 100
  window-ms: 500
  interval-ms: 500
  ttl-s: {ttl}
  services:
    - name: web
      csid: [ 203.0.113.1 ]
      vrf: 100
      instances: {instances}
"""


class Etcd:
    """One member, without TLS, on loopback."""

    def __init__(self, directory):
        self.url = f"http://127.0.0.1:{free_port()}"
        peer = f"http://127.0.0.1:{free_port()}"
        self.args = ["etcd", "--data-dir", os.path.join(directory, "etcd"),
                     "--listen-client-urls", self.url,
                     "--advertise-client-urls", self.url,
                     "--listen-peer-urls", peer,
                     "--initial-advertise-peer-urls", peer,
                     "--initial-cluster", f"default={peer}"]
        self.log = os.path.join(directory, "etcd.log")
        self.process = None

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(self.args, stdout=log, stderr=log)
        until(lambda: subprocess.run(
            ["etcdctl", "--endpoints", self.url, "endpoint", "health"],
            capture_output=True,
            env={**os.environ, "ETCDCTL_API": "3"}).returncode == 0,
              "etcd is healthy", 30)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.authority = Authority(directory)
        self.etcd = None
        if shutil.which("etcd") and shutil.which("etcdctl"):
            self.etcd = Etcd(directory)

    def daemon(self, name, text, site="s1"):
        return Daemon(self.directory, name, f"site: {site}\n{text}")

    def on_etcd(self, name, text):
        if not self.etcd:
            raise Skip("needs etcd-server and etcd-client")
        if not self.etcd.process:
            self.etcd.start()
        return self.daemon(name, f"store: {{ type: etcd, endpoints: "
                           f"['{self.etcd.url}'] }}\n{text}", site=name)

    def check(self, text):
        path = os.path.join(self.directory, "checked.yaml")
        with open(path, "w") as file:
            file.write("site: s1\n" + text)
        done = subprocess.run([CATSD, "-c", path, "--check"], text=True,
                              capture_output=True)
        return done.returncode, done.stdout + done.stderr

    def __enter__(self):
        return self

    def __exit__(self, *args):
        if self.etcd:
            self.etcd.stop()


def weights(daemon, key=KEY):
    """{SID number: weight} of a decision, {} without one."""
    value = daemon.entries(key).get(key, {})
    return {hop["sid"][-1]: hop["weight"]
            for hop in value.get("nexthops", ())}


def wrong_sections(lab):
    """--check: one line says which key is wrong"""
    for text, words in (
            ("ps: {}", ["neither listen nor services"]),
            ("ps: { services: [ { csid: [ x ] } ] }", ["csid", "x"]),
            ("ps: { services: [ { csid: [ 192.0.2.1, 192.0.2.1 ] } ] }",
             ["192.0.2.1", "twice"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ], policy: best } ] }",
             ["policy", "best"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ], sla: { loss: 2 } } ] }",
             ["192.0.2.1", "loss"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ], next-hops: 257 } ] }",
             ["next-hops", "257"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ], timeout: 0 } ] }",
             ["timeout"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ], table: hash } ] }",
             ["table", "hash"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ] } ], placement: up }",
             ["placement", "up"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ] } ], lease-ms: 1 }",
             ["lease-ms"]),
            ("ps: { services: [ { csid: [ 192.0.2.1 ] } ], "
             "policies: [ { policy: P, endpoint: 10.0.0.1 } ] }",
             ["policies", "P", "10.0.0.1"]),
            ("loader: { drain-ms: 1 }", ["loader", "drain-ms"]),
            (sma(["gone"]), ["10.0.1.1", "state"]),
            (sma(["up"]).replace(" sid:", " cgroup:"), ["sid"]),
            (sma(["up"]).replace("2001:db8:e::1", "10.0.0.1"), ["endpoint"])):
        code, said = lab.check(text)
        equal((code, len(said.splitlines())), (1, 1), f"{text}: {said}")
        equal([word for word in words if word not in said], [],
              f"{text}: {said}")


def one_host(lab):
    """On one host: no agents, no TLS; what is announced is decided"""
    with lab.daemon("one", sma(["up", "up"]) + "ps:" + SERVICES) as one:
        until(lambda: weights(one) == {"1": 50, "2": 50}, "it is decided")
        equal(one.status("ps")["state"], "deciding")
        text = one.cats("decision", "show", "203.0.113.1", "vrf", "100").stdout
        equal(text.count("    kept instance "), 2, text)
        explained, = json.loads(one.cats("-j", "decision").stdout)
        equal([c["reason"] for c in explained["candidates"]],
              ["kept", "kept"])
        equal(one.cats("decision", "show", "192.0.2.9").stdout, "")
        done = one.cats("decision", "show", "x", check=False)
        equal((done.returncode, "IP address" in done.stderr), (255, True))
    with lab.daemon("other", sma(["up"])) as other:
        # no C-PS here, nor a decision
        equal(other.cats("decision").stdout, "")


def no_maps(lab):
    """A loader where there is no SR policy makes nothing, and says so"""
    with lab.daemon("one", sma(["up"]) + "loader: {}\nps:" + SERVICES) as one:
        until(lambda: one.status("loader")["decisions"]["no-policy"] == 1,
              "it is refused")
        refused, = one.status("loader")["refused"]
        equal((refused["csid"], refused["vrf"], refused["result"]),
              ("203.0.113.1", 100, "no-policy"))


def drained(lab):
    """A site drains an instance, and takes it down"""
    with lab.daemon("one", sma(["up", "drain", "down"]) + "ps:" + SERVICES +
                    "  # end\n") as one:
        until(lambda: weights(one) == {"1": 100}, "only one takes flows")
        explained, = one.ask({"decision": {}})
        equal({c["instance"]: c["reason"] for c in explained["candidates"]},
              {"10.0.1.1": "kept", "10.0.1.2": "state-drain",
               "10.0.1.3": "state-down"})


def over_tls(lab):
    """What an agent announces gets through TLS only as its certificate says"""
    port = free_port()

    def tls(certificate):
        return (f"tls: {{ certificate: {certificate[0]}, "
                f"key: {certificate[1]}, ca: {lab.authority.ca} }}\n")

    center = lab.daemon("center", tls(lab.authority.issue(
        "cps", "DNS:cps.example")) + f"ps:\n  listen: '[::1]:{port}'" +
                        SERVICES, site="center")
    publish = (f"publish: {{ to: [ {{ address: '[::1]:{port}', "
               "name: cps.example } ] }\n")
    agent = lab.daemon("agent", tls(lab.authority.issue(
        "agent", "URI:cats://s1/10.0.1.1")) + publish + sma(["up", "up"]))
    with center, open(os.path.join(lab.directory, "monitor"), "w+") as said:
        monitor = subprocess.Popen(
            [CATS, "-j", "monitor", "decision"], stdout=said,
            env={**os.environ, "CATSD_CONTROL": center.control})
        with agent:
            over_tls_decided(center)
        until(lambda: "2001:db8:4::1" in open(said.name).read(),
              "it is followed")
        monitor.kill()
        monitor.wait()


def over_tls_decided(center):
    until(lambda: weights(center) == {"1": 100}, "the granted one is in")
    until(lambda: center.status("ps")["updates"]["not-granted"] > 0,
          "the other one is refused")
    equal([key for key in center.entries("instance/")],
          ["instance/s1/10.0.1.1"])


def taken_over(lab):
    """Of two C-PS on an etcd one is killed: the other decides for it"""
    text = sma(["up", "up"], ttl=10)
    with lab.on_etcd("c1", "ps:" + SERVICES) as one, \
            lab.on_etcd("c2", "ps:" + SERVICES) as two, \
            lab.on_etcd("s1", text) as site:
        until(lambda: weights(two) == {"1": 50, "2": 50}, "it is decided", 30)
        until(lambda: [d.status("ps")["decisions"]["shards"]
                       for d in (one, two)] == [32, 32], "they share", 30)
        first = one.entries(KEY)[KEY]
        dead, left = (one, two) if first["writer"] == "c1" else (two, one)
        dead.kill()
        began = time.monotonic()
        until(lambda: left.status("ps")["decisions"]["shards"] == 64,
              "the other has all", 30)
        print(f"# taken over after {time.monotonic() - began:.1f} s")
        # the decision stays as it was until there is a reason for another
        equal(left.entries(KEY)[KEY], first)
        site.stop()
        site.file = lab.on_etcd("s1", sma(["up", "drain"], ttl=10)).file
        site.start()
        until(lambda: weights(left) == {"1": 100, "2": 0}, "it goes on", 30)
        value = left.entries(KEY)[KEY]
        equal((value["sequence"], value["writer"]),
              (first["sequence"] + 1, left.name))
        # it comes back, and gets its part
        dead.start()
        until(lambda: dead.status("ps")["decisions"]["shards"] == 32,
              "it is back", 30)


def store_away(lab):
    """Without its etcd a C-PS keeps what was decided, and catches up"""
    with lab.on_etcd("c1", "ps:" + SERVICES) as one, \
            lab.on_etcd("s1", sma(["up", "up"], ttl=60)) as site:
        until(lambda: weights(one).get("1") == 50, "it is decided", 30)
        sequence = one.entries(KEY)[KEY]["sequence"]
        lab.etcd.stop()
        until(lambda: not one.status("store")["current"], "it is noticed", 30)
        equal(one.entries(KEY)[KEY]["sequence"], sequence)
        lab.etcd.start()
        until(lambda: one.status("store")["current"], "it is back", 30)
        site.stop()
        site.file = lab.on_etcd("s1", sma(["drain", "up"], ttl=60)).file
        site.start()
        until(lambda: weights(one) == {"1": 0, "2": 100}, "it catches up", 30)


main([wrong_sections, one_host, no_maps, drained, over_tls, taken_over, store_away],
     Lab)
