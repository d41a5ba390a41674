#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""catsd itself: its file, its sockets, its start and end."""

import http.client
import json
import os
import random
import socket
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from daemon import Authority, CATSD, Daemon, equal, free_port, main, mutated


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        authority = Authority(directory)
        certificate, key = authority.issue("cps", "DNS:cps.example")
        self.tls = (f"tls: {{ certificate: {certificate}, key: {key}, "
                    f"ca: {authority.ca} }}\n")
        self.daemon = Daemon(directory, "one", f"""site: s1
openmetrics: {{ listen: "[::1]:{self.port}" }}
{self.tls}ps: {{ listen: "[::1]:{free_port()}" }}
""")

    def check(self, text):
        path = os.path.join(self.directory, "checked.yaml")
        with open(path, "w") as file:
            file.write(text)
        done = subprocess.run([CATSD, "-c", path, "--check"], text=True,
                              capture_output=True)
        return done.returncode, (done.stdout + done.stderr).replace(path, "FILE")

    def get(self, path="/metrics", method="GET", body=None):
        connection = http.client.HTTPConnection("::1", self.port, timeout=10)
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), \
            answer.read().decode()

    def __enter__(self):
        self.daemon.start()
        return self

    def __exit__(self, *args):
        self.daemon.__exit__(*args)


def checked(lab):
    """--check: a right file is good"""
    equal(lab.check('site: s1\nopenmetrics: { listen: "127.0.0.1:1" }\n'),
          (0, "FILE: good\n"))


def wrong_files(lab):
    """--check: one line says what is wrong, with line and key"""
    tls = lab.tls
    for text, words in (
            ("", ["is empty"]),
            ("site: s1\n", ["no role"]),
            ("sit: s1\n", ["Unexpected key: sit", "line: 1"]),
            ("site: a b\nopenmetrics: {listen: '[::1]:1'}\n", ["site:", "a b"]),
            ("site: s1\nopenmetrics: 5\n", ["openmetrics", "line: 2"]),
            ("site: s1\nopenmetrics: {}\n", ["listen"]),
            ("site: s1\nopenmetrics: [\n", ["line"]),
            ("site: s1\nps: {listen: '[::1]:1'}\n", ["ps: needs", "tls"]),
            (f"site: s1\n{tls}ps: {{listen: nowhere}}\n",
             ["ps: listen:", "nowhere"]),
            (f"site: s1\n{tls}ps: {{listen: '[::1]:1', max-skew-ms: -1}}\n",
             ["-1", "max-skew-ms", "line: 3"]),
            (f"site: s1\n{tls}ps: {{listen: '[::1]:1', max-ttl-s: 99999}}\n",
             ["max-ttl-s", "99999"]),
            (f"site: s1\n{tls}publish: {{to: []}}\n", ["to", "line: 3"]),
            (f"site: s1\n{tls}publish: {{to: [{{address: '[::1]:1'}}]}}\n",
             ["name"]),
            ("site: s1\ntls: {certificate: /none, key: /none, ca: /none}\n"
             "ps: {listen: '[::1]:1'}\n", ["tls: certificate", "/none"]),
            (tls.replace("cps.key", "cps.pem") +
             "site: s1\nps: {listen: '[::1]:1'}\n", ["tls: key"]),
            ("site: &a s1\ncontrol: *a\n", ["alias"]),
            ("site: s1\nsite: s2\nopenmetrics: {listen: '[::1]:1'}\n", ["site"])):
        code, said = lab.check(text)
        equal((code, len(said.splitlines())), (1, 1), f"{text!r}: {said}")
        equal([word for word in words if word.lower() not in said.lower()], [],
              f"{text!r}: {said}")


def arguments(lab):
    """Wrong arguments: usage and exit code 2"""
    for args in (["--nonsense"], ["word"], ["-c"]):
        done = subprocess.run([CATSD, *args], capture_output=True, text=True)
        equal((done.returncode, "Usage:" in done.stderr), (2, True), str(args))
    equal(subprocess.run([CATSD, "--help"], capture_output=True).returncode, 0)


def one_a_socket(lab):
    """A second one is refused, what a killed one left is replaced"""
    second = subprocess.run([CATSD, "-c", lab.daemon.file], capture_output=True,
                            text=True)
    equal((second.returncode, "another catsd listens" in second.stderr), (1, True),
          second.stderr)
    equal(os.stat(lab.daemon.control).st_mode & 0o777, 0o600)
    lab.daemon.kill()
    equal(os.path.exists(lab.daemon.control), True)
    lab.daemon.start()


def control(lab):
    """The control socket answers nonsense with an error, and lives"""
    for request in (b"x", b"[]", b"{}", b'{"list": 5}', b'{"watch": "x"}',
                    b'{"watch": [5]}', b'{"status": false}', b"\xff\xfe"):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(lab.daemon.control)
            sock.sendall(request + b"\n")
            equal("error" in json.loads(sock.makefile().readline()), True, request)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(lab.daemon.control)
        try:
            # it hangs up before it has read so much
            sock.sendall(b"y" * 100000)
            equal(sock.recv(1), b"")
        except ConnectionError:
            pass
    equal(lab.daemon.entries(), {})


def openmetrics(lab):
    """What /metrics says is OpenMetrics, to Prometheus' own parser"""
    status, kind, text = lab.get()
    equal((status, kind.split(";")[0]), (200, "application/openmetrics-text"))
    families = {family.name: family
                for family in text_string_to_metric_families(text)}
    equal(families["cats_ps_updates"].type, "counter")
    equal({sample.labels["result"] for sample in
           families["cats_ps_updates"].samples} >= {"accepted", "replay"}, True)


def other_requests(lab):
    """Other requests get their status"""
    equal(lab.get("/")[0], 404)
    equal(lab.get(method="POST")[0] in (405, 501), True)
    equal(lab.get(method="POST", body="x" * 10)[0] in (405, 413, 501), True)
    with socket.create_connection(("::1", lab.port), 10) as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100000 + b"\r\n\r\n")
        try:
            equal(b" 200 " in sock.recv(100), False)
        except ConnectionError:
            pass
    equal(lab.get()[0], 200)


WHOLE_FILE = """site: s1
control: /nonexistent/catsd.sock
openmetrics: { listen: "[::1]:9847" }
%(tls)spublish: { to: [ { address: "[::1]:9848", name: cps.example } ] }
ps: { listen: "[::1]:9848", max-ttl-s: 60, functions: { normalization: sigmoid } }
sma:
  levels: [ { value: cps, levels: [ 100, 200.5 ], hysteresis: 10 } ]
  nqi: [ { factor: delay, weight: 2, best: 0, worst: 1e5 } ]
  services:
    - name: web
      csid: [ 203.0.113.1, "2001:db8:c5::1" ]
      adapt: true
      factors: [ { factor: cpu-utilisation, weight: 1, weight-max: 1 } ]
      health: { type: http, port: 80, path: /x }
      instances: [ { instance: 10.0.1.2, cgroup: a/b }, { instance: "2001:db8::2" } ]
nma:
  sessions: [ { policy: A, endpoint: "2001:db8:e1::1", interval-us: 3300 } ]
  reflector: { listen: "::1", sources: [ { source: "2001:db8::/32", ssid: 3 } ] }
"""


def fuzzed_files(lab):
    """--check of mutated files: good, or one line that says why not"""
    dice, good = random.Random(7), 0
    whole = WHOLE_FILE % {"tls": lab.tls}
    equal(lab.check(whole), (0, "FILE: good\n"))
    path = os.path.join(lab.directory, "mutated.yaml")
    for _ in range(80):
        with open(path, "wb") as file:
            file.write(mutated(whole.encode(), dice,
                               (b"\n", b": ", b"- ", b"[" * 100, b"&a ", b"!!x ",
                                b"99999999999999999999", b"-1", b"\t", b"\0")))
        done = subprocess.run([CATSD, "-c", path, "--check"], text=True,
                              errors="replace", capture_output=True)
        good += done.returncode == 0
        if done.returncode:
            equal((done.returncode, done.stderr.startswith("catsd: "),
                   "Sanitizer" in done.stderr or "runtime error" in done.stderr),
                  (1, True, False), done.stderr)
    print(f"# {good} of 80 are good")


def fuzzed_requests(lab):
    """Mutated requests to both sockets: it answers the next one"""
    dice = random.Random(8)
    http = (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nabc")
    control = b'{"watch": ["metric/", "path/"]}\n{"list": "metric/"}\n'
    for number in range(400):
        family, where, text = (
            (socket.AF_UNIX, lab.daemon.control, control) if number % 2 else
            (socket.AF_INET6, ("::1", lab.port), http))
        with socket.socket(family) as sock:
            sock.settimeout(10)
            sock.connect(where)
            try:
                sock.sendall(mutated(text, dice, (b"\r\n", b"{", b"-1", b"\0")))
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass
            except (ConnectionError, TimeoutError):
                pass
    equal(lab.get()[0], 200)
    equal(lab.daemon.entries(), {})


def ends(lab):
    """SIGTERM ends it, and its socket"""
    lab.daemon.stop()
    equal(os.path.exists(lab.daemon.control), False)
    said = lab.daemon.said()
    equal("SIGTERM: stopping" in said, True, said)
    lab.daemon.start()


if __name__ == "__main__":
    main([checked, wrong_files, arguments, one_a_socket, control, openmetrics,
          other_requests, fuzzed_files, fuzzed_requests, ends], Lab)
