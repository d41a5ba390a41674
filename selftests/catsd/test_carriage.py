#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What agents send a C-PS: taken, refused and counted, over mutual TLS."""

import json
import random
import socket
import ssl
import struct
import time

from daemon import (Authority, Daemon, carh, equal, free_port, main, mutated,
                    record, until)


class Agent:
    """An agent that says what a test wants."""

    def __init__(self, lab, name="s1", certificate=None, hello=True,
                 incarnation="1"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(lab.authority.ca)
        if certificate is None:
            certificate = lab.certificate[name]
        if certificate:
            context.load_cert_chain(*certificate)
        self.seq = 0
        self.sock = context.wrap_socket(
            socket.create_connection(("::1", lab.port), 10),
            server_hostname="cps.example")
        if hello:
            self.say({"hello": {"version": 1, "agent": name,
                                "incarnation": incarnation}})
            equal(self.hear(), {"hello": {"version": 1}})

    def say(self, message, seq=None):
        self.seq = seq or self.seq + 1
        self.raw(json.dumps({**message, "seq": self.seq}).encode())

    def raw(self, text):
        self.sock.sendall(struct.pack("!I", len(text)) + text)

    def receive(self, count):
        data = b""
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    def hear(self):
        """The next message, None at the end."""
        try:
            length = self.receive(4)
            return length and json.loads(
                self.receive(struct.unpack("!I", length)[0]))
        except (ssl.SSLError, ConnectionError):
            return None

    def put(self, key, value, age=0.0, ttl=30000):
        self.say({"put": key, "value": value, "ttl-ms": ttl,
                  "time-ms": int((time.time() - age) * 1000)})

    def refused(self, key, value, reason, **how):
        self.put(key, value, **how)
        answer = self.hear()
        equal(answer and (answer.get("refused"), answer.get("reason")),
              (key, reason))

    def sync(self, entries=()):
        self.say({"sync": "begin"})
        for key, value in entries:
            self.put(key, value)
        self.say({"sync": "end"})
        return self.hear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


class Lab:
    def __init__(self, directory):
        self.authority = Authority(directory)
        self.other = Authority(directory, "other")
        self.port = free_port()
        issue = self.authority.issue
        self.certificate = {
            "s1": issue("s1", "URI:cats://s1"),
            "pod": issue("pod", "URI:cats://s1/10.0.1.0/24",
                         "URI:cats://s1/2001:db8:31::/64"),
            "nobody": issue("nobody"),
        }
        certificate, key = issue("cps", "DNS:cps.example")
        self.ps = Daemon(directory, "cps", f"""site: center
tls: {{ certificate: {certificate}, key: {key}, ca: {self.authority.ca} }}
ps:
  listen: "[::1]:{self.port}"
  max-sessions: 4
  max-entries: 50
  functions: {{ normalization: min-max, aggregation: weighted-mean }}
""")

    def updates(self, reason):
        return self.ps.status("ps")["updates"][reason]

    def __enter__(self):
        self.ps.start()
        return self

    def __exit__(self, *args):
        self.ps.__exit__(*args)


def accepted(lab):
    """A metric and a path are taken, and say by whom"""
    with Agent(lab) as agent:
        equal(agent.sync([("metric/s1/10.0.1.2", record()),
                          ("path/s1/SR-Policy1",
                           {"site": "s1", "policy": "SR-Policy1",
                            "state": "up"})]), {"synced": 2})
    entries = lab.ps.entries()
    equal(sorted(entries), ["metric/s1/10.0.1.2", "path/s1/SR-Policy1"])
    equal(entries["metric/s1/10.0.1.2"]["via"], "s1")
    equal("mismatch" in entries["metric/s1/10.0.1.2"], False)
    equal(lab.updates("accepted"), 2)


def unauthenticated(lab):
    """No certificate, or one of another authority: no session"""
    before = lab.ps.status("ps")["unauthenticated"]
    stranger = lab.other.issue("s1", "URI:cats://s1")
    for certificate in False, stranger:
        try:
            with Agent(lab, certificate=certificate, hello=False) as agent:
                agent.say({"hello": {"version": 1, "incarnation": "1"}})
                equal(agent.hear(), None)
        except (ssl.SSLError, ConnectionError):
            pass
    until(lambda: lab.ps.status("ps")["unauthenticated"] == before + 2,
          "both are counted")


def granted(lab):
    """A certificate limits sites, instances and paths"""
    with Agent(lab, "pod") as agent:
        agent.put("metric/s1/10.0.1.77", record(instance="10.0.1.77"))
        agent.put("metric/s1/2001:db8:31::5", record(instance="2001:db8:31::5"))
        agent.refused("metric/s1/10.0.2.1", record(instance="10.0.2.1"),
                      "not-granted")
        agent.refused("metric/s1/2001:db8:32::5",
                      record(instance="2001:db8:32::5"), "not-granted")
        agent.refused("metric/s1/host", record(instance=None), "not-granted")
        agent.refused("metric/s2/10.0.1.77",
                      record("s2", instance="10.0.1.77"), "not-granted")
        agent.refused("path/s1/P", {"site": "s1", "policy": "P"}, "not-granted")
        for key in ("agent/s1/x", "metric/s1", "metric//10.0.1.77",
                    "metric/s1/10.0.1.77/x", "metric/s1/10.0.1.777", ""):
            agent.refused(key, record(instance="10.0.1.77"), "not-granted")
    with Agent(lab, "nobody") as agent:
        agent.refused("metric/s1/10.0.1.2", record(), "not-granted")
    entries = lab.ps.entries()
    equal("metric/s1/10.0.1.77" in entries, True)
    equal([key for key in entries if "10.0.2.1" in key or "s2" in key], [])


def other_subject(lab):
    """A record that is about something else than its key"""
    with Agent(lab) as agent:
        for value in (record(instance="10.0.1.3"), record("s2"),
                      record(instance=None), record(site=None),
                      record(instance=7)):
            agent.refused("metric/s1/10.0.1.2", value, "other-subject")


def wrong_carh(lab):
    """A CARH that is none"""
    good = carh()
    with Agent(lab) as agent:
        for octets in (good[:11], good[:-1], good + b"\0\0\0\0", carh(version=2),
                       carh(ttl=0), b"\xff" * 40):
            agent.refused("metric/s1/10.0.1.4",
                          record(instance="10.0.1.4", octets=octets), "carh")
        for text in None, "", "===", "AAA", "!!!!", 7, "A" * 4000:
            value = record(instance="10.0.1.4")
            value["carh"] = text
            agent.refused("metric/s1/10.0.1.4", value, "carh")
    equal("metric/s1/10.0.1.4" in lab.ps.entries(), False)


def times(lab):
    """From the future, too old, and again"""
    key = "metric/s1/10.0.1.5"

    def at(age, ttl=30):
        return record(instance="10.0.1.5", octets=carh(age, ttl))
    with Agent(lab) as agent:
        agent.refused(key, at(-60), "future")
        agent.refused(key, at(60), "stale")
        agent.refused(key, at(-1e6), "future")
        agent.refused(key, at(1e9), "stale")
        agent.refused(key, at(0), "future", age=-3600)
        agent.refused(key, at(0), "stale", age=3600)
        older, newer = at(5), at(0)
        agent.put(key, newer)
        agent.refused(key, older, "replay")
        before = lab.ps.entries()[key]
        agent.put(key, newer)
        until(lambda: lab.updates("unchanged"), "the same again is unchanged")
        equal(lab.ps.entries()[key], before)
    # a removal does not make room for an old one
    with Agent(lab) as agent:
        agent.say({"delete": key, "time-ms": int(time.time() * 1000)})
        agent.refused(key, newer, "replay")
    equal(key in lab.ps.entries(), False)


def expires(lab):
    """Its time to live ends it here, whatever the message says"""
    key = "metric/s1/10.0.1.6"
    with Agent(lab) as agent:
        agent.put(key, record(instance="10.0.1.6", octets=carh(ttl=1)),
                  ttl=10**12)
        until(lambda: key in lab.ps.entries(), "it is there")
        begin = time.monotonic()
        until(lambda: key not in lab.ps.entries(), "it is gone", 5)
        equal(time.monotonic() - begin < 3, True, "in time:")


def mismatched(lab):
    """Other functions than ours: taken, marked, counted"""
    with Agent(lab) as agent:
        for number, functions in enumerate(
                ({"normalization": "sigmoid", "aggregation": "weighted-mean"},
                 {"normalization": "min-max"}, None, "x")):
            agent.put(f"metric/s1/10.0.3.{number}",
                      record(instance=f"10.0.3.{number}", functions=functions))
        until(lambda: lab.ps.status("ps")["updates"]["mismatched"] == 4, "all")
    entries = lab.ps.entries("metric/s1/10.0.3.")
    equal([entries[key]["mismatch"] for key in sorted(entries)],
          [["normalization"], ["aggregation"]] +
          2 * [["normalization", "aggregation"]])
    shown = lab.ps.cats("metric", "show", "instance", "10.0.3.0").stdout
    equal(" mismatch normalization" in shown, True, shown)


def other_bounds(lab):
    """Other bounds than those of the first instance of the CS-ID: marked"""
    def functions(worst):
        return {"normalization": "min-max", "aggregation": "weighted-mean",
                "bounds": {"cpu-utilisation": [0, worst]}}
    with Agent(lab) as agent:
        for number, worst in enumerate((1, 1, 2)):
            for csid in "203.0.113.7", f"203.0.113.{8 + number}":
                name = f"10.0.5.{number}" if csid.endswith(".7") else \
                    f"10.0.6.{number}"
                agent.put(f"metric/s1/{name}",
                          record(instance=name, csid=[csid],
                                 functions=functions(worst)))
        until(lambda: len(lab.ps.entries("metric/s1/10.0.6.")) == 3, "all")
    marked = {key: value.get("mismatch")
              for key, value in lab.ps.entries("metric/s1/").items()
              if "/10.0.5." in key or "/10.0.6." in key}
    equal(marked.pop("metric/s1/10.0.5.2"), ["others"])
    equal(set(marked.values()), {None}, str(marked))


def malformed(lab):
    """Messages that lack something change nothing"""
    entries = lab.ps.entries()
    now = int(time.time() * 1000)
    good = {"put": "metric/s1/10.0.1.9", "value": record(instance="10.0.1.9"),
            "time-ms": now, "ttl-ms": 1000}
    with Agent(lab) as agent:
        for member, value in (("value", 7), ("value", None), ("time-ms", "x"),
                              ("time-ms", None), ("ttl-ms", 0), ("ttl-ms", -5),
                              ("ttl-ms", 1.5), ("put", 5)):
            message = {**good, member: value}
            if value is None:
                del message[member]
            agent.say(message)
            equal(agent.hear()["reason"], "malformed")
        forged = record(instance="10.0.1.9")
        forged["via"] = "somebody"
        agent.refused("metric/s1/10.0.1.9", forged, "malformed")
        agent.say({"delete": "metric/s1/10.9.9.9", "time-ms": now})
        equal(agent.hear()["reason"], "unknown-key")
    equal(lab.ps.entries(), entries)


def out_of_order(lab):
    """What is no message, or comes twice or out of order, ends the session"""
    def ended(do, hello=True):
        before = lab.ps.status("ps")["broken"]
        with Agent(lab, hello=hello) as agent:
            do(agent)
            equal(agent.hear(), None)
        until(lambda: lab.ps.status("ps")["broken"] == before + 1, "counted")
    alive = {"alive": True}
    ended(lambda agent: agent.say(alive, seq=1))
    ended(lambda agent: agent.say(alive, seq=3))
    ended(lambda agent: agent.raw(b"no JSON"))
    ended(lambda agent: agent.raw(b"[1]"))
    ended(lambda agent: agent.raw(b'{"seq": 2, "seq": 2, "alive": true}'))
    ended(lambda agent: agent.raw(b""))
    ended(lambda agent: agent.sock.sendall(b"\xff\xff\xff\xff"))
    ended(lambda agent: agent.say({"unknown": 1}))
    ended(lambda agent: agent.say({"sync": "end"}))
    ended(lambda agent: agent.say({"hello": {"version": 1, "incarnation": "1"}}))
    ended(lambda agent: agent.say(alive), hello=False)
    for hello in ({"version": 2, "incarnation": "1"}, {"version": 1}, 7,
                  {"version": 1, "incarnation": ""},
                  {"version": 1, "incarnation": "x" * 64}):
        ended(lambda agent, hello=hello: agent.say({"hello": hello}), hello=False)


def resynchronised(lab):
    """An agent that comes again: what it no longer has is removed"""
    def have():
        return sorted(key for key in lab.ps.entries() if "10.0.4." in key)
    values = {f"metric/s1/10.0.4.{n}": record(instance=f"10.0.4.{n}")
              for n in range(3)}
    with Agent(lab) as agent:
        equal(agent.sync(values.items()), {"synced": 3})
    equal(have(), sorted(values))
    gone = values.pop("metric/s1/10.0.4.1")
    with Agent(lab) as agent:
        equal(agent.sync(values.items()), {"synced": 2})
    equal(have(), sorted(values))
    equal(gone["instance"], "10.0.4.1")
    # started again, it may not have measured all of them yet
    with Agent(lab, incarnation="2") as agent:
        equal(agent.sync(), {"synced": 0})
    equal(have(), sorted(values))
    # of others nothing is removed
    equal("metric/s1/10.0.1.77" in lab.ps.entries(), True)


PIECES = (b"{", b"[" * 200, b'"', b"-1e999", b"99999999999999999999", b"null", b"\0")


ODD = (None, True, 0, -1, 1e308, 2**62, "", "\0", "x" * 5000, [], {}, [[[]]],
       {"a": 1}, "metric/s2/10.0.1.200", "::", "AAAA")


def odd(message, dice):
    """@message with a member, at any depth, that is something else."""
    at = message
    while True:
        key = dice.choice(sorted(at))
        if isinstance(at[key], dict) and at[key] and dice.random() < 0.7:
            at = at[key]
            continue
        at[key] = dice.choice(ODD)
        return message


def fuzzed(lab):
    """Mutated messages: it lives, and nothing gets in but the agent's own"""
    dice, agent, sessions = random.Random(4), None, 0
    messages = [lambda: {"put": "metric/s1/10.0.1.200", "time-ms":
                         int(time.time() * 1000), "ttl-ms": 3000,
                         "value": record(instance="10.0.1.200")},
                lambda: {"delete": "metric/s1/10.0.1.200",
                         "time-ms": int(time.time() * 1000)},
                lambda: {"sync": dice.choice(("begin", "end"))},
                lambda: {"alive": True}]
    for number in range(300):
        if not agent:
            agent, sessions = Agent(lab, "pod"), sessions + 1
        message = {**odd(dice.choice(messages)(), dice), "seq": agent.seq + 1}
        text = json.dumps(message).encode()
        try:
            agent.raw(text if number % 20 else mutated(text, dice, PIECES))
            agent.say({"alive": True}, agent.seq + 2)
            agent.say({"delete": "metric/s1/10.0.1.201", "time-ms": 0})
            while True:
                answer = agent.hear()
                if not answer or answer.get("refused") == "metric/s1/10.0.1.201":
                    break
        except (ssl.SSLError, ConnectionError):
            answer = None
        if not answer:
            agent.sock.close()
            agent = None
    print(f"# {number + 1} messages, {sessions} sessions")
    if agent:
        agent.sock.close()
    equal(lab.ps.entries("metric/s2"), {})
    equal([value["via"] for key, value in lab.ps.entries().items()
           if "10.0.1.20" in key and value["via"] != "pod"], [])


def limits(lab):
    """Sessions and keys are limited"""
    agents = [Agent(lab) for _ in range(4)]
    try:
        with Agent(lab, hello=False) as agent:
            equal(agent.hear(), None)
    except (ssl.SSLError, ConnectionError):
        pass
    until(lambda: lab.ps.status("ps")["turned-away"] == 1, "counted")
    for agent in agents:
        agent.sock.close()
    until(lambda: not lab.ps.status("ps")["agents"], "all are gone")
    with Agent(lab) as agent:
        for number in range(60):
            agent.put(f"metric/s1/10.1.0.{number}",
                      record(instance=f"10.1.0.{number}"))
        equal(agent.hear()["reason"], "full")
    equal(len(lab.ps.entries()) <= 50, True)


def shown(lab):
    """cats metric, path and agent show it, as text and as JSON"""
    metrics = json.loads(lab.ps.cats("-j", "metric").stdout)
    equal(len(metrics), len(lab.ps.entries("metric/")))
    equal(set(metrics[0]) >= {"site", "instance", "carh", "via", "expires-ms"},
          True, metrics[0])
    text = lab.ps.cats("agent", "show", "ps").stdout
    equal("state listening" in text and "replay" in text, True, text)
    status = json.loads(lab.ps.cats("-j", "agent", "show").stdout)
    equal([role["role"] for role in status], ["ps", "store", "file"])
    wrong = lab.ps.cats("metric", "show", "nonsense", check=False)
    equal((wrong.returncode, len(wrong.stderr.splitlines())), (255, 1))
    absent = lab.ps.cats("metric", check=False, control="/nonexistent")
    equal((absent.returncode, absent.stderr), (2,
          "Error: catsd does not run: nobody listens at /nonexistent.\n"))


if __name__ == "__main__":
    main([accepted, unauthenticated, granted, other_subject, wrong_carh, times,
          expires, mismatched, other_bounds, malformed, out_of_order, resynchronised, shown,
          fuzzed, limits], Lab)
