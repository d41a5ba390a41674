#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Role sma in catsd: this host, real instances, a hostile one."""

import base64
import json
import os
import random
import socket
import subprocess
import threading
import time

from daemon import CATSD, ROOT, Daemon, Skip, equal, main, until

DISSECTOR = os.path.join(ROOT, "packaging", "wireshark", "carh.lua")
CARH_PORT = 49380
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Endpoint:
    """An HTTP server that answers what answer() returns; None: nothing."""

    def __init__(self):
        self.answer = lambda: GOOD
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            with client:
                try:
                    client.recv(4096)
                    client.sendall(self.answer() or b"")
                except OSError:
                    pass


class Group:
    """A control group of cgroup v2 with a process in it that computes."""

    def __init__(self):
        self.mount = self.process = None
        for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            if not os.path.exists(f"{mount}/cgroup.controllers"):
                continue
            self.name = f"cats-test-{os.getpid()}"
            self.path = f"{mount}/{self.name}"
            try:
                os.mkdir(self.path)
            except OSError:
                continue
            self.mount = mount
            return

    def compute(self):
        self.process = subprocess.Popen(
            ["sh", "-c", f"echo $$ >{self.path}/cgroup.procs && "
             "while :; do :; done"])

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        if self.mount:
            until(self.remove, "the group is empty")

    def remove(self):
        try:
            os.rmdir(self.path)
            return True
        except OSError:
            return False


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.endpoint = Endpoint()
        self.group = Group()
        self.catsd = Daemon(directory, "sma", f"""
site: s1
sma:
  sample-ms: 100
  window-ms: 300
  interval-ms: 2000
  spacing-ms: 500
  ttl-s: 10
  cgroup-root: {self.group.mount or "/sys/fs/cgroup"}
  services:
    - name: web
      csid: [ 203.0.113.1, 2001:db8:c5::1 ]
      adapt: true
      health: {{ type: http, address: 127.0.0.1, port: {self.endpoint.port},
                 interval-ms: 200 }}
      instances:
        - instance: 10.0.1.2
        - instance: 10.0.1.3
          cgroup: {self.group.name if self.group.mount else "none"}
          health: {{ type: tcp, address: 127.0.0.1,
                     port: {self.endpoint.port} }}
""")

    def __enter__(self):
        self.started = time.monotonic()
        self.catsd.start()
        return self

    def __exit__(self, *error):
        try:
            self.catsd.__exit__(*error)
        finally:
            self.group.close()
            self.endpoint.sock.close()

    def metric(self, name):
        return self.catsd.entries("metric/s1/").get("metric/s1/" + name)

    def health(self):
        return (self.metric("10.0.1.2") or {}).get("health")


def host(lab):
    """The host's record agrees with /proc and df"""
    until(lambda: "cpu-utilisation" in (lab.metric("host") or {"raw": ()})["raw"],
          "the host is there")
    value = lab.metric("host")
    with open("/proc/meminfo") as file:
        memory = {line.split(":")[0]: int(line.split()[1]) for line in file}
    used = 1 - memory["MemAvailable"] / memory["MemTotal"]
    fs = os.statvfs("/")
    storage = (fs.f_blocks - fs.f_bfree) / (fs.f_blocks - fs.f_bfree + fs.f_bavail)
    raw = value["raw"]
    equal(abs(raw["memory-utilisation"] - used) < 0.1, True, raw)
    equal(abs(raw["storage-utilisation"] - storage) < 0.05, True, raw)
    equal(0 <= raw["cpu-utilisation"] <= 1, True, raw)
    equal(set(raw) & set(value["unknown"]), set())
    equal("instance" in value, False)


def dissected(lab):
    """tshark with the dissector reads from a CARH what the record says"""
    value = until(lambda: lab.metric("10.0.1.2"), "it is there")
    dump, pcap = (os.path.join(lab.directory, "carh." + end)
                  for end in ("txt", "pcap"))
    with open(dump, "w") as file:
        file.write("000000 " + base64.b64decode(value["carh"]).hex(" ") + "\n")
    subprocess.run(["text2pcap", "-q", "-u", f"40000,{CARH_PORT}", dump, pcap],
                   check=True, capture_output=True)
    fields = ["carh.verdict", "carh.ttl", "carh.cps", "carh.memory_utilisation",
              "carh.timestamp"]
    said = subprocess.run(
        ["tshark", "-n", "-X", f"lua_script:{DISSECTOR}", "-r", pcap, "-T",
         "fields", "-E", "separator=|"] + [word for field in fields
                                           for word in ("-e", field)],
        check=True, capture_output=True, text=True,
        env={**os.environ, "HOME": lab.directory}).stdout.strip().split("|")
    equal(said[:3], ["ok", "10", str(value["cps"])])
    equal(abs(float(said[3]) - 100 * value["raw"]["memory-utilisation"]) < 0.02,
          True, said)
    equal(time.strftime("%Y", time.gmtime()) in said[4], True, said)


def up_and_down(lab):
    """An instance that fails is down at once, with a score of 0; and up again"""
    until(lambda: lab.health() == "up", "it is up")
    value = lab.metric("10.0.1.2")
    equal(value["cps"] > 0 and value["raw"]["response-time"] > 0, True, value)
    lab.endpoint.answer = lambda: b"HTTP/1.1 503 Full\r\n\r\n"
    until(lambda: lab.health() == "down", "it is down")
    equal((lab.metric("10.0.1.2")["cps"], lab.metric("10.0.1.2")["level2"]),
          (0, 0))
    equal("sma: instance 10.0.1.2 of web is" in lab.catsd.said(), True)
    lab.endpoint.answer = lambda: GOOD
    until(lambda: lab.health() == "up", "it is up again")


def control_group(lab):
    """What the processes of a control group use is its instance's load"""
    if not lab.group.mount:
        raise Skip("cgroup v2 is not there, or cannot be written")
    lab.group.compute()
    until(lambda: lab.metric("10.0.1.3")["raw"].get("cpu-utilisation", 0)
          > 0.1 / os.cpu_count(), "it computes")
    lab.group.process.kill()
    lab.group.process.wait()
    lab.group.process = None
    until(lambda: lab.metric("10.0.1.3")["raw"]["cpu-utilisation"] < 0.02,
          "it does not any more")


def hostile(lab):
    """An endpoint that answers nonsense: every answer counted, none believed"""
    chance = random.Random(4)
    sent = []

    def nonsense():
        data = bytearray(GOOD)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(9)] = chance.randrange(256)
        sent.append(1)
        return bytes(data) * chance.randrange(1, 400)

    lab.endpoint.answer = nonsense
    until(lambda: len(sent) > 12, "it was asked")
    checks = lab.catsd.status("sma")["checks"]
    equal(checks["bad-http"] >= 3, True, checks)
    until(lambda: lab.health() == "down", "it is down")
    lab.endpoint.answer = lambda: GOOD
    until(lambda: lab.health() == "up", "it is up again")


def explained(lab):
    """cats agent says the weights and why; cats metric the factors"""
    weights = until(lambda: lab.catsd.status("sma"), "status")["weights"]["web"]
    equal(weights["response-time"]["why"], "is the response time")
    equal(abs(sum(one["weight"] for one in weights.values()) - 1) < 0.01, True)
    text = lab.catsd.cats("-d", "metric", "show", "instance", "10.0.1.2").stdout
    equal("response-time" in text and "weights" in text, True, text)


def budget(lab):
    """In the time so far no source spoke more often than its budget"""
    status = lab.catsd.status("sma")
    spoken = sum(status["updates"][why] for why in
                 ("start", "interval", "threshold"))
    most = 3 * (3 + (time.monotonic() - lab.started) / 0.5)
    equal(0 < spoken <= most, True, status["updates"])


def wrong_file(lab):
    """--check names the key that is wrong"""
    path = os.path.join(lab.directory, "wrong.yaml")
    for text, key in (("sma: { sample-ms: 1 }", "sma.sample-ms"),
                      ("sma: { nonsense: 1 }", "nonsense"),
                      ("sma: { aggregation: mean }", "sma.aggregation")):
        with open(path, "w") as file:
            file.write(f"site: s1\n{text}\n")
        done = subprocess.run([CATSD, "-c", path, "--check"],
                              capture_output=True, text=True)
        equal((done.returncode, key in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    main([host, up_and_down, dissected, control_group, hostile, explained, budget,
          wrong_file], Lab)
