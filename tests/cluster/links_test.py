"""Real nodes with links between them: who is linked to whom, what one asks of another, and what a hung one costs."""

from __future__ import annotations

import json
import signal
import unittest
from pathlib import Path

from cluster_case import ClusterCase, FiveAMinute
from cluster_rig import Cluster, wait_for
from etcd_members import LOOPBACK, Etcd


class LinkedCase(ClusterCase):
    """Three nodes over one member of etcd, with a certificate each of the cluster's authority."""

    linked_nodes = True

    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster(Etcd(1).start(), (LOOPBACK,) * 3, **cls.items)

    def setUp(self) -> None:
        self.wait_for_links(*self.nodes)


class Links(LinkedCase):
    def test_operators_see_who_is_linked_to_whom(self) -> None:
        members = self.cluster.ctl_json("cluster", "members", node=self.nodes[1])["members"]
        self.assertEqual([m["linked"] for m in members], [True, None, True])
        self.assertEqual({m["link"] for m in members}, {f"127.0.0.1:{n.cluster_items['clusterport']}" for n in self.nodes})
        self.assertRegex(self.cluster.ctl("cluster", "status", node=self.nodes[1]), r"(?m)^links to +n1, n3$")

    def test_a_hung_node_has_no_link_until_it_goes_on(self) -> None:
        first, second, third = self.nodes
        for hung, others in ((third, (first, second)), (first, (second, third))):
            hung.signal(signal.SIGSTOP)
            try:
                for other in others:
                    wait_for(lambda n=other: hung.name not in self.linked(n), 10, "the link to a hung node is kept")
                self.wait_for_links(*others)
            finally:
                hung.signal(signal.SIGCONT)
            self.wait_for_links(*self.nodes)

    def test_a_killed_node_is_linked_again(self) -> None:
        first, second, third = self.nodes
        for killed, others in ((second, (first, third)), (first, (second, third))):
            killed.kill()
            for other in others:
                wait_for(lambda n=other: killed.name not in self.linked(n), 10, "the link to a dead node is kept")
            killed.start()
            self.wait_for_links(*self.nodes)

    def test_nodes_end_well_with_their_links(self) -> None:
        node = self.nodes[1]
        self.assertEqual(node.stop(), 0)
        node.start()

    def test_a_node_does_not_start_with_another_nodes_certificate(self) -> None:
        node = self.nodes[2]
        self.assertEqual(node.stop(), 0)
        own = node.items["clustercerts"]
        try:
            node.items["clustercerts"] = self.nodes[1].cluster_items["clustercerts"]
            code, text = node.start_and_fail()
        finally:
            node.items["clustercerts"] = own
            node.start()
        self.assertEqual(code, 1)
        self.assertIn("clusterport is set, but", text)
        self.assertIn("peer.pem is node n2's, and this is node n3", text)

    def test_certificates_are_read_again_and_broken_ones_change_nothing(self) -> None:
        node = self.nodes[1]
        certificate = Path(node.cluster_items["clustercerts"]) / "peer.pem"
        good = certificate.read_bytes()
        try:
            certificate.write_text("broken")
            node.signal(signal.SIGHUP)
            wait_for(lambda: "what=clustercerts" in node.log, 20, "nobody was told of the broken certificate")
            self.nodes[0].restart()
            self.wait_for_links(*self.nodes)
        finally:
            certificate.write_bytes(good)


class Relay(LinkedCase):
    def test_the_actors_of_all_nodes_are_seen_from_each(self) -> None:
        for node in self.nodes:
            shown = self.cluster.ctl_json("actors", "--all", "--interval", "0", node=node)
            self.assertEqual(shown["missing"], [])
            self.assertEqual({actor["node"] for actor in shown["actors"]}, {n.name for n in self.nodes})

    def test_a_node_that_cannot_be_asked_is_named(self) -> None:
        first, second, third = self.nodes
        third.signal(signal.SIGSTOP)
        try:
            wait_for(lambda: third.name not in self.linked(first), 10, "the link to a hung node is kept")
            done = self.cluster.ctl_at("actors", "--all", "--interval", "0", "--json", node=first, code=1)
        finally:
            third.signal(signal.SIGCONT)
        shown = json.loads(done.stdout)
        self.assertEqual({actor["node"] for actor in shown["actors"]}, {first.name, second.name})
        self.assertEqual(len(shown["missing"]), 1)
        self.assertIn("n3: there is no link to node n3", shown["missing"][0])


class Limits(FiveAMinute, LinkedCase):
    def test_a_client_has_one_limit_whichever_nodes_it_asks(self) -> None:
        for number in range(10):
            passed = [self.passes(self.nodes[i % 3], f"192.0.2.{number}") for i in range(15)]
            self.assertIn(passed.count(True), (5, 6), passed)

    def test_what_a_node_that_stops_has_counted_is_counted_on(self) -> None:
        clients = [f"198.51.100.{number}" for number in range(20)]
        for client in clients:
            for i in range(6):
                self.passes(self.nodes[i % 3], client)
        stopped = self.nodes[1]
        self.assertEqual(stopped.stop(), 0)
        try:
            # As much as a minute gives anew, and not what a full bucket has.
            for client in clients:
                passed = [self.passes(self.nodes[i % 2 * 2], client) for i in range(5)]
                self.assertLess(passed.count(True), 4, client)
        finally:
            stopped.start()


if __name__ == "__main__":
    unittest.main()
