"""A cluster is founded, grows, shrinks and is renewed while it serves."""

from __future__ import annotations

import unittest

from cluster_case import PASSWORD, ClusterCase, require_long
from cluster_rig import Cluster
from etcd_members import Etcd
from frontends import Frontends
from registers import SESSION
from workload import Workload


def setUpModule() -> None:
    require_long()


class Founding(unittest.TestCase):
    def setUp(self) -> None:
        self.cluster = Cluster(Etcd(3).start())
        self.addCleanup(self.cluster.remove)

    def test_all_that_a_single_node_had_is_the_clusters(self) -> None:
        first = self.cluster.nodes[0]
        first.start()
        with first.client() as client:
            ids = {
                email: client.user_new(full_name="", email=email, password=PASSWORD)["user_id"]
                for email in (f"early{n}@example.org" for n in range(30))
            }
            for email in ids:
                client.user_set_emailverified(email=email)
            tokens = [
                client.session_new(**SESSION, user_id=user_id, extra_info_json={"value": user_id})["session_token"]
                for user_id in ids.values()
                for _ in range(10)
            ]
        first.stop()
        self.cluster.upload(first)
        for node in self.cluster.nodes:
            node.join()
            node.start()
        for node in self.cluster.nodes:
            with node.client() as client:
                there = {user["email"]: user["user_id"] for user in client.user_list(user_id=None)["user_info"]}
                self.assertLessEqual(ids.items(), there.items())
                self.assertEqual([t for t in tokens if not client.session_exists(session_token=t).success], [])
                visitor = client.session_new(**SESSION, user_id=None, extra_info_json=None)["session_token"]
                login = client.user_login(session_token=visitor, email="early7@example.org", password=PASSWORD)
                self.assertTrue(login.success, login)
        self.cluster.ctl("fsck", "--cluster")
        self.cluster.stop()

    def test_a_second_cluster_is_refused_under_the_same_prefix(self) -> None:
        self.cluster.found()
        other = self.cluster.add_node()
        other.start()
        other.stop()
        refused = self.cluster.upload(other, code=1)
        self.assertIn("authnz", refused.stderr)
        self.assertEqual(len(refused.stderr.splitlines()), 1, refused.stderr)
        other.join()
        code, said = other.start_and_fail()
        self.assertEqual(code, 1)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.cluster.stop()


class Growth(ClusterCase):
    def test_a_fourth_node_joins_and_serves_while_clients_write(self) -> None:
        with Workload(self.cluster) as load:
            load.over.wait(1)
            fourth = self.cluster.add_node()
            fourth.join()
            fourth.start()
            with Workload(self.cluster, seed=2, nodes=[fourth]) as more:
                more.over.wait(2)
        self.assertGreater(len(more.answered(0)), 50)
        load.nodes = self.nodes
        self.assert_consistent(load)
        more.nodes = self.nodes
        self.assert_consistent(more)
        self.assert_same_everywhere()
        self.assertIn(fourth.name, self.cluster.ctl("cluster", "members"))

    def test_a_node_leaves_and_serves_alone_with_all_that_there_was(self) -> None:
        tokens = [self.session(self.nodes[0], 1) for _ in range(50)]
        user_id = self.sign_up(self.nodes[0], "stays@example.org")
        leaver = self.cluster.add_node()
        leaver.join()
        leaver.start()
        with Frontends(self.nodes[:3]) as frontends:
            self.assertEqual(leaver.stop(), 0)
            tokens += [self.session(self.nodes[0], 1) for _ in range(50)]
            self.cluster.leave(leaver, "--keep-store")
            frontends.serve(1)
        self.assertEqual(frontends.failures, [])
        self.cluster.nodes.remove(leaver)
        self.addCleanup(leaver.remove)
        self.assertNotIn(leaver.name, self.cluster.ctl("cluster", "members"))

        leaver.leave()
        leaver.start()
        with leaver.client() as client:
            self.assertEqual([t for t in tokens if not client.session_exists(session_token=t).success], [])
            alone = client.session_new(**SESSION, user_id=user_id, extra_info_json=None)["session_token"]
            self.assertTrue(client.session_exists(session_token=alone).success)
        self.assertFalse(self.is_live(self.nodes[0], alone))
        self.assertEqual(leaver.stop(), 0)
        self.cluster.ctl_at("fsck", "--store", str(leaver.store))

    def test_a_node_that_is_drained_gives_up_its_duties(self) -> None:
        for node in list(self.nodes[:3]):
            self.cluster.ctl("cluster", "drain", "--yes", node=node)
            held = {m["node"]: m.get("duties", []) for m in self.cluster.ctl_json("cluster", "members")["members"]}
            self.assertEqual(held[node.name], [])
            node.restart()

    def test_a_node_that_is_drained_sends_its_frontends_away(self) -> None:
        node = self.nodes[0]
        kept = node.connection()
        self.addCleanup(kept.close)

        def last_word() -> str | None:
            kept.request("GET", "/health/live")
            answer = kept.getresponse()
            answer.read()
            return answer.headers["Connection"]

        self.assertIsNone(last_word())
        self.cluster.ctl("cluster", "drain", "--yes", node=node)
        self.assertEqual(last_word(), "close")
        node.restart()
        self.assertIsNone(node.http("GET", "/health/live", b"")[2]["Connection"])

    def test_a_rolling_restart_fails_no_request(self) -> None:
        with Frontends(self.nodes) as frontends:
            for node in self.nodes:
                frontends.serve(1)
                self.cluster.ctl("cluster", "drain", "--yes", node=node)
                frontends.serve(0.5)
                self.assertEqual(node.stop(), 0)
                frontends.serve(0.5)
                node.start()
            frontends.serve(1)
        self.assertEqual(frontends.failures, [])
        self.assertGreater(frontends.asked, 1000)


if __name__ == "__main__":
    unittest.main()
