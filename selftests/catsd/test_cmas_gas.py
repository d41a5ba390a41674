#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Gas is exact although every component crashes; CATS_CMAS_OPERATIONS=1000000 for more.

With CATS_CMAS_ETCD_OPERATIONS=100000 also on an etcd whose members are killed.
"""

import os
import subprocess
import time

from daemon import CATSD, ROOT, main
from etcd import Cluster

OPERATIONS = os.environ.get("CATS_CMAS_OPERATIONS", "3000")
ETCD_OPERATIONS = os.environ.get("CATS_CMAS_ETCD_OPERATIONS")
KILL_S = 4


class Lab:
    def __init__(self, directory):
        self.directory = directory
        self.load = os.path.join(ROOT, "build", "selftests", "bench", "cmas")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def start(self, *args):
        return subprocess.Popen([self.load, *args], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def end(self, process):
        for line in process.communicate()[0].splitlines():
            print(line if line.startswith("#") else f"# {line}")
        if process.returncode:
            raise AssertionError("see above")

    def run(self, *args):
        self.end(self.start(*args))


def scarce(lab):
    """Clients, sites and catsd die: no slot is granted twice, none is lost"""
    lab.run("-n", OPERATIONS, "-c", "64", "-g", "3", "-k", "400", "-d", CATSD)


def ended(process, seconds):
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


def members_die(lab):
    """Members of etcd die under the load, the leader first: gas is exact"""
    cluster, kills, began = Cluster(lab.directory), 0, time.monotonic()
    cluster.start_all()
    try:
        process = lab.start("-n", ETCD_OPERATIONS, "-c", "64", "-g", "3", "-e",
                            ",".join(cluster.clients), "-d", CATSD)
        while not ended(process, KILL_S):
            leader = cluster.leader()
            # every third time two, and with them the quorum
            victims = [leader, (leader + 1) % 3][:1 + (kills % 3 == 2)]
            for member in victims:
                cluster.kill(member)
            over = ended(process, KILL_S)
            for member in victims:
                cluster.start(member)
            cluster.healthy()
            kills += len(victims)
            if over:
                break
        print(f"# {kills} members killed in {time.monotonic() - began:.0f} s")
        lab.end(process)
    finally:
        cluster.stop()


if __name__ == "__main__":
    main((scarce, members_die) if ETCD_OPERATIONS else (scarce,), Lab)
