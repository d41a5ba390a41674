#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two C-PS with one name on one store: one of them does nothing, and says so.  One that
was killed is no namesake of the one that is started in its place."""

import itertools
import os

from api import write_tokens
from daemon import Daemon, alongside, equal, free_port, main, until

SERVICES = "services: [ { csid: [ 203.0.113.1 ] } ]"
ELSEWHERE = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$0" "$@"')
# of a PID there nothing is known here
APART = ("unshare", "--pid", "--fork", "--kill-child")
HINT = "another one with the name"


class Lab:
    """Each test has a store of its own."""

    def __init__(self, directory):
        self.directory = directory
        self.tokens = os.path.join(directory, "tokens")
        write_tokens(self.tokens)
        self.stores = itertools.count()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def pair(self, section, prefix=()):
        """Two daemons of one site, with this section."""
        store = os.path.join(self.directory, f"store{next(self.stores)}")
        os.mkdir(store)
        return [Daemon(store, name, f"""site: in1
store: {{ type: sqlite, path: {store}/store.db }}
{section}
""", one) for name, one in (("first", ()), ("second", prefix))]


def decisions(daemon):
    got = daemon.status("ps")["decisions"]
    return got["name"], got["shards"]


@alongside
def decide_twice(lab):
    """The second C-PS that decides has nothing to decide until the first ends"""
    first, second = lab.pair(f"ps: {{ lease-ms: 60000, {SERVICES} }}")
    with first:
        until(lambda: decisions(first) == ("ours", 64), "the first decides")
        with second:
            until(lambda: decisions(second) == ("namesake", 0), "it is seen")
            equal(second.status("ps")["decisions"]["namesakes"], 1)
            equal(HINT in second.said(), True, second.said())
            equal((decisions(first), HINT in first.said()), (("ours", 64), False))
            first.stop()
            until(lambda: decisions(second) == ("ours", 64), "it takes over")


@alongside
def decide_again(lab):
    """kill -9 and started again: the lease of a minute is not waited for"""
    first, _ = lab.pair(f"ps: {{ lease-ms: 60000, {SERVICES} }}")
    with first:
        until(lambda: decisions(first) == ("ours", 64), "it decides")
        first.kill()
        first.start()
        until(lambda: decisions(first) == ("ours", 64), "it decides again")
        equal(first.status("ps")["decisions"]["namesakes"], 0)


@alongside
def decide_apart(lab):
    """What cannot be seen is told by the lease: who renews it lives, who was killed not"""
    first, second = lab.pair(f"ps: {{ lease-ms: 1000, {SERVICES} }}", APART)
    with first, second:
        until(lambda: decisions(first) == ("ours", 64), "the first decides")
        equal(decisions(second), ("waiting", 0))
        until(lambda: decisions(second) == ("namesake", 0), "it is seen")
        first.kill()
        until(lambda: decisions(second) == ("ours", 64), "the lease ends")
        second.kill()
        first.start()
        until(lambda: decisions(first) == ("ours", 64), "that one's too")
        equal(first.status("ps")["decisions"]["namesakes"], 0)


@alongside
def grant_twice(lab):
    """The second C-PS that grants does not while the first lives, and does then"""
    port = free_port()
    first, second = lab.pair(f"cmas: {{ listen: '127.0.0.1:{port}', "
                             f"tokens: {lab.tokens} }}", ELSEWHERE)

    def state(daemon):
        got = daemon.status("cmas")
        return got["state"], got["name"], got["namesakes"]

    with first:
        until(lambda: state(first) == ("granting", "ours", 0), "the first grants")
        with second:
            until(lambda: state(second) == ("standby", "namesake", 1), "it is seen")
            equal(state(first), ("granting", "ours", 0))
            equal(HINT in second.said(), True, second.said())
            first.kill()
            until(lambda: state(second) == ("granting", "ours", 1), "it takes over")
            first.start()
            until(lambda: state(first)[:2] == ("standby", "namesake"), "now this one")
            equal(list(second.entries("cmas/member/")), [f"cmas/member/in1@127.0.0.1:{port}"])


if __name__ == "__main__":
    main((decide_twice, decide_again, decide_apart, grant_twice), Lab)
