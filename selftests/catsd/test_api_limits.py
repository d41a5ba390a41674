#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP of catsd under those who mean no good: what is no request, what never ends,
who comes too often.  It counts them, and goes on serving others, with TLS too."""

import concurrent.futures
import itertools
import json
import os
import resource
import socket
import ssl
import subprocess

from api import client_context, write_tokens
from daemon import CATSD, Authority, Daemon, alongside, equal, free_port, main, until

GET = b"GET /services HTTP/1.1\r\nHost: a\r\n\r\n"
# 2: as many as there are in evhttp's own limits, times two
BODY_MAX, HEADERS_MAX = 2 * 262144, 8192
REFUSED = (
    (b"GARBAGE\r\n\r\n", "malformed"),
    (b"GET /services HTTP/x.1\r\n\r\n", "malformed"),
    (b"GET /services\r\nno colon\r\n\r\n", "malformed"),
    (b"GET /services HTTP/1.1\r\nno colon\r\n\r\n", "malformed"),
    (b"\0\1\2\3 / HTTP/1.1\r\n\r\n", "malformed"),
    (b"BREW /services HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
    (b"GET /services HTTP/1.1\r\nA: " + b"a" * HEADERS_MAX + b"\r\n\r\n", "malformed"),
    (b"GET /" + b"a" * HEADERS_MAX + b" HTTP/1.1\r\n\r\n", "malformed"),
    (b"PUT /services/A HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1),
     "too-large"),
    (b"PUT /services/A HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "malformed"),
    (b"PUT /services/A HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "too-large"),
    (b"PUT /services/A HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" %
     (BODY_MAX + 1), "too-large"),
)


class Lab:
    """Servers with small limits, one of them with TLS, one with those of every day."""

    def __init__(self, directory):
        self.directory = directory
        self.others = itertools.count()
        self.authority = Authority(directory)
        self.context = client_context(self.authority)
        certificate, key = self.authority.issue("p", "IP:127.0.0.1")
        tokens = os.path.join(directory, "tokens")
        write_tokens(tokens)
        self.ports = {name: free_port() for name in ("small", "tls", "usual")}
        limits = """limits: { connections: 20, connections-per-address: 8,
            requests-per-s: 40, idle-s: 1, request-s: 1 }"""
        tls = f"tls: {{ certificate: {certificate}, key: {key}, ca: {self.authority.ca} }}"
        self.daemons = {
            "small": self.make("small", limits, ""),
            "tls": self.make("tls", f"{limits}, tls: true", tls),
            "usual": self.make("usual", "", "")}

    def make(self, name, more, sections):
        return Daemon(self.directory, name, f"""site: center
{sections}
platform: {{ listen: "127.0.0.1:{self.ports[name]}"{", " if more else ""}{more} }}
""")

    def __enter__(self):
        for daemon in self.daemons.values():
            daemon.start()
        return self

    def __exit__(self, *args):
        for daemon in self.daemons.values():
            daemon.__exit__(*args)

    def connect(self, name="small", source="127.0.0.1", plain=False):
        sock = socket.create_connection(("127.0.0.1", self.ports[name]), 10, (source, 0))
        if name == "tls" and not plain:
            sock = self.context.wrap_socket(sock)
        return sock

    def served(self, name="small", source=None):
        """Somebody who comes for the first time."""
        number = next(self.others)
        source = source or f"127.1.{number // 250}.{number % 250 + 1}"
        with self.connect(name, source) as sock:
            sock.sendall(GET)
            equal(answer(sock)[0], 200)

    def api(self, name="small"):
        return self.daemons[name].status("platform")["api"]

    def stands_still(self, name):
        """It has answered some, and does not go on."""
        first, *others = [self.api(name)["answered"] for _ in range(4)]
        return first and others == 3 * [first]

    def ended(self, name="small"):
        return self.api(name)["connections"]["ended"]

    def grows(self, name, reason, by=1):
        """Called before; what it returns is called after, and waits for the count."""
        before = self.ended(name)[reason]
        return lambda: until(lambda: self.ended(name)[reason] == before + by,
                             f"{by} {reason}: {self.ended(name)}")

    def empty(self, name="small"):
        until(lambda: self.api(name)["connections"]["open"] == 0, "none is open")


def answer(sock, file=None):
    """Status and body of the next answer; 0 if there is none."""
    file = file or sock.makefile("rb")
    try:
        line = file.readline()
    except (ConnectionError, ssl.SSLError):
        return 0, b""
    if not line:
        return 0, b""
    length = 0
    while True:
        header = file.readline().rstrip().lower()
        if header.startswith(b"content-length:"):
            length = int(header.split(b":")[1])
        if not header:
            return int(line.split()[1]), file.read(length)


def closed(sock):
    """The other end closes, or has; what came before is of no interest."""
    try:
        while sock.recv(65536):
            pass
    except (ConnectionError, ssl.SSLError):
        pass
    return True


def both(test):
    def one(lab, name):
        test(lab, name)
        lab.empty(name)
        lab.served(name)

    def run(lab):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(one, lab, name) for name in ("small", "tls")]:
                done.result()
    run.__doc__ = test.__doc__
    return run


@both
def refused(lab, name):
    """What evhttp takes for no request is counted by its reason"""
    for octets, reason in REFUSED:
        before = lab.api(name)["refused"]
        with lab.connect(name) as sock:
            sock.sendall(octets)
            equal(answer(sock)[0] in (0, 400, 413, 501), True, octets[:60])
            closed(sock)
        want = {**before, reason: before[reason] + 1}
        until(lambda: lab.api(name)["refused"] != before, f"{octets[:60]} is counted")
        equal(lab.api(name)["refused"], want, octets[:60])
        lab.served(name)


@both
def slow(lab, name):
    """Slowloris: however it trickles, a request has its time, and others are served"""
    after = lab.grows(name, "slow", 3)
    beginnings = (b"G", b"GET / HTTP/1.1\r\nX: ",
                  b"PUT /services/A HTTP/1.1\r\nContent-Length: 100\r\n\r\n")
    sockets = [lab.connect(name) for _ in beginnings]
    for sock, octets in zip(sockets, beginnings):
        sock.sendall(octets)
    gone = set()

    def trickled():
        for number, sock in enumerate(sockets):
            try:
                sock.sendall(b"a")
            except (ConnectionError, ssl.SSLError):
                gone.add(number)
        lab.served(name)
        return len(gone) == 3

    until(trickled, "they are closed")
    after()
    for sock in sockets:
        sock.close()


@both
def idle(lab, name):
    """A connection without a request is closed, after one too"""
    after = lab.grows(name, "idle", 2)
    with lab.connect(name) as one, lab.connect(name) as other:
        other.sendall(GET)
        equal(answer(other)[0], 200)
        equal((closed(one), closed(other)), (True, True))
    after()


@both
def unfinished(lab, name):
    """A client that goes amidst a request is counted, one that has none is not"""
    after = lab.grows(name, "unfinished")
    for more in (GET[:20], b""):
        with lab.connect(name) as sock:
            sock.sendall(GET)
            equal(answer(sock)[0], 200)
            sock.sendall(more)
        lab.empty(name)
        after()


@both
def pipelined(lab, name):
    """Requests that come all at once are answered one after the other"""
    with lab.connect(name, "127.0.0.4") as sock:
        sock.sendall(30 * GET)
        file = sock.makefile("rb")
        for _ in range(30):
            equal(answer(sock, file), (200, b'{"services":[]}'))


def half_closed(lab):
    """A client that has said all it will say is answered"""
    with lab.connect() as sock:
        sock.sendall(GET)
        sock.shutdown(socket.SHUT_WR)
        equal(answer(sock)[0], 200)
    lab.empty()


@alongside
def unread(lab):
    """Who does not take its answers loses the connection"""
    name = "unread"
    lab.ports[name] = free_port()
    lab.daemons[name] = lab.make(name, "limits: { connections: 1, idle-s: 3 }", "").start()
    after = lab.grows(name, "slow")
    with lab.connect(name) as sock:
        sock.settimeout(0.5)
        try:
            # more answers than buffers take
            sock.sendall(3000 * b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n")
        except (TimeoutError, ConnectionError):
            pass
        # one that waits would make room
        until(lambda: lab.stands_still(name), "an answer that is not taken")
        late = lab.grows(name, "crowded")
        equal(closed(lab.connect(name)), True)
        late()
        after()
    lab.empty(name)
    lab.served(name)


@both
def greedy(lab, name):
    """One address has its share of connections, another one is served"""
    after = lab.grows(name, "per-address", 4)
    sockets = [lab.connect(name, "127.0.0.2") for _ in range(8)]
    for _ in range(4):
        try:
            equal(closed(lab.connect(name, "127.0.0.2")), True)
        except OSError:
            pass        # before TLS was there
    after()
    lab.served(name, "127.0.0.3")
    for sock in sockets:
        sock.sendall(GET)
        equal(answer(sock)[0], 200)
        sock.close()


def crowded(lab):
    """The connection that has waited longest makes room, with half a request too"""
    after = lab.grows("small", "evicted")
    sockets = [lab.connect(source=f"127.0.1.{n}") for n in range(20)]
    until(lambda: lab.api()["connections"]["open"] == 20, "all are there")
    lab.served()
    after()
    equal(closed(sockets[0]), True)
    after = lab.grows("small", "evicted", 2)
    sockets[0] = lab.connect(source="127.0.1.0")
    for sock in sockets:
        sock.sendall(b"G")
    until(lambda: lab.api()["connections"]["open"] == 20, "all are there")
    lab.served()
    with lab.connect(), lab.connect():
        after()
    for sock in sockets:
        sock.close()
    lab.empty()
    lab.served()


def frequent(lab):
    """Too many requests of one address in a second: 429; another one is served"""
    before = lab.api()["refused"]["too-many"]
    with lab.connect(source="127.0.0.6") as sock:
        file = sock.makefile("rb")
        sock.sendall(120 * GET)
        got = [answer(sock, file) for _ in range(120)]
    kinds = [status for status, _ in got]
    equal(kinds[:40], 40 * [200])
    equal((set(kinds), kinds.count(429) > 20), ({200, 429}, True), kinds)
    text = [body for status, body in got if status == 429][0]
    equal(json.loads(text)["reason"], "too-many")
    equal(lab.api()["refused"]["too-many"] - before, kinds.count(429))
    lab.served(source="127.0.0.7")
    # another connection is no new credit, a while is
    with lab.connect(source="127.0.0.6") as sock:
        sock.sendall(30 * GET)
        file = sock.makefile("rb")
        equal(429 in [answer(sock, file)[0] for _ in range(30)], True)

    def again():
        with lab.connect(source="127.0.0.6") as sock:
            sock.sendall(GET)
            return answer(sock)[0] == 200

    until(again, "it may ask again")


def without_tls(lab):
    """What is no TLS, or never becomes any, is counted as that"""
    after = lab.grows("tls", "handshake", 2)
    with lab.connect("tls", plain=True) as sock:
        sock.sendall(GET)
        equal(closed(sock), True)
    with lab.connect("tls", plain=True) as sock:
        sock.sendall(b"\x16\x03\x01")
        equal(closed(sock), True)
    after()
    lab.served("tls")


@alongside
def ten_thousand(lab):
    """10,000 connections, some with half a request: others are served all the while"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    name, sockets = "usual", []
    try:
        for number in range(10000):
            sock = socket.create_connection(("127.0.0.1", lab.ports[name]), 10,
                                            (f"127.0.2.{number % 250 + 1}", 0))
            if number % 3 == 0:
                try:
                    sock.sendall(GET[:30])
                except ConnectionError:
                    pass        # it was one too many
            sockets.append(sock)
            if number % 100 == 99:
                lab.served(name)
        connections = lab.api(name)["connections"]
        equal(connections["open"] <= connections["max"], True, connections)
        ended = connections["ended"]
        equal(ended["evicted"] > 9000, True, ended)
    finally:
        for sock in sockets:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    lab.empty(name)
    lab.served(name)


def configured(lab):
    """Limits that are none are refused, and the key named"""
    path = os.path.join(lab.directory, "check.yaml")
    for key, value in (("connections", 0), ("connections", 65537),
                       ("connections-per-address", 0), ("requests-per-s", 1000001),
                       ("idle-s", 3601), ("request-s", 0), ("colour", 1)):
        for section in ("platform", "cmas"):
            with open(path, "w") as file:
                file.write(f"site: s\n{section}: {{ limits: {{ {key}: {value} }} }}\n")
            done = subprocess.run([CATSD, "--check", "-c", path], capture_output=True,
                                  text=True)
            equal((done.returncode, key in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    main((refused, slow, idle, unfinished, pipelined, half_closed, unread, greedy, crowded,
          frequent, without_tls, ten_thousand, configured), Lab)
