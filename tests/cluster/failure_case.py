"""Failures under load: what must hold while they last, and afterwards."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from authnzerver_client import AuthnzerverError, Client
from cluster_case import ClusterCase
from cluster_rig import Node, wait_for
from registers import SESSION
from revocations import Revocations
from workload import Workload, client_of

# What is promised: after the death of etcd's leader, of a node, and, as a bound alone, after anything else.
LEADER_SECONDS = 5
DAEMON_SECONDS = 2
MEND_SECONDS = 30


def say(text: str) -> None:
    print(f"\n  {text}", end=" ", file=sys.stderr, flush=True)


def seconds_until_a_write(node: Node, since: float, most: float) -> float:
    """Until one that was asked after `since` is acknowledged."""
    while True:
        try:
            with client_of(node, most) as client:
                if client.session_new(**SESSION, user_id=1, extra_info_json=None).success:
                    return time.monotonic() - since
        except AuthnzerverError:
            pass
        if time.monotonic() - since > 10 * most:
            raise AssertionError(f"{node.name} does not come back: {node.last_lines()}")
        time.sleep(0.02)


class FailureCase(ClusterCase):
    linked_nodes = True

    def setUp(self) -> None:
        self.cluster.mend()

    def assert_back(self, nodes: list[Node], since: float, most: float, what: str) -> None:
        with ThreadPoolExecutor(len(nodes)) as pool:
            took = list(pool.map(lambda node: seconds_until_a_write(node, since, most), nodes))
        say(f"{what}: writes again after " + ", ".join(f"{seconds:.2f}" for seconds in took) + " s")
        self.assertLess(max(took), most, what)

    def others(self, node: Node) -> list[Node]:
        return [other for other in self.nodes if other is not node]

    @contextlib.contextmanager
    def load(self, seed: int, **options: float) -> Iterator[Workload]:
        """Clients write and read meanwhile; afterwards all is well again, and was all the time."""
        with self.revoking(), Workload(self.cluster, seed=seed, **options) as load:
            load.over.wait(0.5)
            yield load
            self.cluster.wait_until_ready()
            load.over.wait(1)
        self.assert_consistent(load)
        self.assert_same_everywhere()

    @contextlib.contextmanager
    def revoking(self) -> Iterator[Revocations]:
        """Sessions are ended all the time, and none is accepted later than the bound."""
        with Revocations(self.nodes, 0 if self.is_strict else self.bound) as revocations:
            yield revocations
        self.assertEqual((revocations.problems, revocations.accepted), ([], []))
        self.assertGreater(revocations.refused, 0)

    def sessions(self, count: int) -> list[str]:
        tokens = [self.session(self.nodes[0], 1) for _ in range(count)]
        for node in self.nodes:
            for token in tokens:
                wait_for(lambda: self.is_live(node, token), self.bound)
        return tokens

    def end(self, node: Node, tokens: list[str]) -> None:
        for token in tokens:
            self.succeeds(node, "session-delete", session_token=token)

    def accepts(self, client: Client, token: str) -> bool:
        try:
            return client.session_exists(session_token=token).success
        except AuthnzerverError:
            return False

    def assert_refuses_all(self, node: Node, tokens: list[str]) -> None:
        """Once: an answer that says no, or none at all."""
        with client_of(node, 5) as client:
            self.assertEqual([token for token in tokens if self.accepts(client, token)], [], node.last_lines())

    def assert_cut_off(self, node: Node) -> None:
        """It knows nothing for certain any more, says so, and does nothing."""
        wait_for(lambda: not node.is_ready(), self.bound + 5, f"{node.name} still says that it is ready")
        with client_of(node, 5) as client:
            with self.assertRaises(AuthnzerverError):
                client.session_exists(session_token="any")
            with self.assertRaises(AuthnzerverError):
                client.session_new(**SESSION, user_id=1, extra_info_json=None)
