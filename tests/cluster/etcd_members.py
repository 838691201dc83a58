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


@dataclass(frozen=True)
class Certificates:
    """One authority, one certificate for all members, one for their clients."""

    directory: Path

    @classmethod
    def make(cls, directory: Path, addresses: set[str]) -> Certificates:
        directory.mkdir()
        names = ",".join(f"IP:{address}" for address in sorted(addresses))
        key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        sign = "openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        script = f"""
            openssl req -x509 {key} -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
            printf 'subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n' >member.ext
            printf 'extendedKeyUsage=clientAuth\n' >client.ext
            for who in member client; do
              openssl req {key} -subj /CN=$who -keyout $who.key -out $who.csr
              {sign} -in $who.csr -extfile $who.ext -out $who.pem
            done"""
        subprocess.run(["sh", "-ec", script], cwd=directory, check=True, capture_output=True)
        return cls(directory)

    def file(self, name: str) -> str:
        return str(self.directory / name)

    @property
    def member_options(self) -> list[str]:
        each = [
            f"--{who}cert-file={self.file('member.pem')} --{who}key-file={self.file('member.key')} "
            f"--{who}trusted-ca-file={self.file('ca.pem')} --{who}client-cert-auth"
            for who in ("", "peer-")
        ]
        return " ".join(each).split()

    @property
    def ctl_options(self) -> list[str]:
        return ["--cacert", self.file("ca.pem"), "--cert", self.file("client.pem"), "--key", self.file("client.key")]

    @property
    def node_items(self) -> dict[str, str]:
        return {
            "clustercafile": self.file("ca.pem"),
            "clustercert": self.file("client.pem"),
            "clusterkey": self.file("client.key"),
        }


@dataclass
class Member:
    name: str
    place: Place
    directory: Path
    scheme: str = "http"
    client_port: int = field(default_factory=own_port)
    peer_port: int = field(default_factory=own_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.place.address}:{self.client_port}"

    @property
    def peer_url(self) -> str:
        return f"{self.scheme}://{self.place.address}:{self.peer_port}"


class Etcd:
    """Members by number, from 0. They sync nothing to the disk: a killed process loses nothing by that.

    Those that are not on the loopback address speak TLS.
    """

    def __init__(self, places: list[Place] | int = 3, *options: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="authnz-etcd-"))
        self.options = ["--unsafe-no-fsync", "--max-txn-ops=1024", "--pre-vote", "--log-level=error", *options]
        places = [LOOPBACK] * places if isinstance(places, int) else places
        self.certificates: Certificates | None = None
        if LOOPBACK not in places:
            self.certificates = Certificates.make(self.directory / "certs", {place.address for place in places})
            self.options += self.certificates.member_options
        scheme = "https" if self.certificates else "http"
        self.members = [Member(f"e{n}", place, self.directory / f"e{n}", scheme) for n, place in enumerate(places)]

    def start(self) -> Etcd:
        try:
            for number in range(len(self.members)):
                self.spawn(number)
            for number in range(len(self.members)):
                self.wait_until_healthy(number)
        except BaseException:
            self.remove()
            raise
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
        options = ["--endpoints", endpoints, "--dial-timeout=2s", "--command-timeout=5s"]
        if self.certificates:
            options += self.certificates.ctl_options
        return subprocess.run(
            [ETCDCTL, *options, *arguments],
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
