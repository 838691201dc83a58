"""Password changes, deletions, lists and look-ups."""

from __future__ import annotations

import unittest
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase, Person, fields_of, fresh_email, readable
from server import ADMIN_EMAIL, ADMIN_PASSWORD

WRONG = "not the password at all"
NEW = "granite 6 and feathers"
OF_USER = {
    "user_id", "system_id", "full_name", "email", "email_verified", "is_active", "user_role", "created_on",
    "last_updated", "last_login_try", "last_login_success", "failed_login_tries", "extra_info",
    "emailverify_sent_datetime", "emailforgotpass_sent_datetime", "emailchangepass_sent_datetime",
}  # fmt: skip


class ChangePassword(DaemonCase):
    def change(self, person: Person, request: str = "user-changepass", **changes: Any) -> Answer:
        body = {"user_id": person.user_id, "email": person.email, "current_password": person.password, "new_password": NEW}
        return self.ask(request, **{**body, **changes})

    def echo(self, person: Person) -> dict[str, Any]:
        return {"user_id": person.user_id, "email": person.email}

    def password_is(self, person: Person, password: str) -> bool:
        return self.ask("user-passcheck-nosession", email=person.email, password=password).success

    def test_with_a_session_the_others_end(self) -> None:
        person = self.sign_up()
        kept, other = self.session(person.user_id), self.session(person.user_id)
        answer = self.change(person, session_token=kept)
        self.assert_success(answer, "password-changed", "other-sessions-ended")
        self.assertEqual(fields_of(answer), self.echo(person))
        self.assertEqual((self.is_live(kept), self.is_live(other)), (True, False))
        self.assertTrue(self.password_is(person, NEW))

    def test_without_a_session_all_end(self) -> None:
        for request, more in (("user-changepass", {}), ("user-changepass", {"session_token": ""}),
                              ("user-changepass", {"session_token": None}), ("user-changepass-nosession", {})):
            with self.subTest(request=request, **more):
                person = self.sign_up()
                token = self.session(person.user_id)
                answer = self.change(person, request, **more)
                self.assertTrue(answer.success)
                self.assertEqual(answer.message_codes[0], "password-changed")
                self.assertFalse(self.is_live(token))
                self.assertTrue(self.is_live(self.session(person.user_id)), "new sessions live")

    def test_sessions_must_be_known_and_one_s_own(self) -> None:
        person = self.sign_up()
        unknown = self.change(person, session_token="nobody's", current_password=WRONG)
        others = self.change(person, session_token=self.session())
        self.assert_failure(unknown, "session-not-found", **self.echo(person))
        self.assert_failure(others, "not-allowed", "session-not-found", **self.echo(person))
        self.assertEqual(readable(unknown), readable(others))
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 0)

    def test_what_does_not_fit_together_reads_like_a_wrong_password(self) -> None:
        person, other, unverified = self.sign_up(), self.sign_up(), self.sign_up(verified=False)
        answers = [
            self.change(person, current_password=WRONG),
            self.change(other, user_id=person.user_id),
            self.change(unverified),
            self.change(Person(2, "anonuser@localhost", "")),
            self.change(Person(999, fresh_email(), WRONG), "user-changepass-nosession"),
        ]
        for answer in answers:
            self.assertEqual(answer.failure_reason, "invalid-credentials")
            self.assertEqual(readable(answer), readable(answers[0]))
        self.assertEqual(fields_of(answers[1]), {"user_id": person.user_id, "email": other.email})

    def test_the_echo_is_what_was_sent(self) -> None:
        person = self.sign_up()
        email = person.email.upper()
        self.assertEqual(fields_of(self.change(person, email=email)), {"user_id": person.user_id, "email": email})

    def test_new_passwords_are_judged(self) -> None:
        person = self.sign_up()
        self.assert_failure(self.change(person, new_password=person.password), "password-unchanged", **self.echo(person))
        weak = self.change(person, new_password="password")
        self.assert_failure(weak, "password-insecure", "password-too-short", "password-common", **self.echo(person))
        similar = self.change(person, new_password=person.email)
        self.assert_failure(similar, "password-insecure", "password-too-similar", **self.echo(person))
        given = self.change(person, new_password="Quentin Zweistein", full_name="Quentin Zweistein")
        self.assert_failure(given, "password-insecure", "password-too-similar", **self.echo(person))
        self.assertTrue(self.password_is(person, person.password), "nothing has changed")


class Delete(DaemonCase):
    def delete(self, person: Person, **changes: Any) -> Answer:
        body = {"email": person.email, "user_id": person.user_id, "password": person.password}
        return self.ask("user-delete", **{**body, **changes})

    def test_everything_of_a_user_goes(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        answer = self.delete(person)
        self.assert_success(answer, "user-deleted")
        self.assertEqual(fields_of(answer), {"email": person.email, "user_id": person.user_id})
        self.assertFalse(self.is_live(token))
        self.assertEqual(self.ask("user-list", user_id=person.user_id)["user_info"], [])
        session = self.ask("session-new", ip_address="::1", user_agent="", user_id=person.user_id, expires=1, extra_info_json=None)
        self.assertEqual(session.failure_reason, "user-not-found")
        self.assertGreater(self.sign_up(person.email).user_id, person.user_id)

    def test_unverified_users_may_go(self) -> None:
        self.assert_success(self.delete(self.sign_up(verified=False)), "user-deleted")

    def test_what_does_not_fit_together_is_refused(self) -> None:
        person, other = self.sign_up(), self.sign_up()
        answers = [
            self.delete(person, password=WRONG),
            self.delete(other, user_id=person.user_id),
            self.delete(Person(999, fresh_email(), WRONG)),
            self.delete(Person(2, "anonuser@localhost", "")),
        ]
        for answer in answers:
            self.assertEqual(answer.failure_reason, "invalid-credentials")
            self.assertEqual(readable(answer), readable(answers[0]))
        self.assertEqual(self.user(person.user_id)["email"], person.email)

    def test_the_last_superuser_stays(self) -> None:
        answer = self.delete(Person(1, ADMIN_EMAIL, ADMIN_PASSWORD))
        self.assert_failure(answer, "last-superuser", user_id=1, email=ADMIN_EMAIL)
        self.assertEqual(self.user(1)["email"], ADMIN_EMAIL)


class Lists(DaemonCase):
    def list(self, **body: Any) -> Answer:
        answer = self.ask("user-list", **{"user_id": None, **body})
        self.assert_success(answer, "users-found")
        return answer

    def ids(self, **body: Any) -> list[int]:
        return [user["user_id"] for user in self.list(**body)["user_info"]]

    def test_the_seeded_users_are_as_the_contract_says(self) -> None:
        users = self.list()["user_info"][:3]
        rows = [(u["user_id"], u["email"], u["user_role"], u["is_active"], u["full_name"]) for u in users]
        self.assertEqual(rows, [
            (1, ADMIN_EMAIL, "superuser", True, "Superuser account"),
            (2, "anonuser@localhost", "anonymous", True, "The systemwide anonymous user"),
            (3, "dummyuser@localhost", "locked", False, "The systemwide locked user"),
        ])  # fmt: skip
        for user, kind in zip(users, ("system-user", "anonymous-user", "locked-user")):
            self.assertEqual(user["extra_info"], {"provenance": "auto-created", "type": kind})
            self.assertIs(user["email_verified"], True)
            self.assertEqual(set(user), OF_USER)

    def test_pages_follow_one_another(self) -> None:
        everyone = [self.sign_up().user_id for _ in range(4)]
        self.assertEqual(self.ids()[:3] + self.ids()[-4:], [1, 2, 3, *everyone])
        self.assertEqual(fields_of(self.list()).keys(), {"user_info"})
        seen, after = [], None
        while True:
            page = self.list(limit=2, after=after)
            self.assertEqual(set(fields_of(page)), {"user_info", "next_after"})
            seen += [user["user_id"] for user in page["user_info"]]
            after = page["next_after"]
            if after is None:
                break
            self.assertEqual(after, seen[-1])
        self.assertEqual(seen, self.ids())

    def test_a_full_last_page_has_no_next(self) -> None:
        count = len(self.ids())
        self.assertIsNone(self.list(limit=count)["next_after"])
        self.assertEqual(self.list(limit=count - 1)["next_after"], self.ids()[-2])
        self.assertEqual(self.ids(after=2**62), [])
        self.assertEqual(self.ids(after=-5, limit=1), [1])

    def test_one_user_is_a_list_of_one_and_an_unknown_one_an_empty_list(self) -> None:
        self.assertEqual(self.ids(user_id=2), [2])
        for unknown in (0, -1, 999, 2**63 - 1):
            self.assertEqual(self.list(user_id=unknown)["user_info"], [])

    def test_an_address_is_looked_up_in_every_spelling(self) -> None:
        person = self.sign_up()
        answer = self.ask("user-lookup-email", email=person.email.upper())
        self.assert_success(answer, "user-found")
        self.assertEqual(answer["user_info"], self.user(person.user_id))
        unknown = self.ask("user-lookup-email", email=fresh_email())
        self.assert_failure(unknown, "user-not-found", user_info=None)

    def test_no_password_or_hash_is_ever_shown(self) -> None:
        self.sign_up()
        self.assertNotIn("argon2", str(self.list().response))
        self.assertFalse([u for u in self.list()["user_info"] if set(u) != OF_USER])


if __name__ == "__main__":
    unittest.main()
