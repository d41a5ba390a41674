#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Gas is exact although every component crashes; CATS_CMAS_OPERATIONS=1000000 for more."""

import os
import subprocess

from daemon import CATSD, ROOT, main

OPERATIONS = os.environ.get("CATS_CMAS_OPERATIONS", "3000")


class Lab:
    def __init__(self, directory):
        self.load = os.path.join(ROOT, "build", "selftests", "bench", "cmas")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def run(self, *args):
        done = subprocess.run([self.load, *args], capture_output=True, text=True)
        for line in (done.stdout + done.stderr).splitlines():
            print(line if line.startswith("#") else f"# {line}")
        if done.returncode:
            raise AssertionError("see above")


def scarce(lab):
    """Clients, sites and catsd die: no slot is granted twice, none is lost"""
    lab.run("-n", OPERATIONS, "-c", "64", "-g", "3", "-k", "400", "-d", CATSD)


if __name__ == "__main__":
    main((scarce,), Lab)
