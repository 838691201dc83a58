"""Nothing acknowledged is lost, and nothing revoked is accepted, when links are slow, hang, break or are cut."""

from __future__ import annotations

import time
import unittest

from cluster_case import require_long
from cluster_rig import Cluster, Node
from etcd_members import Etcd
from failure_case import DAEMON_SECONDS, LEADER_SECONDS, MEND_SECONDS, FailureCase
from namespaces import Hosts, require_namespaces
from relay import Relay


def setUpModule() -> None:
    require_long()


class Links(FailureCase):
    """The third node reaches etcd by links of its own."""

    relays: list[Relay]

    @classmethod
    def make_cluster(cls) -> Cluster:
        etcd = Etcd(3).start()
        cls.relays = [Relay(url) for url in etcd.urls]
        for relay in cls.relays:
            cls.addClassCleanup(relay.close)
        return Cluster(etcd, urls_for=lambda n: [r.url for r in cls.relays] if n == 2 else etcd.urls, **cls.items)

    def tearDown(self) -> None:
        for relay in self.relays:
            relay.delay = 0
            relay.go_on()

    def test_a_slow_link_makes_it_slow_and_nothing_else(self) -> None:
        with self.load(11) as load:
            for relay in self.relays:
                relay.delay = 0.1
            load.over.wait(1)
            slow = time.monotonic()
            load.over.wait(5)
            self.assertGreater(len(load.answered(slow, self.nodes[2])), 5)

    def test_a_lock_that_is_acknowledged_holds_though_the_node_knew_of_an_older_one(self) -> None:
        first, slow = self.nodes[0], self.nodes[2]
        user_id = self.sign_up(first)

        def act(node: Node, action: str) -> None:
            self.succeeds(node, "internal-user-lock", target_userid=user_id, action=action)

        def is_locked(node: Node) -> bool:
            return node.ask("user-list", user_id=user_id)["user_info"][0]["user_role"] == "locked"

        act(first, "lock")
        self.on_all_within_the_bound(is_locked, "the user is not locked")
        for relay in self.relays:
            relay.delay = 0.1
        act(first, "unlock")
        act(slow, "lock")
        time.sleep(self.bound)
        self.assertEqual([is_locked(node) for node in self.nodes], [True] * 3)

    def test_links_that_break_again_and_again(self) -> None:
        with self.load(12) as load:
            for number in range(20):
                self.relays[number % 3].cut()
                load.over.wait(0.1)

    def test_what_hangs_between_it_and_etcd_makes_it_refuse(self) -> None:
        with self.load(13):
            tokens = self.sessions(20)
            for relay in self.relays:
                relay.hang()
            self.end(self.nodes[0], tokens)
            time.sleep(self.bound)
            self.assert_refuses_all(self.nodes[2], tokens)
            self.assert_cut_off(self.nodes[2])
            self.assert_refuses_all(self.nodes[2], tokens)
            self.assert_back(self.nodes[:2], time.monotonic(), DAEMON_SECONDS, "n3 is cut off")
            mended = time.monotonic()
            for relay in self.relays:
                relay.go_on()
            self.assert_back(self.nodes, mended, MEND_SECONDS, "the link of n3 is mended")
            self.assert_refuses_all(self.nodes[2], tokens)

    def test_one_of_three_links_hangs(self) -> None:
        for number, relay in enumerate(self.relays):
            with self.load(14 + number):
                hung = time.monotonic()
                relay.hang()
                self.assert_back(self.nodes, hung, LEADER_SECONDS, f"n3's link to member {number} hangs")
                relay.go_on()


class StrictLinks(Links):
    items = {"readconsistency": "strict"}


class Partitions(FailureCase):
    """Every member and every node is a host; hosts 0 to 2 are etcd's, 3 to 5 are the nodes'."""

    hosts: Hosts

    @classmethod
    def make_cluster(cls) -> Cluster:
        require_namespaces()
        cls.hosts = Hosts(6)
        cls.addClassCleanup(cls.hosts.remove)
        places = [cls.hosts.place(number) for number in range(6)]
        front = {place: cls.hosts.front_address(number) for number, place in enumerate(places)}
        return Cluster(Etcd(places[:3]).start(), places[3:], front.__getitem__, **cls.items)

    def test_a_node_that_is_cut_off_refuses_and_comes_back(self) -> None:
        for number, node in enumerate(self.nodes):
            with self.load(21 + number):
                tokens = self.sessions(20)
                self.hosts.cut(3 + number)
                self.end(self.others(node)[0], tokens)
                time.sleep(self.bound)
                self.assert_refuses_all(node, tokens)
                self.assert_cut_off(node)
                mended = time.monotonic()
                self.hosts.mend(3 + number)
                self.assert_back(self.nodes, mended, MEND_SECONDS, f"{node.name} is mended")
                self.assert_refuses_all(node, tokens)

    def test_a_member_of_etcd_that_is_cut_off_is_done_without(self) -> None:
        leader = self.cluster.etcd.leader()
        for number in (leader, (leader + 1) % 3):
            with self.load(31 + number):
                cut = time.monotonic()
                self.hosts.cut(number)
                self.assert_back(self.nodes, cut, LEADER_SECONDS, "a member of etcd is cut off")
                self.hosts.mend(number)

    def test_a_member_of_etcd_that_nodes_reach_but_no_other_member_is_done_without(self) -> None:
        for number in range(3):
            with self.load(41 + number):
                others = [other for other in range(3) if other != number]
                cut = time.monotonic()
                for other in others:
                    self.hosts.silence(number, other)
                    self.hosts.silence(other, number)
                self.assert_back(self.nodes, cut, LEADER_SECONDS, f"member {number} is alone with the nodes")
                for other in others:
                    self.hosts.unsilence(number, other)
                    self.hosts.unsilence(other, number)

    def test_a_link_that_passes_one_way_only(self) -> None:
        for number in range(3):
            with self.load(51 + number):
                cut = time.monotonic()
                self.hosts.silence(3, number)
                self.assert_back(self.nodes, cut, LEADER_SECONDS, f"n1 hears member {number}, which does not hear it")
                self.hosts.unsilence(3, number)


class StrictPartitions(Partitions):
    items = {"readconsistency": "strict"}


if __name__ == "__main__":
    unittest.main()
