# SPDX-License-Identifier: GPL-2.0-or-later
"""A cluster of etcd, of three members, under test."""

import json
import os
import subprocess

from daemon import equal, free_port, until


class Cluster:
    """@addresses: of the members, on loopback; @authority: None: without TLS."""

    def __init__(self, directory, addresses=("127.0.0.1",) * 3, authority=None,
                 args=()):
        self.directory = directory
        self.authority = authority
        scheme = "https" if authority else "http"
        if authority:
            self.own = authority.issue("member", *(
                f"IP:{address}" for address in sorted(set(addresses))))
            self.client = authority.issue("catsd")
        self.clients, self.peers = (
            [f"{scheme}://{address}:{free_port()}" for address in addresses]
            for _ in range(2))
        self.args = list(args)
        self.processes = [None] * len(addresses)

    def command(self, _):
        """Before the command of a member."""
        return []

    def start_all(self):
        for member in range(len(self.processes)):
            self.start(member)
        self.healthy()

    def tls(self):
        args = []
        for kind in ("", "peer-") if self.authority else ():
            args += [f"--{kind}cert-file", self.own[0], f"--{kind}key-file",
                     self.own[1], f"--{kind}trusted-ca-file", self.authority.ca,
                     f"--{kind}client-cert-auth"]
        return args

    def start(self, member):
        cluster = ",".join(f"m{n}={url}" for n, url in enumerate(self.peers))
        name = os.path.join(self.directory, f"m{member}")
        with open(name + ".log", "a") as log:
            self.processes[member] = subprocess.Popen(
                [*self.command(member), "etcd", "--name", f"m{member}",
                 "--data-dir", name,
                 "--listen-client-urls", self.clients[member],
                 "--advertise-client-urls", self.clients[member],
                 "--listen-peer-urls", self.peers[member],
                 "--initial-advertise-peer-urls", self.peers[member],
                 "--initial-cluster", cluster, *self.tls(), *self.args],
                stdout=log, stderr=log)

    def kill(self, member):
        self.processes[member].kill()
        self.processes[member].wait()
        self.processes[member] = None

    def stop(self):
        for member, process in enumerate(self.processes):
            if process:
                self.kill(member)

    def ctl(self, *args, endpoints=None, check=True):
        tls = ["--cacert", self.authority.ca, "--cert", self.client[0], "--key",
               self.client[1]] if self.authority else []
        done = subprocess.run(
            ["etcdctl", "--endpoints", endpoints or ",".join(self.clients),
             "--command-timeout", "20s", *tls, *args], capture_output=True,
            text=True, env={**os.environ, "ETCDCTL_API": "3"})
        if check:
            equal(done.returncode, 0, f"etcdctl {args}: {done.stderr}")
        return done

    def healthy(self):
        until(lambda: not self.ctl("endpoint", "health",
                                   check=False).returncode,
              "the cluster is healthy", 60)

    def status(self):
        """Of each member that answers, in their order."""
        said = self.ctl("endpoint", "status", "-w", "json", check=False)
        return {one["Endpoint"]: one["Status"]
                for one in json.loads(said.stdout)}

    def leader(self):
        for url, status in self.status().items():
            if status["leader"] == status["header"]["member_id"]:
                return self.clients.index(url)
        raise AssertionError("no leader")
