"""Who may change what of a user's record, and what a change does."""

from __future__ import annotations

import json
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase, Person, fresh_email
from server import ADMIN_EMAIL, Server

BAD_NAME = "see https://example.org"


class EditCase(DaemonCase):
    def edit_own(self, person: Person, update: dict[str, Any], **changes: Any) -> Answer:
        body = {"user_id": person.user_id, "user_role": "authenticated", "target_userid": person.user_id}
        body["session_token"] = changes.pop("session_token", None) or self.session(person.user_id)
        return self.ask("user-edit", **{**body, "update_dict": update, **changes})

    def edit_as_root(self, target: int, update: dict[str, Any], **changes: Any) -> Answer:
        body = {"user_id": 1, "user_role": "superuser", "target_userid": target}
        body["session_token"] = changes.pop("session_token", None) or self.session(1)
        return self.ask("user-edit", **{**body, "update_dict": update, **changes})

    def edit_as_server(self, target: int, update: dict[str, Any]) -> Answer:
        return self.ask("internal-user-edit", target_userid=target, update_dict=update)

    def assert_refused(self, answer: Answer, reason: str, *codes: str, **fields: Any) -> None:
        self.assert_failure(answer, reason, *codes, user_info=None, **fields)

    def assert_updated(self, answer: Answer, **expected: Any) -> None:
        self.assert_success(answer, "user-updated")
        info = answer["user_info"]
        self.assertEqual({name: info[name] for name in expected}, expected)
        self.assertEqual(self.user(info["user_id"]), info)


class EditUser(EditCase):
    def test_users_change_their_own_name_and_address(self) -> None:
        person, email = self.sign_up(), fresh_email()
        answer = self.edit_own(person, {"full_name": "  Ada   King & Co ", "email": email.upper()})
        self.assert_updated(answer, full_name="Ada King &amp; Co", email=email, email_verified=False, is_active=True)
        check = self.ask("user-passcheck-nosession", email=email, password=person.password)
        self.assert_success(check, "passcheck-ok")
        self.assertNotEqual(self.sign_up(person.email).user_id, person.user_id, "the old address is free")

    def test_superusers_change_everything_that_may_be_changed(self) -> None:
        person, email = self.sign_up(), fresh_email()
        update = {"full_name": "Ada", "email": email, "email_verified": True, "is_active": True, "user_role": "staff"}
        self.assert_updated(self.edit_as_root(person.user_id, update), **update)

    def test_the_time_of_the_last_update_moves(self) -> None:
        person = self.sign_up()
        before = self.user(person.user_id)["last_updated"]
        self.assertGreater(self.edit_own(person, {"full_name": "Some One"})["user_info"]["last_updated"], before)

    def test_something_must_change(self) -> None:
        self.assert_refused(self.edit_own(self.sign_up(), {}), "update-empty")

    def test_users_2_and_3_are_protected(self) -> None:
        for target in (2, 3):
            self.assert_refused(self.edit_as_root(target, {"full_name": "No One"}), "protected-user")

    def test_the_session_must_be_known_and_the_caller_s(self) -> None:
        person, update = self.sign_up(), {"full_name": "Ada"}
        self.assert_refused(self.edit_own(person, update, session_token="nobody's"), "session-not-found")
        self.assert_refused(self.edit_own(person, update, session_token=self.session()), "not-allowed")
        self.assert_refused(self.edit_own(person, update, user_role="superuser"), "not-allowed")

    def test_nobody_but_superusers_edits_others(self) -> None:
        person, other = self.sign_up(), self.sign_up()
        self.assert_refused(self.edit_own(person, {"full_name": "Ada"}, target_userid=other.user_id), "not-allowed")
        self.assertEqual(self.user(other.user_id)["full_name"], "Some One")

    def test_callers_must_be_in_good_standing(self) -> None:
        person = self.sign_up(verified=False)
        self.assert_refused(self.edit_own(person, {"full_name": "Ada"}), "not-allowed")

    def test_keys_that_are_not_allowed_are_named(self) -> None:
        person = self.sign_up()
        own = self.edit_own(person, {"full_name": "Ada", "user_role": "superuser", "is_active": True, "\u00e9": 1})
        self.assert_refused(own, "property-not-allowed", invalid_keys=["is_active", "user_role", "\u00e9"])
        roots = self.edit_as_root(person.user_id, {"full_name": "Ada", "extra_info": {}, "password": "x"})
        self.assert_refused(roots, "property-not-allowed", invalid_keys=["extra_info", "password"])
        self.assertEqual(self.user(person.user_id)["full_name"], "Some One")

    def test_the_target_must_be_known(self) -> None:
        self.assert_refused(self.edit_as_root(999_999, {"full_name": "Ada"}), "user-not-found")

    def test_names_and_addresses_are_judged(self) -> None:
        person = self.sign_up()
        self.assert_refused(self.edit_own(person, {"full_name": BAD_NAME, "email": "x"}), "name-invalid")
        self.assert_refused(self.edit_own(person, {"full_name": "Ada", "email": "admin@example.org"}), "email-invalid")
        self.assertEqual(self.user(person.user_id)["full_name"], "Some One", "all or nothing")

    def test_an_address_has_one_owner(self) -> None:
        person, other = self.sign_up(), self.sign_up()
        self.assert_refused(self.edit_own(person, {"email": other.email.upper()}), "email-taken", "edit-failed")
        self.assert_refused(self.edit_own(person, {"email": "anonuser@localhost"}), "email-taken", "edit-failed")
        self.assertEqual(self.user(person.user_id)["email"], person.email)

    def test_roles_are_those_of_the_policy_but_for_two(self) -> None:
        person = self.sign_up()
        for role in ("librarian", "anonymous", "locked", ""):
            self.assert_refused(self.edit_as_root(person.user_id, {"user_role": role}), "role-invalid")
        self.assert_updated(self.edit_as_root(person.user_id, {"user_role": "staff"}), user_role="staff")

    def test_the_last_superuser_stays(self) -> None:
        for update in ({"user_role": "staff"}, {"is_active": False}, {"email_verified": False}):
            self.assert_refused(self.edit_as_root(1, update), "last-superuser")
        self.assertEqual(self.user(1)["user_role"], "superuser")

    def test_sessions_end_with_deactivation_and_not_with_a_change_of_role(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        self.assert_updated(self.edit_as_root(person.user_id, {"user_role": "staff"}), user_role="staff")
        self.assertTrue(self.is_live(token))
        self.assert_updated(self.edit_as_root(person.user_id, {"is_active": False}), is_active=False)
        self.assertFalse(self.is_live(token))
        self.assert_updated(self.edit_as_root(person.user_id, {"is_active": True}), is_active=True, user_role="staff")
        self.assertFalse(self.is_live(token), "what has ended stays so")

    def test_activation_does_not_verify(self) -> None:
        person = self.sign_up(verified=False)
        answer = self.edit_as_root(person.user_id, {"is_active": True})
        self.assert_updated(answer, is_active=False, user_role="locked", email_verified=False)
        answer = self.edit_as_root(person.user_id, {"email_verified": True})
        self.assert_updated(answer, is_active=True, user_role="authenticated", email_verified=True)

    def test_a_name_that_was_read_may_be_written_back(self) -> None:
        person = self.sign_up()
        shown = self.edit_own(person, {"full_name": "O'Hara & \"Sons\""})["user_info"]["full_name"]
        self.assert_updated(self.edit_own(person, {"full_name": shown}), full_name=shown)


class InternalEditUser(EditCase):
    def test_the_server_changes_everything_that_may_be_changed(self) -> None:
        person, email = self.sign_up(), fresh_email()
        update = {"full_name": "Ada", "email": email, "email_verified": True, "is_active": True, "user_role": "staff"}
        answer = self.edit_as_server(person.user_id, {**update, "extra_info": {"a": 1, "type": "__delete__"}})
        info = {"a": 1, "provenance": "request-created", "verify_retry_wait": 6}
        self.assert_updated(answer, **update, extra_info=info)

    def test_null_leaves_the_extra_information(self) -> None:
        person = self.sign_up()
        before = self.user(person.user_id)["extra_info"]
        self.assert_updated(self.edit_as_server(person.user_id, {"extra_info": None}), extra_info=before)

    def test_each_refusal(self) -> None:
        person, other = self.sign_up(), self.sign_up()
        large = {"a": "x" * 40_000}
        self.assert_success(self.edit_as_server(person.user_id, {"extra_info": large}), "user-updated")
        for target, update, reason in (
            (person.user_id, {}, "update-empty"),
            (2, {"full_name": "No One"}, "protected-user"),
            (3, {"is_active": True}, "protected-user"),
            (999_999, {"full_name": "Ada"}, "user-not-found"),
            (person.user_id, {"full_name": BAD_NAME}, "name-invalid"),
            (person.user_id, {"email": "no address"}, "email-invalid"),
            (person.user_id, {"user_role": "locked"}, "role-invalid"),
            (1, {"is_active": False}, "last-superuser"),
            (person.user_id, {"extra_info": {"b": large["a"]}}, "extra-info-too-large"),
        ):
            with self.subTest(reason=reason, target=target):
                self.assert_refused(self.edit_as_server(target, update), reason)
        taken = self.edit_as_server(person.user_id, {"email": other.email})
        self.assert_refused(taken, "email-taken", "edit-failed")

    def test_what_may_never_be_changed_is_named(self) -> None:
        never = ["created_on", "failed_login_tries", "last_updated", "password", "system_id", "user_id"]
        answer = self.edit_as_server(self.sign_up().user_id, {"full_name": "Ada", **dict.fromkeys(never, 1)})
        self.assert_refused(answer, "property-not-allowed", invalid_keys=never)


class Updates(EditCase):
    """What validation says of an update_dict."""

    WRONG: dict[str, list[Any]] = {
        "full_name": [None, 1, ["Ada"]],
        "email": [None, True, {}],
        "user_role": [None, 0],
        "is_active": [None, 0, "true"],
        "email_verified": [None, 1, "yes"],
    }

    def assert_problem(self, answer: Answer, member: str, what: str) -> None:
        self.assertEqual(answer.failure_reason, "invalid-parameters")
        self.assertEqual([(p["param"], p["problem"]) for p in answer.problems], [(f"update_dict.{member}", what)])

    def test_members_of_another_type_are_problems(self) -> None:
        person = self.sign_up()
        for member, values in self.WRONG.items():
            for value in values:
                with self.subTest(member=member, value=value):
                    self.assert_problem(self.edit_own(person, {member: value}), member, "incorrect type")
                    self.assert_problem(self.edit_as_server(person.user_id, {member: value}), member, "incorrect type")
        for value in (1, "{}", []):
            answer = self.edit_as_server(person.user_id, {"extra_info": value})
            self.assert_problem(answer, "extra_info", "incorrect type")

    def test_long_members_are_problems(self) -> None:
        person, long = self.sign_up(), "x" * 4097
        for member in ("full_name", "email", "user_role"):
            self.assert_problem(self.edit_own(person, {member: long}), member, "too long")
            self.assert_problem(self.edit_as_server(person.user_id, {member: long}), member, "too long")

    def test_all_problems_are_told_and_nothing_runs(self) -> None:
        person = self.sign_up()
        answer = self.edit_own(person, {"full_name": "Ada", "email": 1, "is_active": None})
        self.assertEqual({p["param"] for p in answer.problems}, {"update_dict.email", "update_dict.is_active"})
        self.assertEqual(self.user(person.user_id)["full_name"], "Some One")


class Superusers(EditCase):
    def setUp(self) -> None:
        super().setUp()
        self.other = self.sign_up().user_id

    def at_once(self, request: str, one: dict[str, Any], other: dict[str, Any]) -> list[str]:
        """What two requests answer that are sent at the same time, sorted."""
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda body: self.server.ask(request, **body), (one, other)))
        return sorted(answer.failure_reason or "ok" for answer in answers)

    def assert_one_is_left(self) -> None:
        users = self.ask("user-list", user_id=None)["user_info"]
        self.assertEqual(len([user for user in users if user["user_role"] == "superuser"]), 1)

    def set_roles(self, root: str, other: str) -> None:
        for user_id, role in sorted(((1, root), (self.other, other)), key=lambda pair: pair[1] != "superuser"):
            self.assert_success(self.edit_as_server(user_id, {"user_role": role}), "user-updated")

    def test_two_who_demote_each_other_at_once_leave_one(self) -> None:
        for _ in range(10):
            self.set_roles("superuser", "superuser")
            one, two = (
                {"user_id": caller, "user_role": "superuser", "session_token": self.session(caller),
                 "target_userid": target, "update_dict": {"user_role": "authenticated"}}
                for caller, target in ((1, self.other), (self.other, 1))
            )  # fmt: skip
            self.assertEqual(self.at_once("user-edit", one, two), ["not-allowed", "ok"])
            self.assert_one_is_left()
        self.set_roles("superuser", "authenticated")

    def test_two_who_are_demoted_at_once_leave_one(self) -> None:
        for _ in range(10):
            self.set_roles("superuser", "superuser")
            update = {"user_role": "authenticated"}
            one, two = ({"target_userid": user_id, "update_dict": update} for user_id in (1, self.other))
            self.assertEqual(self.at_once("internal-user-edit", one, two), ["last-superuser", "ok"])
            self.assert_one_is_left()
        self.set_roles("superuser", "authenticated")


class Audit(unittest.TestCase):
    def test_an_edit_leaves_a_line_for_each_thing_that_it_did(self) -> None:
        server = Server(piisalt="none")
        self.addCleanup(server.remove)
        audit_file = server.directory / "audit.jsonl"
        server.items["auditlog"] = str(audit_file)
        server.start()
        with server.client() as client:
            person = client.user_new(full_name="Some One", email=fresh_email(), password="tall ships 4 sail")["user_id"]
            token = client.session_new(
                ip_address="::1", user_agent="", user_id=1, expires=1, extra_info_json=None
            )["session_token"]
            for target, update in ((person, {"user_role": "staff", "is_active": False}), (1, {"email": ADMIN_EMAIL}),
                                   (1, {"is_active": False})):
                client.call("user-edit", {"user_id": 1, "user_role": "superuser", "session_token": token,
                                          "target_userid": target, "update_dict": update})
        self.assertEqual(server.stop(), 0)
        events = [json.loads(line) for line in audit_file.read_text().splitlines()]
        told = [(e["event"], e["outcome"], e["actor"], e["target"]) for e in events]
        self.assertEqual([line for line in told if line[2] == "1" and line[0] != "session.created"], [
            ("user.edited", "ok", "1", str(person)),
            ("user.role-changed", "ok", "1", str(person)),
            ("user.deactivated", "ok", "1", str(person)),
            ("user.edited", "ok", "1", "1"),
            ("user.edited", "last-superuser", "1", "1"),
        ])  # fmt: skip


if __name__ == "__main__":
    unittest.main()
