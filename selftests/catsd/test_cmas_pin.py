#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CMAS in the ingress: the flow of a tunnel is pinned to the granted instance."""

import ctypes
import http.client
import json
import os
import ssl
import subprocess

from api import TOKENS, Api, write_tokens
from breakpoint import Breakpoint
from daemon import CATS, Authority, Daemon, equal, free_port, main, until

CLONE_NEWNET = 0x40000000
CSID = "203.0.113.1"
INSTANCES = [f"10.0.2.{n}" for n in range(1, 5)]


def ip(*args):
    subprocess.run(("ip",) + args, check=True)


class Lab:
    """A network namespace with a route to four instances, and a C-PS in it."""

    def __init__(self, directory):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        ip("link", "set", "lo", "up")
        self.directory = directory
        authority = Authority(directory)
        self.ca = authority.ca
        self.certificate = authority.issue("ingress", "IP:192.0.2.7")
        self.tokens = tokens = os.path.join(directory, "tokens")
        write_tokens(tokens)
        port = free_port()
        self.api = Api(port, "cmas.json")
        self.daemon = Daemon(directory, "cps", f"""site: in1
store: {{ type: sqlite, path: {directory}/store.db }}
cmas:
  listen: "[::1]:{port}"
  tokens: {tokens}
  pin: true
  lease-s: 2
  assume-network-us: 1
""")

    def cats(self, *args):
        done = subprocess.run((CATS, "-j") + args, capture_output=True, text=True)
        equal(done.returncode, 0, done.stderr)
        return json.loads(done.stdout or "[]")

    def __enter__(self):
        self.daemon.start()
        until(lambda: self.daemon.status("cmas")["state"] == "granting", "it grants")
        equal(self.api.ask("PUT", "/sites/s1", {"epoch": "a", "sequence": 1, "rows": [
            {"service": "AR1", "csci": csci, "gas": 20, "cost": 10 * n,
             "computing-us": 1} for n, csci in enumerate(INSTANCES)]}, "site-s1")[0], 200)
        return self

    def __exit__(self, *args):
        self.daemon.__exit__(*args)
        for command in (("route", "flush"), ("policy", "del", "P"), ("dev", "del", "in0")):
            subprocess.run((CATS,) + command, check=False, capture_output=True)

    def configure(self):
        ip("link", "add", "in0", "type", "veth", "peer", "name", "in1")
        ip("link", "set", "in0", "up")
        ip("link", "set", "in1", "up")
        ip("-6", "addr", "add", "fd00::1/64", "dev", "in0", "nodad")
        self.cats("dev", "add", "in0", "vrf", "7")
        self.cats("policy", "add", "P", "segs", "fd00::2", "src", "fd00::1")
        self.route()

    def route(self):
        hops = []
        for number, csci in enumerate(INSTANCES, 1):
            hops += ["nexthop", "policy", "P", "sid", f"fd00:5::{number}", "instance", csci]
        self.cats("route", "add", CSID, "vrf", "7", *hops)

    def grant(self, cost):
        status, answer = self.api.ask("POST", "/requests", {
            "service": "AR1", "gas": 1, "cost": cost, "delay-us": 1000}, "forwarder")
        equal((status, answer["success"]), (200, True))
        return answer

    def step(self, answer, what, body=None):
        return self.api.ask("POST", f"/reservations/{answer['reservation']}/{what}",
                            body or {}, "forwarder")

    def nexthop(self, sport):
        """Where a packet of the flow would go, and whether the flow is known."""
        got = self.cats("route", "get", CSID, "vrf", "7", "from", "192.0.2.7", "sport",
                        str(sport), "dport", "80", "proto", "tcp")
        return json.dumps(got)

    def flows(self):
        return {flow["sport"]: flow["instance"] for flow in self.cats("flow", "show")}


def flow(sport, vrf=7):
    return {"flow": {"source": "192.0.2.7", "sport": sport, "dport": 80,
                     "protocol": "tcp", "csid": CSID, "vrf": vrf}}


def unroutable(lab):
    """No tables, no route, no such instance: said so, and no gas is gone"""
    answer = lab.grant(0)
    path = f"/reservations/{answer['reservation']}/tunnel"
    for number, want in enumerate(("nothing configured", "no route", "no next hop")):
        if number == 1:
            lab.configure()
        elif number == 2:
            lab.cats("route", "replace", CSID, "vrf", "7", "nexthop", "policy", "P",
                     "sid", "fd00:5::9", "instance", "10.9.9.9")
        why = lab.api.refused("conflict", "POST", path,
                              flow(1, 8 if number == 1 else 7), "forwarder")
        equal(want in why, True, why)
    for wrong, member in (({"flow": 7}, "flow"), ({"flow": {}}, "source"), ({"x": 1}, "x"),
                          ({"flow": {**flow(1)["flow"], "sport": 65536}}, "sport"),
                          ({"flow": {**flow(1)["flow"], "protocol": "x"}}, "protocol"),
                          ({"flow": {**flow(1)["flow"], "source": "::1"}}, "source")):
        why = lab.api.refused("invalid", "POST", path, wrong, "forwarder")
        equal(why.startswith(member + ":"), True, why)
    equal(lab.api.ask("GET", path.rsplit("/", 1)[0], who="operator")[1]["state"], "held")
    equal(lab.step(answer, "finished")[0], 204)
    lab.cats("route", "del", CSID, "vrf", "7")
    lab.route()


def pinned(lab):
    """Each flow goes to the instance it was granted, and nowhere else afterwards"""
    granted = {}
    for number in range(24):
        answer = lab.grant(10 * (number % 4))
        equal(answer["csci"], INSTANCES[number % 4])
        equal(lab.step(answer, "tunnel", flow(4000 + number))[0], 200)
        granted[4000 + number] = answer
    equal(lab.flows(), {sport: answer["csci"] for sport, answer in granted.items()})
    for sport, answer in granted.items():
        equal(answer["csci"] in lab.nexthop(sport), True)
    for sport, answer in granted.items():
        equal(lab.step(answer, "finished")[0], 204)
    equal(lab.flows(), {})
    equal(lab.daemon.status("cmas")["counters"]["pinned"], 24)


def foreign(lab):
    """A client pins flows of its own address only, to the service's CS-ID"""
    ip("addr", "add", "192.0.2.7/32", "dev", "lo")
    ip("addr", "add", "192.0.2.8/32", "dev", "lo")
    port = free_port()
    api = Api(port, "cmas.json")
    daemon = Daemon(lab.directory, "outside", f"""site: in2
tls: {{ certificate: {lab.certificate[0]}, key: {lab.certificate[1]}, ca: {lab.ca} }}
store: {{ type: sqlite, path: {lab.directory}/store.db }}
cmas: {{ listen: "192.0.2.7:{port}", tls: true, tokens: {lab.tokens}, pin: true }}
""")
    status, answer = lab.api.ask("POST", "/requests", {
        "service": "AR1", "gas": 1, "cost": 0, "delay-us": 1000}, "client")
    equal(status, 200)
    path = f"/reservations/{answer['reservation']}/tunnel"

    def tunnel(source, csid=CSID):
        context = ssl.create_default_context(cafile=lab.ca)
        connection = http.client.HTTPSConnection("192.0.2.7", port, timeout=10,
                                                 context=context,
                                                 source_address=(source, 0))
        body = {"flow": {**flow(6000)["flow"], "csid": csid}}
        connection.request("POST", path, json.dumps(body), {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {TOKENS['client']}"})
        got = connection.getresponse()
        answer = json.loads(got.read())
        api.check("POST", path, got.status, answer)
        return got.status, answer.get("error")

    with daemon:
        until(lambda: daemon.status("cmas")["reservations"] == 1, "it sees it")
        equal(tunnel("192.0.2.8"), (403, "source: is not the address that asks"))
        equal(tunnel("192.0.2.7")[0], 200)
    equal(lab.flows(), {6000: INSTANCES[0]})
    equal(lab.step(answer, "finished")[0], 204)
    equal(lab.flows(), {})


def restored(lab):
    """The flow table was emptied and catsd killed: it is pinned again"""
    answer = lab.grant(20)
    equal(lab.step(answer, "tunnel", flow(5000))[0], 200)
    lab.daemon.kill()
    equal(lab.flows(), {5000: answer["csci"]})
    lab.cats("flow", "flush")
    equal(lab.flows(), {})
    lab.daemon.start()
    equal(lab.flows(), {5000: answer["csci"]})
    # nobody renews it
    until(lambda: lab.flows() == {}, "it ends with its lease")
    until(lambda: lab.daemon.status("cmas")["reservations"] == 0, "so does the gas")


def begin_step(lab, answer, what, body=None):
    """The request is sent, its answer not waited for."""
    connection = lab.api.connect()
    connection.request("POST", f"/reservations/{answer['reservation']}/{what}",
                       json.dumps(body or {}), {
                           "Content-Type": "application/json",
                           "Authorization": f"Bearer {TOKENS['forwarder']}"})
    return connection


def stopped(lab, function, answer, what, body=None):
    """catsd is at @function, on its way to do this step."""
    stop = Breakpoint(lab.daemon, function)
    connection = begin_step(lab, answer, what, body)
    stop.wait()
    return stop, connection


def killed_before_pin(lab):
    """kill -9 between what is in the store and its pin: pinned at the start"""
    answer = lab.grant(30)
    stop, connection = stopped(lab, "cmas_pin_flow", answer, "tunnel", flow(7000))
    stop.kill()
    lab.daemon.kill()
    connection.close()
    equal(lab.flows(), {})
    lab.daemon.start()
    equal(lab.flows(), {7000: answer["csci"]})
    equal(lab.api.ask("GET", f"/reservations/{answer['reservation']}",
                      who="operator")[1]["state"], "active")
    equal(lab.step(answer, "finished")[0], 204)
    equal(lab.flows(), {})


def killed_before_check(lab):
    """kill -9 before anything is in the store: nothing is pinned, it is still held"""
    answer = lab.grant(30)
    stop, connection = stopped(lab, "flow_index_claim", answer, "tunnel", flow(7001))
    stop.kill()
    lab.daemon.kill()
    connection.close()
    lab.daemon.start()
    equal(lab.flows(), {})
    equal(lab.api.ask("GET", f"/reservations/{answer['reservation']}",
                      who="operator")[1]["state"], "held")
    equal(lab.step(answer, "finished")[0], 204)


def killed_before_unpin(lab):
    """kill -9 between the end of a reservation and the unpinning of its flow"""
    kept, answer = lab.grant(0), lab.grant(30)
    equal(lab.step(kept, "tunnel", flow(7002))[0], 200)
    equal(lab.step(answer, "tunnel", flow(7003))[0], 200)
    stop, connection = stopped(lab, "cmas_unpin_flow", answer, "finished")
    stop.kill()
    lab.daemon.kill()
    connection.close()
    equal(lab.flows(), {7002: kept["csci"], 7003: answer["csci"]})
    equal([one["pinned"] for one in lab.cats("flow", "show")], [True, True])
    lab.daemon.start()
    until(lambda: lab.flows() == {7002: kept["csci"]}, "it is unpinned")
    equal(lab.daemon.status("cmas")["counters"]["stray-unpinned"], 1)
    equal(lab.step(kept, "finished")[0], 204)
    equal((lab.flows(), lab.daemon.entries("cmas/flow/")), ({}, {}))


def undone(lab):
    """The route goes between the store and the pin: it is held again, and free"""
    answer = lab.grant(30)
    stop, connection = stopped(lab, "cmas_pin_flow", answer, "tunnel", flow(7004))
    lab.cats("route", "del", CSID, "vrf", "7")
    stop.go_on()
    got = connection.getresponse()
    equal(got.status, 409)
    equal(json.loads(got.read())["error"],
          "the flow cannot be pinned: there is no route to this CS-ID")
    connection.close()
    shown = lab.api.ask("GET", f"/reservations/{answer['reservation']}",
                        who="operator")[1]
    equal((shown["state"], "flow" in shown), ("held", False))
    equal(lab.daemon.entries("cmas/flow/"), {})
    lab.route()
    equal(lab.step(answer, "tunnel", flow(7004))[0], 200)
    equal(lab.flows(), {7004: answer["csci"]})
    equal(lab.step(answer, "finished")[0], 204)


if __name__ == "__main__":
    main((unroutable, pinned, foreign, restored, killed_before_pin, killed_before_check,
          killed_before_unpin, undone), Lab)
