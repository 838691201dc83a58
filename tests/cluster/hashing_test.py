"""Passwords that a busy node has computed by nodes that are idle."""

from __future__ import annotations

import http.client
import re
import signal
import unittest
from concurrent.futures import ThreadPoolExecutor

from cluster_case import PASSWORD, ClusterCase
from cluster_rig import Cluster, Node, own_port
from etcd_members import LOOPBACK, Etcd

PEOPLE = 8


class HashingCase(ClusterCase):
    """Nodes that compute one password at a time, each for a tenth of a second or more."""

    items = {"hashers": "1", "argon2": "m=65536,t=3,p=1"}
    linked_nodes = True

    @classmethod
    def make_cluster(cls) -> Cluster:
        cluster = Cluster(Etcd(1).start(), (LOOPBACK,) * 3, **cls.items)
        for node in cluster.nodes:
            node.cluster_items["metricsport"] = str(own_port())
        return cluster

    def setUp(self) -> None:
        self.wait_for_links(*self.nodes)
        self.emails = [f"{self.id().rsplit('.')[-1]}{number}@example.org" for number in range(PEOPLE)]
        for email in self.emails:
            self.sign_up(self.nodes[0], email)

    def count(self, node: Node, name: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", int(node.items["metricsport"]), timeout=5)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.search(rf"^authnzerver_{name} (\d+)$", text, re.M)
        assert found, text
        return int(found[1])

    def verdicts(self, node: Node, password: str) -> set[str]:
        """Of the password of everybody, all at once."""

        def check(email: str) -> str:
            answer = node.ask("user-passcheck-nosession", email=email, password=password)
            return "right" if answer.success else str(answer.failure_reason)

        with ThreadPoolExecutor(PEOPLE) as askers:
            return set(askers.map(check, self.emails))


class Hashing(HashingCase):
    def test_idle_nodes_compute_for_a_busy_one(self) -> None:
        busy, *idle = self.nodes
        for_itself = self.count(busy, "hash_by_others_total")
        for_others = sum(self.count(node, "hash_for_others_total") for node in idle)
        self.assertEqual(self.verdicts(busy, PASSWORD), {"right"})
        self.assertGreater(self.count(busy, "hash_by_others_total"), for_itself)
        self.assertGreater(sum(self.count(node, "hash_for_others_total") for node in idle), for_others)

    def test_a_wrong_password_is_wrong_wherever_it_is_computed(self) -> None:
        self.assertEqual(len(self.verdicts(self.nodes[1], PASSWORD + "!") & {"right"}), 0)

    def test_a_hung_or_dead_node_that_computes_costs_nobody_his_answer(self) -> None:
        busy, hung, dead = self.nodes
        hung.signal(signal.SIGSTOP)
        dead.kill()
        try:
            self.assertEqual(self.verdicts(busy, PASSWORD), {"right"})
        finally:
            hung.signal(signal.SIGCONT)
            dead.start()


class HashingAlone(HashingCase):
    items = {**HashingCase.items, "hashingbypeers": "0"}

    def test_nodes_compute_for_themselves_where_that_is_wanted(self) -> None:
        self.assertEqual(self.verdicts(self.nodes[0], PASSWORD), {"right"})
        self.assertEqual(self.count(self.nodes[0], "hash_by_others_total"), 0)
        self.assertEqual(sum(self.count(node, "hash_for_others_total") for node in self.nodes), 0)


del HashingCase


if __name__ == "__main__":
    unittest.main()
