#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CMAS at a C-PS: Table 2 and Figure 1, models and changes, requests, gas, leases.

CATS_CMAS_STORE=etcd has the C-PS share an etcd instead of an SQLite file.
"""

import json
import os
import random
import subprocess
import threading

from api import TOKENS, Api, write_tokens
from daemon import (ROOT, Daemon, equal, free_port, main, mutated, until)

OFFER_S, LEASE_S = 2, 2
AR1, TP1, LB1, ST1 = "10.0.2.1", "10.0.2.2", "10.0.2.3", "10.0.2.4"
TABLE_2 = [("AR1", 3, 4, AR1), ("TP1", 6, 5, TP1), ("LB1", 2, 7, LB1), ("ST1", 1, 2, ST1)]


def row(service, gas, cost, csci, **members):
    return {"service": service, "gas": gas, "cost": cost, "csci": csci, **members}


def model(rows, epoch="e1", sequence=1):
    return {"epoch": epoch, "sequence": sequence, "rows": rows}


class Lab:
    """A platform and two C-PS on one store."""

    def __init__(self, directory):
        self.directory = directory
        self.tokens = os.path.join(directory, "tokens")
        write_tokens(self.tokens, "client other other-client-of-the-test\n")
        self.platform_port, self.port, self.second_port = (free_port() for _ in range(3))
        self.platform = Api(self.platform_port, "platform.json")
        self.api = Api(self.port, "cmas.json")
        self.second_api = Api(self.second_port, "cmas.json")
        self.etcd = None
        self.store = f"type: sqlite, path: {directory}/store.db"
        if os.environ.get("CATS_CMAS_STORE") == "etcd":
            self.start_etcd()
        self.daemon = self.make("cps", self.port, f"""
platform: {{ listen: "[::1]:{self.platform_port}", tokens: {self.tokens} }}""")
        self.second = self.make("second", self.second_port)
        self.epoch = 1

    def start_etcd(self):
        own, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.etcd = subprocess.Popen(
            ["etcd", "--data-dir", os.path.join(self.directory, "etcd"),
             "--listen-client-urls", own, "--advertise-client-urls", own,
             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
             "--initial-cluster", f"default={peer}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.store = f"type: etcd, endpoints: [ '{own}' ]"

    def make(self, name, port, more=""):
        return Daemon(self.directory, name, f"""site: in1
store: {{ {self.store} }}{more}
cmas:
  listen: "[::1]:{port}"
  tokens: {self.tokens}
  offer-s: {OFFER_S}
  lease-s: {LEASE_S}
  assume-network-us: 500
""")

    def __enter__(self):
        self.daemon.start()
        with open(os.path.join(ROOT, "Documentation/examples/cmas-table1.json")) as file:
            for service in json.load(file)["services"]:
                equal(self.platform.ask("PUT", f"/services/{service['id']}", service,
                                        "operator")[0], 201)
        self.granting()
        return self

    def __exit__(self, *args):
        self.daemon.__exit__(*args)
        self.second.__exit__(*args)
        if self.etcd:
            self.etcd.kill()
            self.etcd.wait()

    def command(self, *args, who):
        token = os.path.join(self.directory, "token")
        with open(token, "w") as file:
            file.write(TOKENS[who] + "\n")
        return subprocess.run(args, capture_output=True, text=True, env={
            **os.environ, "CATS_PLATFORM": f"http://[::1]:{self.platform_port}",
            "CATS_CMAS": f"http://[::1]:{self.port}", "CATS_TOKEN_FILE": token})

    def granting(self, daemon=None):
        return until(lambda: (daemon or self.daemon).status("cmas")["state"] ==
                     "granting", "it grants")

    def put(self, site, rows):
        self.epoch += 1
        equal(self.api.ask("PUT", f"/sites/{site}", model(rows, f"e{self.epoch}"),
                           f"site-{site}"), (200, {"sequence": 1}))

    def request(self, service, gas=1, cost=4, delay_us=3600000000, who="forwarder",
                api=None, **members):
        status, answer = (api or self.api).ask("POST", "/requests", {
            "service": service, "gas": gas, "cost": cost, "delay-us": delay_us,
            **members}, who)
        equal(status, 200, answer)
        return answer

    def step(self, answer, what, who="forwarder", body=None, api=None):
        return (api or self.api).ask("POST",
                                     f"/reservations/{answer['reservation']}/{what}",
                                     body or {}, who)

    def table(self, **query):
        query = "&".join(f"{key}={value}" for key, value in query.items())
        status, answer = self.api.ask("GET", f"/table?{query}", who="operator")
        equal(status, 200)
        return {one["csci"]: one for one in answer["rows"]}

    def gas(self, csci):
        one = self.table()[csci]
        return one["gas"], one["held"]

    def empty(self):
        """No reservation is left, every row has its gas again."""
        until(lambda: self.api.ask("GET", "/reservations",
                                   who="operator")[1]["reservations"] == [],
              "all have ended")
        for one in self.table().values():
            equal((one["gas"], one["held"]), (one["model-gas"], 0), one["csci"])


def table_2(lab):
    """Table 2: the site's model, as the draft has it, is in the whole table"""
    lab.put("s2", [row(*one) for one in TABLE_2])
    equal(lab.api.ask("GET", "/sites/s2", who="site-s2")[1]["rows"],
          [row(*one) for one in TABLE_2])
    table = lab.table()
    times = {"AR1": 1000, "TP1": 20000, "LB1": 3000000, "ST1": 1000000}
    for service, gas, cost, csci in TABLE_2:
        one = table[csci]
        equal((one["service"], one["gas"], one["cost"], one["computing-us"],
               one["network-us"]), (service, gas, cost, times[service], 500), csci)
    # "so three clients can be served simultaneously"
    answers = [lab.request("AR1") for _ in range(3)]
    for answer in answers:
        equal((answer["csci"], answer["real-cost"], answer["real-delay-us"],
               answer["success"]), (AR1, 4, 1500, True))
    fourth = lab.request("AR1")
    equal(fourth, {"service": "AR1", "gas": 1, "success": False, "reason": "gas"})
    for answer in answers:
        equal(lab.step(answer, "finished")[0], 204)
    lab.empty()


def figure_1(lab):
    """Figure 1: two sites, three services; the cost decides, gas and delay allow"""
    for number, name in enumerate(("1", "2", "3")):
        lab.platform.ask("PUT", f"/services/{name}", {
            "name": f"CS-ID {name}", "description": "Figure 1", "computing": "c",
            "storage": "s", "computing-time": {"max-us": 1000 * (number + 1)}},
            "operator")
    lab.put("s2", [row("1", 3, 4, "10.1.0.1"), row("2", 1, 5, "10.1.0.2")])
    lab.put("s3", [row("1", 5, 9, "10.1.0.3"), row("3", 2, 6, "10.1.0.4")])
    equal(sorted((one["service"], csci) for csci, one in lab.table().items()),
          [("1", "10.1.0.1"), ("1", "10.1.0.3"), ("2", "10.1.0.2"), ("3", "10.1.0.4")])
    for cost, want in ((0, 1), (6, 1), (7, 3), (100, 3)):
        answer = lab.request("1", cost=cost)
        equal(answer["csci"], f"10.1.0.{want}", cost)
        lab.step(answer, "finished")
    answer = lab.request("1", gas=4, cost=4)
    equal((answer["csci"], answer["gas"]), ("10.1.0.3", 4))
    lab.step(answer, "finished")
    for service, gas, delay, reason in (("1", 6, 10000, "gas"), ("1", 1, 1499, "delay"),
                                        ("4", 1, 10000, "unknown-service")):
        equal(lab.request(service, gas, 4, delay)["reason"], reason)
    lab.empty()


def consumed(lab):
    """Held, tunnel, finished: gas goes down with the tunnel and up at the end"""
    lab.put("s2", [row("AR1", 3, 4, AR1)])
    lab.put("s3", [])
    answer = lab.request("AR1", gas=2)
    equal(lab.gas(AR1), (3, 2), "held:")
    status, one = lab.step(answer, "tunnel")
    equal((status, one["state"], one["site"], one["gas"]), (200, "active", "s2", 2))
    equal(lab.gas(AR1), (1, 0), "active:")
    lab.api.refused("conflict", "POST", f"/reservations/{answer['reservation']}/tunnel",
                    {}, "forwarder")
    equal(lab.request("AR1", gas=2)["reason"], "gas")
    last = lab.request("AR1")
    equal(lab.gas(AR1), (1, 1), "both:")
    # the instance itself says that it has finished
    equal(lab.step(answer, "finished", "site-s2")[0], 204)
    equal(lab.gas(AR1), (3, 1), "finished:")
    for _ in range(2):
        lab.api.refused("unknown", "POST",
                        f"/reservations/{answer['reservation']}/finished", {}, "site-s2")
    equal(lab.step(last, "finished")[0], 204)
    lab.empty()


def leased(lab):
    """What nobody sets up or renews ends; what is renewed does not"""
    held, lost, kept = (lab.request("AR1") for _ in range(3))
    for answer in (lost, kept):
        equal(lab.step(answer, "tunnel")[0], 200)
    lab.api.refused("conflict", "POST", f"/reservations/{held['reservation']}/renew", {},
                    "forwarder")

    def gone(answer):
        # the heartbeat of the instance of the one, none of the other
        equal(lab.step(kept, "renew", "site-s2")[0], 200)
        return lab.api.ask("GET", f"/reservations/{answer['reservation']}",
                           who="operator")[0] == 404

    until(lambda: gone(held), "the offer ends")
    until(lambda: gone(lost), "the lease ends")
    equal(lab.gas(AR1), (2, 0))
    before = lab.daemon.status("cmas")["counters"]
    equal((before["ended"], before["renewed"] > 1), (2, True))
    equal(lab.step(kept, "finished", "site-s2")[0], 204)
    lab.empty()


def answered(lab):
    """A client gets the 5-tuple, and nothing of others"""
    mine = lab.request("AR1", who="client")
    equal(sorted(mine), ["gas", "real-cost", "real-delay-us", "reservation", "service",
                         "success"])
    status, shown = lab.api.ask("GET", f"/reservations/{mine['reservation']}",
                                who="client")
    equal((status, "csci" in shown, "site" in shown), (200, False, False))
    for who in ("other-client-of-the-test", "site-s1", "site-s3"):
        for method, what in (("GET", ""), ("POST", "/tunnel"), ("POST", "/renew"),
                             ("POST", "/finished")):
            lab.api.refused("not-granted", method,
                            f"/reservations/{mine['reservation']}{what}",
                            {} if method == "POST" else None, who)
    for path in ("/reservations", "/table", "/sites", "/sites/s2"):
        lab.api.refused("not-granted", "GET", path, who="client")
        lab.api.refused("unauthenticated", "GET", path)
    lab.api.refused("not-granted", "POST", "/requests", {}, "site-s2")
    lab.api.refused("unauthenticated", "POST", "/requests", {})
    equal(lab.step(mine, "finished", "client")[0], 204)
    lab.empty()


def changed(lab):
    """Whole first, then changes in sequence; a gap asks for the whole"""
    site = ("/sites/s2",)
    equal(lab.api.ask("PUT", *site, model([row("AR1", 3, 4, AR1)], "a"), "site-s2")[0],
          200)

    def change(sequence, epoch="a", **members):
        return {"epoch": epoch, "sequence": sequence, **members}

    plus = change(2, set=[row("AR1", 4, 4, AR1), row("TP1", 6, 5, TP1)])
    for _ in range(2):
        # the answer was lost: the same again changes nothing
        equal(lab.api.ask("PATCH", *site, plus, "site-s2"), (200, {"sequence": 2}))
    equal({csci: one["gas"] for csci, one in lab.table().items()}, {AR1: 4, TP1: 6})
    for wrong in (change(2, set=[row("AR1", 9, 4, AR1)]), change(1), change(4),
                  change(3, "b"), change(2, "b")):
        why = lab.api.refused("conflict", "PATCH", *site, wrong, "site-s2")
        equal("the whole model is needed" in why, True, why)
    lab.api.refused("conflict", "PATCH", "/sites/s3", change(1), "site-s3")
    equal(lab.api.ask("PATCH", *site, change(3, remove=[AR1, ST1]), "site-s2")[0], 200)
    equal(sorted(lab.table()), [TP1])
    # an older whole of the same run is no news, one of another run is
    lab.api.refused("conflict", "PUT", *site, model([], "a", 2), "site-s2")
    equal(lab.api.ask("PUT", *site, model([row("AR1", 3, 4, AR1)], "b"), "site-s2")[0],
          200)
    equal(sorted(lab.table()), [AR1])
    equal(lab.api.ask("PATCH", *site, change(2, "b"), "site-s2")[0], 200)
    equal(lab.daemon.status("cmas")["counters"]["resynchronised"] > 0, True)


def shrunk(lab):
    """A site takes slots back that are in use: nothing is left, nothing negative"""
    lab.put("s2", [row("AR1", 3, 4, AR1)])
    answers = [lab.request("AR1") for _ in range(3)]
    for answer in answers:
        lab.step(answer, "tunnel")
    lab.put("s2", [row("AR1", 1, 4, AR1)])
    equal(lab.gas(AR1), (0, 0))
    equal(lab.request("AR1")["reason"], "gas")
    lab.put("s2", [])
    equal(lab.table()[AR1]["state"], "withdrawn")
    equal(lab.request("AR1")["success"], False)
    lab.put("s2", [row("AR1", 4, 4, AR1)])
    equal(lab.gas(AR1), (1, 0))
    for answer in answers:
        equal(lab.step(answer, "finished")[0], 204)
    lab.empty()
    equal(lab.api.ask("DELETE", "/sites/s2", who="site-s2")[0], 204)
    equal(sorted(lab.table()), [])
    lab.api.refused("unknown", "GET", "/sites/s2", who="site-s2")
    lab.api.refused("unknown", "DELETE", "/sites/s2", who="site-s2")


def measured(lab):
    """Delay: what C-NMA measured from this ingress; what nobody knows does not fit"""
    lab.put("s2", [row("AR1", 3, 4, AR1, endpoint="2001:db8::2")])
    lab.put("s3", [row("AR1", 3, 4, "10.0.3.1", endpoint="2001:db8::3",
                       **{"computing-us": 7})])
    table = lab.table(service="AR1")
    equal((table[AR1]["computing-us"], table["10.0.3.1"]["computing-us"]), (1000, 7))
    # equal costs: the smaller delay
    answer = lab.request("AR1")
    equal((answer["csci"], answer["real-delay-us"]), ("10.0.3.1", 507))
    lab.step(answer, "finished")
    equal(lab.request("AR1", delay_us=506)["reason"], "delay")
    lab.put("s3", [])
    lab.empty()


def commanded(lab):
    """cats site and cats request do the same, and say what is wrong"""
    def cats(*args, who="operator", status=0):
        done = lab.command(os.path.join(ROOT, "build", "cats"), *args, who=who)
        equal(done.returncode, status, done.stderr)
        return done.stdout if not status else done.stderr

    cats("site", "set", "s1", "csci", "10.7.0.1", "service", "AR1", "gas", "2", "cost", "4",
         "endpoint", "2001:db8::1", who="site-s1")
    cats("site", "set", "s1", "csci", "10.7.0.2", "service", "TP1", "gas", "1", "cost", "9",
         who="site-s1")
    cats("site", "set", "s1", "csci", "10.7.0.1", "gas", "5", who="site-s1")
    equal(cats("site", "show", "s1", who="site-s1"),
          "AR1 csci 10.7.0.1 gas 5 cost 4 endpoint 2001:db8::1\n"
          "TP1 csci 10.7.0.2 gas 1 cost 9\n")
    equal(json.loads(cats("-j", "site", "table", "service", "TP1")),
          [lab.table()["10.7.0.2"]])
    equal("s1 epoch" in cats("site"), True)
    answer = json.loads(cats("-j", "request", "add", "service", "TP1", "gas", "1", "cost",
                             "9", "delay-us", "50000", who="client"))[0]
    name = answer["reservation"]
    equal(cats("request", "add", "service", "TP1", "gas", "1", "cost", "9", "delay-us",
               "50000", who="client", status=2), "Error: nothing fits: gas.\n")
    flow = ("from", "192.0.2.7", "sport", "40000", "to", "203.0.113.1", "dport", "80",
            "proto", "tcp")
    equal("state active" in cats("request", "tunnel", name, *flow), True)
    equal("state active" in cats("request", "renew", name), True)
    shown = json.loads(cats("-j", "request", "show"))
    equal([(one["reservation"], one["flow"]["sport"]) for one in shown], [(name, 40000)])
    cats("request", "finish", name)
    equal("has ended" in cats("request", "finish", name, status=2), True)
    cats("site", "del", "s1", "csci", "10.7.0.2", who="site-s1")
    equal(sorted(one for one in lab.table() if one.startswith("10.7.")), ["10.7.0.1"])
    path = os.path.join(lab.directory, "rows.json")
    with open(path, "w") as file:
        json.dump({"rows": [row("LB1", 2, 7, "10.7.0.3")]}, file)
    cats("site", "load", "s1", path, who="site-s1")
    equal(cats("site", "show", "s1"), "LB1 csci 10.7.0.3 gas 2 cost 7\n")
    equal("may not speak for site s1" in cats("site", "del", "s1", who="site-s2", status=2),
          True)
    cats("site", "set", "s1", "gas", "1", status=255)
    cats("site", "del", "s1", who="site-s1")
    lab.empty()


def exemplified(lab):
    """The client of the examples finds, requests and finishes"""
    client = os.path.join(ROOT, "Documentation/examples/cmas_client.py")
    lab.put("s2", [row("AR1", 3, 4, AR1)])
    done = lab.command(client, "eye tracking", "2", "4", who="client")
    equal(done.returncode, 0, done.stderr)
    answer = json.loads(done.stdout)
    equal((answer["service"], answer["gas"], answer["success"]), ("AR1", 2, True))
    done = lab.command(client, "eye tracking", "4", "4", who="client")
    equal((done.returncode, done.stderr), (1, "AR1 cannot be served: gas\n"))
    lab.empty()


def tunnelled(lab):
    """A flow is to the CS-ID of its service, where the catalogue has one"""
    equal(lab.platform.ask("PUT", "/services/CS", {
        "name": "n", "description": "d", "computing": "c", "storage": "s",
        "computing-time": {"max-us": 5}, "csid": "203.0.113.5"}, "operator")[0], 201)
    lab.put("s2", [row("CS", 1, 4, AR1)])
    answer = lab.request("CS")
    flow = {"source": "192.0.2.7", "sport": 1, "dport": 2, "protocol": "udp"}
    why = lab.api.refused("invalid", "POST", f"/reservations/{answer['reservation']}/tunnel",
                          {"flow": {**flow, "csid": "203.0.113.6"}}, "forwarder")
    equal(why, "csid: is not that of the service")
    equal(lab.gas(AR1), (1, 1))
    flow["csid"] = "203.0.113.5"
    status, shown = lab.step(answer, "tunnel", body={"flow": flow})
    equal((status, shown["flow"]), (200, flow))
    equal(lab.step(answer, "finished")[0], 204)


WRONG_REQUESTS = (
    ({}, "service"), ({"service": ""}, "service"), ({"service": "x" * 64}, "service"), ({"service": "a b", "gas": 1, "cost": 1,
                                          "delay-us": 1}, "service"),
    ({"service": "AR1"}, "gas"), ({"service": "AR1", "gas": 0}, "gas"),
    ({"service": "AR1", "gas": -1}, "gas"), ({"service": "AR1", "gas": 1.5}, "gas"),
    ({"service": "AR1", "gas": 1 << 31}, "gas"), ({"service": "AR1", "gas": "1"}, "gas"),
    ({"service": "AR1", "gas": 1, "cost": -1}, "cost"),
    ({"service": "AR1", "gas": 1, "cost": (1 << 53) + 1}, "cost"),
    ({"service": "AR1", "gas": 1, "cost": 1, "delay-us": 0}, "delay-us"),
    ({"service": "AR1", "gas": 1, "cost": 1, "delay-us": 1 << 40}, "delay-us"),
    ({"service": "AR1", "gas": 1, "cost": 1, "delay-us": 1, "x": 1}, "x"),
)
WRONG_ROWS = (
    (row("AR1", -1, 4, AR1), "gas"), (row("AR1", 1 << 31, 4, AR1), "gas"),
    (row("AR1", 1, -4, AR1), "cost"), (row("AR1", 1, 1 << 60, AR1), "cost"),
    (row("AR1", 1, 4, "10.0.0.256"), "csci"), (row("AR1", 1, 4, ""), "csci"),
    (row("NO", 1, 4, AR1), "service"), (row("a/b", 1, 4, AR1), "service"),
    (row("AR1", 1, 4, AR1, x=1), "x"), (row("AR1", None, 4, AR1), "gas"),
    (row("AR1", 1, 4, AR1, endpoint="x"), "endpoint"),
    (row("AR1", 1, 4, AR1, **{"computing-us": -1}), "computing-us"), (7, "rows"),
)


def wrong(lab):
    """What is no request and no model is refused, and the member named"""
    lab.put("s2", [row("AR1", 3, 4, AR1)])
    before = lab.table()
    for body, member in WRONG_REQUESTS:
        why = lab.api.refused("invalid", "POST", "/requests", body, "client")
        equal(why.startswith(member + ":"), True, f"{body}: {why}")
    for one, member in WRONG_ROWS:
        for method, name in (("PUT", "rows"), ("PATCH", "set")):
            why = lab.api.refused("invalid", method, "/sites/s2", {
                "epoch": f"e{lab.epoch}", "sequence": 2, name: [one]}, "site-s2")
            equal(why.startswith(member + ":") or name in why, True, f"{one}: {why}")
    site = ("/sites/s2",)
    twice = [row("AR1", 1, 4, AR1), row("TP1", 1, 4, AR1)]
    why = lab.api.refused("invalid", "PUT", *site, model(twice, "z"), "site-s2")
    equal("comes twice" in why, True, why)
    lab.api.refused("invalid", "PUT", *site, model([row("AR1", 1, 4, "::1")] * 1025, "z"),
                    "site-s2")
    for sequence in (0, -1, 1.5, "1", 1 << 60):
        lab.api.refused("invalid", "PUT", *site, model([], "z", sequence), "site-s2")
    lab.api.refused("invalid", "PATCH", *site, {
        "epoch": f"e{lab.epoch}", "sequence": 2, "remove": ["x"]}, "site-s2")
    lab.api.refused("unknown", "POST", "/reservations/x/renew", {}, "forwarder")
    lab.api.refused("invalid", "PUT", "/sites/a%20b", model([]), "operator")
    equal(lab.table(), before)


def impersonated(lab):
    """A site does not speak for another, nor take its CSCI-IDs"""
    for method, body in (("PUT", model([])), ("PATCH", {"epoch": "e", "sequence": 2}),
                         ("DELETE", None), ("GET", None)):
        lab.api.refused("not-granted", method, "/sites/s2", body, "site-s3")
    for method, body in (("PUT", model([])), ("DELETE", None)):
        lab.api.refused("unauthenticated", method, "/sites/s2", body)
        lab.api.refused("not-granted", method, "/sites/s2", body, "client")
    why = lab.api.refused("conflict", "PUT", "/sites/s3",
                          model([row("AR1", 9, 4, f"::ffff:{AR1}")], "y"), "site-s3")
    equal(why, f"csci: {AR1} is an instance of site s2")
    equal(lab.table()[AR1]["site"], "s2")


def raced(lab):
    """Ten clients at once for three slots, again and again: never a fourth"""
    lab.put("s2", [row("AR1", 3, 4, AR1)])
    granted, wrongs = [], []

    def client(dice):
        connection = lab.api.connect()
        for _ in range(12):
            try:
                answer = lab.request("AR1", gas=dice.randrange(1, 3))
                if not answer["success"]:
                    continue
                granted.append(answer["gas"])
                if dice.random() < 0.7:
                    lab.step(answer, "tunnel")
                gas, held = lab.gas(AR1)
                if not 0 <= gas <= 3 or not 0 <= held <= 3:
                    wrongs.append((gas, held))
                equal(lab.step(answer, "finished")[0], 204)
            except AssertionError as error:
                wrongs.append(error)
        connection.close()

    threads = [threading.Thread(target=client, args=(random.Random(n),))
               for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(wrongs, [])
    equal(len(granted) > 5, True, granted)
    lab.empty()


def garbage(lab):
    """600 mutated requests and models: none is believed, catsd goes on"""
    dice = random.Random(6)
    before = lab.table()
    pieces = (b"\0", b'"', b"{", b"}", b"[", b"-", b"99999999999", b"e9")
    texts = (("POST", "/requests", {"service": "NO", "gas": 1, "cost": 4,
                                    "delay-us": 1000}, "client"),
             ("PUT", "/sites/s1", model([row("NO", 1, 4, "10.9.9.9")]), "site-s1"),
             ("PATCH", "/sites/s1", {"epoch": "e", "sequence": 2, "set": [
                 row("NO", 1, 4, "10.9.9.9")], "remove": ["10.9.9.8"]}, "site-s1"))
    for turn in range(600):
        method, path, body, who = texts[turn % 3]
        text = mutated(json.dumps(body).encode(), dice, pieces)
        status, answer = lab.api.ask(method, path, who=who, text=text)
        if status == 200 and path == "/requests":
            equal(answer["success"], False, text)
        elif status == 200:
            equal(lab.api.ask("DELETE", path, who=who)[0], 204, text)
    equal(lab.table(), before)


def killed(lab):
    """kill -9: what was granted is there, what was counted is right, at once"""
    held, active = lab.request("AR1"), lab.request("AR1")
    equal(lab.step(active, "tunnel")[0], 200)
    lab.daemon.kill()
    lab.daemon.start()
    lab.granting()
    equal(lab.gas(AR1), (2, 1))
    equal(lab.step(held, "tunnel")[0], 200)
    equal(lab.gas(AR1), (1, 0))
    equal([lab.step(one, "finished")[0] for one in (held, active)], [204, 204])
    lab.empty()


def taken_over(lab):
    """A second C-PS stands by, and grants when the first has died"""
    lab.second.start()
    equal(lab.second.status("cmas")["state"], "standby")
    body = {"service": "AR1", "gas": 1, "cost": 4, "delay-us": 10000}
    why = lab.second_api.refused("unavailable", "POST", "/requests", body, "client")
    equal(f"[::1]:{lab.port}" in why, True, why)
    # all but granting is for both
    answer = lab.request("AR1")
    until(lambda: lab.step(answer, "tunnel", api=lab.second_api)[0] == 200, "it sees it")
    lab.daemon.kill()
    lab.granting(lab.second)
    other = lab.request("AR1", api=lab.second_api)
    equal(other["success"], True)
    lab.step(other, "finished", api=lab.second_api)
    lab.daemon.start()
    equal(lab.daemon.status("cmas")["state"], "standby")
    lab.second.stop()
    lab.granting()
    lab.empty()


def described(lab):
    """Every operation of the description was used"""
    want = {(method.upper(), path) for path, item in lab.api.openapi["paths"].items()
            for method in item if method != "parameters"}
    equal(lab.api.ask("GET", "/openapi.json"), (200, lab.api.openapi))
    lab.api.ask("GET", "/sites", who="operator")
    equal(want - {(method, path) for method, path, _ in lab.api.seen}, set())
    equal(lab.daemon.status("cmas")["malformed"], 0)


if __name__ == "__main__":
    main((table_2, figure_1, consumed, leased, answered, changed, shrunk, measured, commanded,
          exemplified, tunnelled, wrong, impersonated, raced, garbage, killed, taken_over, described), Lab)
