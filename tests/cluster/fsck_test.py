"""Whether all nodes have the same records, and the same as etcd."""

from __future__ import annotations

import json
import subprocess
import unittest
from typing import Any

from cluster_case import ClusterCase
from cluster_rig import Node, wait_for
from server import binary, inherited_environment
from workload import Workload


class FsckOfACluster(ClusterCase):
    def compared(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        done = self.cluster.ctl_at("fsck", "--cluster", "--json", *arguments, node=self.nodes[0], code=code)
        found = json.loads(done.stdout)
        self.assertEqual(found["nodes"][0], "n1")
        self.assertEqual(sorted(found["nodes"]), [node.name for node in self.nodes])
        return found

    @property
    def with_etcd(self) -> tuple[str, ...]:
        return ("--etcd", ",".join(self.cluster.etcd.urls), "--prefix", self.cluster.prefix)

    def different(self, found: dict[str, Any]) -> dict[str, list[str]]:
        return {row["slice"]: row["different"] for row in found["slices"] if row["different"]}

    def test_all_have_the_same(self) -> None:
        user_id = self.sign_up(self.nodes[0])
        for node in self.nodes:
            self.session(node, user_id)
        for arguments in ((), self.with_etcd):
            found = self.compared(*arguments)
            self.assertTrue(found["same"])
            self.assertEqual(self.different(found), {})
            records = {row["slice"]: row["records"] for row in found["slices"]}
            self.assertGreaterEqual(records["sessions"], 3)
        self.assertIn("with each other", self.cluster.ctl("fsck", "--cluster"))
        self.assertIn("with etcd", self.cluster.ctl("fsck", "--cluster", *self.with_etcd))

    def test_every_node_is_sound(self) -> None:
        self.session(self.nodes[0], self.sign_up(self.nodes[0]))
        for node in self.nodes:
            self.assertTrue(self.cluster.ctl_json("fsck", node=node)["sound"])

    def test_is_compared_with_etcd_while_clients_write(self) -> None:
        with Workload(self.cluster):
            for _ in range(3):
                self.assertTrue(self.compared(*self.with_etcd)["same"])
                self.assertTrue(self.cluster.ctl_json("fsck", node=self.nodes[1])["sound"])

    def test_finds_no_difference_between_nodes_while_clients_write(self) -> None:
        with Workload(self.cluster, seed=2):
            done = subprocess.run(
                [binary("authnzctl"), "fsck", "--cluster", "--json", "--certs", str(self.cluster.certs),
                 "--node", f"{self.nodes[0].address}:{self.nodes[0].items['adminport']}"],
                capture_output=True, text=True, timeout=120, env=inherited_environment(),
            )  # fmt: skip
        # What is never at the same revision may stay undecided.
        self.assertIn(done.returncode, (0, 3), done.stdout + done.stderr)
        self.assertEqual(self.different(json.loads(done.stdout)), {})

    def test_shows_which_node_has_lost_a_record(self) -> None:
        user_id = self.sign_up(self.nodes[0])
        key = bytes.fromhex(self.session_key(user_id))
        changed = self.nodes[2]
        self.assertEqual(changed.stop(), 0)
        file = changed.store / "data.mdb"
        whole = file.read_bytes()
        agent = b"agent of the lost"
        self.assertIn(key, whole)
        self.assertIn(agent, whole)
        file.write_bytes(whole.replace(agent, b"AGENT of the lost"))
        changed.start()
        wait_for(changed.is_ready)
        for arguments in ((), self.with_etcd):
            self.assertEqual(self.different(self.compared(*arguments, code=1)), {"sessions": ["n3"]})
        text = self.cluster.ctl("fsck", "--cluster", code=1)
        self.assertIn("DIFFERENT at n3", text)
        changed.stop()
        changed.lose_store()
        changed.start()
        wait_for(changed.is_ready)
        self.assertTrue(self.compared(*self.with_etcd)["same"])

    def session_key(self, user_id: int) -> str:
        answer = self.nodes[0].ask(
            "session-new", ip_address="192.0.2.7", user_agent="agent of the lost", user_id=user_id, expires=7,
            extra_info_json=None,
        )  # fmt: skip
        self.assertTrue(answer.success)
        wait_for(lambda: len(self.cluster.ctl_json("user", "sessions", str(user_id), node=self.nodes[2])["sessions"]) == 1)
        (row,) = self.cluster.ctl_json("user", "sessions", str(user_id))["sessions"]
        return str(row["key"])

    def test_says_which_node_does_not_answer(self) -> None:
        gone: Node = self.nodes[1]
        self.assertEqual(subprocess.run(["kill", "-STOP", str(gone.process.pid)]).returncode, 0)  # type: ignore[union-attr]
        try:
            self.assertIn("n2: ", self.cluster.ctl("fsck", "--cluster", "--timeout", "2", code=3))
        finally:
            subprocess.run(["kill", "-CONT", str(gone.process.pid)])  # type: ignore[union-attr]
            wait_for(gone.is_ready)

    def test_says_that_etcd_does_not_answer(self) -> None:
        text = self.cluster.ctl("fsck", "--cluster", "--etcd", "http://127.0.0.1:1", code=3)
        self.assertIn("127.0.0.1:1", text)
        for wrong in ("nonsense", "http://192.0.2.7:2379", "https://127.0.0.1:2379"):
            self.assertIn("--etcd", self.cluster.ctl("fsck", "--cluster", "--etcd", wrong, code=2))


if __name__ == "__main__":
    unittest.main()
