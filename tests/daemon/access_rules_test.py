"""Access and limits: each outcome of both requests, and how the daemon takes a permissions file."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import unittest
from typing import Any, Callable

from authnzerver_client import Answer
from case import DaemonCase, Person, readable
from server import Server, binary, inherited_environment


def default_policy() -> dict[str, Any]:
    command = [binary("authnzctl"), "policy", "default"]
    return json.loads(subprocess.run(command, env=inherited_environment(), check=True, capture_output=True).stdout)


class Access(DaemonCase):
    caller: Person
    owner: Person

    def setUp(self) -> None:
        super().setUp()
        self.caller, self.owner = self.sign_up(), self.sign_up()

    def check(self, **changes: Any) -> Answer:
        body = {
            "user_id": self.caller.user_id, "user_role": "authenticated", "action": "view", "target_name": "dataset",
            "target_owner": self.owner.user_id, "target_visibility": "shared",
            "target_sharedwith": str(self.caller.user_id),
        }  # fmt: skip
        return self.ask("user-check-access", **{**body, **changes})

    def assert_denied(self, reason: str, **changes: Any) -> None:
        answer = self.check(**changes)
        self.assert_failure(answer, reason, "access-denied")
        self.assertEqual(readable(answer), readable(self.check(target_sharedwith="nobody")))

    def test_what_the_policy_allows_is_granted(self) -> None:
        answer = self.check()
        self.assert_success(answer, "access-granted")
        self.assertEqual(set(answer.response), {"success", "messages", "message_codes"})
        self.assertTrue(self.check(target_sharedwith=f" 2 , {self.owner.user_id}").success)
        self.assertTrue(self.check(target_owner=self.caller.user_id, target_sharedwith="none", action="delete").success)

    def test_lists_must_be_ids_separated_by_commas(self) -> None:
        for text in ("x", f"{self.caller.user_id},", "-2", "1;2", "1.0", "9" * 30):
            with self.subTest(text):
                self.assert_denied("sharedwith-invalid", target_sharedwith=text, user_id=999)

    def test_callers_must_stand_in_the_role_that_they_claim(self) -> None:
        unverified = self.sign_up(verified=False)
        for claim in ({"user_role": "superuser"}, {"user_id": 999}, {"user_id": unverified.user_id},
                      {"user_id": 3, "user_role": "locked"}):
            with self.subTest(**claim):
                self.assert_denied("caller-invalid", **claim, target_owner=999)

    def test_owners_and_those_shared_with_must_be_in_good_standing(self) -> None:
        unverified = self.sign_up(verified=False)
        self.assert_denied("target-users-invalid", target_owner=999, action="fly")
        self.assert_denied("target-users-invalid", target_owner=unverified.user_id)
        self.assert_denied("target-users-invalid", target_sharedwith=f"{self.caller.user_id},{unverified.user_id}")

    def test_what_the_policy_does_not_allow_is_denied(self) -> None:
        for changes in ({"action": "delete"}, {"action": "fly"}, {"target_name": "user"}, {"target_sharedwith": ""},
                        {"target_visibility": "private"}, {"target_visibility": "hidden"}):
            with self.subTest(**changes):
                self.assert_denied("not-allowed", **changes)


class Limit(DaemonCase):
    def check(self, value: Any, **changes: Any) -> Answer:
        body = {"user_id": 2, "user_role": "anonymous", "limit_name": "max_requests_per_minute"}
        return self.ask("user-check-limit", **{**body, "value_to_check": value, **changes})

    def test_values_within_the_limit_pass(self) -> None:
        for value in (599, 599.99, "599", -1):
            with self.subTest(value):
                answer = self.check(value)
                self.assert_success(answer, "limit-passed")
                self.assertEqual(set(answer.response), {"success", "messages", "message_codes"})

    def test_what_is_not_limited_passes(self) -> None:
        self.assert_success(self.check("anything", limit_name="max_height"), "limit-passed")

    def test_failures_read_alike(self) -> None:
        first = self.check(600)
        for value, changes, reason in ((599, {"user_role": "staff"}, "caller-invalid"),
                                       (599, {"user_id": 999}, "caller-invalid"),
                                       ("x", {}, "limit-value-invalid"), ("599.0", {}, "limit-value-invalid"),
                                       (True, {}, "limit-value-invalid"), ([599], {}, "limit-value-invalid"),
                                       (600, {}, "over-limit"), ("600", {}, "over-limit"), (10**300, {}, "over-limit")):
            with self.subTest(value=value, **changes):
                answer = self.check(value, **changes)
                self.assert_failure(answer, reason, "limit-failed")
                self.assertEqual(readable(answer), readable(first))

    def test_a_value_must_be_there(self) -> None:
        answer = self.check(None)
        self.assertEqual(answer.failure_reason, "invalid-parameters")


class PermissionsFile(unittest.TestCase):
    """The anonymous user may view public datasets of others, unless the file says otherwise."""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.remove)
        self.file = self.server.directory / "policy.json"
        self.audit_file = self.server.directory / "audit.jsonl"
        self.server.items.update(permissions=str(self.file), auditlog=str(self.audit_file))

    def write(self, change: Callable[[dict[str, Any]], None] = lambda policy: None) -> None:
        policy = default_policy()
        change(policy)
        self.file.write_text(json.dumps(policy))

    @staticmethod
    def close(policy: dict[str, Any]) -> None:
        policy["role_policy"]["anonymous"]["allowed_actions_for_other"]["public"] = []

    def may_view(self) -> bool:
        answer = self.server.ask(
            "user-check-access", user_id=2, user_role="anonymous", action="view", target_name="dataset", target_owner=1,
            target_visibility="public", target_sharedwith="none",
        )  # fmt: skip
        self.assertIn(answer.failure_reason, (None, "not-allowed"))
        return answer.success

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"{what} did not come: {self.server.log}")
            time.sleep(0.02)

    def reload(self) -> None:
        before = self.server.log.count("server.reloaded")
        self.server.signal(signal.SIGHUP)
        self.until("the reload", lambda: self.server.log.count("server.reloaded") > before)

    def reloads_in_audit(self) -> int:
        return self.audit_file.read_text().count('"policy.reloaded"')

    def test_is_in_force_from_the_start(self) -> None:
        self.write(self.close)
        self.server.start()
        self.assertFalse(self.may_view())
        self.assertEqual(self.reloads_in_audit(), 0)

    def test_is_read_again_on_sighup(self) -> None:
        self.write()
        self.server.start()
        self.assertTrue(self.may_view())
        self.write(self.close)
        self.assertTrue(self.may_view(), "not before the signal")
        self.reload()
        self.until("the new policy", lambda: not self.may_view())
        self.assertEqual(self.reloads_in_audit(), 1)

    def test_that_broke_keeps_the_old_policy_and_the_log_says_where(self) -> None:
        self.write(self.close)
        self.server.start()

        def break_it(policy: dict[str, Any]) -> None:
            policy["role_policy"]["staff"]["allowed_actions_for_other"]["shared"][2] = "fly"

        self.write(break_it)
        self.reload()
        self.assertFalse(self.may_view())
        self.assertIn("$.role_policy.staff.allowed_actions_for_other.shared[2]", self.server.log)
        self.file.write_text("{")
        self.reload()
        self.assertFalse(self.may_view())
        self.assertIn("is not JSON", self.server.log)
        self.assertEqual(self.reloads_in_audit(), 0)
        self.write()
        self.reload()
        self.until("the mended policy", self.may_view)
        self.assertEqual(self.reloads_in_audit(), 1)

    def test_that_is_broken_is_a_start_error(self) -> None:
        def rename(policy: dict[str, Any]) -> None:
            policy["role_policy"]["guest"] = policy["role_policy"].pop("anonymous")

        for text, where in (("{", "$: is not JSON"), ("[]", "$: must be an object")):
            self.file.write_text(text)
            self.assert_refused(where)
        self.write(rename)
        self.assert_refused("$.role_policy.anonymous: is missing")

    def assert_refused(self, where: str) -> None:
        code, stderr = self.server.start_and_fail()
        self.assertEqual(code, 1, stderr)
        self.assertEqual(len(stderr.splitlines()), 1, stderr)
        self.assertIn(f"permissions: {self.file}: {where}", stderr)

    def test_outcomes_are_audited_when_they_are_failures(self) -> None:
        self.write(self.close)
        self.server.start()
        with self.server.client() as client:
            for value in (1, 600):
                client.call("user-check-limit", {"user_id": 2, "user_role": "anonymous", "value_to_check": value,
                                                 "limit_name": "max_requests_per_minute"})  # fmt: skip
        self.assertFalse(self.may_view())
        events = [json.loads(line) for line in self.audit_file.read_text().splitlines()]
        mine = [(e["event"], e["outcome"]) for e in events if e["event"].startswith(("access.", "limit."))]
        self.assertEqual(mine, [("limit.refused", "over-limit"), ("access.denied", "not-allowed")])


if __name__ == "__main__":
    unittest.main()
