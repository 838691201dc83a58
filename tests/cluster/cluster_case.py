"""What the suites have in common: a cluster a class, and words for what is expected."""

from __future__ import annotations

import itertools
import os
import time
import unittest
from collections.abc import Callable
from typing import Any

from authnzerver_client import Answer, RateLimited
from cluster_rig import Cluster, Node, wait_for
from etcd_members import Etcd
from linearizability import bounded, linearizable
from registers import KINDS
from workload import Workload

PASSWORD = "tall ships 4 sail"

_numbers = itertools.count(1)


def require_long() -> None:
    if os.environ.get("AUTHNZ_CLUSTER_LONG") != "1":
        raise unittest.SkipTest("AUTHNZ_CLUSTER_LONG=1 runs this suite")


class ClusterCase(unittest.TestCase):
    """`items` are of every node; with `linked_nodes` they ask each other."""

    items: dict[str, str] = {}
    linked_nodes = False
    cluster: Cluster

    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster(Etcd(3).start(), **cls.items)

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = cls.make_cluster()
        cls.addClassCleanup(cls.cluster.remove)
        if cls.linked_nodes:
            cls.link()
        cls.cluster.found()

    @classmethod
    def link(cls) -> None:
        cls.cluster.link()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.cluster.stop()

    @property
    def nodes(self) -> list[Node]:
        return self.cluster.nodes

    @property
    def bound(self) -> float:
        """Seconds."""
        return int(self.cluster.node_items["readbound"]) / 1000

    @property
    def is_strict(self) -> bool:
        return self.cluster.node_items["readconsistency"] == "strict"

    def linked(self, node: Node) -> set[str]:
        """The nodes that it has a link to."""
        members = self.cluster.ctl_json("cluster", "members", node=node)["members"]
        return {member["node"] for member in members if member["linked"]}

    def wait_for_links(self, *nodes: Node) -> None:
        """Of each to each, whoever else there is."""
        for node in nodes:
            others = {other.name for other in nodes if other is not node}
            wait_for(lambda n=node, o=others: self.linked(n) >= o, 30, f"{node.name} has no links: {node.last_lines()}")

    def sign_up(self, node: Node, email: str | None = None) -> int:
        email = email or f"person{next(_numbers)}@example.org"
        answer = self.succeeds(node, "user-new", full_name="Some One", email=email, password=PASSWORD)
        self.succeeds(node, "user-set-emailverified", email=email)
        return int(answer["user_id"])

    def session(self, node: Node, user_id: int | None = None) -> str:
        body = {"ip_address": "192.0.2.7", "user_agent": "tests", "user_id": user_id, "expires": 7}
        return str(self.succeeds(node, "session-new", **body, extra_info_json=None)["session_token"])

    def succeeds(self, node: Node, request: str, /, **body: Any) -> Answer:
        answer = node.ask(request, **body)
        self.assertTrue(answer.success, answer)
        return answer

    def is_live(self, node: Node, token: str) -> bool:
        answer = node.ask("session-exists", session_token=token)
        if not answer.success:
            self.assertEqual(answer.failure_reason, "session-not-found", answer)
        return answer.success

    def on_all_within_the_bound(self, what: Callable[[Node], bool], why: str) -> None:
        """The change is acknowledged when this is called; what is asked later than the bound must know of it."""
        since = asked = time.monotonic()
        for node in self.nodes:
            while not what(node):
                self.assertLess(asked - since, self.bound, f"{why}, on {node.name}")
                time.sleep(0.01)
                asked = time.monotonic()
            asked = time.monotonic()

    def assert_consistent(self, load: Workload) -> None:
        """No client had a problem, nothing that was acknowledged is lost, and the history can have happened."""
        load.stop()
        self.assertEqual(load.problems, [])
        if not self.is_strict:
            time.sleep(self.bound)
        load.ask_all()
        for kind in KINDS:
            history = [o for o in load.history if o.key[0] == kind.kind]  # type: ignore[index]
            verdict = linearizable(history, kind.model) if self.is_strict else bounded(history, self.bound, kind.model)
            if not verdict:
                self.fail(f"of {len(history)} operations: {verdict}")
        for node in load.nodes:
            self.assertEqual(load.accounts_on(node), load.accounts, f"accounts on {node.name}")
        for email, ids in load.accounts.items():
            self.assertEqual(len(ids), 1, email)

    def assert_same_everywhere(self) -> None:
        """etcd and all nodes have the same state, and every store holds together."""
        for node in self.nodes:
            wait_for(node.is_ready, 30, f"{node.name} is not ready: {node.last_lines()}")
        self.cluster.ctl("fsck", "--cluster")


class FiveAMinute:
    """Limits, and a request of which they let five a minute through."""

    items = {"ratelimits": ""}

    def passes(self, node: Node, address: str) -> bool:
        with node.client() as client:
            try:
                client.call("user-changepass", {}, client_ipaddr=address)
            except RateLimited:
                return False
        return True
