#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The store of catsd: what is kept, by whom it is seen, how it is configured."""

import os
import subprocess

from daemon import CATSD, Daemon, equal, main, until

TTL_S = 4


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.path = os.path.join(directory, "store.db")
        self.one = self.agent("one", "s1")
        self.two = self.agent("two", "s2")

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
            ("{ type: etcd, endpoints: [] }", ["endpoints"])):
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


main([right_sections, wrong_sections, shared, kept, damaged], Lab)
