#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many ingresses on one etcd: they converge, and whatever fails they steer on.

Three members of etcd, two C-PS and the forwarders have a network namespace each
on one bridge; a forwarder is a catsd with the role loader and maps of its own.
CATS_FORWARDERS=100 CATS_SERVICES=1000 CATS_CHANGES=100 takes five minutes and 9 GB;
figures are in Documentation/benchmarks.md.
"""

import os
import sys
import time

from converge import Lab
from daemon import equal, main, until


def cold(lab):
    """All forwarders have what was decided, from nothing"""
    began = time.monotonic()
    lab.start_forwarders()
    lab.current()
    print(f"# {len(lab.forwarders)} loaders started in "
          f"{time.monotonic() - began:.1f} s, {lab.memory()}")
    began = time.monotonic()
    lab.publish()
    published = time.monotonic() - began
    lab.start_deciders()
    lab.loaded(lab.services)
    print(f"# {lab.services} services x {lab.instances} instances published in "
          f"{published:.1f} s, decided and in {len(lab.forwarders)} forwarders' "
          f"maps {time.monotonic() - began:.1f} s after the first, "
          f"{lab.memory()}")
    lab.all_as_decided()


def one_change(lab):
    """One changed metric gets to the maps of all"""
    first, last = [], []
    for n in range(lab.changes):
        took = lab.change(n, "down")
        first.append(took[0])
        last.append(took[-1])
    lab.print_times("to the first forwarder", first)
    lab.print_times("to all forwarders", last)
    lab.all_as_decided()


def loader_killed(lab):
    """A loader that is killed and comes back changes nothing"""
    victim = lab.forwarders[0]
    before, generation = victim.routes(), victim.generation()
    victim.kill()
    equal(victim.routes(), before)
    victim.start()
    until(lambda: victim.status("loader")["decisions"]["unchanged"] >=
          lab.services, "all are found unchanged", 60)
    equal(victim.generation() - generation < 3, True, "commits")
    equal(victim.routes(), before)


def leader_killed(lab):
    """The leader of etcd is killed: maps stay, and changes get there"""
    watched = lab.watch()
    leader = lab.cluster.leader()
    lab.cluster.kill(leader)
    began = time.monotonic()
    took = lab.change(lab.changes, "down")
    print(f"# killed while nothing changed; put at once, a change was in the "
          f"first forwarder after {took[0] / 1e3:.2f} s, in all after "
          f"{time.monotonic() - began:.2f} s")
    lab.stayed(watched, but=lab.csid(lab.changes))
    lab.cluster.start(leader)
    lab.cluster.healthy()
    lab.current()
    lab.all_as_decided()


def quorum_lost(lab):
    """Two of three members are dead: the last decision stays"""
    watched = lab.watch()
    lab.cluster.kill(1)
    lab.cluster.kill(2)
    until(lambda: not any(f.is_current() for f in lab.forwarders),
          "all notice", 60)
    # longer than leases, that nobody can renew now, and than a probe
    lab.stayed(watched, 8)
    equal([f.name for f in lab.forwarders if f.is_current()], [])
    lab.cluster.start(1)
    lab.cluster.start(2)
    began = time.monotonic()
    took = lab.change(lab.changes + 1, "down")
    print(f"# both started again, a change was in the first forwarder after "
          f"{took[0] / 1e3:.2f} s, in all after "
          f"{time.monotonic() - began:.2f} s")
    lab.current()
    lab.all_as_decided()


def cut_off(lab):
    """The network of forwarders and of a C-PS is cut: they keep what they have"""
    cut = lab.forwarders[::5]
    watched = lab.watch(cut)
    others = [f for f in lab.forwarders if f not in cut]
    for host in cut + lab.deciders[:1]:
        host.link("down")
    changed = range(lab.changes + 2, lab.changes + 2 + lab.many)
    began = time.monotonic()
    lab.put_metrics(changed, "down")
    lab.wait_moved(others, changed)
    print(f"# {len(cut)} forwarders and 1 of 2 C-PS cut off, {lab.many} "
          f"services changed: the other {len(others)} have it after "
          f"{time.monotonic() - began:.1f} s (leases of the C-PS "
          f"{lab.lease_s} s)")
    lab.stayed(watched)
    for host in cut + lab.deciders[:1]:
        host.link("up")
    began = time.monotonic()
    lab.wait_moved(cut, changed)
    print(f"# the network is back: they caught up after "
          f"{time.monotonic() - began:.1f} s")
    lab.current()
    lab.all_as_decided()


def store_full(lab):
    """The store is full: maps stay, and what changed meanwhile comes when it is not"""
    lab.cluster.fill()
    watched = lab.watch()
    # what is removed needs no room: this is to be decided, and cannot be
    gone = range(lab.services - lab.many, lab.services)
    for n in gone:
        lab.remove_instance(n)
    refused = lab.put_metrics([lab.changes], "up", refused=True)
    equal("space exceeded" in refused, True, refused)
    until(lambda: any(d.status("ps")["decisions"]["refused"]
                      for d in lab.deciders), "a C-PS is refused", 60)
    lab.stayed(watched)
    began = time.monotonic()
    lab.cluster.make_room()
    print(f"# compacted, defragmented, disarmed in "
          f"{time.monotonic() - began:.1f} s")
    began = time.monotonic()
    lab.wait_moved(lab.forwarders, gone)
    print(f"# {lab.many} services that were to change while the store was full "
          f"have after {time.monotonic() - began:.1f} s")
    lab.change(lab.changes, "up")
    lab.all_as_decided()


if __name__ == "__main__":
    if not os.environ.get("CATS_CONVERGE_INSIDE"):
        os.environ["CATS_CONVERGE_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    # the last takes 10 s, most of it to notice
    main([cold, one_change, loader_killed, leader_killed, cut_off, store_full] +
         ([quorum_lost] if "CATS_FORWARDERS" in os.environ else []), Lab)
