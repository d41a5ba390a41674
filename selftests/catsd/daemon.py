# SPDX-License-Identifier: GPL-2.0-or-later
"""A catsd under test: its file, its certificates, what it says on its sockets."""

import base64
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import control_socket

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CATSD = os.path.join(ROOT, "build", "san", "catsd")
CATS = os.path.join(ROOT, "build", "cats")
NTP_EPOCH = 2208988800


class Skip(Exception):
    """Raised by a test that cannot be run here, with the reason."""


def until(condition, what, timeout=20.0):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        select.select([], [], [], 0.01)
    raise AssertionError(f"never: {what}")


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what} got {got!r}, wanted {wanted!r}")


def mutated(data, dice, pieces=(b"\0",)):
    """@data with a few octets changed, left out, doubled or inserted."""
    data = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        at = dice.randrange(len(data))
        how = dice.randrange(5)
        if how == 0:
            data[at] = dice.randrange(256)
        elif how == 1:
            del data[at:at + dice.randrange(1, 20)]
        elif how == 2:
            data[at:at] = data[at:at + dice.randrange(1, 40)]
        elif how == 3:
            data[at:at] = dice.choice(pieces)
        else:
            data[at] ^= 1 << dice.randrange(8)
        data = data or bytearray(pieces[0])
    return bytes(data)


def free_port():
    with socket.socket(socket.AF_INET6) as sock:
        sock.bind(("::1", 0))
        return sock.getsockname()[1]


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, directory, name="ca"):
        self.directory = directory
        self.name = name
        self.ca = self.path(name + ".pem")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", f"/CN={name}", "-keyout", self.path(name + ".key"),
                     "-out", self.ca)

    def path(self, name):
        return os.path.join(self.directory, name)

    def openssl(self, *args):
        subprocess.run(("openssl",) + args, check=True, capture_output=True)

    def issue(self, name, *alternatives):
        """Certificate and key files; alternatives as openssl writes them."""
        request, key, certificate, extensions = (
            self.path(f"{self.name}-{name}.{end}")
            for end in ("csr", "key", "pem", "ext"))
        with open(extensions, "w") as file:
            if alternatives:
                file.write("subjectAltName=" + ",".join(alternatives) + "\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                     "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey",
                     self.path(self.name + ".key"), "-CAcreateserial", "-days", "2",
                     "-extfile", extensions, "-out", certificate)
        return certificate, key


class Daemon:
    """catsd with this file; `with` ends it and looks at what it left."""

    def __init__(self, directory, name, text, prefix=()):
        self.name = name
        self.prefix = prefix
        self.control = os.path.join(directory, name + ".sock")
        self.file = os.path.join(directory, name + ".yaml")
        self.log = os.path.join(directory, name + ".log")
        with open(self.file, "w") as file:
            file.write(f"control: {self.control}\n{text}")
        self.process = None

    def spawn(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([*self.prefix, CATSD, "-c", self.file],
                                            stderr=log, stdout=log)

    def start(self):
        self.spawn()
        until(self.answers, f"{self.name} answers: {self.said()}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended: {self.said()}")
        try:
            return self.ask({"status": True})
        except OSError:
            return None

    def said(self):
        with open(self.log) as log:
            return log.read()

    def ask(self, request):
        return control_socket.ask(self.control, request)

    def entries(self, prefix=""):
        return {line["key"]: line["value"] for line in self.ask({"list": prefix})}

    def status(self, role):
        return control_socket.status(self.control, role)

    def cats(self, *args, check=True, control=None):
        env = {**os.environ, "CATSD_CONTROL": control or self.control}
        done = subprocess.run([CATS, *args], capture_output=True, text=True,
                              env=env)
        if check:
            equal(done.returncode, 0, done.stderr)
        return done

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        if self.process:
            self.process.terminate()
            code = self.process.wait(20)
            self.process = None
            equal(code, 0, f"{self.name}: {self.said()}")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind and self.process:
            self.kill()
        self.stop()


def carh(age=0.0, ttl=30, cais=((0x01, 4200), (0xf0, 700)), version=1):
    """A CARH perceived @age seconds ago."""
    now = time.time() - age + NTP_EPOCH
    seconds = int(now)
    stamp = seconds << 32 | int((now - seconds) * (1 << 32))
    data = struct.pack("!HHQ", version << 12 | ttl, 12 + 4 * len(cais), stamp)
    return data + b"".join(struct.pack("!I", kind << 24 | value)
                           for kind, value in cais)


def record(site="s1", instance="10.0.1.2", octets=None, **members):
    """A metric record; members of None are left out."""
    value = {"site": site, "instance": instance, "csid": ["203.0.113.1"],
             "carh": base64.b64encode(octets or carh()).decode(), "level2": 7,
             "functions": {"normalization": "min-max",
                           "aggregation": "weighted-mean"}}
    value.update(members)
    return {key: one for key, one in value.items() if one is not None}


def alongside(test):
    """A test with daemons of its own that mostly waits: it begins with the first."""
    test.begins_first = True
    return test


def main(tests, make):
    """Runs tests with what make(directory) returns; KTAP."""
    print(f"KTAP version 1\n1..{len(tests)}", flush=True)
    directory, failed = tempfile.mkdtemp(prefix="cats."), 0
    try:
        with make(directory) as lab, ThreadPoolExecutor(len(tests)) as pool:
            begun = {test: pool.submit(test, lab) for test in tests
                     if hasattr(test, "begins_first")}
            for number, test in enumerate(tests, 1):
                word, why = "ok", ""
                try:
                    if test in begun:
                        begun[test].result()
                    else:
                        test(lab)
                except Skip as skip:
                    why = f" # SKIP {skip}"
                except Exception:
                    for line in traceback.format_exc().splitlines():
                        print(f"# {line}")
                    word, failed = "not ok", failed + 1
                print(f"{word} {number} - {test.__doc__.splitlines()[0]}{why}",
                      flush=True)
    finally:
        shutil.rmtree(directory)
    sys.exit(1 if failed else 0)
