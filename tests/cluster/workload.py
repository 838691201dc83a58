"""Clients of all nodes that write and read what behaves like registers, and what they were told, as a history."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from authnzerver_client import AuthnzerverError, Client
from cluster_rig import Cluster, Node, wait_for
from linearizability import UNKNOWN, Operation
from registers import REFUSED, Lock, RefreshToken, Register, Session

CLIENT_SECONDS = 15


def client_of(node: Node, timeout: float = CLIENT_SECONDS) -> Client:
    return node.client(timeout=timeout)


@dataclass
class Workload:
    """`per_node` clients a node, on registers that all share. Begins with the context, ends with it at the latest."""

    cluster: Cluster
    per_node: int = 2
    sessions: int = 6
    tokens: int = 2
    locks: int = 2
    seed: int = 1
    pause: float = 0.01
    nodes: Sequence[Node] = ()
    history: list[Operation] = field(default_factory=list)
    accounts: dict[str, set[int]] = field(default_factory=dict)  # who was told to have signed up, by address
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = itertools.count(1)
        self.guard = threading.Lock()
        self.over = threading.Event()
        self.nodes = list(self.nodes) or list(self.cluster.nodes)
        self.refusals = 0
        with client_of(self.nodes[0]) as client:
            made: list[Register] = [self.make(Session, client, self.nodes[0]) for _ in range(self.sessions)]
            made += [self.make(RefreshToken, client, self.nodes[0]) for _ in range(self.tokens)]
            made += [Lock(self.new_user(client, f"lock{self.seed}-{number}")) for number in range(self.locks)]
        self.registers = made
        self.all_registers = list(made)
        for lock in made[-self.locks :]:
            for node in self.nodes:
                wait_for(lambda: node.ask("user-list", user_id=lock.name)["user_info"], 10)
        self.threads = [
            threading.Thread(target=self.run, args=(node, random.Random(f"{self.seed} {node.name} {number}")))
            for node in self.nodes
            for number in range(self.per_node)
        ]

    def make(self, kind: type[Session] | type[RefreshToken], client: Client, node: Node) -> Register:
        start = time.monotonic()
        register, value = kind.make(client)
        key = (register.kind, register.name)
        self.history.append(Operation(key, "write", value, True, start, time.monotonic(), node.name))
        return register

    def new_user(self, client: Client, name: str) -> int:
        email = f"{name}@example.org"
        made = client.user_new(full_name="", email=email, password="tall ships 4 sail")
        assert made.success, made
        assert client.user_set_emailverified(email=email).success
        return int(made["user_id"])

    def __enter__(self) -> Workload:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(4 * CLIENT_SECONDS)
            assert not thread.is_alive(), "a client hangs"

    def run(self, node: Node, choice: random.Random) -> None:
        with client_of(node) as client:
            while not self.over.wait(self.pause):
                try:
                    self.step(client, node, choice)
                except Exception as problem:  # for whoever looks at them
                    self.problems.append(f"{node.name}: {type(problem).__name__}: {problem}")
                    return

    def step(self, client: Client, node: Node, choice: random.Random) -> None:
        if choice.random() < 0.02:
            return self.sign_up(client)
        with self.guard:
            register = choice.choice(self.registers)
        name, argument = register.operation(choice, next(self.values))
        result = self.perform(client, node, register, name, argument)
        if result in (REFUSED, UNKNOWN):
            self.over.wait(0.05)
        elif register.is_over(name, result):
            self.replace(register, client, node)

    def sign_up(self, client: Client) -> None:
        """With an address that others want at the same moment."""
        email = f"wanted{self.seed}-{int(2 * time.monotonic())}@example.org"
        with contextlib.suppress(AuthnzerverError):
            answer = client.user_new(full_name="", email=email, password="tall ships 4 sail")
            if answer.success:
                with self.guard:
                    self.accounts.setdefault(email, set()).add(answer["user_id"])

    def perform(self, client: Client, node: Node, register: Register, name: str, argument: Any) -> Any:
        """Its result, or UNKNOWN, or REFUSED; noted unless nothing took effect."""
        start = time.monotonic()
        try:
            result = register.ask(client, name, argument)
        except AuthnzerverError as error:
            result = UNKNOWN if error.uncertain else REFUSED
        end = time.monotonic()
        if result is REFUSED:
            self.refusals += 1
        else:
            key = (register.kind, register.name)
            self.history.append(Operation(key, name, argument, result, start, end, node.name))
        return result

    def replace(self, register: Register, client: Client, node: Node) -> None:
        """One that is over is asked for a while longer."""
        try:
            fresh = self.make(type(register), client, node)  # type: ignore[arg-type]
        except (AuthnzerverError, KeyError):
            return
        with self.guard:
            self.all_registers.append(fresh)
            self.registers.append(fresh)
            alike = [other for other in self.registers if other.kind == register.kind]
            if len(alike) > 2 * (self.sessions if register.kind == "session" else self.tokens):
                self.registers.remove(alike[0])

    def answered(self, since: float, node: Node | None = None) -> list[Operation]:
        return [
            o for o in list(self.history) if o.known and o.start >= since and (node is None or o.node == node.name)
        ]

    def ask_all(self) -> None:
        """Every register on every node: what was acknowledged must be there."""
        for node in self.nodes:
            with client_of(node) as client:
                for register in self.all_registers:
                    name, argument = ("read", None) if register.kind != "token" else ("replace", ("fresh", "used"))
                    for _ in range(100):
                        if self.perform(client, node, register, name, argument) not in (REFUSED, UNKNOWN):
                            break
                        time.sleep(0.1)
                    else:
                        raise AssertionError(f"{node.name} does not answer: {node.last_lines()}")

    def accounts_on(self, node: Node) -> dict[str, set[int]]:
        """Of the addresses that were wanted."""
        found: dict[str, set[int]] = {}
        for user in node.ask("user-list", user_id=None)["user_info"]:
            if user["email"] in self.accounts:
                found.setdefault(user["email"], set()).add(user["user_id"])
        return found
