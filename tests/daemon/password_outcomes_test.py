"""Every outcome of the requests that take a password, with the fields that it has."""

from __future__ import annotations

import unittest
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase, Person, fields_of

LONG = "x" * 1025
WRONG = "not the password at all"
NEW = "granite 6 and feathers"
NOBODY = {"user_id": None, "user_role": None}


def pair(person: Person) -> dict[str, Any]:
    return {"user_id": person.user_id, "email": person.email}


class Checks(DaemonCase):
    def test_a_password_that_is_too_long_is_no_failed_login(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        for name, body in (
            ("user-login", {"session_token": token, "email": person.email}),
            ("user-passcheck", {"session_token": token}),
            ("user-passcheck-nosession", {"email": person.email}),
        ):
            with self.subTest(request=name):
                self.assert_failure(self.ask(name, **body, password=LONG), "password-too-long", **NOBODY)
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 0)
        self.assert_success(self.ask("session-exists", session_token=token), "session-found")

    def test_the_right_password_of_an_unverified_account_is_told_to_the_frontend_only(self) -> None:
        with_session, without = self.sign_up(verified=False), self.sign_up(verified=False)
        token = self.session(with_session.user_id)
        for person, answer in (
            (with_session, self.ask("user-passcheck", session_token=token, password=with_session.password)),
            (without, self.ask("user-passcheck-nosession", email=without.email, password=without.password)),
        ):
            fields = {"user_id": person.user_id, "user_role": fields_of(answer)["user_role"]}
            self.assert_failure(answer, "account-inactive", "invalid-credentials", **fields)


class Changes:
    """Run under both requests."""

    request: str

    def change(self: Any, person: Person, **changes: Any) -> Answer:
        body = {**pair(person), "current_password": person.password, "new_password": NEW}
        return self.ask(self.request, **{**body, **changes})

    def test_the_password_changes_and_sessions_end(self: Any) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        answer = self.change(person)
        self.assert_success(answer, "password-changed", "other-sessions-ended")
        self.assertEqual(fields_of(answer), pair(person))
        self.assertFalse(self.is_live(token))
        check = self.ask("user-passcheck-nosession", email=person.email, password=NEW)
        self.assert_success(check, "passcheck-ok")

    def test_either_password_may_be_too_long(self: Any) -> None:
        person = self.sign_up()
        for password in ("current_password", "new_password"):
            self.assert_failure(self.change(person, **{password: LONG}), "password-too-long", **pair(person))

    def test_the_current_password_must_be_right(self: Any) -> None:
        person = self.sign_up()
        self.assert_failure(self.change(person, current_password=WRONG), "invalid-credentials", **pair(person))

    def test_the_new_password_must_be_another_one_and_pass_the_policy(self: Any) -> None:
        person = self.sign_up()
        self.assert_failure(self.change(person, new_password=person.password), "password-unchanged", **pair(person))
        weak = self.change(person, new_password="password")
        self.assert_failure(weak, "password-insecure", "password-too-short", "password-common", **pair(person))


class ChangePassword(Changes, DaemonCase):
    request = "user-changepass"


class ChangePasswordWithoutSession(Changes, DaemonCase):
    request = "user-changepass-nosession"


class Delete(DaemonCase):
    def delete(self, person: Person, **changes: Any) -> Answer:
        return self.ask("user-delete", **{**pair(person), "password": person.password, **changes})

    def test_the_password_must_be_right_and_of_a_possible_length(self) -> None:
        person = self.sign_up()
        self.assert_failure(self.delete(person, password=LONG), "password-too-long", **pair(person))
        self.assert_failure(self.delete(person, password=WRONG), "invalid-credentials", **pair(person))

    def test_a_locked_account_stays(self) -> None:
        person = self.sign_up()
        locked = self.ask("internal-user-lock", target_userid=person.user_id, action="lock")
        self.assert_success(locked, "user-locked")
        self.assert_failure(self.delete(person), "account-inactive", "invalid-credentials", **pair(person))

    def test_a_superuser_stays_even_where_there_is_another(self) -> None:
        person = self.sign_up()
        raised = self.ask("internal-user-edit", target_userid=person.user_id, update_dict={"user_role": "superuser"})
        self.assert_success(raised, "user-updated")
        self.assert_failure(self.delete(person), "not-allowed", **pair(person))


class Judgement(DaemonCase):
    def test_a_password_is_judged_without_an_account(self) -> None:
        person = {"email": "someone@example.org", "full_name": "Some One"}
        self.assert_success(self.ask("user-validatepass", **person, password=NEW))
        weak = self.ask("user-validatepass", **person, password="password")
        self.assert_failure(weak, "password-insecure", "password-too-short", "password-common")
        self.assert_failure(self.ask("user-validatepass", **person, password=LONG), "password-too-long")


if __name__ == "__main__":
    unittest.main()
