"""Locks by administrators, and deletions by the server itself."""

from __future__ import annotations

import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase, Person, fields_of, readable

WRONG = "not the password at all"


class LockCase(DaemonCase):
    items = {"userlocktries": "1"}

    def lock_as_root(self, target: int, action: str = "lock", **changes: Any) -> Answer:
        body = {"user_id": 1, "user_role": "superuser", "target_userid": target, "action": action}
        body["session_token"] = changes.pop("session_token", None) or self.session(1)
        return self.ask("user-lock", **{**body, **changes})

    def lock_as_server(self, target: int, action: str = "lock") -> Answer:
        return self.ask("internal-user-lock", target_userid=target, action=action)

    def remove(self, target: int) -> Answer:
        return self.ask("internal-user-delete", target_userid=target)

    def check(self, person: Person, password: str | None = None) -> Answer:
        return self.ask("user-passcheck-nosession", email=person.email, password=password or person.password)

    def new_superuser(self) -> Person:
        person = self.sign_up()
        update = {"user_role": "superuser"}
        answer = self.ask("internal-user-edit", target_userid=person.user_id, update_dict=update)
        self.assert_success(answer, "user-updated")
        return person

    def superusers(self) -> list[int]:
        users = self.ask("user-list", user_id=None)["user_info"]
        return [user["user_id"] for user in users if user["user_role"] == "superuser"]

    def assert_refused(self, answer: Answer, reason: str) -> None:
        self.assert_failure(answer, reason, user_info=None)

    def assert_done(self, answer: Answer, code: str, **expected: Any) -> None:
        self.assert_success(answer, code)
        info = answer["user_info"]
        self.assertEqual({name: info[name] for name in expected}, expected)
        self.assertEqual(self.user(info["user_id"]), info)


class LockUser(LockCase):
    def test_a_lock_ends_sessions_and_refuses_logins_until_it_is_lifted(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        self.assert_done(self.lock_as_root(person.user_id), "user-locked", is_active=False, user_role="locked")
        self.assertFalse(self.is_live(token))
        refused = self.ask("user-login", session_token=self.session(), email=person.email, password=person.password)
        self.assertEqual(refused.failure_reason, "invalid-credentials")
        body = {"ip_address": "::1", "user_agent": "", "user_id": person.user_id, "expires": 1, "extra_info_json": None}
        self.assertEqual(self.ask("session-new", **body).failure_reason, "account-inactive")

        unlocked = self.lock_as_root(person.user_id, "unlock")
        self.assert_done(unlocked, "user-unlocked", is_active=True, user_role="authenticated", failed_login_tries=0)
        self.assertFalse(self.is_live(token))
        self.assert_success(self.check(person), "passcheck-ok")

    def test_unlocking_lifts_the_automatic_lock_too(self) -> None:
        person = self.sign_up()
        self.assertEqual(self.check(person, WRONG).failure_reason, "invalid-credentials")
        self.assertEqual(self.check(person).failure_reason, "locked")
        unlocked = self.lock_as_root(person.user_id, "unlock")
        self.assert_done(unlocked, "user-unlocked", is_active=True, user_role="authenticated", failed_login_tries=0)
        self.assert_success(self.check(person), "passcheck-ok")

    def test_unlocking_does_not_verify_or_activate(self) -> None:
        person, inactive = self.sign_up(verified=False), self.sign_up()
        answer = self.ask("internal-user-edit", target_userid=inactive.user_id, update_dict={"is_active": False})
        self.assert_success(answer, "user-updated")
        for user_id in (person.user_id, inactive.user_id):
            self.assert_done(self.lock_as_root(user_id), "user-locked", is_active=False)
            self.assert_done(self.lock_as_root(user_id, "unlock"), "user-unlocked", is_active=False)

    def test_what_is_so_already_has_no_effect(self) -> None:
        person = self.sign_up()
        for action, code in (("unlock", "user-unlocked"), ("lock", "user-locked"), ("unlock", "user-unlocked")):
            first = self.lock_as_root(person.user_id, action)
            self.assert_done(first, code)
            second = self.lock_as_root(person.user_id, action)
            self.assert_done(second, code, last_updated=first["user_info"]["last_updated"])
            self.assertEqual(readable(first), readable(second))

    def test_the_time_of_the_last_update_moves(self) -> None:
        person = self.sign_up()
        before = self.user(person.user_id)["last_updated"]
        locked = self.lock_as_root(person.user_id)["user_info"]["last_updated"]
        self.assertGreater(locked, before)
        self.assertGreater(self.lock_as_root(person.user_id, "unlock")["user_info"]["last_updated"], locked)

    def test_superusers_alone_lock_and_never_themselves(self) -> None:
        person, other = self.sign_up(), self.sign_up()
        own = {"user_id": person.user_id, "session_token": self.session(person.user_id)}
        self.assert_refused(self.lock_as_root(other.user_id, **own, user_role="authenticated"), "not-allowed")
        self.assert_refused(self.lock_as_root(other.user_id, **own), "not-allowed")
        self.assert_refused(self.lock_as_root(other.user_id, session_token=self.session(person.user_id)), "not-allowed")
        self.assert_refused(self.lock_as_root(1), "not-allowed")
        self.assertTrue(self.user(other.user_id)["is_active"])

    def test_each_other_refusal(self) -> None:
        person = self.sign_up()
        self.assert_refused(self.lock_as_root(person.user_id, "disable"), "action-invalid")
        for protected in (2, 3):
            self.assert_refused(self.lock_as_root(protected), "protected-user")
            self.assert_refused(self.lock_as_root(protected, "unlock"), "protected-user")
        self.assert_refused(self.lock_as_root(person.user_id, session_token="nobody's"), "session-not-found")
        self.assert_refused(self.lock_as_root(999_999), "user-not-found")

    def test_two_superusers_who_lock_each_other_at_once_leave_one(self) -> None:
        other = self.new_superuser().user_id
        for _ in range(10):
            bodies = [
                {"user_id": caller, "user_role": "superuser", "session_token": self.session(caller),
                 "target_userid": target, "action": "lock"}
                for caller, target in ((1, other), (other, 1))
            ]  # fmt: skip
            with ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(lambda body: self.server.ask("user-lock", **body), bodies))
            self.assertEqual(sorted(a.failure_reason or "ok" for a in answers), ["ok", "session-not-found"])
            self.assertEqual(len(self.superusers()), 1)
            for user_id in (1, other):
                self.assert_success(self.lock_as_server(user_id, "unlock"), "user-unlocked")
        self.assert_success(self.remove(other), "user-deleted")


class InternalLockUser(LockCase):
    def test_the_server_locks_and_unlocks(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        self.assert_done(self.lock_as_server(person.user_id), "user-locked", is_active=False, user_role="locked")
        self.assertFalse(self.is_live(token))
        unlocked = self.lock_as_server(person.user_id, "unlock")
        self.assert_done(unlocked, "user-unlocked", is_active=True, user_role="authenticated")

    def test_each_refusal(self) -> None:
        person = self.sign_up()
        self.assert_refused(self.lock_as_server(person.user_id, "LOCK"), "action-invalid")
        for protected in (2, 3):
            self.assert_refused(self.lock_as_server(protected), "protected-user")
        self.assert_refused(self.lock_as_server(999_999), "user-not-found")
        self.assert_refused(self.lock_as_server(1), "last-superuser")
        self.assertEqual(self.superusers(), [1])


class InternalDeleteUser(LockCase):
    def test_everything_of_a_user_goes(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        answer = self.remove(person.user_id)
        self.assert_success(answer, "user-deleted")
        self.assertEqual(fields_of(answer), {"user_id": person.user_id})
        self.assertFalse(self.is_live(token))
        self.assertEqual(self.ask("user-list", user_id=person.user_id)["user_info"], [])
        self.assertEqual(self.check(person).failure_reason, "invalid-credentials")
        self.assert_failure(self.remove(person.user_id), "user-not-found", user_id=None)

    def test_the_address_is_free_and_the_id_is_not(self) -> None:
        person = self.sign_up()
        self.assert_success(self.remove(person.user_id), "user-deleted")
        self.assertGreater(self.sign_up(person.email).user_id, person.user_id)

    def test_users_2_and_3_are_protected(self) -> None:
        for protected in (2, 3):
            self.assert_failure(self.remove(protected), "protected-user", user_id=None)

    def test_superusers_may_go_but_for_the_last(self) -> None:
        self.assert_failure(self.remove(1), "last-superuser", user_id=None)
        self.assert_success(self.remove(self.new_superuser().user_id), "user-deleted")
        self.assert_failure(self.remove(1), "last-superuser", user_id=None)


if __name__ == "__main__":
    unittest.main()
