# SPDX-License-Identifier: GPL-2.0-or-later
"""A network of etcd, C-PS and forwarders, a namespace each, for test_converge.py."""

import concurrent.futures
import ctypes
import glob
import http.client
import json
import mmap
import os
import random
import select
import shutil
import ssl
import struct
import subprocess
import time

import daemon
import etcd
from daemon import Authority, Daemon, Skip, equal, until

FORWARDERS = int(os.environ.get("CATS_FORWARDERS", 3))
SERVICES = int(os.environ.get("CATS_SERVICES", 20))
CHANGES = int(os.environ.get("CATS_CHANGES", 5))
INSTANCES = 4
LEASE_MS = 2000 if FORWARDERS < 10 else 5000
# bytes an etcd may have: 20 KB a service, and something
QUOTA = (16 << 20) + SERVICES * 40000
SYS_BPF, BPF_OBJ_GET = 321, 7
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*args):
    subprocess.run(["ip", *args], check=True, capture_output=True)


class Host:
    """A network namespace with one address on the bridge."""

    def __init__(self, name, number):
        self.netns = f"cv{os.getpid()}-{name}"
        self.address = f"10.77.{number // 250}.{number % 250 + 2}"
        ip("netns", "add", self.netns)
        ip("link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0",
           "netns", self.netns)
        ip("link", "set", f"v{number}", "master", "br0", "up")
        ip("-n", self.netns, "addr", "add", f"{self.address}/16", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-n", self.netns, "link", "set", device, "up")

    def link(self, state):
        ip("-n", self.netns, "link", "set", "eth0", state)

    def remove(self):
        ip("netns", "del", self.netns)


class Agent(Host, Daemon):
    """A catsd on a host of its own."""

    def __init__(self, lab, name, number, text):
        Host.__init__(self, name, number)
        Daemon.__init__(self, lab.directory, name, f"site: {name}\n" +
                        lab.cluster.section(number) + text,
                        ["ip", "netns", "exec", self.netns])

    def is_current(self):
        return self.status("store")["current"]


def open_map(path):
    """The first page of a pinned map that can be mapped into memory."""
    name = ctypes.create_string_buffer(path.encode())
    attr = ctypes.create_string_buffer(
        struct.pack("=QII", ctypes.addressof(name), 0, 0), 128)
    fd = LIBC.syscall(SYS_BPF, BPF_OBJ_GET, attr, len(attr))
    if fd < 0:
        raise OSError(ctypes.get_errno(), path)
    page = mmap.mmap(fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ)
    os.close(fd)
    return page


class Forwarder(Agent):
    """Role loader, with maps: two SR policies to each site."""

    def __init__(self, lab, name, number):
        super().__init__(lab, name, number, "loader: { drain-ms: 3600000 }\n")
        batch = "".join(f"policy add P{n} segs 2001:db8:f::{n + 1:x} src "
                        f"2001:db8::1\n" for n in range(INSTANCES))
        subprocess.run([daemon.CATS, "-n", self.netns, "-b", "-"], input=batch,
                       text=True, check=True, capture_output=True)
        inode = os.stat(f"/run/netns/{self.netns}").st_ino
        # one that had the number before may have left its own
        self.place = max(glob.glob(f"/run/cats/bpf/{inode}-*"),
                         key=os.path.getmtime)
        self.control_map = open_map(os.path.join(self.place, "cats_control"))

    def remove(self):
        shutil.rmtree(self.place)
        super().remove()

    def generation(self):
        """Raised with every commit: struct cats_control."""
        return struct.unpack_from("=Q", self.control_map, 8)[0]

    def routes(self):
        """{CS-ID: {(SR policy, SID): weight}} of the maps, what takes flows."""
        done = subprocess.run([daemon.CATS, "-n", self.netns, "-j", "route"],
                              check=True, capture_output=True)
        return {route["csid"]: {(hop["policy"], hop["sid"]): hop["weight"]
                                for hop in route["nexthops"]
                                if hop.get("state", "up") == "up" and
                                hop["weight"]}
                for route in json.loads(done.stdout)}

    def applied(self):
        return self.status("loader")["decisions"]["applied"]


class Cluster(etcd.Cluster):
    """Three members that speak to those with our certificates only."""

    def __init__(self, directory):
        self.hosts = [Host(f"etcd{n}", n) for n in range(3)]
        super().__init__(directory, [host.address for host in self.hosts],
                         Authority(directory, "etcd-ca"),
                         ["--quota-backend-bytes", str(QUOTA)])
        self.context = ssl.create_default_context(cafile=self.authority.ca)
        self.context.load_cert_chain(*self.client)
        self.connection = None
        self.start_all()

    def command(self, member):
        return ["ip", "netns", "exec", self.hosts[member].netns]

    def section(self, number):
        """Section store: who uses which member first differs."""
        urls = self.clients[number % 3:] + self.clients[:number % 3]
        return (f"store: {{ type: etcd, endpoints: {json.dumps(urls)}, "
                f"certificate: {self.client[0]}, key: {self.client[1]}, "
                f"ca: {self.authority.ca} }}\n")

    def stop(self):
        super().stop()
        for host in self.hosts:
            host.remove()

    def post(self, path, body):
        """What a member that can says; one that cannot is asked no longer."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if not self.connection:
                    url = random.choice([self.clients[n] for n in range(3)
                                         if self.processes[n]])
                    self.connection = http.client.HTTPSConnection(
                        url.split("/")[2], context=self.context, timeout=2)
                self.connection.request("POST", "/v3/" + path,
                                        json.dumps(body))
                said = json.load(self.connection.getresponse())
            except (OSError, http.client.HTTPException, ValueError):
                self.connection = None
                continue
            # codes of gRPC: no leader, no quorum
            if said.get("code") not in (4, 14):
                return said
            self.connection = None
        raise AssertionError("no member of etcd answers")

    def fill(self):
        """Until it has no room, with what is none of ours."""
        value = daemon.base64.b64encode(os.urandom(700000)).decode()
        for n in range(1000):
            key = daemon.base64.b64encode(f"junk/{n}".encode()).decode()
            said = self.post("kv/put", {"key": key, "value": value})
            if "space exceeded" in said.get("error", ""):
                return
        raise AssertionError("never full")

    def make_room(self):
        self.ctl("del", "--prefix", "junk/")
        revision = self.status()[self.clients[0]]["header"]["revision"]
        self.ctl("compact", str(revision), "--physical")
        for url in self.clients:
            self.ctl("defrag", endpoints=url)
        self.ctl("alarm", "disarm")


class Lab:
    """All of it."""

    def __init__(self, directory):
        if not shutil.which("etcd") or not shutil.which("etcdctl"):
            raise Skip("needs etcd-server and etcd-client")
        # the sanitizers take more memory than the forwarders
        if FORWARDERS > 10:
            daemon.CATSD = os.path.join(daemon.ROOT, "build", "catsd")
        self.directory = directory
        self.services, self.instances = SERVICES, INSTANCES
        self.lease_s = LEASE_MS // 1000
        self.changes, self.many = CHANGES, max(SERVICES // 20, 3)
        self.forwarders, self.deciders = [], []
        self.free = self.available()
        ip("link", "set", "lo", "up")
        ip("link", "add", "br0", "type", "bridge")
        ip("addr", "add", "10.77.255.254/16", "dev", "br0")
        ip("link", "set", "br0", "up")
        self.cluster = Cluster(directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.deciders + self.forwarders:
            if one.process:
                one.kill()
            one.remove()
        self.cluster.stop()

    @staticmethod
    def available():
        with open("/proc/meminfo") as file:
            return int(next(line for line in file
                            if line.startswith("MemAvailable")).split()[1])

    def memory(self):
        return f"{(self.free - self.available()) // 1024} MiB in use"

    # --- who takes part -------------------------------------------------------

    def start_forwarders(self):
        for n in range(FORWARDERS):
            self.forwarders.append(Forwarder(self, f"f{n}", 10 + n))
            self.forwarders[-1].spawn()
        self.answering(self.forwarders)

    def start_deciders(self):
        policies = ", ".join(f'{{ policy: P{n}, endpoint: "2001:db8:e::{n + 1:x}"'
                             " }" for n in range(INSTANCES))
        csids = ", ".join(self.csid(n) for n in range(SERVICES))
        text = (f"ps:\n  lease-ms: {LEASE_MS}\n  policies: [ {policies} ]\n"
                f"  services: [ {{ csid: [ {csids} ] }} ]\n")
        for n in range(2):
            self.deciders.append(Agent(self, f"c{n}", 3 + n, text))
            self.deciders[-1].spawn()
        self.answering(self.deciders)

    @staticmethod
    def answering(agents):
        for agent in agents:
            until(agent.answers, f"{agent.name} answers", 120)

    def current(self):
        for agent in self.forwarders + self.deciders:
            until(agent.is_current, f"{agent.name} is up to date", 120)

    # --- what is measured -----------------------------------------------------

    @staticmethod
    def csid(n):
        return f"10.200.{n // 250}.{n % 250 + 1}"

    @staticmethod
    def names(n, i):
        name = f"10.{i}.{n // 250}.{n % 250 + 1}"
        return name, f"instance/s{i}/{name}", f"metric/s{i}/{name}"

    @staticmethod
    def put(key, value):
        def text(data):
            return daemon.base64.b64encode(data.encode()).decode()
        return {"request_put": {"key": text("cats/" + key),
                                "value": text(json.dumps({"value": value}))}}

    def metric(self, n, i, health):
        return self.put(self.names(n, i)[2],
                        {"cps": 800, "raw": {"flows": 20}, "health": health})

    def instance(self, n, i):
        name, key, _ = self.names(n, i)
        return self.put(key, {
            "instance": name, "csid": [self.csid(n)], "capacity": 100,
            "sid": f"2001:db8:4:{n:x}::{i + 1:x}",
            "endpoint": f"2001:db8:e::{i + 1:x}"})

    def write(self, operations):
        """As many transactions as it takes; what etcd says against it."""
        for at in range(0, len(operations), 100):
            said = self.cluster.post("kv/txn",
                                     {"success": operations[at:at + 100]})
            if "error" in said:
                return said["error"]
        return ""

    def publish(self):
        equal(self.write([one(n, i) if one == self.instance else one(n, i, "up")
                          for n in range(SERVICES) for i in range(INSTANCES)
                          for one in (self.instance, self.metric)]), "")

    def put_metrics(self, services, health, refused=False):
        said = self.write([self.metric(n, 0, health) for n in services])
        equal(bool(said), refused, said)
        return said

    def remove_instance(self, n):
        key = "cats/" + self.names(n, 0)[1]
        said = self.cluster.post("kv/deleterange", {
            "key": daemon.base64.b64encode(key.encode()).decode()})
        equal(said.get("deleted"), "1", said)

    # --- what came of it ------------------------------------------------------

    def loaded(self, services):
        for forwarder in self.forwarders:
            until(lambda f=forwarder: f.applied() >= services,
                  f"{forwarder.name} has all", 300)

    def decided(self):
        """As Forwarder.routes(), from the decisions of the store."""
        found = {}
        for value in self.deciders[0].entries("decision/").values():
            found[value["csid"]] = {(hop["policy"], hop["sid"]): hop["weight"]
                                    for hop in value["nexthops"]
                                    if hop["weight"]}
        return found

    def all_routes(self, forwarders=None):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda f: f.routes(),
                                 forwarders or self.forwarders))

    def all_as_decided(self):
        self.current()
        decided = self.decided()
        equal(len(decided), SERVICES)
        for forwarder, routes in zip(self.forwarders, self.all_routes()):
            if routes != decided:
                until(lambda f=forwarder: f.routes() == self.decided(),
                      f"the maps of {forwarder.name} are as decided")

    def wait_moved(self, forwarders, services):
        """Some of @forwarders are looked at: none is sent to instance 0."""
        dead = {self.csid(n): f"2001:db8:4:{n:x}::1" for n in services}
        for forwarder in random.sample(forwarders, min(4, len(forwarders))):
            until(lambda f=forwarder: all(
                sid != dead.get(csid) for csid, hops in f.routes().items()
                for _, sid in hops), f"{forwarder.name} has moved", 120)

    def rest(self):
        """Until no forwarder has written for 0.2 s: a grace period is a commit."""
        last, since = None, 0
        while True:
            now = [f.generation() for f in self.forwarders]
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() > since + 0.2:
                return now
            select.select([], [], [], 0.01)

    def change(self, n, health):
        """ms from the put of a metric to each forwarder's commit, sorted."""
        waiting = dict(zip(self.forwarders, self.rest()))
        began, took = time.monotonic(), []
        self.put_metrics([n], health)
        while waiting:
            for forwarder, before in list(waiting.items()):
                if forwarder.generation() != before:
                    took.append((time.monotonic() - began) * 1e3)
                    del waiting[forwarder]
            equal(time.monotonic() < began + 60, True, f"{len(waiting)} left")
            select.select([], [], [], 0.0005)
        return took

    @staticmethod
    def print_times(what, times):
        times = sorted(times)
        print(f"# {what}: min {times[0]:.1f} ms, median "
              f"{times[len(times) // 2]:.1f} ms, p99 "
              f"{times[len(times) * 99 // 100]:.1f} ms, max {times[-1]:.1f} ms; "
              f"{len(times)} changes")

    def watch(self, forwarders=None):
        self.rest()
        forwarders = forwarders or self.forwarders
        return [(f, f.generation(), routes)
                for f, routes in zip(forwarders, self.all_routes(forwarders))]

    @staticmethod
    def stayed(watched, seconds=0, but=None):
        """Nothing was written; or with @but, to no other service."""
        end = time.monotonic() + seconds
        while not but:
            for forwarder, generation, _ in watched:
                equal(forwarder.generation(), generation, forwarder.name)
            if time.monotonic() >= end:
                break
            select.select([], [], [], 0.01)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            now = list(pool.map(lambda one: one[0].routes(), watched))
        for (forwarder, _, before), after in zip(watched, now):
            if but:
                before, after = ({csid: hops for csid, hops in all.items()
                                  if csid != but} for all in (before, after))
            equal(after == before, True, f"{forwarder.name} as before")
