"""The rules of the session requests: which outcome has which code and which fields."""

from __future__ import annotations

import time
import unittest
from datetime import datetime, timedelta, timezone
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase

NEW = {"ip_address": "192.0.2.7", "user_agent": "tests", "user_id": None, "expires": 7, "extra_info_json": None}
OF_SESSION = {"session_token", "ip_address", "user_agent", "user_id", "created", "expires", "extra_info_json"}
OF_USER = {
    "system_id", "full_name", "email", "email_verified", "emailverify_sent_datetime", "is_active", "user_role",
    "created_on", "last_login_try", "last_login_success", "extra_info",
}  # fmt: skip


def soon(seconds: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")


class SessionNew(DaemonCase):
    def new(self, **changes: Any) -> Answer:
        return self.ask("session-new", **{**NEW, **changes})

    def assert_refused(self, answer: Answer, reason: str, *codes: str) -> None:
        self.assert_failure(answer, reason, *codes, session_token=None, expires=None)

    def test_the_address_must_be_one(self) -> None:
        for address in ("", "not an address", "192.0.2.256", "192.0.2", "example.org", "::1::", "192.0.2.7\u0000"):
            self.assert_refused(self.new(ip_address=address), "ip-address-invalid")

    def test_addresses_are_kept_in_canonical_form(self) -> None:
        for given, kept in (("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("192.0.2.7", "192.0.2.7"), ("::", "::")):
            token = self.session(ip_address=given)
            self.assertEqual(self.ask("session-exists", session_token=token)["session_info"]["ip_address"], kept)

    def test_expires_must_be_a_time(self) -> None:
        for expires in ("", "tomorrow", "2030-13-01T00:00:00", "2030-02-30T00:00:00", "2030-01-01", 10**9, 2**62,
                        "10000-01-01T00:00:00", "2030-01-01T00:00:00.1234567", "2030-01-01T00:00:00 UTC"):
            with self.subTest(expires=expires):
                self.assert_refused(self.new(expires=expires), "expires-invalid")

    def test_expires_must_lie_ahead(self) -> None:
        for expires in (0, -1, -(2**14), "2001-01-01T00:00:00", soon(-1)):
            with self.subTest(expires=expires):
                self.assert_refused(self.new(expires=expires), "expires-in-past")

    def test_expires_is_read_in_every_form_and_written_in_one(self) -> None:
        for given, kept in (
            ("2999-12-31T23:59:59", "2999-12-31T23:59:59"),
            ("2999-12-31T23:59:59.5Z", "2999-12-31T23:59:59.500000"),
            ("2999-12-31T23:59:59.000001+02:00", "2999-12-31T21:59:59.000001"),
        ):
            self.assertEqual(self.new(expires=given)["expires"], kept)

    def test_days_count_from_now(self) -> None:
        expires = datetime.fromisoformat(self.new(expires=30)["expires"])
        ahead = expires - datetime.now(timezone.utc).replace(tzinfo=None)
        self.assertAlmostEqual(ahead.total_seconds(), 30 * 86400, delta=60)

    def test_the_user_must_exist(self) -> None:
        for user_id in (999, -1, 2**62):
            self.assert_refused(self.new(user_id=user_id), "user-not-found", "session-create-failed")

    def test_a_deactivated_user_gets_none(self) -> None:
        deactivated, unknown = self.new(user_id=3), self.new(user_id=999)
        self.assert_refused(deactivated, "account-inactive", "session-create-failed")
        self.assertEqual(deactivated.messages, unknown.messages)

    def test_an_unverified_user_gets_one(self) -> None:
        person = self.sign_up(verified=False)
        info = self.ask("session-exists", session_token=self.session(person.user_id))["session_info"]
        self.assertEqual((info["is_active"], info["user_role"], info["email_verified"]), (False, "locked", False))

    def test_null_and_zero_are_the_anonymous_user(self) -> None:
        for user_id in (None, 0, 2):
            info = self.ask("session-exists", session_token=self.session(user_id))["session_info"]
            self.assertEqual((info["user_id"], info["user_role"]), (2, "anonymous"))

    def test_the_first_check_that_fails_is_the_answer(self) -> None:
        self.assert_refused(self.new(ip_address="x", expires="x", user_id=999), "ip-address-invalid")
        self.assert_refused(self.new(expires=0, user_id=999), "expires-in-past")

    def test_tokens_are_long_and_never_repeat(self) -> None:
        tokens = {self.session() for _ in range(50)}
        self.assertEqual(len(tokens), 50)
        for token in tokens:
            self.assertRegex(token, r"\A[A-Za-z0-9_-]{43,}\Z")


class SessionExists(DaemonCase):
    def test_a_session_shows_itself_and_its_user(self) -> None:
        info = self.ask("session-exists", session_token=self.session(1))["session_info"]
        self.assertEqual(set(info), OF_SESSION | OF_USER)

    def test_a_session_of_2019_shows_the_old_name_too(self) -> None:
        body = {**NEW, "client_header": "an old one"}
        del body["user_agent"]
        token = self.ask("session-new", **body)["session_token"]
        info = self.ask("session-exists", session_token=token)["session_info"]
        self.assertEqual(set(info), OF_SESSION | OF_USER | {"client_header"})
        self.assertEqual((info["client_header"], info["user_agent"]), ("an old one", "an old one"))

    def test_unknown_tokens_are_not_found(self) -> None:
        token = self.session()
        other = token[:-1] + ("A" if token[-1] != "A" else "B")
        for unknown in ("", "x", other, token[:-1], token + "A", token + "=", token + "\u0000", token.swapcase(), "é" * 43):
            with self.subTest(token=unknown):
                self.assert_failure(
                    self.ask("session-exists", session_token=unknown), "session-not-found", session_info=None
                )

    def test_a_session_dies_when_it_expires_and_can_still_be_deleted(self) -> None:
        token, other = self.session(expires=soon(1.5)), self.session(1, expires=soon(1.5))
        self.assertTrue(self.is_live(token))
        time.sleep(1.7)
        self.assertFalse(self.is_live(token))
        edit = self.ask("internal-session-edit", target_session_token=token, update_dict={"a": 1})
        self.assert_failure(edit, "session-not-found", session_info=None)
        self.assert_success(self.ask("session-delete", session_token=token), "session-deleted")
        self.assert_failure(self.ask("session-delete", session_token=token), "session-not-found")
        body = {"session_token": None, "user_id": 1, "keep_current_session": False}
        self.assertFalse(self.is_live(other))
        self.assert_success(self.ask("session-delete-userid", **body), "sessions-deleted")
        self.assert_failure(self.ask("session-delete-userid", **body), "nothing-to-delete")


class SessionDeleteUserId(DaemonCase):
    def test_without_a_token_all_sessions_end_even_if_one_is_to_be_kept(self) -> None:
        for none in (None, ""):
            tokens = [self.session(1) for _ in range(3)]
            body = {"session_token": none, "user_id": 1, "keep_current_session": True}
            self.assert_success(self.ask("session-delete-userid", **body), "sessions-deleted")
            self.assertEqual([self.is_live(token) for token in tokens], [False] * 3)

    def test_the_flag_decides_about_the_current_session(self) -> None:
        for keep in (True, False):
            current, other = self.session(1), self.session(1)
            body = {"session_token": current, "user_id": 1, "keep_current_session": keep}
            self.assert_success(self.ask("session-delete-userid", **body), "sessions-deleted")
            self.assertEqual((self.is_live(current), self.is_live(other)), (keep, False))

    def test_new_sessions_live_on_after_all_others_ended(self) -> None:
        self.session(1)
        self.ask("session-delete-userid", session_token=None, user_id=1, keep_current_session=False)
        self.assertTrue(self.is_live(self.session(1)))

    def test_the_token_must_be_known_and_the_user_s(self) -> None:
        body = {"user_id": 1, "keep_current_session": True}
        self.assert_failure(self.ask("session-delete-userid", session_token="x", **body), "session-not-found")
        self.assert_failure(self.ask("session-delete-userid", session_token=self.session(2), **body), "not-allowed")

    def test_a_user_who_has_none_or_does_not_exist_has_nothing_to_delete(self) -> None:
        for user_id in (self.sign_up().user_id, 999, -4):
            body = {"session_token": None, "user_id": user_id, "keep_current_session": False}
            self.assert_failure(self.ask("session-delete-userid", **body), "nothing-to-delete")


class SessionEdits(DaemonCase):
    def edit(self, token: str, **update: Any) -> Answer:
        return self.ask("internal-session-edit", target_session_token=token, update_dict=update)

    def info(self, token: str) -> Any:
        return self.ask("session-exists", session_token=token)["session_info"]["extra_info_json"]

    def test_a_merge_counts_null_as_empty(self) -> None:
        token = self.session()
        answer = self.edit(token, a={"b": None}, c="ü")
        self.assert_success(answer, "session-updated")
        self.assertEqual(set(answer["session_info"]), OF_SESSION)
        self.assertEqual(self.info(token), {"a": {"b": None}, "c": "ü"})

    def test_a_merge_replaces_top_level_keys_whole(self) -> None:
        token = self.session(extra_info_json={"a": {"x": 1}, "b": 2})
        self.edit(token, a={"y": "__delete__"}, b="__delete__", absent="__delete__")
        self.assertEqual(self.info(token), {"a": {"y": "__delete__"}})

    def test_a_merge_must_fit_and_changes_nothing_if_it_does_not(self) -> None:
        token = self.session()
        self.assertTrue(self.edit(token, a="x" * 40_000).success)
        self.assert_failure(self.edit(token, b="x" * 40_000), "extra-info-too-large", session_info=None)
        self.assertEqual(list(self.info(token)), ["a"])
        self.assertTrue(self.edit(token, a="__delete__", b="x" * 40_000).success)

    def test_an_empty_update_comes_before_an_unknown_session(self) -> None:
        self.assert_failure(self.edit("nobody's"), "update-empty", session_info=None)
        self.assert_failure(self.edit("nobody's", a=1), "session-not-found", session_info=None)

    def test_setinfo_replaces(self) -> None:
        token = self.session(extra_info_json={"a": 1})
        answer = self.ask("session-setinfo", session_token=token, extra_info_json={"b": "__delete__"})
        self.assert_success(answer, "session-updated")
        self.assertEqual(answer["session_info"]["extra_info_json"], {"b": "__delete__"})
        self.assertTrue(self.ask("session-setinfo", session_token=token, extra_info={}).success)
        self.assertEqual(self.info(token), {})

    def test_setinfo_needs_a_live_session(self) -> None:
        answer = self.ask("session-setinfo", session_token="x", extra_info={})
        self.assert_failure(answer, "session-not-found", session_info=None)


class UserLogout(DaemonCase):
    def test_only_one_s_own_session_can_be_ended(self) -> None:
        token = self.session(1)
        others = self.ask("user-logout", session_token=token, user_id=2)
        unknown = self.ask("user-logout", session_token="x", user_id=1)
        self.assert_failure(others, "not-allowed", "logout-failed", user_id=2)
        self.assert_failure(unknown, "session-not-found", "logout-failed", user_id=1)
        self.assertEqual(others.messages, unknown.messages)
        self.assertTrue(self.is_live(token))
        done = self.ask("user-logout", session_token=token, user_id=1)
        self.assert_success(done, "logout-ok")
        self.assertEqual(done["user_id"], 1)
        self.assertFalse(self.is_live(token))


class MaximumAge(DaemonCase):
    items = {"sessionmaxage": "1"}

    def test_no_session_outlives_the_maximum_age(self) -> None:
        for expires in (30, "9999-12-31T23:59:59"):
            answer = self.ask("session-new", **{**NEW, "expires": expires})
            self.assertTrue(answer.success)
            ahead = datetime.fromisoformat(answer["expires"]) - datetime.now(timezone.utc).replace(tzinfo=None)
            self.assertAlmostEqual(ahead.total_seconds(), 86400, delta=60)


if __name__ == "__main__":
    unittest.main()
