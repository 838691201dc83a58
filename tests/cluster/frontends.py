"""Frontends that know several nodes, and ask another one, once, where a node says 503."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from authnzerver_client import Answer, AuthnzerverError, Client, Unavailable
from cluster_rig import Node
from registers import SESSION
from workload import client_of


class Frontend:
    """Asks the nodes in turn. A node that says 503, or that nobody listens at, is answered for by the next: once."""

    def __init__(self, nodes: list[Node], number: int) -> None:
        self.nodes = nodes
        self.choice = random.Random(number)
        self.clients: dict[str, Client] = {}
        self.tokens: list[str] = []
        self.asked = 0
        self.retried = 0
        self.failures: list[str] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def client(self, node: Node) -> Client:
        return self.clients.setdefault(node.name, client_of(node))

    def ask(self, request: str, **body: Any) -> Answer:
        self.asked += 1
        first, second = self.choice.sample(self.nodes, 2)
        try:
            return self.client(first).call(request, body)
        except Unavailable:
            pass
        except AuthnzerverError as error:
            if error.uncertain:
                error.add_note(f"{request} at {first.name}")
                raise
        self.retried += 1
        try:
            return self.client(second).call(request, body)
        except AuthnzerverError as error:
            error.add_note(f"{request} at {second.name}, after {first.name}")
            raise

    def run(self) -> None:
        while not self.over.wait(0.01):
            try:
                self.step()
            except Exception as failure:  # for whoever stops it
                notes = getattr(failure, "__notes__", [])
                self.failures.append(f"{time.monotonic():.3f} {type(failure).__name__}: {failure} {notes}")
        for client in self.clients.values():
            client.close()

    def step(self) -> None:
        if len(self.tokens) < 10 or self.choice.random() < 0.2:
            made = self.ask("session-new", **SESSION, user_id=1, extra_info_json=None)
            self.tokens.append(made["session_token"])
            time.sleep(0.2)  # the bound of another node
        token = self.choice.choice(self.tokens)
        answer = self.ask("session-exists", session_token=token)
        if not answer.success:
            self.failures.append(f"a session is lost: {answer}")


class Frontends:
    def __init__(self, nodes: list[Node], count: int = 8) -> None:
        self.each = [Frontend(list(nodes), number) for number in range(count)]

    def __enter__(self) -> Frontends:
        for frontend in self.each:
            frontend.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for frontend in self.each:
            frontend.over.set()
        for frontend in self.each:
            frontend.thread.join(60)

    def serve(self, seconds: float) -> None:
        time.sleep(seconds)

    @property
    def failures(self) -> list[str]:
        return [failure for frontend in self.each for failure in frontend.failures]

    @property
    def asked(self) -> int:
        return sum(frontend.asked for frontend in self.each)
