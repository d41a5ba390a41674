#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What role sma of catsd makes of cats.ko's flows, limits and latencies."""

import json
import os
import socket
import subprocess
import tempfile

from host import NH4, SID, Host
from lab import CS4, equal, main, until

CATSD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                     "build", "catsd")


class Measured(Host):
    """The host, with catsd in its namespace."""

    def __init__(self):
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.control = os.path.join(self.directory.name, "catsd.sock")
        path = os.path.join(self.directory.name, "catsd.yaml")
        with open(path, "w") as file:
            file.write(f"""site: s1
control: {self.control}
sma:
  sample-ms: 100
  window-ms: 100
  interval-ms: 1000
  spacing-ms: 500
  ttl-s: 60
  services:
    - name: web
      csid: [ {CS4} ]
      instances:
        - instance: {NH4}
        - instance: 10.0.0.99
""")
        self.instance(NH4, limit=40)
        self.sid(SID(1), "DX6", nh6="2001:db8:2::11", instance=NH4)
        self.catsd = self.egress.inside(
            lambda: subprocess.Popen([CATSD, "-c", path]))

    def delete(self):
        if self.spaces:
            self.catsd.terminate()
            self.catsd.wait()
        super().delete()

    def flush(self):
        """What one test has made is there for the next one."""

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(self.control)
            sock.sendall(json.dumps(request).encode() + b"\n")
            lines = []
            for line in sock.makefile():
                lines.append(json.loads(line))
                if "end" in lines[-1]:
                    break
            return lines

    def measured(self, name):
        """Record of an instance; none if it is not there yet."""
        try:
            for line in self.ask({"list": "metric/"}):
                if line.get("key") == "metric/s1/" + name:
                    return line["value"]
        except OSError:
            pass
        return {"raw": {}, "unknown": []}


def flows(lab):
    """Flows of an instance, and its share of the limit"""
    lab.flows(10)
    until(lambda: lab.measured(NH4)["raw"].get("flows") == 10, "10 flows")
    equal(lab.measured(NH4)["raw"]["flow-utilisation"], 0.25)
    lab.flows(20)
    until(lambda: lab.measured(NH4)["raw"].get("flow-utilisation") == 0.5,
          "half of the limit")


def limit(lab):
    """A limit that changes is seen"""
    # the flows are still there, however slow the machine is
    lab.flows(20)
    lab.set_instance(NH4, limit=80)
    until(lambda: lab.measured(NH4)["raw"].get("flow-utilisation") == 0.25,
          "a quarter of the limit")
    lab.set_instance(NH4, limit=0)
    until(lambda: "flow-utilisation" in lab.measured(NH4)["unknown"],
          "without a limit there is no share of it")


def unknown(lab):
    """No handshake, no latency; no instance, nothing: unknown, not 0"""
    value = lab.measured(NH4)
    equal("handshake-latency" in value["unknown"], True, value)
    other = lab.measured("10.0.0.99")
    equal({"flows", "flow-rate", "flow-utilisation"} <= set(other["unknown"]),
          True, other)


def status(lab):
    """cats agent says that the module is there"""
    said = lab.ask({"status": True})[0]["status"]
    equal((said["cats.ko"], said["cats.ko-failures"]), (True, 0))


if __name__ == "__main__":
    main([flows, limit, unknown, status], Measured)
