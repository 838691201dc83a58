"""Clients of all nodes that write and read what behaves like registers, and what they were told, as a history."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from authnzerver_client import Answer, AuthnzerverError, Client
from cluster_rig import Cluster, Node
from linearizability import UNKNOWN, Operation

REFUSED = object()  # nothing took effect
CLIENT_SECONDS = 15
SESSION = {"ip_address": "192.0.2.7", "user_agent": "tests", "expires": 7}


def client_of(node: Node, timeout: float = CLIENT_SECONDS) -> Client:
    return node.client(timeout=timeout)


@dataclass
class Register:
    """`kind` session: made with the value 0, edited, ended. `kind` lock: a user who is locked and unlocked."""

    kind: str
    name: str | int

    @property
    def key(self) -> tuple[str, str | int]:
        return self.kind, self.name

    def operation(self, choice: random.Random, value: int) -> tuple[str, Any]:
        if self.kind == "lock":
            return choice.choice([("read", None), ("read", None), ("write", choice.random() < 0.5)])
        (name,) = choice.choices(["read", "edit", "delete"], [60, 40, 2])
        return name, value if name == "edit" else None

    def ask(self, client: Client, name: str, argument: Any) -> Any:
        """What the operation gave, or REFUSED."""
        if self.kind == "lock":
            return self.ask_lock(client, name, argument)
        token = str(self.name)
        if name == "read":
            answer = client.session_exists(session_token=token)
            return answer["session_info"]["extra_info_json"]["value"] if answer.success else self.gone(answer, None)
        if name == "edit":
            answer = client.internal_session_edit(target_session_token=token, update_dict={"value": argument})
        else:
            answer = client.session_delete(session_token=token)
        return True if answer.success else self.gone(answer, False)

    def ask_lock(self, client: Client, name: str, argument: Any) -> Any:
        if name == "read":
            return client.user_list(user_id=int(self.name))["user_info"][0]["user_role"] == "locked"
        action = "lock" if argument else "unlock"
        answer = client.internal_user_lock(target_userid=int(self.name), action=action)
        return True if answer.success else self.gone(answer, False)

    @staticmethod
    def gone(answer: Answer, meaning: Any) -> Any:
        if answer.failure_reason == "session-not-found":
            return meaning
        assert answer.may_retry, answer
        return REFUSED


@dataclass
class Workload:
    """`per_node` clients a node, each on registers that all share. Begins with the context, ends with it at the latest."""

    cluster: Cluster
    per_node: int = 2
    sessions: int = 6
    locks: int = 2
    seed: int = 1
    pause: float = 0.01
    nodes: Sequence[Node] = ()
    history: list[Operation] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = itertools.count(1)
        self.guard = threading.Lock()
        self.over = threading.Event()
        self.registers: list[Register] = []
        self.all_registers: list[Register] = []
        self.nodes = list(self.nodes) or list(self.cluster.nodes)
        self.refusals = 0
        first = self.nodes[0]
        with client_of(first) as client:
            for _ in range(self.sessions):
                self.registers.append(self.new_session(client, first))
            for number in range(self.locks):
                self.registers.append(Register("lock", self.new_user(client, f"lock{self.seed}-{number}")))
        self.all_registers = list(self.registers)
        self.threads = [
            threading.Thread(target=self.run, args=(node, random.Random(f"{self.seed} {node.name} {number}")))
            for node in self.nodes
            for number in range(self.per_node)
        ]

    def new_session(self, client: Client, node: Node) -> Register:
        start = time.monotonic()
        answer = client.session_new(**SESSION, user_id=1, extra_info_json={"value": 0})
        register = Register("session", answer["session_token"])
        self.history.append(Operation(register.key, "write", 0, True, start, time.monotonic(), node.name))
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
        with self.guard:
            register = choice.choice(self.registers)
        name, argument = register.operation(choice, next(self.values))
        if not self.perform(client, node, register, name, argument):
            self.over.wait(0.05)
        if name == "delete":
            self.add_session(client, node)

    def perform(self, client: Client, node: Node, register: Register, name: str, argument: Any) -> bool:
        """Whether it was answered; notes it unless nothing took effect."""
        start = time.monotonic()
        try:
            result = register.ask(client, name, argument)
        except AuthnzerverError as error:
            result = UNKNOWN if error.uncertain else REFUSED
        end = time.monotonic()
        if result is REFUSED:
            self.refusals += 1
        else:
            self.history.append(Operation(register.key, name, argument, result, start, end, node.name))
        return result is not REFUSED and result is not UNKNOWN

    def add_session(self, client: Client, node: Node) -> None:
        """For one that was ended, which is asked for a while longer."""
        try:
            fresh = self.new_session(client, node)
        except (AuthnzerverError, KeyError):
            return
        with self.guard:
            self.all_registers.append(fresh)
            self.registers.append(fresh)
            sessions = [register for register in self.registers if register.kind == "session"]
            if len(sessions) > 2 * self.sessions:
                self.registers.remove(sessions[0])

    def answered(self, since: float, node: Node | None = None) -> list[Operation]:
        return [
            o for o in list(self.history) if o.known and o.start >= since and (node is None or o.node == node.name)
        ]

    def read_all(self) -> None:
        """Every register on every node: what was acknowledged must be there."""
        for node in self.nodes:
            with client_of(node) as client:
                for register in self.all_registers:
                    for _ in range(100):
                        if self.perform(client, node, register, "read", None):
                            break
                        time.sleep(0.1)
                    else:
                        raise AssertionError(f"{node.name} does not answer: {node.last_lines()}")
