"""Nothing acknowledged is lost, and nothing revoked is accepted, whatever fails."""

from __future__ import annotations

import contextlib
import errno
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from authnzerver_client import AuthnzerverError, Client
from cluster_case import ClusterCase, require_long
from cluster_rig import FAKETIME, Cluster, Node, wait_for
from etcd_members import LOOPBACK, Etcd
from namespaces import Hosts, require_namespaces
from relay import Relay
from registers import SESSION
from workload import Workload, client_of

# From the issue of a request to its answer, beside what is promised: this machine is busy.
LEADER_SECONDS = 5
DAEMON_SECONDS = 2
MEND_SECONDS = 30


def setUpModule() -> None:
    require_long()


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
    def load(self, seed: int, **options: int) -> Iterator[Workload]:
        """Clients write and read meanwhile; afterwards all is well again, and was all the time."""
        with Workload(self.cluster, seed=seed, **options) as load:
            load.over.wait(0.5)
            yield load
            self.cluster.wait_until_ready()
            load.over.wait(1)
        self.assert_consistent(load)
        self.assert_same_everywhere()

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
                self.assert_back(self.nodes, stopped, MEND_SECONDS, "the member that leads hangs")
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
                node.lose_store()
                load.over.wait(0.5)
                node.start()

    def test_a_member_of_etcd_that_lost_its_data_directory_is_replaced(self) -> None:
        with self.load(8):
            self.cluster.etcd.replace(self.cluster.etcd.leader())


class StrictProcesses(Processes):
    items = {"readconsistency": "strict"}


class Links(FailureCase):
    """The third node reaches etcd by links of its own."""

    relays: list[Relay]

    @classmethod
    def make_cluster(cls) -> Cluster:
        etcd = Etcd(3).start()
        cls.relays = [Relay(url) for url in etcd.urls]
        for relay in cls.relays:
            cls.addClassCleanup(relay.close)
        return Cluster(etcd, urls_for=lambda n: [r.url for r in cls.relays] if n == 2 else etcd.urls, **cls.items)

    def tearDown(self) -> None:
        for relay in self.relays:
            relay.delay = 0
            relay.go_on()

    def test_a_slow_link_makes_it_slow_and_nothing_else(self) -> None:
        with self.load(11) as load:
            for relay in self.relays:
                relay.delay = 0.1
            load.over.wait(1)
            slow = time.monotonic()
            load.over.wait(5)
            self.assertGreater(len(load.answered(slow, self.nodes[2])), 5)

    def test_links_that_break_again_and_again(self) -> None:
        with self.load(12) as load:
            for number in range(20):
                self.relays[number % 3].cut()
                load.over.wait(0.1)

    def test_what_hangs_between_it_and_etcd_makes_it_refuse(self) -> None:
        with self.load(13):
            tokens = self.sessions(20)
            for relay in self.relays:
                relay.hang()
            self.end(self.nodes[0], tokens)
            time.sleep(self.bound)
            self.assert_refuses_all(self.nodes[2], tokens)
            self.assert_cut_off(self.nodes[2])
            self.assert_refuses_all(self.nodes[2], tokens)
            self.assert_back(self.nodes[:2], time.monotonic(), DAEMON_SECONDS, "n3 is cut off")
            mended = time.monotonic()
            for relay in self.relays:
                relay.go_on()
            self.assert_back(self.nodes, mended, MEND_SECONDS, "the link of n3 is mended")
            self.assert_refuses_all(self.nodes[2], tokens)

    def test_one_of_three_links_hangs(self) -> None:
        for number, relay in enumerate(self.relays):
            with self.load(14 + number):
                hung = time.monotonic()
                relay.hang()
                self.assert_back(self.nodes, hung, MEND_SECONDS, f"n3's link to member {number} hangs")
                relay.go_on()


class StrictLinks(Links):
    items = {"readconsistency": "strict"}


class Partitions(FailureCase):
    """Every member and every node is a host; hosts 0 to 2 are etcd's, 3 to 5 are the nodes'."""

    hosts: Hosts

    @classmethod
    def make_cluster(cls) -> Cluster:
        require_namespaces()
        cls.hosts = Hosts(6)
        cls.addClassCleanup(cls.hosts.remove)
        places = [cls.hosts.place(number) for number in range(6)]
        front = {place: cls.hosts.front_address(number) for number, place in enumerate(places)}
        return Cluster(Etcd(places[:3]).start(), places[3:], front.__getitem__, **cls.items)

    def test_a_node_that_is_cut_off_refuses_and_comes_back(self) -> None:
        for number, node in enumerate(self.nodes):
            with self.load(21 + number):
                tokens = self.sessions(20)
                self.hosts.cut(3 + number)
                self.end(self.others(node)[0], tokens)
                time.sleep(self.bound)
                self.assert_refuses_all(node, tokens)
                self.assert_cut_off(node)
                mended = time.monotonic()
                self.hosts.mend(3 + number)
                self.assert_back(self.nodes, mended, MEND_SECONDS, f"{node.name} is mended")
                self.assert_refuses_all(node, tokens)

    def test_a_member_of_etcd_that_is_cut_off_is_done_without(self) -> None:
        leader = self.cluster.etcd.leader()
        for number in (leader, (leader + 1) % 3):
            with self.load(31 + number):
                cut = time.monotonic()
                self.hosts.cut(number)
                self.assert_back(self.nodes, cut, MEND_SECONDS, "a member of etcd is cut off")
                self.hosts.mend(number)

    def test_a_member_of_etcd_that_nodes_reach_but_no_other_member_is_done_without(self) -> None:
        for number in range(3):
            with self.load(41 + number):
                others = [other for other in range(3) if other != number]
                cut = time.monotonic()
                for other in others:
                    self.hosts.silence(number, other)
                    self.hosts.silence(other, number)
                self.assert_back(self.nodes, cut, MEND_SECONDS, f"member {number} is alone with the nodes")
                for other in others:
                    self.hosts.unsilence(number, other)
                    self.hosts.unsilence(other, number)

    def test_a_link_that_passes_one_way_only(self) -> None:
        for number in range(3):
            with self.load(51 + number):
                cut = time.monotonic()
                self.hosts.silence(3, number)
                self.assert_back(self.nodes, cut, MEND_SECONDS, f"n1 hears member {number}, which does not hear it")
                self.hosts.unsilence(3, number)


class StrictPartitions(Partitions):
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
        token = self.session(self.nodes[0], 1)
        self.on_all_within_the_bound(lambda node: self.is_live(node, token), "the session is not known")
        self.fill_etcd(self.nodes[1])
        for node in self.nodes:
            self.assertTrue(self.is_live(node, token))
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
