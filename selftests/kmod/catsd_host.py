# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with cats.ko and a catsd in its namespace, for tests of roles that use
the module."""

import json
import os
import socket
import subprocess
import tempfile

from host import Host

CATSD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                     "build", "catsd")


class CatsdHost(Host):
    def __init__(self):
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.control = self.path("catsd.sock")
        self.catsd = None

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def start(self, text):
        """catsd with these sections."""
        with open(self.path("catsd.yaml"), "w") as file:
            file.write(f"site: s1\ncontrol: {self.control}\n{text}")
        self.catsd = self.egress.inside(lambda: subprocess.Popen(
            [CATSD, "-c", self.path("catsd.yaml")]))

    def delete(self):
        if self.catsd:
            self.catsd.terminate()
            self.catsd.wait()
            self.catsd = None
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

    def status(self, role):
        """Of a role; {} before catsd answers."""
        try:
            for line in self.ask({"status": True}):
                if line.get("role") == role:
                    return line["status"]
        except OSError:
            pass
        return {}
