#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The store of catsd: what is kept, by whom it is seen, how it is configured."""

import json
import os
import shutil
import signal
import subprocess
import time

from daemon import CATSD, Authority, Daemon, Skip, equal, free_port, main, until
from etcd import Cluster

TTL_S = 4


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.path = os.path.join(directory, "store.db")
        self.one = self.agent("one", "s1")
        self.two = self.agent("two", "s2")
        self.cluster = None
        if shutil.which("etcd") and shutil.which("etcdctl"):
            self.cluster = Cluster(directory,
                                   authority=Authority(directory, "etcd-ca"))
            self.cluster.start_all()

    def need_etcd(self):
        if not self.cluster:
            raise Skip("needs etcd-server and etcd-client")
        return self.cluster

    def on_etcd(self, name, site, authority=None, client=None):
        cluster = self.need_etcd()
        certificate, key = client or cluster.client
        return Daemon(self.directory, name, f"""site: {site}
store:
  type: etcd
  endpoints: {json.dumps(cluster.clients)}
  certificate: {certificate}
  key: {key}
  ca: {(authority or cluster.authority).ca}
sma: {{ sample-ms: 100, window-ms: 1000, interval-ms: 1000, ttl-s: {TTL_S} }}
""")

    def agent(self, name, site):
        return Daemon(self.directory, name, f"""site: {site}
store: {{ type: sqlite, path: {self.path} }}
sma: {{ sample-ms: 100, window-ms: 1000, interval-ms: 1000, ttl-s: {TTL_S} }}
""")

    def check(self, text):
        path = os.path.join(self.directory, "checked.yaml")
        with open(path, "w") as file:
            file.write("site: s1\nsma: {}\n" + text)
        done = subprocess.run([CATSD, "-c", path, "--check"], text=True,
                              capture_output=True)
        return done.returncode, done.stdout + done.stderr

    def __enter__(self):
        self.one.start()
        self.two.start()
        return self

    def __exit__(self, *args):
        self.one.__exit__(*args)
        self.two.__exit__(*args)
        if self.cluster:
            self.cluster.stop()


def checkpoints_are_shown(lab):
    """What the checkpoints of the store come to is shown"""
    shown = lab.one.status("store")["checkpoints"]
    equal({key: shown[key] for key in ("failures", "held", "problem")},
          {"failures": 0, "held": 0, "problem": ""})
    equal("done" in shown and "wal-pages" in shown, True, shown)
    equal("checkpoints" in lab.one.cats("agent", "show", "store").stdout, True)


def right_sections(lab):
    """--check: sections that are right"""
    for text in ("memory", "sqlite", "sqlite, path: /tmp/x.db"):
        code, said = lab.check(f"store: {{ type: {text} }}\n")
        equal(code, 0, f"{text}: {said}")


def wrong_sections(lab):
    """--check: one line says which key is wrong"""
    for text, words in (
            ("{}", ["type"]),
            ("{ type: redis }", ["store: type", "redis", "sqlite"]),
            ("{ type: memory, path: /x }", ["memory takes no other key"]),
            ("{ type: sqlite, path: x.db }", ["store: path", "x.db", "/"]),
            ("{ type: sqlite, prefix: x/ }", ["no other key than path"]),
            ("{ type: sqlite, file: /x }", ["unexpected key: file"]),
            ("{ type: etcd, endpoints: [] }", ["endpoints"]),
            ("{ type: etcd }", ["store: endpoints"]),
            ("{ type: etcd, path: /x }", ["no path"]),
            ("{ type: etcd, endpoints: [x] }", ["endpoints", "https://host"]),
            ("{ type: etcd, endpoints: ['http://[::1]:1', "
             "'http://192.0.2.1:1'] }", ["192.0.2.1", "has to be https"]),
            ("{ type: etcd, endpoints: ['https://192.0.2.1:1'] }",
             ["needs certificate"]),
            ("{ type: etcd, endpoints: ['https://192.0.2.1:1'], ca: /none }",
             ["store: ca", "/none"]),
            ("{ type: etcd, endpoints: ['https://192.0.2.1:1'], "
             "ca: /dev/null }", ["belong together"]),
            ("{ type: etcd, endpoints: ['http://[::1]:1'], prefix: 'a b' }",
             ["store: prefix", "a b"])):
        code, said = lab.check(f"store: {text}\n")
        equal((code, len(said.splitlines())), (1, 1), f"{text}: {said}")
        equal([word for word in words if word not in said.lower()], [],
              f"{text}: {said}")


def shared(lab):
    """Two on one file see each other's records"""
    for daemon in (lab.one, lab.two):
        until(lambda: set(daemon.entries()) ==
              {"metric/s1/host", "metric/s2/host"}, f"{daemon.name} sees both")


def kept(lab):
    """One that is killed leaves its records, until their time is over"""
    lab.one.kill()
    equal("metric/s1/host" in lab.two.entries(), True)
    until(lambda: "metric/s1/host" not in lab.two.entries(), "it expires")
    lab.one.start()
    until(lambda: "metric/s1/host" in lab.two.entries(), "it is back")
    # and finds what was there when it starts, all at once
    lab.one.kill()
    lab.one.start()
    equal("metric/s2/host" in lab.one.entries(), True)


def damaged(lab):
    """A file that is damaged is refused, and left as it is"""
    path = os.path.join(lab.directory, "damaged.db")
    with open(path, "wb") as file:
        file.write(b"SQLite format 3\0" + b"\x5a" * 8000)
    with open(path, "rb") as file:
        before = file.read()
    yaml = os.path.join(lab.directory, "damaged.yaml")
    with open(yaml, "w") as file:
        file.write(f"site: s1\ncontrol: {lab.directory}/damaged.sock\n"
                   f"store: {{ type: sqlite, path: {path} }}\nsma: {{}}\n")
    done = subprocess.run([CATSD, "-c", yaml], capture_output=True, text=True,
                          timeout=20)
    equal((done.returncode, f"store: {path}: " in done.stderr), (1, True),
          done.stderr)
    with open(path, "rb") as file:
        equal(file.read() == before, True, "the file")


def hosts(lab):
    """Two on an etcd of three members see each other's records"""
    both = {"metric/s1/host", "metric/s2/host"}
    with lab.on_etcd("e1", "s1") as one, lab.on_etcd("e2", "s2") as two:
        for daemon in (one, two):
            until(lambda: set(daemon.entries()) == both,
                  f"{daemon.name} sees both")
        two.kill()
        until(lambda: set(one.entries()) == {"metric/s1/host"}, "it expires")


def leader_killed(lab):
    """The leader is killed, then a second member: reads go on, and it recovers"""
    cluster = lab.need_etcd()
    with lab.on_etcd("e1", "s1") as one, lab.on_etcd("e2", "s2") as two:
        def sequence():
            return two.entries().get("metric/s1/host", {}).get("sequence", 0)

        until(lambda: sequence() > 0, "the other sees it")
        first = cluster.leader()
        cluster.kill(first)
        last = sequence()
        until(lambda: sequence() > last, "updates go on", 60)
        second = cluster.leader()
        cluster.kill(second)
        # one of three is no quorum; what is known stays
        until(lambda: not two.status("store")["current"], "it is noticed", 30)
        equal("metric/s1/host" in two.entries(), True)
        cluster.start(first)
        cluster.start(second)
        last = sequence()
        until(lambda: sequence() > last, "updates go on again", 60)


def strangers(lab):
    """Who has a certificate of another authority neither reads nor writes"""
    other = Authority(lab.directory, "other-ca")
    with lab.on_etcd("e3", "s3", client=other.issue("catsd")) as stranger:
        equal(stranger.entries(), {})
        equal("starting without it" in stranger.said(), True, stranger.said())
        equal(lab.cluster.ctl("get", "--prefix", "cats/metric/s3").stdout, "")
    # nor is an etcd trusted that another has signed
    with lab.on_etcd("e4", "s4", authority=other) as stranger:
        equal("certificate" in stranger.said(), True, stranger.said())
        equal(lab.cluster.ctl("get", "--prefix", "cats/metric/s4").stdout, "")


def told_to_end(lab):
    """SIGTERM ends it also while it waits for an etcd that does not answer"""
    path = os.path.join(lab.directory, "waiting.yaml")
    with open(path, "w") as file:
        file.write(f"site: s1\ncontrol: {lab.directory}/waiting.sock\n"
                   "store: { type: etcd, endpoints: "
                   f"['http://127.0.0.1:{free_port()}'] }}\nsma: {{}}\n")
    process = subprocess.Popen([CATSD, "-c", path], stderr=subprocess.PIPE,
                               text=True)

    def catches():
        with open(f"/proc/{process.pid}/status") as file:
            caught = next(line for line in file if line.startswith("SigCgt"))
        return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1

    until(catches, "it catches SIGTERM")
    began = time.monotonic()
    process.terminate()
    said = process.communicate(timeout=20)[1]
    equal((process.returncode, time.monotonic() - began < 3), (0, True), said)


def command(lab):
    """cats store copy and show"""
    shown = lab.two.cats("store", "show", "metric/s2/").stdout
    equal(shown.startswith("metric/s2/host revision "), True, shown)
    entry, = json.loads(lab.two.cats("-j", "store", "show", "metric/s2/").stdout)
    equal(set(entry), {"key", "revision", "expires-ms", "value"})
    equal(lab.two.cats("-d", "store").stdout.count('{"site":"s'), 2)
    copy = os.path.join(lab.directory, "copy.db")
    equal(lab.two.cats("store", "copy", f"sqlite:{lab.path}",
                       f"sqlite:{copy}").stdout, "copied 2\n")
    for args, code, words in (
            ([f"sqlite:{lab.path}", f"sqlite:{copy}"], 2, "entries already"),
            ([f"sqlite:{copy}.none", f"sqlite:{copy}"], 2, "No such file"),
            (["memory:", f"sqlite:{copy}"], 255, "is not sqlite:PATH"),
            (["sqlite:x", f"sqlite:{copy}"], 2, "No such file"),
            ([f"sqlite:{copy}", "etcd:https://[::1]:1"], 255, "certificate"),
            ([f"sqlite:{copy}", "etcd:http://[::1]:1", "colour", "x"], 255,
             "colour"),
            ([f"sqlite:{copy}"], 255, "FROM and TO")):
        done = lab.two.cats("store", "copy", *args, check=False)
        equal((done.returncode, words in done.stderr), (code, True),
              f"{args}: {done.stderr}")


def copied_to_etcd(lab):
    """A store is moved from SQLite to etcd over TLS, and back"""
    cluster = lab.need_etcd()
    back = os.path.join(lab.directory, "back.db")
    access = ["certificate", cluster.client[0], "key", cluster.client[1], "ca",
              cluster.authority.ca, "prefix", "moved/"]
    etcd = "etcd:" + ",".join(cluster.clients)
    done = lab.two.cats("-j", "store", "copy", f"sqlite:{lab.path}", etcd,
                        *access)
    equal(json.loads(done.stdout), [{"copied": 2, "leased": 0}])
    equal(lab.two.cats("store", "copy", etcd, f"sqlite:{back}",
                       *access).stdout, "copied 2\n")


main([right_sections, wrong_sections, shared, checkpoints_are_shown, kept, command,
      damaged, hosts, leader_killed, strangers, told_to_end, copied_to_etcd],
     Lab)
