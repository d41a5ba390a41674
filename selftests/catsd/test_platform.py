#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The public service platform: Table 1, CRUD, search, who may write, bad input."""

import json
import os
import random
import resource
import socket
import subprocess

from api import TOKENS, Api, client_context, write_tokens
from daemon import (CATSD, ROOT, Authority, Daemon, equal, free_port, main, mutated,
                    until)

with open(os.path.join(ROOT, "Documentation/examples/cmas-table1.json")) as example:
    TABLE_1 = {row["id"]: row for row in json.load(example)["services"]}
COLUMNS = {"id", "name", "input", "description", "code", "computing", "storage",
           "computing-time", "software"}


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.authority = Authority(directory)
        self.tokens = os.path.join(directory, "tokens")
        write_tokens(self.tokens)
        self.port = free_port()
        self.api = Api(self.port, "platform.json")
        self.daemon = Daemon(directory, "platform", f"""site: center
store: {{ type: sqlite, path: {directory}/store.db }}
platform:
  listen: "[::1]:{self.port}"
  tokens: {self.tokens}
  max-services: 6
""")

    def cats(self, *args, who="operator", check=True):
        token = os.path.join(self.directory, "token")
        with open(token, "w") as file:
            file.write(TOKENS[who] + "\n")
        env = {**os.environ, "CATS_PLATFORM": f"http://[::1]:{self.port}/",
               "CATS_TOKEN_FILE": token}
        done = subprocess.run([os.path.join(ROOT, "build", "cats"), *args],
                              capture_output=True, text=True, env=env)
        if check:
            equal(done.returncode, 0, done.stderr)
        return done

    def __enter__(self):
        self.daemon.start()
        return self

    def __exit__(self, *args):
        self.daemon.__exit__(*args)


def row(**members):
    return {"name": "n", "description": "d", "computing": "c", "storage": "s",
            "computing-time": {"max-us": 5}, **members}


def without_revision(service):
    return {key: value for key, value in service.items() if key != "revision"}


def table_1(lab):
    """Table 1 of the draft is loaded, and is there with all nine columns"""
    lab.cats("service", "load", os.path.join(ROOT,
                                             "Documentation/examples/cmas-table1.json"))
    status, answer = lab.api.ask("GET", "/services")
    equal(status, 200)
    equal({one["id"]: without_revision(one) for one in answer["services"]}, TABLE_1)
    for one in answer["services"]:
        equal(set(without_revision(one)), COLUMNS)
    shown = json.loads(lab.cats("-j", "service", "show").stdout)
    equal(shown, answer["services"])


def searched(lab):
    """Words are found in every column, and pages follow each other"""
    found = (("kafka", ["TP1"]), ("GPU", ["LB1", "ST1", "TP1"]),
             ("gpu webrtc", ["LB1"]), ("tracking", ["AR1"]), ("256gb", ["AR1"]),
             ("SCENE", ["AR1", "LB1"]), ("st1", ["ST1"]), ("github.com%2Fexample",
                                                          sorted(TABLE_1)),
             ("Interpretation", ["ST1"]), ("x" * 70, []), ("%20", sorted(TABLE_1)))
    for words, want in found:
        _, answer = lab.api.ask("GET", f"/services?search={words.replace(' ', '+')}")
        equal([one["id"] for one in answer["services"]], want, words)
    ids, after = [], ""
    while after is not None:
        _, answer = lab.api.ask("GET", f"/services?limit=1&after={after}")
        equal(len(answer["services"]), 1)
        ids.append(answer["services"][0]["id"])
        after = answer.get("next")
    equal(ids, sorted(TABLE_1))
    for limit in ("0", "-1", "1001", "x", "1x", ""):
        lab.api.refused("invalid", "GET", f"/services?limit={limit}")


def written(lab):
    """A service is added, replaced and removed once, by who knows its tag"""
    none = {"If-None-Match": "*"}
    equal(lab.api.ask("PUT", "/services/A", row(), "operator", none)[0], 201)
    first = lab.api.headers["ETag"]
    lab.api.refused("precondition", "PUT", "/services/A", row(), "operator", none)
    equal(lab.api.ask("PUT", "/services/A", row(name="m"), "operator",
                      {"If-Match": first})[0], 200)
    lab.api.refused("precondition", "PUT", "/services/A", row(), "operator",
                    {"If-Match": first})
    lab.api.refused("precondition", "DELETE", "/services/A", who="operator",
                    headers={"If-Match": first})
    status, answer = lab.api.ask("GET", "/services/A")
    equal((status, answer["name"]), (200, "m"))
    equal(lab.api.headers["ETag"], f'"{answer["revision"]}"')
    equal(lab.api.ask("DELETE", "/services/A", who="operator")[0], 204)
    lab.api.refused("unknown", "DELETE", "/services/A", who="operator")
    lab.api.refused("unknown", "GET", "/services/A")
    lab.api.refused("malformed", "PUT", "/services/A", row(), "operator",
                    {"If-Match": "7"})


def commanded(lab):
    """cats service adds, replaces, removes, and says what is wrong"""
    arguments = ("name", "Echo", "description", "again", "computing", "c", "storage",
                 "s", "max-us", "50", "min-us", "2", "note", "n", "input", "a",
                 "input", "b", "software", "libc", "code", "x", "csid", "203.0.113.9")
    lab.cats("service", "add", "ECHO", *arguments)
    shown = json.loads(lab.cats("-j", "service", "show", "ECHO").stdout)[0]
    equal(without_revision(shown), {
        "id": "ECHO", "name": "Echo", "description": "again", "computing": "c",
        "storage": "s", "computing-time": {"max-us": 50, "min-us": 2, "note": "n"},
        "input": ["a", "b"], "software": ["libc"], "code": "x", "csid": "203.0.113.9"})
    done = lab.cats("service", "add", "ECHO", *arguments, check=False)
    equal((done.returncode, done.stderr), (2, "Error: service ECHO exists already.\n"))
    lab.cats("service", "replace", "ECHO", *arguments[:-2])
    equal("csid" in lab.cats("service", "show", "ECHO").stdout, False)
    done = lab.cats("service", "del", "ECHO", who="client", check=False)
    equal((done.returncode, done.stderr), (2, "Error: client may not do this.\n"))
    lab.cats("service", "del", "ECHO")
    done = lab.cats("service", "show", "ECHO", check=False)
    equal((done.returncode, done.stderr), (2, "Error: service ECHO does not exist.\n"))
    equal(lab.cats("service", "add", "ECHO", "max-us", "x", check=False).returncode, 255)


def unauthenticated(lab):
    """Nobody writes without a token of an operator"""
    before = lab.api.ask("GET", "/services")
    for method, path in (("PUT", "/services/AR1"), ("DELETE", "/services/AR1")):
        body = row() if method == "PUT" else None
        lab.api.refused("unauthenticated", method, path, body)
        for token in ("x", "", "operator-token-of-the-tes", "é" * 20):
            lab.api.refused("unauthenticated", method, path, body,
                            headers={"Authorization": f"Bearer {token}".encode()})
        lab.api.refused("unauthenticated", method, path, body, headers={
            "Authorization": f"Basic {TOKENS['operator']}"})
        for who in ("client", "site-s1", "forwarder"):
            lab.api.refused("not-granted", method, path, body, who)
    equal(lab.api.ask("GET", "/services"), before)


WRONG = (
    ({}, "name"), (row(name=""), "name"), (row(name=7), "name"),
    (row(name="x" * 1025), "name"), (row(description="a\u0007b"), "description"),
    (row(colour="red"), "colour"), (row(input="x"), "input"),
    (row(input=["x"] * 33), "input"), (row(input=[""]), "input"),
    (row(software=[1]), "software"), (row(id="B"), "id"), (row(csid="x"), "csid"),
    (row(csid=["::1"]), "csid"), (row(**{"computing-time": 5}), "computing-time"),
    (row(**{"computing-time": {}}), "max-us"),
    (row(**{"computing-time": {"max-us": 0}}), "max-us"),
    (row(**{"computing-time": {"max-us": -1}}), "max-us"),
    (row(**{"computing-time": {"max-us": 1.5}}), "max-us"),
    (row(**{"computing-time": {"max-us": 1 << 62}}), "max-us"),
    (row(**{"computing-time": {"max-us": 5, "min-us": 6}}), "min-us"),
    (row(**{"computing-time": {"max-us": 5, "x": 6}}), "x"),
    (row(revision=3), "revision"),
)


def wrong(lab):
    """What is no row of the table is refused, and the member named"""
    put = ("PUT", "/services/A")
    for body, member in WRONG:
        why = lab.api.refused("invalid", *put, body, "operator")
        equal(why.startswith(member + ":"), True, f"{body}: {why}")
    for bad in ("a%20b", "x" * 64, "%C3%A9", "a%2Fb", "%2e%2e%2f"):
        reason = "unknown" if len(bad) == 64 else "invalid"
        lab.api.refused(reason, "PUT", f"/services/{bad}", row(), "operator")
    lab.api.refused("unknown", "PUT", "/services/%00", row(), "operator")
    for text in ("", "{", "[]", "7", '{"name":"a","name":"b"}', '{"name":"\xff"}',
                 "[" * 5000, '{"computing-time":{"max-us":99999999999999999999}}'):
        lab.api.refused("malformed", *put, who="operator",
                        text=text.encode("latin1"))
    big = json.dumps(row(description="x" * 300000))
    lab.api.refused("too-large", *put, who="operator", text=big)
    lab.api.refused("media-type", *put, row(), "operator",
                    {"Content-Type": "text/plain"})
    lab.api.refused("method", "POST", "/services/A", row(), "operator")
    lab.api.refused("unknown", "GET", "/service")
    lab.api.refused("unknown", "GET", "/services/AR1/x")
    lab.api.refused("unknown", "GET", "/../etc/passwd")
    # beyond what is looked at at all: answered or closed, and catsd lives
    for method, path, body in (("PUT", "/services/A", b"x" * 1000000),
                               ("BREW", "/services", None),
                               ("GET", "/" + "x" * 20000, None)):
        try:
            status, _, _ = lab.api.raw(method, path, body)
            equal(status >= 400, True, method)
        except OSError:
            pass
    equal(lab.api.ask("GET", "/services/A")[0], 404)
    refused = lab.daemon.status("platform")["api"]["refused"]
    for reason in ("invalid", "malformed", "too-large", "media-type", "method",
                   "unknown", "unauthenticated", "not-granted", "precondition"):
        equal(refused[reason] > 0, True, reason)


def full(lab):
    """The catalogue has a limit; replacing goes on"""
    for name in ("A", "B"):
        equal(lab.api.ask("PUT", f"/services/{name}", row(), "operator")[0], 201)
    lab.api.refused("full", "PUT", "/services/C", row(), "operator")
    equal(lab.api.ask("PUT", "/services/A", row(), "operator")[0], 200)
    for name in ("A", "B"):
        lab.api.ask("DELETE", f"/services/{name}", who="operator")


def crowded(lab):
    """More connections than descriptors: said once, and it answers afterwards"""
    pid = lab.daemon.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 10, limits[1]))
    sockets = []
    try:
        for _ in range(30):
            sockets.append(socket.create_connection(("::1", lab.port)))
        until(lambda: "no connection can be taken" in lab.daemon.said(), "it says so")
    finally:
        for sock in sockets:
            sock.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    equal(lab.api.ask("GET", "/services/AR1")[0], 200)
    api = lab.daemon.status("platform")["api"]
    equal(1 <= api["full"] <= 5, True, api)


def garbage(lab):
    """600 mutated requests: none is believed, catsd goes on"""
    dice = random.Random(4)
    text = json.dumps(row(id="F", csid="203.0.113.9", input=["a", "b"])).encode()
    before = lab.api.ask("GET", "/services")
    connection = lab.api.connect()
    for _ in range(600):
        body = mutated(text, dice, (b"\0", b'"', b"{", b"}", b"[", b"\\u0000", b"-",
                                    b"1e999"))
        connection.request("PUT", "/services/F", body, {
            "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        equal(answer.status, 401)
        connection.request("PUT", "/services/F", body, {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {TOKENS['operator']}",
            "If-Match": '"1"'})
        answer = connection.getresponse()
        answer.read()
        equal(answer.status in (400, 412, 422), True, body)
    connection.close()
    equal(lab.api.ask("GET", "/services"), before)


def tokens(lab):
    """A changed token file counts at once, one that is wrong not at all"""
    fresh = "operator late a-token-that-comes-later\n"
    lab.api.refused("unauthenticated", "PUT", "/services/A", {}, who=fresh.split()[2])
    write_tokens(lab.tokens, fresh)
    lab.api.refused("invalid", "PUT", "/services/A", {}, who=fresh.split()[2])
    write_tokens(lab.tokens, "operator half\n")
    lab.api.refused("invalid", "PUT", "/services/A", {}, who=fresh.split()[2])
    equal("line 7 is not KIND NAME TOKEN" in lab.daemon.said(), True)
    write_tokens(lab.tokens)
    lab.api.refused("unauthenticated", "PUT", "/services/A", {}, who=fresh.split()[2])


def configured(lab):
    """What would expose it is refused: other addresses without TLS, open files"""
    path = os.path.join(lab.directory, "check.yaml")
    loose = os.path.join(lab.directory, "loose")
    write_tokens(loose)
    os.chmod(loose, 0o640)
    for section, want in (
            ('listen: "[::]:9850"', "is not loopback"),
            ('listen: "192.0.2.1:9850"', "is not loopback"),
            ("listen: here", "is not ADDRESS:PORT"),
            ("tls: true", "the section tls is needed"),
            (f"tokens: {loose}", "others than its owner"),
            ("tokens: /nowhere", "No such file"),
            ("max-services: 0", "max-services"),
            ("colour: red", "colour")):
        with open(path, "w") as file:
            file.write(f"site: s\nplatform: {{ {section} }}\n")
        done = subprocess.run([CATSD, "--check", "-c", path], capture_output=True,
                              text=True)
        equal((done.returncode, want in done.stderr), (1, True), done.stderr)


def encrypted(lab):
    """With TLS, certificates say who writes; others read, or have a token"""
    port = free_port()
    certificate, key = lab.authority.issue("p", "IP:::1")
    daemon = Daemon(lab.directory, "tls", f"""site: center
tls: {{ certificate: {certificate}, key: {key}, ca: {lab.authority.ca} }}
platform: {{ listen: "[::1]:{port}", tls: true, tokens: {lab.tokens} }}
""")

    def api(*certificate):
        return Api(port, "platform.json", client_context(lab.authority, *certificate))

    operator = lab.authority.issue("root", "URI:cats-role:operator")
    site = lab.authority.issue("s1", "URI:cats://s1", "URI:cats-role:site")
    put = ("PUT", "/services/A", row())
    with daemon:
        equal(api().ask("GET", "/services")[0], 200)
        api().refused("unauthenticated", *put)
        api(site).refused("not-granted", *put)
        equal(api(operator).ask(*put)[0], 201)
        equal(api().ask(*put, "operator")[0], 200)
        try:
            Api(port, "platform.json").ask("GET", "/services")
            raise AssertionError("answers without TLS")
        except OSError:
            pass


def paged(lab):
    """The page and what it needs are served; nothing foreign may run in it"""
    for path, kind, word in (("/", "text/html", b"Service ID"),
                             ("/page.css", "text/css", b"border"),
                             ("/page.js", "text/javascript", b"fetch")):
        status, headers, octets = lab.api.raw("GET", path)
        equal((status, headers["Content-Type"].split(";")[0], word in octets),
              (200, kind, True), path)
    policy = lab.api.raw("GET", "/")[1]["Content-Security-Policy"]
    equal("default-src 'none'" in policy, True)
    equal(lab.api.ask("GET", "/openapi.json"), (200, lab.api.openapi))


def killed(lab):
    """kill -9: what was answered is there afterwards"""
    _, before = lab.api.ask("GET", "/services")
    equal(lab.api.ask("PUT", "/services/K", row(), "operator")[0], 201)
    lab.daemon.kill()
    lab.daemon.start()
    _, after = lab.api.ask("GET", "/services")
    equal([one["id"] for one in after["services"]],
          sorted([one["id"] for one in before["services"]] + ["K"]))


def described(lab):
    """Every operation of the description was used, with its refusals"""
    want = {(method.upper(), path) for path, item in lab.api.openapi["paths"].items()
            for method in item if method != "parameters" and path != "/"}
    equal(want - {(method, path) for method, path, _ in lab.api.seen}, set())
    status = lab.daemon.status("platform")
    equal((status["state"], status["services"]), ("listening", 5))
    until(lambda: lab.daemon.status("platform")["api"]["waiting"] == 0, "all answered")


if __name__ == "__main__":
    main((table_1, searched, written, commanded, unauthenticated, wrong, full, crowded,
          garbage,
          tokens, configured, encrypted, paged, killed, described), Lab)
