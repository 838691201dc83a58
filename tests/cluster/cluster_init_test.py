"""`authnzctl cluster init` and `leave`, as an operator uses them."""

from __future__ import annotations

import json
import unittest

from cluster_case import PASSWORD
from cluster_rig import Cluster
from etcd_members import Etcd

SESSION = {"ip_address": "192.0.2.7", "user_agent": "tests", "expires": 7}


class ClusterInit(unittest.TestCase):
    def setUp(self) -> None:
        self.cluster = Cluster(Etcd(1).start())
        self.addCleanup(self.cluster.remove)
        self.first, self.second = self.cluster.nodes[:2]
        self.first.start()
        self.etcd = ["--etcd", ",".join(self.cluster.etcd.urls), "--prefix", self.cluster.prefix]

    def init(self, *more: str, code: int = 0) -> str:
        done = self.cluster.ctl_at("cluster", "init", "--store", str(self.first.store), *self.etcd, *more, code=code)
        return done.stdout + done.stderr

    def leave(self, *more: str, node: str = "n1", code: int = 0) -> str:
        done = self.cluster.ctl_at("cluster", "leave", "--node", node, *self.etcd, *more, code=code)
        return done.stdout + done.stderr

    def in_cluster(self) -> None:
        self.first.stop()
        self.init()
        self.first.join()
        self.first.start()

    def test_the_store_of_a_node_that_runs_is_left_alone(self) -> None:
        said = self.init(code=3)
        self.assertIn("another process has it open", said)
        self.assertEqual(len(said.splitlines()), 1, said)

    def test_a_store_that_is_not_there_is_not_made(self) -> None:
        self.first.stop()
        nowhere = self.first.store.parent / "nowhere"
        done = self.cluster.ctl_at("cluster", "init", "--store", str(nowhere), *self.etcd, code=3)
        self.assertIn("no store", done.stderr)
        self.assertFalse(nowhere.exists())

    def test_an_answer_for_programs_names_the_cluster(self) -> None:
        self.first.stop()
        answer = json.loads(self.init("--json"))
        self.assertEqual(answer["prefix"], self.cluster.prefix)
        self.assertRegex(answer["cluster"], "^[0-9a-f]{32}$")

    def test_what_is_wrong_with_the_command_line_is_said(self) -> None:
        for arguments, what in (
            (("--etcd", "http://192.0.2.1:2379"), "https"),
            (("--etcd", "https://localhost:2379"), "--etcd-ca-file"),
            (("--etcd", "localhost"), "URL"),
            (("--etcd", "http://127.0.0.1:1", "--prefix", "/x"), "--prefix"),
            (("--etcd", "http://127.0.0.1:1", "--etcd-user", "me"), "AUTHNZERVER_CLUSTERPASS"),
        ):
            done = self.cluster.ctl_at("cluster", "init", "--store", str(self.first.store), *arguments, code=2)
            self.assertIn(what, done.stderr)

    def test_an_etcd_that_does_not_answer_is_named(self) -> None:
        self.first.stop()
        store = ["--store", str(self.first.store)]
        done = self.cluster.ctl_at("cluster", "init", *store, "--etcd", "http://127.0.0.1:1", code=1)
        self.assertIn("http://127.0.0.1:1", done.stderr)
        self.first.start()
        self.first.stop()

    def test_a_store_comes_back_from_a_cluster_with_all_that_was_decided_there(self) -> None:
        with self.first.client() as client:
            early = client.session_new(**SESSION, user_id=None, extra_info_json=None)["session_token"]
        self.in_cluster()
        with self.first.client() as client:
            late = client.session_new(**SESSION, user_id=None, extra_info_json=None)["session_token"]
            client.user_new(full_name="", email="late@example.org", password=PASSWORD)
        self.first.stop()
        self.assertIn("single node's", self.leave("--keep-store", "--yes", "--store", str(self.first.store)))
        self.first.leave()
        self.first.start()
        with self.first.client() as client:
            for token in (early, late):
                self.assertTrue(client.session_exists(session_token=token).success)
            emails = [user["email"] for user in client.user_list(user_id=None)["user_info"]]
            self.assertIn("late@example.org", emails)
            more = client.session_new(**SESSION, user_id=None, extra_info_json=None)["session_token"]
            self.assertTrue(client.session_exists(session_token=more).success)
        self.assertEqual(self.first.stop(), 0)
        self.cluster.ctl_at("fsck", "--store", str(self.first.store))

    def test_a_node_that_runs_is_not_removed(self) -> None:
        self.in_cluster()
        self.assertIn("registered", self.leave("--yes", code=1))
        self.first.stop()
        self.assertIn("left", self.leave("--yes"))

    def test_nobody_leaves_without_a_yes(self) -> None:
        self.in_cluster()
        self.first.stop()
        self.assertIn("--yes", self.leave("--keep-store", "--store", str(self.first.store), code=2))
        self.first.start()
        self.first.stop()


if __name__ == "__main__":
    unittest.main()
