# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with cats.ko and a catsd in its namespace, for tests of roles that use
the module."""

import os
import subprocess
import sys
import tempfile

from host import Host

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CATSD = os.path.join(ROOT, "build", "catsd")
sys.path.append(os.path.join(ROOT, "selftests/catsd"))

import control_socket  # noqa: E402


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
        return control_socket.ask(self.control, request)

    def status(self, role):
        """Of a role; {} before catsd answers."""
        try:
            return control_socket.status(self.control, role) or {}
        except OSError:
            return {}
