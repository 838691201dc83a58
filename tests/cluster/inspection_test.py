"""Operators see all nodes from any one, while nodes hang, die and come back: `top`, `limits` and `audit`
with `--all`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import unittest
from typing import Any

from admin_case import AdminCase
from cluster_case import ClusterCase, FiveAMinute
from cluster_rig import Cluster, Node, wait_for
from etcd_members import LOOPBACK, Etcd
from server import binary, inherited_environment
from terminal import Terminal


class InspectionCase(ClusterCase):
    """Three linked nodes over one member of etcd."""

    linked_nodes = True

    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster(Etcd(1).start(), (LOOPBACK,) * 3, **cls.items)

    def linked(self, node: Node) -> set[str]:
        """The nodes that it has a link to."""

        def members() -> Any:
            try:
                return self.cluster.ctl_json("cluster", "members", node=node)["members"]
            except AssertionError:  # etcd is slow at times, on busy machines
                return None

        return {member["node"] for member in wait_for(members) if member["linked"]}

    def setUp(self) -> None:
        for node in self.nodes:
            wait_for(lambda n=node: len(self.linked(n)) == 2, 30, f"{node.name} has no links: {node.last_lines()}")


class Top(InspectionCase):
    def top(self, node: Node, *options: str, columns: int = 120) -> Terminal:
        where = ["--node", f"{node.address}:{node.items['adminport']}", "--certs", str(self.cluster.certs)]
        command = [binary("authnzctl"), "top", "--interval", "0.3", *options, *where]
        terminal = Terminal(columns, 30, command, {"LC_ALL": "C.UTF-8"})
        self.addCleanup(terminal.close)
        return terminal

    def nodes_with_actors(self, seen: list[str]) -> set[str]:
        return {found[1] for line in seen if (found := re.match(r"[> ][! ](n\d) +[a-z]+(-\d+)* .*\brunning ", line))}

    def test_the_actors_of_all_nodes_are_watched_from_each(self) -> None:
        for node in self.nodes:
            top = self.top(node, "--all")
            top.wait_for(f"3 nodes, asked {node.name}")
            # More than a screen has.
            top.press("/", *"session-0", "Enter")
            top.wait(lambda seen: self.nodes_with_actors(seen) == {"n1", "n2", "n3"}, "the sessions' actors of all nodes")
            top.close()

    def test_the_figures_of_all_nodes_are_side_by_side(self) -> None:
        top = self.top(self.nodes[1], "--all")
        top.wait_for("3 nodes, asked n2  ")
        for key, content in {"2": "none yet", "3": "workers busy", "4": "map used", "5": "submitted", "6": "buckets"}.items():
            top.press(key)
            seen = top.wait_for(content)
            if key != "2":
                self.assertTrue(any(re.search(r" n1 +n2 +n3$", line.rstrip()) for line in seen), seen)
        top.press("7")
        top.wait(lambda seen: all(any(line[2:].startswith(f"{n} ") and " ready " in line for line in seen) for n in ("n1", "n2", "n3")), "a line a node")

    def test_without_all_only_the_node_that_is_asked_is_watched(self) -> None:
        top = self.top(self.nodes[0])
        top.wait_for("authnzerver n1  ")
        top.wait_for("session-0")
        top.press("/", *"n2", "Enter")
        top.wait_for("nothing holds n2")

    def test_a_hung_node_is_named_with_the_reason_until_it_goes_on(self) -> None:
        top = self.top(self.nodes[0], "--all", columns=160)
        top.wait_for("all ready")
        self.nodes[2].signal(signal.SIGSTOP)
        try:
            top.wait_for("! n3: no answer since ")
            seen = top.wait_for("there is no link to node n3")
            self.assertIn("! 1 WITHOUT AN ANSWER", seen[0])
            # The others' rows go on.
            top.press("/", *"session-0", "Enter")
            top.wait(lambda s: self.nodes_with_actors(s) == {"n1", "n2"}, "the actors of the others")
            first = top.screen()[0]
            top.wait(lambda s: s[0] != first, "a later time")
        finally:
            self.nodes[2].signal(signal.SIGCONT)
        top.wait_for("all ready")
        top.wait(lambda s: self.nodes_with_actors(s) == {"n1", "n2", "n3"}, "the actors of all")

    def test_a_dead_node_keeps_its_line_and_comes_back_by_itself(self) -> None:
        top = self.top(self.nodes[0], "--all", columns=160)
        top.press("7")
        top.wait_for("all ready")
        self.nodes[1].kill()
        try:
            top.wait(lambda seen: any(re.match(r"[> ]!n2 +no answer", line) for line in seen), "n2's line")
            # Its lease ends, and it is a member no more.
            top.wait_for("no node n2 is registered")
            self.assertTrue(any(re.match(r"[> ]!n2 +no answer", line) for line in top.screen()))
        finally:
            self.nodes[1].start()
        top.wait_for("all ready")

    def test_the_picture_is_held_while_the_node_that_is_asked_is_away(self) -> None:
        node = self.nodes[2]
        top = self.top(node, "--all")
        top.wait_for("3 nodes, asked n3")
        top.wait_for("n1  ")
        node.kill()
        try:
            self.assertIn("! 127.0.0.1:", top.wait_for("dialling again")[0])
            self.assertTrue(self.nodes_with_actors(top.screen()))
        finally:
            node.start()
        top.wait_for("all ready")


class Limits(FiveAMinute, InspectionCase):
    def exhaust(self, address: str) -> None:
        wait_for(lambda: not self.passes(self.nodes[0], address), 30, f"{address} is not limited")

    def clients(self, network: str) -> list[str]:
        """So many that every node owns some."""
        return [f"{network}.{number}" for number in range(1, 25)]

    def test_shows_the_buckets_of_every_node_with_the_node(self) -> None:
        clients = self.clients("192.0.2")
        for number, address in enumerate(clients):
            self.passes(self.nodes[number % 3], address)
        for node in self.nodes:
            shown = self.cluster.ctl_json("limits", "show", "--all", node=node)
            self.assertEqual((shown["missing"], [answer["node"] for answer in shown["nodes"]]), ([], ["n1", "n2", "n3"]))
            used = [sum(row["not_full"] for row in a["requests"] if row["request"] == "user-changepass") for a in shown["nodes"]]
            self.assertGreaterEqual(sum(used), len(clients))
            self.assertTrue(all(used), "a node owns none of them")
        lines = self.cluster.ctl("limits", "show", "--all").splitlines()
        self.assertEqual(lines[0].split()[:2], ["NODE", "REQUEST"])
        self.assertEqual({line.split()[0] for line in lines[1:]}, {"n1", "n2", "n3"})

    def test_shows_who_counts_a_caller(self) -> None:
        self.exhaust("198.51.100.7")
        shown = self.cluster.ctl_json("limits", "show", "--all", "--client", "198.51.100.7", node=self.nodes[2])
        self.assertEqual([len(answer["limits"]) for answer in shown["nodes"]].count(1), 1, shown)
        self.assertRegex(self.cluster.ctl("limits", "show", "--all", "--client", "198.51.100.7"), r"(?m)^n[123] +user-changepass +client ")

    def test_clears_a_caller_wherever_it_is_counted(self) -> None:
        clients = self.clients("203.0.113")
        for address in clients:
            self.exhaust(address)
        for number, address in enumerate(clients):
            cleared = self.cluster.ctl_json("limits", "clear", "--all", "--client", address, node=self.nodes[number % 3])
            self.assertEqual((cleared["cleared"], cleared["missing"]), (1, []))
        for number, address in enumerate(clients):
            self.assertTrue(self.passes(self.nodes[number % 3], address), address)

    def test_clears_everybody_on_all_nodes(self) -> None:
        clients = self.clients("198.18.0")
        for address in clients:
            self.exhaust(address)
        self.assertIn("--yes", self.cluster.ctl("limits", "clear", "--all", code=2))
        said = self.cluster.ctl("limits", "clear", "--all", "--yes", node=self.nodes[1])
        self.assertEqual([line.split(": ")[0] for line in said.splitlines()], ["n1", "n2", "n3"])
        self.assertEqual([address for address in clients if not self.passes(self.nodes[0], address)], [])
        self.assertIn("admin.limits-clear", self.cluster.ctl("audit", "--event", "admin.", node=self.nodes[2]))

    def test_without_all_others_keep_what_they_count(self) -> None:
        clients = self.clients("198.19.0")
        for address in clients:
            self.exhaust(address)
        self.cluster.ctl("limits", "clear", "--everybody", "--yes", node=self.nodes[0])
        limited = [address for address in clients if not self.passes(self.nodes[0], address)]
        self.assertTrue(limited)
        self.assertLess(len(limited), len(clients))

    def test_tells_what_is_counted_for_nodes_out_of_reach(self) -> None:
        first, _, third = self.nodes

        def counted() -> int:
            return int(self.cluster.ctl_json("node", node=first)["limits_counted_for_others"])

        before = counted()
        clients = self.clients("198.20.0")
        third.signal(signal.SIGSTOP)
        try:
            for address in clients:
                self.assertTrue(self.passes(first, address))
        finally:
            third.signal(signal.SIGCONT)
        self.assertGreater(counted(), before)
        self.assertLess(counted() - before, len(clients))

    def test_says_which_node_could_not_be_asked_and_does_the_rest(self) -> None:
        first, _, third = self.nodes
        third.signal(signal.SIGSTOP)
        try:
            wait_for(lambda: third.name not in self.linked(first), 10, "the link to a hung node is kept")
            done = self.cluster.ctl_at("limits", "clear", "--all", "--yes", node=first, code=1)
        finally:
            third.signal(signal.SIGCONT)
        self.assertEqual([line.split(": ")[0] for line in done.stdout.splitlines()], ["n1", "n2"])
        self.assertIn("n3: ", done.stderr)


class Audit(InspectionCase):
    def lines(self, *options: str, node: Node | None = None) -> list[dict[str, Any]]:
        done = self.cluster.ctl_at("audit", "--all", "--json", *options, node=node or self.nodes[0])
        return [json.loads(line) for line in done.stdout.splitlines()]

    def deny(self, node: Node, user_id: int) -> None:
        body = {"user_id": user_id, "user_role": "authenticated", "action": "delete", "target_name": "dataset"}
        answer = node.ask("user-check-access", **body, target_owner=1, target_visibility="private", target_sharedwith="none")
        self.assertFalse(answer.success)

    def test_a_change_is_there_once_with_its_number_in_every_trail(self) -> None:
        user_id = self.sign_up(self.nodes[1])
        for node in self.nodes:
            (event,) = wait_for(lambda n=node: [e for e in self.lines("--event", "user.created", "--user", str(user_id), node=n) if len(e["nodes"]) == 3])
            self.assertEqual(set(event["nodes"]), {"n1", "n2", "n3"})
        for name, number in event["nodes"].items():
            of_one = self.cluster.ctl_at("audit", "--json", "--event", "user.created", "--user", str(user_id), node=self.nodes[int(name[1]) - 1])
            self.assertEqual([json.loads(line)["number"] for line in of_one.stdout.splitlines()], [number])
        self.assertRegex(self.cluster.ctl("audit", "--all", "--event", "user.created"), r"(?m)^\* \S+ user\.created ok ")

    def test_denials_are_there_with_the_node_that_saw_them(self) -> None:
        user_id = self.sign_up(self.nodes[0])
        for node in self.nodes:
            self.deny(node, user_id)

        def denials() -> list[str]:
            return [",".join(e["nodes"]) for e in self.lines("--event", "access.denied", "--user", str(user_id), node=self.nodes[2])]

        wait_for(lambda: denials() == ["n1", "n2", "n3"], why="the denials of all nodes are not there")
        self.assertRegex(self.cluster.ctl("audit", "--all", "--event", "access.denied"), r"(?m)^n2 \S+ access\.denied ")

    def test_all_trails_are_one_by_time(self) -> None:
        for node in (*self.nodes, *self.nodes):
            self.sign_up(node)
        wait_for(lambda: all(len(e["nodes"]) == 3 for e in self.lines("--event", "user.created", "--since", "1m")))
        for limit in ("0", "7"):
            times = [event["time"] for event in self.lines("--limit", limit)]
            self.assertEqual(times, sorted(times))
        self.assertEqual(len(self.lines("--limit", "7")), 7)
        self.assertEqual(self.lines("--limit", "7"), self.lines("--limit", "0")[-7:])

    def test_follows_all_nodes(self) -> None:
        where = ["--node", f"127.0.0.1:{self.nodes[0].items['adminport']}", "--certs", str(self.cluster.certs)]
        following = subprocess.Popen(
            [binary("authnzctl"), "audit", "--all", "--json", "--follow", "--limit", "1", *where], stdout=subprocess.PIPE, text=True, env=inherited_environment()
        )
        try:
            assert following.stdout is not None
            following.stdout.readline()
            users = [self.sign_up(node) for node in self.nodes]
            self.deny(self.nodes[2], users[0])
            seen: list[dict[str, Any]] = []
            while not seen or seen[-1]["event"] != "access.denied":
                seen.append(json.loads(following.stdout.readline()))
        finally:
            following.terminate()
            following.communicate(timeout=20)
        self.assertEqual([event["event"] for event in seen].count("user.created"), 3)
        self.assertTrue(all(len(event["nodes"]) == 3 for event in seen if event["event"] == "user.created"), seen)
        self.assertEqual(list(seen[-1]["nodes"]), ["n3"])

    def test_says_whose_trail_is_missing_and_shows_the_others(self) -> None:
        first, _, third = self.nodes
        user_id = self.sign_up(first)
        third.signal(signal.SIGSTOP)
        try:
            wait_for(lambda: third.name not in self.linked(first), 10, "the link to a hung node is kept")
            done = self.cluster.ctl_at("audit", "--all", "--json", "--user", str(user_id), node=first, code=1)
        finally:
            third.signal(signal.SIGCONT)
        self.assertIn("n3: there is no link", done.stderr)
        self.assertEqual(set(json.loads(done.stdout.splitlines()[0])["nodes"]), {"n1", "n2"})

    def test_a_chain_is_verified_on_its_node(self) -> None:
        self.cluster.ctl("audit", "--verify", "--all", code=2)


class TopWithoutLinks(ClusterCase):
    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster(Etcd(1).start(), (LOOPBACK,) * 2)

    def test_says_what_the_others_need_to_be_seen(self) -> None:
        node = self.nodes[0]
        where = ["--node", f"{node.address}:{node.items['adminport']}", "--certs", str(self.cluster.certs)]
        top = Terminal(160, 24, [binary("authnzctl"), "top", "--all", *where], {"LC_ALL": "C.UTF-8"})
        self.addCleanup(top.close)
        top.wait_for("! n2: no answer since the start: this node has no links to others; set its items cluster and clusterport")
        top.wait_for("session-0")


class SingleNode(AdminCase):
    """Without a cluster, all nodes are the one."""

    def test_top_shows_the_one_node(self) -> None:
        top = Terminal(120, 24, self.command("top", "--all"), {"LC_ALL": "C.UTF-8"})
        self.addCleanup(top.close)
        top.wait_for("1 node, asked ")
        top.wait_for("session-0")
        top.press("7")
        top.wait(lambda seen: any(" ready " in line and line.startswith("> ") for line in seen), "the node's line")

    def test_actors_shows_the_one_node(self) -> None:
        shown = self.ctl_json("actors", "--all", "--interval", "0")
        self.assertEqual((shown["missing"], len({actor["node"] for actor in shown["actors"]})), ([], 1))


if __name__ == "__main__":
    unittest.main()
