"""Real etcd members: started, killed, stopped, continued, wiped."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ETCD = "/usr/bin/etcd"
ETCDCTL = "/usr/bin/etcdctl"
START_SECONDS = 60


@dataclass(frozen=True)
class Place:
    """Where a process runs: its address, and what its command begins with."""

    address: str = "127.0.0.1"
    prefix: tuple[str, ...] = ()


LOOPBACK = Place()


def own_port() -> int:
    """Below the range of outgoing connections, so that none takes it while its owner is down."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


@dataclass
class Member:
    name: str
    place: Place
    directory: Path
    client_port: int = field(default_factory=own_port)
    peer_port: int = field(default_factory=own_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.place.address}:{self.client_port}"

    @property
    def peer_url(self) -> str:
        return f"http://{self.place.address}:{self.peer_port}"


class Etcd:
    """Members by number, from 0. They sync nothing to the disk: a killed process loses nothing by that."""

    def __init__(self, places: list[Place] | int = 3, *options: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="authnz-etcd-"))
        self.options = ["--unsafe-no-fsync", "--max-txn-ops=1024", "--log-level=error", *options]
        places = [LOOPBACK] * places if isinstance(places, int) else places
        self.members = [Member(f"e{n}", place, self.directory / f"e{n}") for n, place in enumerate(places)]

    def start(self) -> Etcd:
        for number in range(len(self.members)):
            self.spawn(number)
        for number in range(len(self.members)):
            self.wait_until_healthy(number)
        return self

    def spawn(self, number: int, state: str = "new") -> None:
        member = self.members[number]
        command = [
            *member.place.prefix, ETCD, f"--name={member.name}", f"--data-dir={member.directory}",
            f"--listen-client-urls={member.url}", f"--advertise-client-urls={member.url}",
            f"--listen-peer-urls={member.peer_url}", f"--initial-advertise-peer-urls={member.peer_url}",
            "--initial-cluster=" + ",".join(f"{m.name}={m.peer_url}" for m in self.members),
            f"--initial-cluster-state={state}", *self.options,
        ]  # fmt: skip
        with open(self.directory / f"{member.name}.log", "ab") as log:
            member.process = subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]})

    def wait_until_healthy(self, number: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.ctl("endpoint", "health", members=[number]).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"etcd is not healthy: {(self.directory / f'{self.members[number].name}.log').read_text()}")

    @property
    def urls(self) -> list[str]:
        return [member.url for member in self.members]

    def running(self) -> list[int]:
        return [n for n, member in enumerate(self.members) if member.process is not None]

    def ctl(
        self, *arguments: str, members: list[int] | None = None, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        chosen = self.running() if members is None else members
        endpoints = ",".join(self.members[n].url for n in chosen)
        return subprocess.run(
            [ETCDCTL, "--endpoints", endpoints, "--dial-timeout=2s", "--command-timeout=5s", *arguments],
            capture_output=True, text=True, input=text, env={"PATH": os.environ["PATH"], "ETCDCTL_API": "3"},
        )  # fmt: skip

    def ctl_json(self, *arguments: str, **options: Any) -> Any:
        done = self.ctl(*arguments, "--write-out=json", **options)
        if done.returncode != 0:
            raise RuntimeError(f"etcdctl {arguments}: {done.stderr}")
        return json.loads(done.stdout)

    def leader(self) -> int:
        """Waits for one."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for number in self.running():
                try:
                    (status,) = self.ctl_json("endpoint", "status", members=[number])
                except (RuntimeError, ValueError):
                    continue
                if status["Status"]["leader"] == status["Status"]["header"]["member_id"]:
                    return number
            time.sleep(0.1)
        raise RuntimeError("etcd has no leader")

    def signal(self, number: int, what: int) -> None:
        process = self.members[number].process
        assert process is not None
        process.send_signal(what)

    def freeze(self, number: int) -> None:
        self.signal(number, signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        self.signal(number, signal.SIGCONT)

    def kill(self, number: int) -> None:
        process = self.members[number].process
        if process is not None:
            process.kill()
            process.wait()
            self.members[number].process = None

    def restart(self, number: int) -> None:
        """One that was killed, with its data."""
        self.spawn(number, "existing")
        self.wait_until_healthy(number)

    def replace(self, number: int) -> None:
        """As an operator replaces a member whose disk was lost: it is killed, removed, and added empty."""
        self.kill(number)
        member = self.members[number]
        shutil.rmtree(member.directory)
        known = {m["name"]: m["ID"] for m in self.ctl_json("member", "list")["members"]}
        self.change_members("remove", f"{known[member.name]:x}")
        self.change_members("add", member.name, f"--peer-urls={member.peer_url}")
        self.restart(number)

    def change_members(self, *step: str) -> None:
        """etcd refuses this for some seconds after a member was away."""
        deadline = time.monotonic() + START_SECONDS
        while (done := self.ctl("member", *step)).returncode != 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"etcdctl member {step}: {done.stderr}")
            time.sleep(0.5)

    def remove(self) -> None:
        for number in range(len(self.members)):
            self.kill(number)
        shutil.rmtree(self.directory, ignore_errors=True)
