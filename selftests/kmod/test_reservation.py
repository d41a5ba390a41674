#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reservations of CMAS by what cats.ko sees of their flows: role egress of catsd."""

import http.client
import json
import os

from catsd_host import CatsdHost
from genl import address, attr, u32
from host import NH4, SID
from lab import CS6, equal, main, until
from packets import RST, SYN, inner6, ipv6, tcp6, udp

PORT, GAS, LEASE_S = 9851, 8, 2
CLIENT = "2001:db8:10::1"
TOKENS = {"site s1": "the-token-of-the-site", "forwarder in1": "the-token-of-in1",
          "operator op": "the-token-of-the-operator"}


class Reserving(CatsdHost):
    """The host is a C-PS as well; its instance has some gas."""

    def __init__(self):
        super().__init__()
        tokens = self.path("tokens")
        with open(os.open(tokens, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            for who, token in TOKENS.items():
                file.write(f"{who} {token}\n")
        self.serve()
        self.start(f"""cmas:
  listen: "[::1]:{PORT}"
  tokens: {tokens}
  lease-s: {LEASE_S}
  offer-s: 60
  assume-network-us: 500
egress:
  period-s: 1
  lease-s: {LEASE_S}
""")
        until(lambda: self.status("cmas").get("state") == "granting", "it grants", 60)
        until(lambda: self.status("egress")["state"] == "watching", "the module is seen")
        self.http("PUT", "/sites/s1", {"epoch": "a", "sequence": 1, "rows": [
            {"service": "AR1", "csci": NH4, "gas": GAS, "cost": 5,
             "computing-us": 1}]}, "site s1")

    def serve(self):
        self.instance(NH4)
        self.sid(SID(1), "DX6", nh6="2001:db8:2::11", instance=NH4)

    def timeout(self, **seconds):
        f = self.family
        f.call(f.CMD_FLOW_TABLE_SET, b"".join(
            u32(getattr(f, "FLOW_TABLE_TIMEOUT_" + name.upper()), value)
            for name, value in seconds.items()))

    def http(self, method, path, body=None, who="operator op"):
        connection = self.egress.inside(self.connect)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json",
                                "Authorization": f"Bearer {TOKENS[who]}"})
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()

    @staticmethod
    def connect():
        connection = http.client.HTTPConnection("::1", PORT, timeout=20)
        connection.connect()
        return connection

    def reserve(self, protocol, sport):
        """A reservation whose tunnel is set up for that flow; its id."""
        status, answer = self.http("POST", "/requests", {
            "service": "AR1", "gas": 1, "cost": 5, "delay-us": 1000000}, "forwarder in1")
        equal((status, answer.get("success")), (200, True), str(answer))
        dport = 2000
        status, said = self.http(
            "POST", f"/reservations/{answer['reservation']}/tunnel",
            {"flow": {"source": CLIENT, "sport": sport, "dport": dport,
                      "protocol": protocol, "csid": CS6}}, "forwarder in1")
        equal(status, 200, str(said))
        return answer["reservation"]

    def there(self, reservation):
        return self.http("GET", f"/reservations/{reservation}")[0] == 200

    def gas(self):
        return self.http("GET", "/table")[1]["rows"][0]["gas"]

    def send(self, inner):
        self.inject([ipv6("2001:db8:1::1", SID(1), inner, 41)])

    def counts(self, name):
        return self.status("egress")[name]


def udp6(sport):
    return inner6(CS6, payload=udp(CLIENT, CS6, sport))


def renewed(lab):
    """A flow that is there keeps its reservation beyond the lease"""
    lab.timeout(udp=3600)
    lab.send(udp6(7))
    lab.kept = lab.reserve("udp", 7)
    equal(lab.gas(), GAS - 1)
    before = lab.counts("renewed")
    # a second each: twice the lease
    until(lambda: lab.counts("renewed") >= before + 2 * LEASE_S + 1, "it is renewed", 60)
    equal((lab.there(lab.kept), lab.gas()), (True, GAS - 1))


def unseen(lab):
    """One whose flow never comes ends with its lease, and no other"""
    reservation = lab.reserve("udp", 8)
    equal(lab.gas(), GAS - 2)
    until(lambda: not lab.there(reservation), "it ends", 60)
    equal((lab.there(lab.kept), lab.gas()), (True, GAS - 1))


def silent(lab):
    """A flow that falls silent ends it at once"""
    before = lab.counts("ended")
    lab.timeout(udp=1)
    until(lambda: lab.counts("ended") == before + 1, "its end is heard", 60)
    until(lambda: not lab.there(lab.kept), "it ends")
    equal(lab.gas(), GAS)


def reset(lab):
    """So does a connection that is reset"""
    before = lab.counts("ended")
    lab.send(tcp6(CS6, SYN, 9))
    reservation = lab.reserve("tcp", 9)
    equal((lab.there(reservation), lab.gas()), (True, GAS - 1))
    lab.send(tcp6(CS6, RST, 9))
    until(lambda: lab.counts("ended") == before + 1, "its end is heard", 60)
    until(lambda: not lab.there(reservation), "it ends")
    equal(lab.gas(), GAS)


def removed(lab):
    """And an instance that is removed, for all its flows"""
    f, before = lab.family, lab.counts("ended")
    lab.timeout(udp=3600)
    reservations = []
    for sport in range(20, 24):
        lab.send(udp6(sport))
        reservations.append(lab.reserve("udp", sport))
    equal(lab.gas(), GAS - 4)
    f.call(f.CMD_SID_FLUSH)
    f.call(f.CMD_INSTANCE_DEL, attr(f.INSTANCE_ID, address(NH4)))
    until(lambda: lab.counts("ended") == before + 4, "their ends are heard", 60)
    until(lambda: not any(map(lab.there, reservations)), "they end")
    equal(lab.gas(), GAS)
    equal(lab.counts("lost"), 0)


if __name__ == "__main__":
    main([renewed, unseen, silent, reset, removed], Reserving)
