#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A site that sends its service model: whole, changes, and what brings it back."""

import json
import os
import subprocess

from api import TOKENS, Api, client_context, write_tokens
from daemon import CATSD, Authority, Daemon, equal, free_port, main, until


def row(csci, gas=3, cost=4):
    return {"service": "AR1", "csci": csci, "gas": gas, "cost": cost, "computing-us": 9}


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.authority = Authority(directory)
        self.tokens, self.token = (os.path.join(directory, name)
                                   for name in ("tokens", "token"))
        self.file = os.path.join(directory, "model.json")
        write_tokens(self.tokens)
        with open(self.token, "w") as file:
            file.write(TOKENS["site-s1"] + "\n")
        self.port = free_port()
        self.api = Api(self.port, "cmas.json")
        self.cps = Daemon(directory, "cps", f"""site: in1
store: {{ type: sqlite, path: {directory}/store.db }}
cmas: {{ listen: "[::1]:{self.port}", tokens: {self.tokens}, assume-network-us: 1 }}
""")
        self.site = Daemon(directory, "site", f"""site: s1
model:
  file: {self.file}
  token: {self.token}
  alive-s: 1
  to: [ {{ address: "[::1]:{free_port()}" }}, {{ address: "[::1]:{self.port}" }} ]
""")

    def write(self, rows):
        text = rows if isinstance(rows, str) else json.dumps({"rows": rows})
        with open(self.file + ".new", "w") as file:
            file.write(text)
        os.rename(self.file + ".new", self.file)

    def known(self, api=None):
        """Rows that the C-PS has, by their CSCI-IDs."""
        status, answer = (api or self.api).ask("GET", "/sites/s1", who="operator")
        return {one["csci"]: one["gas"] for one in answer["rows"]} if status == 200 else {}

    def status(self):
        return self.site.status("model")

    def __enter__(self):
        self.write([row("10.0.0.1"), row("10.0.0.2")])
        self.cps.start()
        self.site.start()
        return self

    def __exit__(self, *args):
        self.site.__exit__(*args)
        self.cps.__exit__(*args)


def whole(lab):
    """The whole comes first, by the C-PS that answers"""
    until(lambda: lab.status()["state"] == "known", "it is known")
    equal(lab.known(), {"10.0.0.1": 3, "10.0.0.2": 3})
    status = lab.status()
    equal((status["wholes"], status["changes"], status["lost"]), (1, 0, 1))


def changed(lab):
    """Then only what changes in the file, in sequence"""
    lab.write([row("10.0.0.1", 2), row("10.0.0.3")])
    until(lambda: lab.known() == {"10.0.0.1": 2, "10.0.0.3": 3}, "the change is there")
    until(lambda: lab.status()["changes"] >= 2, "it says that it lives")
    equal(lab.status()["wholes"], 1)
    equal(lab.cps.status("cmas")["counters"]["models"], 1)


def wrong(lab):
    """A file that is wrong changes nothing, and is said"""
    before = lab.known()
    for text in ("{", "7", json.dumps({"rows": [row("10.0.0.1", -1)]}),
                 json.dumps([row("10.0.0.1"), row("10.0.0.1")])):
        said = len(lab.site.said())
        lab.write(text)
        until(lambda: "is offered on" in lab.site.said()[said:], text)
    equal(lab.known(), before)
    lab.write([row("10.0.0.1")])
    until(lambda: lab.known() == {"10.0.0.1": 3}, "the next good one counts")


def forgotten(lab):
    """What the C-PS has lost, or another wrote, is sent whole again"""
    wholes = lab.status()["wholes"]
    equal(lab.api.ask("DELETE", "/sites/s1", who="operator")[0], 204)
    until(lambda: lab.known() == {"10.0.0.1": 3}, "it is there again")
    equal(lab.api.ask("PUT", "/sites/s1", {"epoch": "x", "sequence": 7, "rows": []},
                      "operator")[0], 200)
    until(lambda: lab.known() == {"10.0.0.1": 3}, "it is there again")
    until(lambda: lab.status()["wholes"] == wholes + 2, "by the whole")


def killed(lab):
    """The C-PS is killed, the site too: each finds the other again"""
    lab.cps.kill()
    lab.write([row("10.0.0.1", 5)])
    until(lambda: lab.status()["state"] == "sending", "it notices")
    lab.cps.start()
    until(lambda: lab.known() == {"10.0.0.1": 5}, "the C-PS is back")
    lab.site.kill()
    lab.write([row("10.0.0.1", 6)])
    lab.site.start()
    until(lambda: lab.known() == {"10.0.0.1": 6}, "the site is back")


def encrypted(lab):
    """With TLS, the certificate says whose model it is"""
    port = free_port()
    certificates = {name: lab.authority.issue(name, *alternatives) for name, alternatives in (
        ("cps", ("IP:::1",)), ("s1", ("URI:cats://s1",)), ("s2", ("URI:cats://s2",)))}

    def tls(name):
        certificate, key = certificates[name]
        return (f"tls: {{ certificate: {certificate}, key: {key}, "
                f"ca: {lab.authority.ca} }}\n")

    def site(name):
        return Daemon(lab.directory, f"tls-{name}", f"""site: s1
{tls(name)}model: {{ file: {lab.file}, to: [ {{ address: "[::1]:{port}", name: "::1" }} ] }}
""")

    api = Api(port, "cmas.json", client_context(lab.authority))
    with Daemon(lab.directory, "tls-cps", f"""site: in1
{tls("cps")}cmas: {{ listen: "[::1]:{port}", tls: true, tokens: {lab.tokens} }}
"""):
        with site("s2") as other:
            until(lambda: "may not speak for site s1" in other.said(), "it is refused")
            equal(lab.known(api), {})
        with site("s1") as right:
            until(lambda: right.status("model")["state"] == "known", "it is known")
            equal(lab.known(api), {"10.0.0.1": 6})


def configured(lab):
    """A section that is wrong is said to be"""
    path = os.path.join(lab.directory, "check.yaml")
    for members, want in (
            ("to: [ { address: '192.0.2.1:1' } ]", "is not loopback"),
            ("to: [ { address: '[::1]:1', name: x } ]", "the section tls is needed"),
            ("to: [ { address: x } ]", "is not ADDRESS:PORT"),
            ("to: [ { address: '[::1]:1' } ], alive-s: 0", "alive-s"),
            ("to: []", "to")):
        with open(path, "w") as file:
            file.write(f"site: s\nmodel: {{ file: {lab.file}, {members} }}\n")
        done = subprocess.run([CATSD, "--check", "-c", path], capture_output=True,
                              text=True)
        equal((done.returncode, want in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    main((whole, changed, wrong, forgotten, killed, encrypted, configured), Lab)
