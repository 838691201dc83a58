"""A cluster of real daemons on real etcd members, founded as an operator founds one."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from etcd_members import LOOPBACK, Etcd, Place, own_port
from server import Server, binary, inherited_environment

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


def with_clock(shift: str) -> dict[str, str]:
    """Environment of a process whose wall clock is ahead by `shift`, as faketime has it: "+3600"; empty = right."""
    if not shift:
        return {}
    return {"LD_PRELOAD": str(FAKETIME), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def wait_for(what: Callable[[], Any], seconds: float = 30, why: str = "") -> Any:
    """Until it gives something true; that."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(why or "it did not come about in time")
        time.sleep(0.05)


class Node(Server):
    """One daemon of a cluster. `engine` are the URLs at which it finds etcd."""

    def __init__(self, cluster: Cluster, name: str, place: Place, engine: Sequence[str], **items: str) -> None:
        super().__init__(**{"adminport": str(own_port()), "admincerts": str(cluster.certs), **items})
        self.name = name
        self.place = place
        self.address = cluster.address_of(place)
        self.key = cluster.key
        self.write_key_file(self.key)
        self.port = own_port()
        self.shift = ""  # of its wall clock
        self.program = binary("authnzerver")
        self.issue_certificate: Callable[[], object] | None = None  # of its links
        if place is not LOOPBACK:
            self.items |= {"listen": self.address, "allowedhosts": self.address, "adminlisten": self.address}
        self.cluster_items = {
            "cluster": "etcd=" + ",".join(engine),
            "clusternode": name,
            "clusterprefix": cluster.prefix,
            **cluster.node_items,
        }

    @property
    def store(self) -> Path:
        return Path(self.items.get("authdb", f"lmdb://{self.directory}/authnzerver.lmdb").removeprefix("lmdb://"))

    def join(self) -> None:
        """From its next start on it is one of the cluster."""
        self.items |= self.cluster_items

    def leave(self) -> None:
        """From its next start on it is a single node."""
        self.items = {name: value for name, value in self.items.items() if name not in self.cluster_items}

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, self.port, timeout=5)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **with_clock(self.shift)}

    def spawn(self) -> None:
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*self.place.prefix, self.program],
                env=self.environment(), stdout=log, stderr=log, cwd=self.directory,
            )  # fmt: skip

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def lose_store(self) -> None:
        shutil.rmtree(self.store)

    def lose_directory(self) -> None:
        """All of it. What an operator brings from elsewhere is there again: the key, the links' certificate."""
        shutil.rmtree(self.directory)
        self.directory.mkdir(mode=0o700)
        self.write_key_file(self.key)
        if self.issue_certificate:
            self.issue_certificate()

    def is_ready(self) -> bool:
        try:
            return self.get("/health/ready")[0] == 200
        except OSError:
            return False

    def last_lines(self) -> str:
        return f"{self.name}: " + "".join(self.log.splitlines(keepends=True)[-20:])


class Cluster:
    """`items` are of every node once it has joined; `urls_for` tells where a node finds etcd, by default at the
    members themselves."""

    def __init__(
        self,
        etcd: Etcd,
        places: Sequence[Place] = (LOOPBACK,) * 3,
        address_of: Callable[[Place], str] = lambda place: place.address,
        urls_for: Callable[[int], Sequence[str]] | None = None,
        certificates_shift: str = "",
        **items: str,
    ) -> None:
        self.etcd = etcd
        self.prefix = "authnz"
        self.tool = binary("authnzctl")
        self.key = Fernet.generate_key().decode()
        self.address_of = address_of
        self.directory = Path(tempfile.mkdtemp(prefix="authnz-cluster-"))
        self.certs = self.directory / "certs"
        self.certificates_shift = certificates_shift
        self.node_items = {"readconsistency": "bounded", "readbound": "1000", "clusterlease": "5", **items}
        if etcd.certificates:
            self.node_items |= etcd.certificates.node_items
        self.urls_for = urls_for or (lambda number: etcd.urls)
        self.nodes: list[Node] = []
        try:
            hosts = [word for address in sorted({*map(address_of, places)}) for word in ("--host", address)]
            self.ctl_at("certs", "init", "--dir", str(self.certs), *hosts, shift=certificates_shift)
            for place in places:
                self.add_node(place)
        except BaseException:
            self.remove()
            raise

    def add_node(self, place: Place = LOOPBACK, **items: str) -> Node:
        """It is not started, and has not joined yet."""
        number = len(self.nodes)
        node = Node(self, f"n{number + 1}", place, self.urls_for(number), **items)
        self.nodes.append(node)
        return node

    def link(self) -> None:
        """The nodes that there are ask each other from their next start on."""
        authority = str(self.directory / "authority")
        self.ctl_at("certs", "init", "--cluster", "--name", "nobody", "--dir", authority, shift=self.certificates_shift)
        for node in self.nodes:
            folder = str(node.directory / "cluster-certs")
            issue = ("certs", "issue", "peer", node.name, "--out", folder, "--dir", authority)
            node.issue_certificate = partial(self.ctl_at, *issue, shift=self.certificates_shift)
            node.issue_certificate()
            listen = {"clusterport": str(own_port()), "clusterlisten": node.place.address}
            node.cluster_items |= {**listen, "clustercerts": folder}

    def found(self) -> Cluster:
        """A single node makes its store; the store becomes the cluster; all join."""
        first = self.nodes[0]
        first.start()
        first.stop()
        self.upload(first)
        for node in self.nodes:
            node.join()
            node.spawn()
        for node in self.nodes:
            node.wait_until_ready()
        return self

    def upload(self, node: Node, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self.ctl_at("cluster", "init", "--store", str(node.store), *self.etcd_options, code=code)

    def leave(self, node: Node, *options: str) -> None:
        store = ["--store", str(node.store)] if "--keep-store" in options else []
        self.ctl_at("cluster", "leave", "--node", node.name, "--yes", *options, *store, *self.etcd_options)

    @property
    def etcd_options(self) -> list[str]:
        """Of authnzctl, for commands that speak to etcd themselves."""
        options = ["--etcd", ",".join(self.etcd.urls), "--prefix", self.prefix]
        if self.etcd.certificates:
            file = self.etcd.certificates.file
            options += ["--etcd-ca-file", file("ca.pem"), "--etcd-cert", file("client.pem")]
            options += ["--etcd-key", file("client.key")]
        return options

    def ctl_at(
        self, *arguments: str, node: Node | None = None, code: int = 0, shift: str = ""
    ) -> subprocess.CompletedProcess[str]:
        link = ["--node", f"{node.address}:{node.items['adminport']}", "--certs", str(self.certs)] if node else []
        done = subprocess.run(
            [self.tool, *arguments, *link],
            capture_output=True, text=True, timeout=120, input="",
            env={**inherited_environment(), **with_clock(shift)},
        )  # fmt: skip
        if done.returncode != code:
            raise AssertionError(f"authnzctl {arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def ctl(self, *arguments: str, node: Node | None = None, code: int = 0) -> str:
        """Asks a node, by default the first."""
        done = self.ctl_at(*arguments, node=node or self.nodes[0], code=code)
        return done.stdout + done.stderr

    def ctl_json(self, *arguments: str, node: Node | None = None) -> Any:
        return json.loads(self.ctl_at(*arguments, "--json", node=node or self.nodes[0]).stdout)

    def running(self) -> list[Node]:
        return [node for node in self.nodes if node.process is not None]

    def wait_until_ready(self) -> None:
        for node in self.running():
            wait_for(node.is_ready, 60, f"{node.name} is not ready: {node.last_lines()}")

    def mend(self) -> None:
        """Whatever a test that failed has left behind: all run again."""
        for number, member in enumerate(self.etcd.members):
            if member.process is None:
                self.etcd.spawn(number, "existing")
            self.etcd.thaw(number)
        for node in self.nodes:
            if node.is_running():
                node.signal(signal.SIGCONT)
            else:
                node.spawn()
        for node in self.nodes:
            node.wait_until_ready()

    def stop(self) -> None:
        for node in self.running():
            if node.stop() != 0:
                raise AssertionError(f"a node did not stop well: {node.last_lines()}")

    def remove(self) -> None:
        for node in self.nodes:
            node.remove()
        self.etcd.remove()
        shutil.rmtree(self.directory, ignore_errors=True)
