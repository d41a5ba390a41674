#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A flow has one reservation at a time: whoever asks, whichever C-PS, whatever crashes.

CATS_CMAS_STORE=etcd has the C-PS share an etcd instead of an SQLite file.
"""

import threading

import test_cmas
from daemon import equal, main, until
from test_cmas import AR1, row

CSID = "203.0.113.5"
OTHER = "other-client-of-the-test"


test_cmas.LEASE_S = 1


class Lab(test_cmas.Lab):
    def __enter__(self):
        super().__enter__()
        self.put("s2", [row("AR1", 100, 4, AR1)])
        return self

    def indexed(self):
        return self.daemon.entries("cmas/flow/")

    def tunnel(self, answer, sport, who="forwarder", api=None, **members):
        return self.step(answer, "tunnel", who, flow(sport, **members), api)


def flow(sport, **members):
    return {"flow": {"source": "192.0.2.7", "sport": sport, "dport": 80,
                     "protocol": "tcp", "csid": CSID, **members}}


def once(lab):
    """The second asker is refused, and told whose it is only if it is its own"""
    first, second = (lab.request("AR1", who="client") for _ in range(2))
    foreign = lab.request("AR1", who=OTHER)
    equal(lab.tunnel(first, 1, "client")[0], 200)
    # the same flow in another spelling
    status, answer = lab.tunnel(second, 1, "client", source="::ffff:192.0.2.7", vrf=0)
    equal((status, answer["reason"], answer["error"]),
          (409, "conflict", f"flow: has reservation {first['reservation']} already"))
    status, answer = lab.tunnel(foreign, 1, OTHER)
    equal((status, answer["error"]), (409, "flow: is reserved already"))
    equal(lab.tunnel(foreign, 1, "forwarder")[1]["error"], "flow: is reserved already")
    equal(lab.daemon.status("cmas")["counters"]["flow-taken"], 3)
    # the gas is that of an offer still
    equal(lab.gas(AR1), (99, 2))
    for number, member in enumerate(({"vrf": 1}, {"source": "192.0.2.8"}, {"dport": 81},
                                     {"protocol": "udp"}, {"csid": "203.0.113.6"})):
        one = lab.request("AR1")
        equal(lab.tunnel(one, 1, **member)[0], 200, member)
        equal(len(lab.indexed()), 2)
        equal(lab.step(one, "finished")[0], 204)
    equal(lab.step(first, "finished")[0], 204)
    equal(lab.indexed(), {})
    equal(lab.tunnel(second, 1, "client")[0], 200)
    equal([one["reservation"] for one in lab.indexed().values()],
          [second["reservation"]])
    for one in (second, foreign):
        equal(lab.step(one, "finished", "forwarder")[0], 204)
    lab.empty()


def ended(lab):
    """A lease that ends frees the flow, to the next one at once"""
    lost, other = lab.request("AR1"), lab.request("AR1")
    equal((lab.tunnel(lost, 2)[0], lab.tunnel(other, 3)[0]), (200, 200))

    def taken():
        """By a reservation that is there: the one before has ended then."""
        one = lab.request("AR1")
        status, _ = lab.tunnel(one, 2)
        here = lab.api.ask("GET", f"/reservations/{lost['reservation']}",
                           who="operator")[0]
        equal(lab.step(one, "finished")[0], 204)
        if status == 200:
            equal(here, 404)
        return status == 200

    until(taken, "the lease ends")
    until(lambda: lab.indexed() == {}, "nothing is left of it")
    lab.empty()


def twice(lab):
    """Two tunnels of one reservation at once: one of them is set up"""
    for turn in range(10):
        answer = lab.request("AR1")
        got = at_once([lambda n=n: lab.tunnel(answer, 10 + n)[0] for n in range(4)])
        equal(sorted(got), [200, 409, 409, 409], turn)
        equal([one["reservation"] for one in lab.indexed().values()],
              [answer["reservation"]])
        equal(lab.step(answer, "finished")[0], 204)
    equal(lab.indexed(), {})


def at_once(calls):
    """What they return, of threads that begin together."""
    got, barrier = [], threading.Barrier(len(calls))

    def run(call):
        barrier.wait()
        got.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def consistent(lab):
    """No two reservations have one flow, and the index says what they say."""
    holders = {}
    for key, value in lab.daemon.entries("cmas/reservation/").items():
        if "flow" in value:
            one = tuple(sorted(value["flow"].items()))
            equal(one in holders, False, f"{one} twice")
            holders[one] = key.rsplit("/", 1)[1]
    index = [one["reservation"] for one in lab.indexed().values()]
    equal(set(holders.values()) - set(index), set())


def raced(lab):
    """Two C-PS on one store, ten askers for each flow: one of them has it"""
    lab.second.start()
    apis = (lab.api, lab.second_api)
    for sport in range(100, 110):
        answers = [lab.request("AR1") for _ in range(10)]
        until(lambda: set(one["reservation"] for one in answers) <= {
            key.rsplit("/", 1)[1] for key in lab.second.entries("cmas/reservation/")},
              "both see them")
        got = at_once([lambda n=n: lab.tunnel(answers[n], sport, api=apis[n % 2])
                       for n in range(10)])
        equal(sorted(status for status, _ in got), [200] + 9 * [409], sport)
        equal({answer["reason"] for status, answer in got if status == 409},
              {"conflict"})
        consistent(lab)
        for answer in answers:
            equal(lab.step(answer, "finished")[0], 204)
    equal(lab.indexed(), {})
    taken = sum(one.status("cmas")["counters"]["flow-taken"]
                for one in (lab.daemon, lab.second))
    equal(taken > 80, True, taken)
    lab.second.stop()


def killed(lab):
    """kill -9 amidst tunnels for few flows: whatever was done is whole"""
    stop = threading.Event()

    def asker(number):
        turn = 0
        while not stop.is_set():
            turn += 1
            try:
                answer = lab.request("AR1")
                lab.tunnel(answer, 200 + (number + turn) % 3)
                if turn % 3:
                    lab.step(answer, "finished")
            except (OSError, KeyError, AssertionError, ValueError):
                stop.wait(0.02)     # it is being started

    threads = [threading.Thread(target=asker, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            stop.wait(0.3)
            lab.daemon.kill()
            lab.daemon.start()
            consistent(lab)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    lab.empty()
    until(lambda: lab.indexed() == {}, "no flow is left")


if __name__ == "__main__":
    main((once, ended, twice, raced, killed), Lab)
