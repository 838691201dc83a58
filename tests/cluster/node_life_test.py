"""How a node starts, stops and is drained, and what operators see when its etcd is in trouble."""

from __future__ import annotations

import json
import signal
import time
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from authnzerver_client import AuthnzerverError, Unavailable
from cluster_case import ClusterCase
from cluster_rig import Cluster, Node, wait_for
from etcd_members import LOOPBACK, Etcd, own_port
from relay import Relay


class NodeCase(ClusterCase):
    """Two nodes over one member of etcd."""

    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster(Etcd(1).start(), (LOOPBACK,) * 2, **cls.items)

    def not_ready(self, node: Node) -> str:
        """Why; empty if it is ready."""
        status, body = node.get("/health/ready")
        return "" if status == 200 else str(json.loads(body)["reason"])

    def duties(self, node: Node) -> set[str]:
        members = self.cluster.ctl_json("cluster", "members", node=self.nodes[0])["members"]
        return {duty for member in members if member["node"] == node.name for duty in member["duties"]}

    def impostor(self, node: Node) -> Node:
        """Another process that is to take the node's place, with a store of its own."""
        other = self.cluster.add_node()
        self.cluster.nodes.remove(other)
        self.addCleanup(other.remove)
        other.join()
        other.items["clusternode"] = node.name
        return other


class Start(NodeCase):
    def test_a_node_listens_once_its_state_is_recent(self) -> None:
        for node in self.nodes:
            self.assertLess(node.log.index("cluster.fresh"), node.log.index("server.listening"), node.log)


class Drain(NodeCase):
    def test_a_drained_node_leaves_its_duties_to_the_others_and_still_serves(self) -> None:
        drained, other = self.nodes
        self.cluster.ctl("cluster", "drain", "--yes", node=drained)
        self.assertEqual(self.not_ready(drained), "drained")
        wait_for(lambda: len(self.duties(other)) == 3, why="the duties were not taken over")
        self.assertEqual(self.duties(drained), set())
        self.session(drained)
        status = self.cluster.ctl_json("cluster", "status", node=drained)
        self.assertEqual((status["drained"], status["duties"], status["problems"]), (True, [], []))
        self.assertIn("admin.cluster-drain", self.cluster.ctl("audit", node=drained))
        drained.restart()
        self.assertEqual(self.not_ready(drained), "")


class Start(NodeCase):
    def test_a_name_that_is_in_use_is_refused_and_its_owner_goes_on(self) -> None:
        node = self.nodes[0]
        code, text = self.impostor(node).start_and_fail()
        self.assertEqual(code, 1)
        self.assertRegex(text, f"^authnzerver: cluster: node {node.name} is registered already by a process started at ")
        self.assertIn("choose another clusternode", text)
        self.session(node)

    def test_a_killed_node_takes_its_own_place_again(self) -> None:
        node = self.nodes[1]
        token = self.session(node)
        node.kill()
        node.start()
        self.assertTrue(self.is_live(node, token))

    def test_a_node_that_missed_what_etcd_has_forgotten_says_so_in_its_trail(self) -> None:
        away, other = self.nodes[1], self.nodes[0]
        self.assertEqual(away.stop(), 0)
        token = self.session(other)
        revision = self.cluster.etcd.ctl_json("endpoint", "status")[0]["Status"]["header"]["revision"]
        self.assertEqual(self.cluster.etcd.ctl("compact", str(revision)).returncode, 0)
        away.start()
        self.assertTrue(self.is_live(away, token))
        wait_for(lambda: "cluster.gap" in self.cluster.ctl("audit", node=away), why="the gap is not in the trail")
        self.assertIn("cluster.rebuilt", away.log)
        self.cluster.ctl("audit", "--verify", node=away)
        self.assertNotIn("cluster.gap", self.cluster.ctl("audit", node=other))

    def test_a_projection_is_not_served_without_its_cluster(self) -> None:
        node = self.nodes[1]
        self.assertEqual(node.stop(), 0)
        items, identity = node.items, self.cluster.ctl_json("cluster", "status")["cluster"]
        try:
            node.leave()
            self.assertEqual(
                node.start_and_fail(),
                (1, f"authnzerver: this store belongs to cluster {identity}: start with --cluster, or take it out "
                    "with authnzctl cluster leave --keep-store\n"),
            )  # fmt: skip
        finally:
            node.items = items
            node.start()

    def test_a_single_nodes_store_does_not_join(self) -> None:
        other = self.impostor(self.nodes[0])
        joining = other.items
        other.leave()
        other.start()
        self.assertEqual(other.stop(), 0)
        other.items = {**joining, "clusternode": "single"}
        code, text = other.start_and_fail()
        self.assertEqual(code, 1)
        self.assertIn("the store is a single node's: upload it with authnzctl cluster init", text)

    def test_a_prefix_without_a_cluster_is_a_start_error(self) -> None:
        other = self.impostor(self.nodes[0])
        other.items["clusterprefix"] = "somewhere/else"
        code, text = other.start_and_fail()
        self.assertEqual(code, 1)
        self.assertIn("there is no cluster under somewhere/else in etcd: make one with authnzctl cluster init", text)

    def test_a_program_that_is_older_than_the_clusters_state_says_so(self) -> None:
        node, etcd = self.nodes[1], self.cluster.etcd
        self.assertEqual(node.stop(), 0)
        key = f"{self.cluster.prefix}/cluster"
        identity = etcd.ctl("get", key, "--print-value-only").stdout.strip()
        try:
            etcd.ctl("put", key, json.dumps({**json.loads(identity), "format": 99}))
            code, text = node.start_and_fail()
        finally:
            etcd.ctl("put", key, identity)
            node.start()
        self.assertEqual(code, 1)
        self.assertRegex(text, r"the cluster has format 99; this program knows \d+: use a newer one")

    def test_a_single_node_knows_no_cluster(self) -> None:
        other = self.impostor(self.nodes[0])
        other.leave()
        other.start()
        for command in ("status", "members"):
            text = self.cluster.ctl("cluster", command, node=other, code=1)
            self.assertIn("this node is of no cluster", text)
        self.assertEqual(other.stop(), 0)


class EtcdInTrouble(NodeCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.metrics = own_port()
        node = cls.cluster.nodes[0]
        node.items["metricsport"] = str(cls.metrics)
        node.restart()

    def setUp(self) -> None:
        self.cluster.wait_until_ready()

    def freeze(self) -> None:
        self.cluster.etcd.freeze(0)
        self.addCleanup(self.cluster.etcd.thaw, 0)

    def fresh(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return next(line.split()[1] for line in lines if line.startswith("authnzerver_cluster_fresh "))

    def test_a_node_that_does_not_hear_from_etcd_refuses_and_says_why(self) -> None:
        node = self.nodes[0]
        self.assertEqual(self.fresh(), "1")
        self.freeze()
        why = wait_for(lambda: self.not_ready(node), why="it is ready still")
        self.assertIn(self.cluster.etcd.urls[0], why)
        self.assertEqual(self.fresh(), "0")
        with self.assertRaises(Unavailable):
            self.session(node)
        self.assertIn(self.cluster.etcd.urls[0], json.loads(node.get("/health")[1])["Workers"]["cluster"])

    def test_the_status_names_what_is_wrong_and_ends_with_1(self) -> None:
        self.assertIn("nothing is wrong", self.cluster.ctl("cluster", "status"))
        self.freeze()
        wait_for(lambda: self.not_ready(self.nodes[0]), why="it is ready still")
        text = self.cluster.ctl("cluster", "status", code=1)
        for problem in (
            "wrong: this node cannot show that its state is recent enough, and refuses requests (503)",
            "wrong: no member of etcd answers",
            f"wrong: etcd {self.cluster.etcd.urls[0]} does not answer",
        ):
            self.assertIn(problem, text)

    def test_a_node_serves_again_once_etcd_answers(self) -> None:
        node = self.nodes[0]
        self.freeze()
        wait_for(lambda: self.not_ready(node), why="it is ready still")
        self.cluster.etcd.thaw(0)
        wait_for(lambda: not self.not_ready(node), why="it is not ready again")
        self.session(node)
        wait_for(lambda: "nothing is wrong" in self.status(node), why="something is wrong still")

    def status(self, node: Node) -> str:
        try:
            return self.cluster.ctl("cluster", "status", node=node)
        except AssertionError as problems:
            return str(problems)

    def test_a_node_stops_well_while_etcd_is_gone(self) -> None:
        node = self.nodes[1]
        self.freeze()
        wait_for(lambda: self.not_ready(node), why="it is ready still")
        self.assertEqual(node.stop(), 0)
        self.cluster.etcd.thaw(0)
        node.start()

    def test_a_node_that_waits_for_etcd_can_be_stopped(self) -> None:
        node = self.nodes[1]
        self.assertEqual(node.stop(), 0)
        waiting = node.log.count("cluster.waiting")
        self.freeze()
        node.spawn()
        wait_for(lambda: node.log.count("cluster.waiting") > waiting, why="it does not wait for etcd")
        node.signal(signal.SIGTERM)
        self.assertEqual(node.wait(), 0)
        self.cluster.etcd.thaw(0)
        node.start()


class Displaced(NodeCase):
    """The second node reaches etcd by a link of its own."""

    relay: Relay

    @classmethod
    def make_cluster(cls) -> Cluster:
        etcd = Etcd(1).start()
        cls.relay = Relay(etcd.urls[0])
        cls.addClassCleanup(cls.relay.close)
        return Cluster(etcd, (LOOPBACK,) * 2, urls_for=lambda n: [cls.relay.url] if n == 1 else etcd.urls)

    def test_what_became_of_a_write_that_was_sent_before_another_process_took_the_name_is_left_open(self) -> None:
        node, etcd = self.nodes[1], self.cluster.etcd
        with ThreadPoolExecutor(1) as pool:
            self.relay.hang()
            asked = pool.submit(self.session, node)
            time.sleep(2)
            self.assertEqual(etcd.ctl("put", f"{self.cluster.prefix}/d/b/{node.name}", "another:0").returncode, 0)
            self.relay.go_on()
            with self.assertRaises(AuthnzerverError) as failed:
                asked.result()
        self.assertTrue(failed.exception.uncertain, failed.exception)
        wait_for(lambda: not self.not_ready(node), why="it is not ready again")
        self.session(node)


if __name__ == "__main__":
    unittest.main()
