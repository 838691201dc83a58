"""A cluster is upgraded from an older build to this one, node by node, and back, while it serves.

AUTHNZ_OLDER_BIN_DIR has the older build's authnzerver and authnzctl: `make test-upgrade OLDER=REVISION`.
"""

from __future__ import annotations

import contextlib
import os
import unittest
from collections.abc import Iterator
from pathlib import Path

from cluster_rig import Cluster, Node
from etcd_members import Etcd
from failure_case import say
from frontends import Frontends
from limit_case import LimitCase, Spenders
from server import binary
from workload import Workload

OLDER = os.environ.get("AUTHNZ_OLDER_BIN_DIR", "")


def setUpModule() -> None:
    if not OLDER:
        raise unittest.SkipTest("AUTHNZ_OLDER_BIN_DIR names no older build: make test-upgrade OLDER=REVISION")
    for name in ("authnzerver", "authnzctl"):
        if not os.access(Path(OLDER) / name, os.X_OK):
            raise RuntimeError(f"there is no {name} in {OLDER}")


def older(name: str) -> str:
    return str(Path(OLDER) / name)


class Upgrade(LimitCase):
    """The older build founds the cluster. Tests come in the order of their names: there, and back."""

    @classmethod
    def make_cluster(cls) -> Cluster:
        cluster = Cluster(Etcd(3).start(), **cls.items)
        cluster.tool = older("authnzctl")
        for node in cluster.nodes:
            node.program = older("authnzerver")
        return cluster

    @contextlib.contextmanager
    def serving(self, seed: int) -> Iterator[tuple[Frontends, Spenders]]:
        """No request of a frontend that asks another node once fails; histories are those of one node; nobody gets more
        than nodes x limit."""
        with self.spending() as spenders, self.load(seed, per_node=1, pause=0.03):
            with Frontends(self.nodes, 4) as frontends:
                yield frontends, spenders
                frontends.serve(1)
            say(f"{frontends.asked} requests of frontends, {sum(f.retried for f in frontends.each)} asked again")
            self.assertEqual(frontends.failures, [])
            self.assertGreater(frontends.asked, 500)

    def replace(self, node: Node, program: str, spenders: Spenders) -> None:
        """As docs/clustering.md tells operators."""
        self.cluster.ctl("cluster", "drain", "--yes", node=node)
        spenders.wait(0.5)
        self.assertEqual(node.stop(), 0)
        node.program = program
        node.start()
        self.wait_for_links(*self.nodes)
        spenders.wait(0.5)

    def roll(self, program: str, seed: int) -> None:
        with self.serving(seed) as (frontends, spenders):
            for node in self.nodes:
                self.replace(node, program, spenders)
                self.assert_both_tools_see_all()
                frontends.serve(1)

    def assert_both_tools_see_all(self) -> None:
        for tool in (older("authnzctl"), binary("authnzctl")):
            for node in self.nodes:
                self.cluster.tool = tool
                shown = self.cluster.ctl_json("actors", "--all", "--interval", "0", node=node)
                self.assertEqual(shown["missing"], [], f"{tool} asks {node.name}")
                self.assertEqual({actor["node"] for actor in shown["actors"]}, {n.name for n in self.nodes})
                self.assertEqual(self.cluster.ctl_json("cluster", "status", node=node)["problems"], [])
        for node in self.nodes:
            self.cluster.ctl("limits", "show", "--all", node=node)
            self.assertIn("user.created", self.cluster.ctl("audit", "--all", "--limit", "0", node=node))

    def test_1_there(self) -> None:
        self.roll(binary("authnzerver"), 81)

    def test_2_and_back(self) -> None:
        self.roll(older("authnzerver"), 82)


if __name__ == "__main__":
    unittest.main()
