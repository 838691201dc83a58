"""Several nodes serve as one."""

from __future__ import annotations

import json
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from authnzerver_client import Answer
from cluster_case import PASSWORD, ClusterCase
from cluster_rig import Node, wait_for
from revocations import Revocations
from workload import Workload


class Service(ClusterCase):
    def at_once(self, what: Any, *arguments: Any) -> list[Answer]:
        """The same on every node at the same time."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(lambda node: what(node, *arguments), self.nodes))

    def test_who_signs_up_on_one_node_logs_in_on_every_other(self) -> None:
        self.sign_up(self.nodes[0], "ada@example.org")
        self.on_all_within_the_bound(
            lambda node: node.ask("user-lookup-email", email="ada@example.org").success, "she is not known"
        )
        for node in self.nodes:
            self.succeeds(
                node, "user-login", session_token=self.session(node), email="ada@example.org", password=PASSWORD
            )

    def test_a_node_shows_at_once_what_it_wrote(self) -> None:
        for node in self.nodes:
            for _ in range(20):
                token = self.session(node, 1)
                self.assertTrue(self.is_live(node, token))
                self.succeeds(node, "session-delete", session_token=token)
                self.assertFalse(self.is_live(node, token))

    def test_a_session_that_was_ended_on_one_node_is_refused_on_all(self) -> None:
        for node in self.nodes:
            token = self.session(self.nodes[0], 1)
            self.on_all_within_the_bound(lambda other: self.is_live(other, token), "the session is not known")
            self.succeeds(node, "session-delete", session_token=token)
            self.on_all_within_the_bound(lambda other: not self.is_live(other, token), "the session lives on")

    def test_a_lock_ends_the_users_sessions_on_all_nodes(self) -> None:
        user_id = self.sign_up(self.nodes[0])
        token = self.session(self.nodes[0], user_id)
        self.on_all_within_the_bound(lambda node: self.is_live(node, token), "the session is not known")
        self.succeeds(self.nodes[1], "internal-user-lock", target_userid=user_id, action="lock")
        self.on_all_within_the_bound(lambda node: not self.is_live(node, token), "the session lives on")
        self.on_all_within_the_bound(lambda node: self.role(node, user_id) == "locked", "the user is not locked")

    def role(self, node: Node, user_id: int) -> str:
        return str(node.ask("user-list", user_id=user_id)["user_info"][0]["user_role"])

    def test_one_address_signed_up_on_all_nodes_at_once_is_one_account(self) -> None:
        for number in range(5):
            email = f"wanted{number}@example.org"
            answers = self.at_once(
                lambda node: node.ask("user-new", full_name="", email=email, password=PASSWORD)
            )
            ids = {answer["user_id"] for answer in answers if answer.success}
            self.assertEqual(len(ids), 1, answers)
            for node in self.nodes:
                self.on_all_within_the_bound(
                    lambda node: {u["user_id"] for u in self.everybody(node) if u["email"] == email} == ids,
                    "there is another account",
                )

    def everybody(self, node: Node) -> list[dict[str, Any]]:
        return list(node.ask("user-list", user_id=None)["user_info"])

    def test_a_refresh_token_works_once_on_all_nodes_together(self) -> None:
        for _ in range(5):
            user_id = self.sign_up(self.nodes[0])
            caller = {"user_id": user_id, "user_role": "authenticated", "ip_address": "192.0.2.7"}
            times = {"expires_seconds": 600, "not_valid_before": 0, "refresh_expires": 3600, "refresh_nbf": 0}
            key = self.succeeds(
                self.nodes[0], "apikey-new-nosession", audience="a", subject="s", apiversion=1, **caller, **times
            )
            claims = json.loads(key["apikey"])
            body = {"apikey_dict": claims, "refresh_token": key["refresh_token"], **caller, **times}
            self.on_all_within_the_bound(
                lambda node: node.ask("apikey-verify-nosession", apikey_dict=claims).success, "it is not known"
            )
            answers = self.at_once(lambda node: node.ask("apikey-refresh-nosession", **body))
            self.assertEqual(sum(answer.success for answer in answers), 1, answers)

    def test_a_session_that_lived_on_would_be_noticed(self) -> None:
        token = self.session(self.nodes[0], 1)
        with Revocations(self.nodes, self.bound) as revocations:
            revocations.ended.insert(0, (token, time.monotonic() - 60))
            wait_for(lambda: revocations.accepted, why="a session that is accepted was not noticed")

    def test_histories_of_all_nodes_are_those_of_one(self) -> None:
        with Workload(self.cluster) as load:
            load.over.wait(4)
        self.assertGreater(len(load.answered(0)), 100)
        self.assert_consistent(load)


class StrictService(Service):
    items = {"readconsistency": "strict"}

    def test_every_node_shows_at_once_what_another_wrote(self) -> None:
        for node in self.nodes:
            token = self.session(node, 1)
            self.assertTrue(all(self.is_live(other, token) for other in self.nodes))
            self.succeeds(node, "session-delete", session_token=token)
            self.assertFalse(any(self.is_live(other, token) for other in self.nodes))


class Administration(ClusterCase):
    def test_the_status_names_every_member_of_etcd_and_every_node(self) -> None:
        text = self.cluster.ctl("cluster", "status")
        for url in self.cluster.etcd.urls:
            self.assertIn(url.removeprefix("http://"), text)
        members = self.cluster.ctl("cluster", "members")
        for node in self.nodes:
            self.assertIn(node.name, members)

    def test_a_change_is_in_the_audit_trail_of_every_node(self) -> None:
        email = "trail@example.org"
        self.sign_up(self.nodes[1], email)
        self.on_all_within_the_bound(lambda node: self.has_event(node, email), "the event is missing")
        for node in self.nodes:
            self.cluster.ctl("audit", "--verify", node=node)

    def has_event(self, node: Node, email: str) -> bool:
        return "user.created" in self.cluster.ctl("audit", "--user", email, node=node)

    def test_the_check_of_the_cluster_finds_no_difference(self) -> None:
        for node in self.nodes:
            self.session(node, 1)
        self.assert_same_everywhere()


if __name__ == "__main__":
    unittest.main()
