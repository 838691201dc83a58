"""Nothing acknowledged is lost, and nothing revoked is accepted, when processes, disks and clocks fail."""

from __future__ import annotations

import contextlib
import errno
import signal
import subprocess
import tempfile
import time
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster_case import require_long
from cluster_rig import FAKETIME, Cluster, Node, wait_for
from etcd_members import LOOPBACK, Etcd
from failure_case import DAEMON_SECONDS, LEADER_SECONDS, MEND_SECONDS, FailureCase
from registers import SESSION
from workload import client_of


def setUpModule() -> None:
    require_long()


class Processes(FailureCase):
    def test_each_daemon_is_killed_in_turn(self) -> None:
        with self.load(1) as load:
            for node in self.nodes:
                killed = time.monotonic()
                node.kill()
                self.assert_back(self.others(node), killed, DAEMON_SECONDS, f"{node.name} was killed")
                node.start()
                load.over.wait(0.5)

    def test_each_member_of_etcd_is_killed_in_turn(self) -> None:
        etcd = self.cluster.etcd
        with self.load(2) as load:
            leader = etcd.leader()
            for number in (leader, (leader + 1) % 3, (leader + 2) % 3):
                was = "that leads" if number == etcd.leader() else "that follows"
                killed = time.monotonic()
                etcd.kill(number)
                self.assert_back(self.nodes, killed, LEADER_SECONDS, f"the member {was} was killed")
                etcd.restart(number)
                load.over.wait(1)

    def test_the_leader_of_etcd_hangs_for_a_while(self) -> None:
        etcd = self.cluster.etcd
        with self.load(3):
            leader = etcd.leader()
            stopped = time.monotonic()
            etcd.freeze(leader)
            try:
                self.assert_back(self.nodes, stopped, LEADER_SECONDS, "the member that leads hangs")
            finally:
                etcd.thaw(leader)

    def test_a_daemon_hangs_for_a_while(self) -> None:
        with self.load(4) as load:
            for node in self.nodes:
                node.signal(signal.SIGSTOP)
                load.over.wait(2 * self.bound)
                node.signal(signal.SIGCONT)
                load.over.wait(1)

    def test_a_daemon_that_hung_accepts_nothing_that_was_revoked_meanwhile(self) -> None:
        for node in self.nodes:
            tokens = self.sessions(20)
            node.signal(signal.SIGSTOP)
            try:
                self.end(self.others(node)[0], tokens)
                time.sleep(self.bound)
                with ThreadPoolExecutor(len(tokens)) as pool, contextlib.ExitStack() as clients:
                    each = [clients.enter_context(client_of(node)) for _ in tokens]
                    asked = [pool.submit(self.accepts, client, token) for client, token in zip(each, tokens)]
                    time.sleep(0.2)
                    node.signal(signal.SIGCONT)
                    self.assert_refuses_all(node, tokens)
                    self.assertEqual([one.result() for one in asked], [False] * len(tokens))
            finally:
                node.signal(signal.SIGCONT)
            self.cluster.wait_until_ready()

    def test_without_a_majority_of_etcd_all_nodes_refuse(self) -> None:
        etcd = self.cluster.etcd
        with self.load(5):
            for number in (0, 1):
                etcd.kill(number)
            for node in self.nodes:
                self.assert_cut_off(node)
            for number in (0, 1):
                etcd.spawn(number, "existing")
            for number in (0, 1):
                etcd.wait_until_healthy(number)

    def test_all_of_etcd_and_all_daemons_are_killed(self) -> None:
        etcd = self.cluster.etcd
        with self.load(6):
            for node in self.nodes:
                node.kill()
            for number in range(3):
                etcd.kill(number)
            for number in range(3):
                etcd.spawn(number, "existing")
            for node in self.nodes:
                node.spawn()
            for node in self.nodes:
                node.wait_until_ready()

    def test_a_node_that_lost_its_data_directory_has_all_of_it_again(self) -> None:
        with self.load(7) as load:
            for node in self.nodes:
                node.kill()
                node.lose_directory()
                load.over.wait(0.5)
                node.start()

    def test_a_member_of_etcd_that_lost_its_data_directory_is_replaced(self) -> None:
        with self.load(8):
            self.cluster.etcd.replace(self.cluster.etcd.leader())


class StrictProcesses(Processes):
    items = {"readconsistency": "strict"}


@contextlib.contextmanager
def small_disk(mebibytes: int) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="authnz-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none", directory], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        directory.rmdir()
        raise unittest.SkipTest(f"a disk of its own is not permitted here: {mounted.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)
        directory.rmdir()


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return filler


class Disks(FailureCase):
    """The third node's store is on a small disk."""

    disk: Path

    @classmethod
    def make_cluster(cls) -> Cluster:
        cls.disk = cls.enterClassContext(small_disk(48))
        cluster = Cluster(Etcd(3, "--quota-backend-bytes=67108864").start(), [LOOPBACK] * 2, **cls.items)
        cluster.add_node(authdb=f"lmdb://{cls.disk}/store")
        return cluster

    def write_much(self, node: Node, megabytes: int) -> list[str]:
        body = {**SESSION, "user_id": 1, "extra_info_json": {"much": "x" * 60_000}}
        return [str(self.succeeds(node, "session-new", **body)["session_token"]) for _ in range(megabytes * 16)]

    def test_a_node_whose_disk_is_full_refuses_and_goes_on_when_there_is_room(self) -> None:
        full, others = self.nodes[2], self.nodes[:2]
        with self.load(61):
            tokens = self.sessions(20)
            filler = fill(self.disk)
            much = self.write_much(others[0], 8)
            self.end(others[0], tokens)
            time.sleep(self.bound)
            self.assert_refuses_all(full, tokens)
            self.assert_back(others, time.monotonic(), DAEMON_SECONDS, "n3's disk is full")
            wait_for(lambda: not full.is_ready(), 10, "n3 has room, the test proves nothing")
            filler.unlink()
            self.assert_back(self.nodes, time.monotonic(), MEND_SECONDS, "n3's disk has room")
            self.end(others[1], much)


class Clocks(FailureCase):
    """The second node's clock is an hour ahead, the third's an hour behind. Envelopes of any age are taken.

    Without refresh tokens, which are good from the time of their making on.
    """

    items = {"envelopemaxage": "0"}

    @classmethod
    def make_cluster(cls) -> Cluster:
        if not FAKETIME.exists():
            raise unittest.SkipTest("other clocks need the package faketime")
        cluster = Cluster(Etcd(3).start(), certificates_shift="-86400", **cls.items)
        cluster.nodes[1].shift, cluster.nodes[2].shift = "+3600", "-3600"
        return cluster

    def test_clocks_that_are_an_hour_apart_decide_nothing(self) -> None:
        with self.load(71, tokens=0) as load:
            load.over.wait(3)
            tokens = self.sessions(20)
            self.end(self.nodes[2], tokens)
            time.sleep(self.bound)
            for node in self.nodes:
                self.assert_refuses_all(node, tokens)

    def test_a_node_is_killed_meanwhile(self) -> None:
        with self.load(72, tokens=0):
            for node in self.nodes:
                killed = time.monotonic()
                node.kill()
                self.assert_back(self.others(node), killed, DAEMON_SECONDS, f"{node.name} was killed")
                node.start()


class StrictClocks(Clocks):
    items = {**Clocks.items, "readconsistency": "strict"}


class FullEtcd(FailureCase):
    """etcd may have 24 MiB."""

    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster(Etcd(3, f"--quota-backend-bytes={24 << 20}").start(), clusterhistory="24")

    def fill_etcd(self, node: Node) -> None:
        """With old revisions of one session."""
        token = self.session(node, 1)
        for _ in range(1000):
            answer = node.ask("internal-session-edit", target_session_token=token, update_dict={"much": "x" * 60_000})
            if not answer.success:
                self.assertEqual(answer.failure_reason, "storage-full")
                return
        self.fail("etcd is never full")

    def test_a_full_etcd_refuses_writes_and_goes_on_when_there_is_room(self) -> None:
        token, *ended = self.sessions(6)
        self.end(self.nodes[2], ended)
        self.fill_etcd(self.nodes[1])
        for node in self.nodes:
            self.assertTrue(self.is_live(node, token))
            self.assert_refuses_all(node, ended)
            refused = node.ask("session-new", **SESSION, user_id=1, extra_info_json=None)
            self.assertEqual(refused.failure_reason, "storage-full")
        self.assertIn("NOSPACE", self.cluster.ctl_at("cluster", "status", node=self.nodes[0], code=1).stdout)
        self.make_room()
        for node in self.nodes:
            self.session(node, 1)
        self.assert_same_everywhere()

    def make_room(self) -> None:
        """As docs/clustering.md tells operators."""
        etcd = self.cluster.etcd
        (status,) = etcd.ctl_json("endpoint", "status", members=[0])
        for command in (["compact", str(status["Status"]["header"]["revision"])], ["defrag"], ["alarm", "disarm"]):
            done = etcd.ctl(*command)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
