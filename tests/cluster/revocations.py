"""Sessions that are ended all the time, and asked for on every node once all must know of it."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Sequence

from authnzerver_client import AuthnzerverError, Client
from cluster_rig import Node
from registers import SESSION
from workload import CLIENT_SECONDS, client_of


class Revocations:
    """`bound` in seconds: what is asked later than that after the acknowledgement must be refused, or not answered.

    Begins with the context, ends with it.
    """

    def __init__(self, nodes: Sequence[Node], bound: float) -> None:
        self.nodes = list(nodes)
        self.bound = bound
        self.ended: list[tuple[str, float]] = []  # token, and when its end was acknowledged
        self.refused = 0
        self.accepted: list[str] = []
        self.problems: list[str] = []
        self.over = threading.Event()
        self.choice = random.Random(1)
        runs = [self.revoke, *(self.asker(node) for node in self.nodes)]
        self.threads = [threading.Thread(target=self.run, args=(what,)) for what in runs]

    def __enter__(self) -> Revocations:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(4 * CLIENT_SECONDS)

    def run(self, what):  # type: ignore[no-untyped-def]
        try:
            with contextlib.ExitStack() as stack:
                what([stack.enter_context(client_of(node, 3)) for node in self.nodes])
        except Exception as problem:  # for whoever looks at them
            self.problems.append(f"{type(problem).__name__}: {problem}")

    def revoke(self, clients: list[Client]) -> None:
        """On one node what another made, as long as that is answered."""
        while not self.over.wait(0.05):
            maker, ender = self.choice.sample(clients, 2)
            with contextlib.suppress(AuthnzerverError):
                made = maker.session_new(**SESSION, user_id=1, extra_info_json=None)
                if not made.success:
                    continue
                token = str(made["session_token"])
                self.over.wait(0.05)
                if ender.session_delete(session_token=token).success:
                    self.ended.append((token, time.monotonic()))

    def asker(self, node: Node):  # type: ignore[no-untyped-def]
        """Of one node: for the latest of those that it must know of, and for any other."""
        number = self.nodes.index(node)

        def ask(clients: list[Client]) -> None:
            while not self.over.wait(0.02):
                before = time.monotonic() - self.bound
                known = list(itertools.takewhile(lambda one: one[1] < before, list(self.ended)))
                for token, ended in known[-1:] + random.sample(known, min(1, len(known))):
                    self.ask(clients[number], node, token, ended)

        return ask

    def ask(self, client: Client, node: Node, token: str, ended: float) -> None:
        asked = time.monotonic()
        with contextlib.suppress(AuthnzerverError):
            if client.session_exists(session_token=token).success:
                self.accepted.append(f"{node.name}, asked {asked - ended:.3f} s after the end was acknowledged")
            else:
                self.refused += 1
