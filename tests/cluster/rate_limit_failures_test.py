"""Whatever fails, nobody gets more than nodes x limit; and what a node that is stopped has counted is counted on."""

from __future__ import annotations

import signal
import time
import unittest

from cluster_case import require_long
from cluster_rig import Cluster, Node, wait_for
from etcd_members import Etcd
from limit_case import Caller, LimitCase, Spenders
from relay import Relay


def setUpModule() -> None:
    require_long()


class Processes(LimitCase):
    def test_each_daemon_is_killed_in_turn(self) -> None:
        with self.spending() as spenders:
            for node in self.nodes:
                node.kill()
                spenders.wait(1)
                node.start()
                spenders.wait(1)

    def test_each_daemon_hangs_for_a_while(self) -> None:
        with self.spending() as spenders:
            for node in self.nodes:
                node.signal(signal.SIGSTOP)
                try:
                    spenders.wait(4)
                finally:
                    node.signal(signal.SIGCONT)
                spenders.wait(1)

    def test_the_leader_of_etcd_is_killed(self) -> None:
        etcd = self.cluster.etcd
        with self.spending() as spenders:
            leader = etcd.leader()
            etcd.kill(leader)
            spenders.wait(5)
            etcd.restart(leader)

    def test_a_rolling_restart(self) -> None:
        with self.spending() as spenders:
            for node in self.nodes:
                self.cluster.ctl("cluster", "drain", "--yes", node=node)
                self.assertEqual(node.stop(), 0)
                spenders.wait(0.5)
                node.start()
                spenders.wait(0.5)

    def test_a_rolling_restart_gives_nothing_anew_to_those_who_had_all(self) -> None:
        callers = [Caller() for _ in range(20)]
        with Spenders(self.nodes, callers) as spenders:
            spenders.wait_until_refused()
            had = [caller.passed for caller in callers]
            for node in self.nodes:
                self.assertEqual(node.stop(), 0)
                time.sleep(0.5)
                node.start()
                self.wait_for_links(*self.nodes)
            for caller in callers:
                caller.refused = 0
            spenders.wait_until_refused()
        self.assertEqual(spenders.problems, [])
        more = [caller.passed - before - len(self.nodes) * caller.steps for caller, before in zip(callers, had)]
        # What a node has in hand when it stops it counts by itself.
        self.assertLessEqual(sum(more), len(spenders.threads), more)


class Links(LimitCase):
    """The nodes reach each other by way of relays."""

    relays: list[Relay]

    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster(Etcd(3).start(), **cls.items)

    @classmethod
    def link(cls) -> None:
        super().link()
        cls.relays = []
        for node in cls.cluster.nodes:
            relay = Relay(f"http://127.0.0.1:{node.cluster_items['clusterport']}")
            cls.addClassCleanup(relay.close)
            cls.relays.append(relay)
            node.cluster_items["clusteraddress"] = relay.url.removeprefix("http://")

    def mend(self) -> None:
        for relay in self.relays:
            relay.go_on()

    def setUp(self) -> None:
        self.mend()
        super().setUp()

    def wait_for_no_links(self, *nodes: Node) -> None:
        for node in nodes:
            wait_for(lambda n=node: not self.linked(n), 10, f"{node.name} keeps a link that is cut")

    def test_all_links_hang_for_a_while(self) -> None:
        with self.spending() as spenders:
            for relay in self.relays:
                relay.hang()
            self.wait_for_no_links(*self.nodes)
            spenders.wait(2)
            self.mend()
            self.wait_for_links(*self.nodes)

    def test_links_that_break_again_and_again(self) -> None:
        with self.spending() as spenders:
            for number in range(20):
                self.relays[number % 2].cut()
                spenders.wait(0.3)

    def test_one_node_is_out_of_reach_for_the_others_and_is_killed_meanwhile(self) -> None:
        """n1: the others dial it, and it dials nobody. What it alone knows it has saved by then."""
        first = self.nodes[0]
        with self.spending() as spenders:
            self.relays[0].hang()
            self.wait_for_no_links(first)
            spenders.wait(1)
            spenders.wait_until_refused()
            time.sleep(3)
            first.kill()
            first.start()
            spenders.wait(1)
            self.mend()
            self.wait_for_links(*self.nodes)


if __name__ == "__main__":
    unittest.main()
