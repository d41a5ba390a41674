#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGHUP: the file is read again, whole or not at all."""

import http.client
import json
import os
import signal
import socket
import threading

from api import TOKENS, Api, client_context, write_tokens
from daemon import Authority, Daemon, alongside, equal, free_port, main, until

SLA = 0.123456781234567
ELSEWHERE = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$0" "$@"')


def row(**members):
    return {"name": "n", "description": "d", "computing": "c", "storage": "s",
            "computing-time": {"max-us": 5}, **members}


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.tokens = os.path.join(directory, "tokens")
        write_tokens(self.tokens)
        self.ports = {name: free_port() for name in ("platform", "cmas")}
        self.platform = Api(self.ports["platform"], "platform.json")
        self.cmas = Api(self.ports["cmas"], "cmas.json")
        self.sections = {
            "store": f"{{ type: sqlite, path: {directory}/store.db }}",
            "platform": f"{{ listen: '[::1]:{self.ports['platform']}', "
                        f"tokens: {self.tokens}, max-services: 1 }}",
            "cmas": f"{{ listen: '[::1]:{self.ports['cmas']}', tokens: {self.tokens}, "
                    "assume-network-us: 1, offer-s: 600 }",
            "ps": "{ services: [ { csid: [ 203.0.113.1 ] } ] }"}
        self.daemon = Daemon(directory, "one", self.text())

    def text(self, **changes):
        """The file; a section that is None is left out."""
        sections = {**self.sections, **changes}
        return "site: s1\n" + "".join(f"{name}: {value}\n" for name, value in
                                      sections.items() if value is not None)

    def write(self, text):
        with open(self.daemon.file + ".new", "w") as file:
            file.write(text)
        os.rename(self.daemon.file + ".new", self.daemon.file)

    def file(self):
        return self.daemon.status("file")

    def hangup(self, text, result="reloads"):
        """Read @text; what the status says afterwards."""
        before = self.file()
        self.write(text)
        self.daemon.process.send_signal(signal.SIGHUP)
        until(lambda: self.file() != before and self.file()["reloads"] +
              self.file()["refused"] > before["reloads"] + before["refused"], "it is read")
        equal(self.file()[result], before[result] + 1, self.file())
        return self.file()

    def reload(self, **changes):
        return self.hangup(f"control: {self.daemon.control}\n" + self.text(**changes))

    def refused(self, text):
        return self.hangup(text, "refused")["problem"]

    def __enter__(self):
        self.daemon.start()
        self.granting()
        equal(self.cmas.ask("PUT", "/sites/s1", {
            "epoch": "a", "sequence": 1, "rows": [{
                "service": "A", "csci": "10.0.0.1", "gas": 1000, "cost": 1,
                "computing-us": 1}]}, "operator")[0], 200)
        return self

    def __exit__(self, *args):
        self.daemon.__exit__(*args)

    def granting(self):
        until(lambda: self.daemon.status("cmas")["state"] == "granting", "it grants")


def changed(lab):
    """Services and limits change; a role whose section is the same is not touched"""
    kept = http.client.HTTPConnection("::1", lab.ports["platform"], timeout=10)
    kept.request("GET", "/services")
    equal(kept.getresponse().read(), b'{"services":[]}')
    services = "203.0.113.1, 203.0.113.2"
    lab.reload(ps=f"{{ services: [ {{ csid: [ {services} ] }} ] }}")
    equal(lab.daemon.status("ps")["decisions"]["services"], 2)
    until(lambda: lab.daemon.status("ps")["decisions"]["shards"] == 64, "it decides")
    kept.request("GET", "/services")
    equal(kept.getresponse().read(), b'{"services":[]}')
    equal(lab.platform.ask("PUT", "/services/A", row(), "operator")[0], 201)
    lab.platform.refused("full", "PUT", "/services/B", row(), "operator")
    lab.reload(platform=lab.sections["platform"].replace("services: 1", "services: 2"))
    equal(lab.platform.ask("PUT", "/services/B", row(), "operator")[0], 201)
    lab.reload(cmas=lab.sections["cmas"].replace("}", ", limits: { connections: 7 } }"))
    equal(lab.daemon.status("cmas")["api"]["connections"]["max"], 7)
    lab.granting()
    lab.reload()
    equal(lab.daemon.status("ps")["decisions"]["services"], 1)


def compared(lab):
    """Nothing has changed is said of nothing else: numbers to the last digit"""
    for loss, want in ((SLA, "changed: ps"), (SLA, "nothing has changed"),
                       (SLA + 1e-15, "changed: ps")):
        lab.reload(ps=f"{{ services: [ {{ csid: [ 203.0.113.1 ], sla: {{ loss: {loss} }} }} ] }}")
        equal(lab.daemon.said().splitlines()[-1].endswith(want), True, lab.daemon.said())
    lab.reload()


def wrong(lab):
    """What is wrong anywhere changes nothing, and the key is named"""
    head = f"control: {lab.daemon.control}\n"
    good = head + lab.text(ps="{ services: [ { csid: [ 203.0.113.7 ] } ] }")
    connections = {name: http.client.HTTPConnection("::1", port, timeout=10)
                   for name, port in lab.ports.items()}
    for text, words in (
            ("", ["is empty"]), (good[:-9], ["csid"]), (good + "\0", []),
            (head + lab.text(ps="{}"), ["neither listen nor services"]),
            (head + lab.text(cmas="{ lease-s: 0 }"), ["cmas: lease-s"]),
            (good + "colour: red\n", ["colour"]),
            (good.replace("site: s1", "site: s2"), ["site", "restart"]),
            (good.replace(".sock", ".sock2"), ["control", "restart"]),
            (head + lab.text(store="{ type: memory }"), ["store", "restart"]),
            (head + lab.text(store=None), ["store", "restart"]),
            (good + "openmetrics: { listen: '[::1]:1' }\n", ["openmetrics", "restart"]),
            (good + "tls: { certificate: /none, key: /none, ca: /none }\n"
             "publish: { to: [ { address: '[::1]:1', name: x } ] }\n", ["/none"])):
        why = lab.refused(text)
        equal([word for word in words if word not in why], [], f"{text}: {why}")
        for connection in connections.values():
            connection.request("GET", "/openapi.json")
            equal(connection.getresponse().read()[:1], b"{")
        equal(lab.daemon.status("ps")["decisions"]["services"], 1)
    os.unlink(lab.daemon.file)
    before = lab.file()["refused"]
    lab.daemon.process.send_signal(signal.SIGHUP)
    until(lambda: lab.file()["refused"] == before + 1, "it is missed")
    equal("No such file" in lab.file()["problem"], True)
    equal(lab.reload()["problem"], "")


def cut_short(lab):
    """A file that was half written: whatever its length, the good one is in force or it"""
    whole = (f"control: {lab.daemon.control}\n" + lab.text()).encode()
    before = lab.file()["refused"]
    for size in range(40, len(whole), 23):
        with open(lab.daemon.file, "wb") as file:
            file.write(whole[:size])
        seen = lab.file()
        lab.daemon.process.send_signal(signal.SIGHUP)
        until(lambda: lab.file() != seen, "it is read")
        # only a file of whole sections may be one
        if lab.file()["refused"] == seen["refused"]:
            equal(whole[size - 1:size] in b"}\n" or whole[size:size + 1] == b"\n", True,
                  whole[:size])
    equal(lab.file()["refused"] > before + 5, True)
    lab.reload()
    lab.granting()


def undone(lab):
    """A role that cannot start: those that were changed before it are as they were"""
    held = lab.cmas.ask("POST", "/requests", {"service": "A", "gas": 1, "cost": 1,
                                              "delay-us": 1000}, "operator")[1]
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        why = lab.refused(f"control: {lab.daemon.control}\n" + lab.text(
            platform=lab.sections["platform"].replace("services: 1", "services: 9"),
            cmas=lab.sections["cmas"].replace(str(lab.ports["cmas"]), str(port))))
    equal("Address already in use" in why, True, why)
    equal(lab.platform.refused("full", "PUT", "/services/C", row(), "operator")[:9],
          "there are")
    lab.granting()
    equal(lab.cmas.ask("POST", f"/reservations/{held['reservation']}/finished", {},
                       "operator")[0], 204)


def added(lab):
    """A section goes and comes, and its role with it"""
    lab.reload(platform=None)
    equal(lab.daemon.status("platform"), None)
    try:
        lab.platform.ask("GET", "/services")
        raise AssertionError("it answers")
    except ConnectionRefusedError:
        pass
    lab.reload()
    equal(lab.platform.ask("GET", "/services")[0], 200)


def loaded(lab):
    """Reloads amidst requests: what was granted is there, and nothing else"""
    stop, granted, wrongs = threading.Event(), [], []

    def client():
        while not stop.is_set():
            try:
                status, answer = lab.cmas.ask("POST", "/requests", {
                    "service": "A", "gas": 1, "cost": 1, "delay-us": 1000}, "operator")
                if status == 200 and answer["success"]:
                    granted.append(answer["reservation"])
                elif status != 503:
                    wrongs.append((status, answer))
            except (OSError, http.client.HTTPException):
                pass

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for lease in range(40, 48):
            lab.reload(cmas=lab.sections["cmas"].replace("}", f", lease-s: {lease} }}"))
            lab.granting()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    equal(wrongs, [])
    equal(len(granted) > 8, True)
    there = {key.rsplit("/", 1)[1] for key in lab.daemon.entries("cmas/reservation/")}
    equal(set(granted) - there, set())
    for one in there:
        lab.cmas.ask("POST", f"/reservations/{one}/finished", {}, "operator")


@alongside
def all_roles(lab):
    """Every role ends and starts, again and again; certificates change"""
    authority = Authority(lab.directory, "all")
    model = os.path.join(lab.directory, "model.json")
    token = os.path.join(lab.directory, "token")
    with open(model, "w") as file:
        json.dump([], file)
    with open(token, "w") as file:
        file.write(TOKENS["site-s1"] + "\n")

    def text(turn):
        certificate, key = authority.issue(f"cps{turn % 2}", "IP:::1")
        return f"""site: s1
tls: {{ certificate: {certificate}, key: {key}, ca: {authority.ca} }}
ps: {{ listen: '[::1]:7001', services: [ {{ csid: [ 203.0.113.{turn % 2} ] }} ] }}
platform: {{ listen: '[::1]:7002', tls: true, tokens: {lab.tokens} }}
cmas: {{ listen: '[::1]:7003', tokens: {lab.tokens}, pin: true, lease-s: 3{turn % 2} }}
publish: {{ to: [ {{ address: '[::1]:7001', name: cps{turn % 2} }} ] }}
loader: {{ drain-ms: 1000{turn % 2} }}
sma: {{ services: [ {{ name: web, csid: [ 203.0.113.1 ], instances: [
  {{ instance: 10.0.1.{turn % 2 + 1} }} ] }} ] }}
nma:
  sessions: [ {{ policy: A, endpoint: "::1", interval-us: 330{turn % 2} }} ]
  reflector: {{ listen: "::1", sources: [ {{ source: "2001:db8::/32", ssid: 3 }} ] }}
hybrid: {{ priority: 1{turn % 2} }}
egress: {{ period-s: {turn % 2 + 1} }}
model: {{ file: {model}, token: {token}, to: [ {{ address: '[::1]:7003' }} ], alive-s: {turn % 2 + 1} }}
"""

    daemon = Daemon(lab.directory, "all", text(0), ELSEWHERE)
    with daemon:
        for turn in range(1, 6):
            with open(daemon.file, "w") as file:
                file.write(f"control: {daemon.control}\n{text(turn)}")
            daemon.process.send_signal(signal.SIGHUP)
            until(lambda: daemon.status("file")["reloads"] == turn, "it is read")
        until(lambda: daemon.status("cmas")["state"] == "granting", "it grants")
        equal(len(daemon.ask({"status": True})), 12)


def certified(lab):
    """Another certificate is what clients see"""
    authority = Authority(lab.directory, "other")
    seen, port = [], free_port()
    for name in ("one", "two"):
        certificate, key = authority.issue(name, "IP:::1")
        lab.reload(tls=f"{{ certificate: {certificate}, key: {key}, ca: {authority.ca} }}",
                   platform=f"{{ listen: '[::1]:{port}', tls: true }}")
        with socket.create_connection(("::1", port)) as sock:
            with client_context(authority).wrap_socket(sock) as tls:
                seen.append(dict(one[0] for one in tls.getpeercert()["subject"])
                            ["commonName"])
    equal(seen, ["one", "two"])
    lab.reload()


if __name__ == "__main__":
    main((changed, compared, wrong, cut_short, undone, added, loaded, all_roles, certified),
         Lab)
