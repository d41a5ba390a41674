#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What role sma of catsd makes of cats.ko's flows, limits and latencies."""

from catsd_host import CatsdHost
from host import NH4, SID
from lab import CS4, equal, main, until


class Measured(CatsdHost):
    """The host, with role sma."""

    def __init__(self):
        super().__init__()
        self.instance(NH4, limit=40)
        self.sid(SID(1), "DX6", nh6="2001:db8:2::11", instance=NH4)
        self.start(f"""sma:
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
    said = lab.status("sma")
    equal((said["cats.ko"], said["cats.ko-failures"]), (True, 0))


if __name__ == "__main__":
    main([flows, limit, unknown, status], Measured)
