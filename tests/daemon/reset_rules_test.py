"""Password resets, with and without a session, and the record of messages sent."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase, Person, fields_of, fresh_email, readable

WRONG = "not the password at all"
NEW = "granite 6 and feathers"
NO_FIELDS: dict[str, Any] = {}


class ResetCase(DaemonCase):
    def reset(self, email: str, token: str, password: str = NEW) -> Answer:
        return self.ask("user-resetpass", email_address=email, new_password=password, session_token=token)

    def reset_nosession(self, email: str, password: str = NEW, required_active: bool = True) -> Answer:
        return self.ask(
            "user-resetpass-nosession", email_address=email, new_password=password, required_active=required_active
        )

    def password_is(self, person: Person, password: str) -> bool:
        return self.ask("user-passcheck-nosession", email=person.email, password=password).success


class Reset(ResetCase):
    def test_the_new_password_holds_and_the_old_one_does_not(self) -> None:
        person = self.sign_up()
        answer = self.reset(person.email.upper(), self.session())
        self.assert_success(answer, "password-changed")
        self.assertEqual(fields_of(answer), NO_FIELDS)
        self.assertTrue(self.password_is(person, NEW))
        self.assertFalse(self.password_is(person, person.password))

    def test_the_session_that_asks_stays_and_all_others_of_the_user_end(self) -> None:
        person, stranger = self.sign_up(), self.sign_up()
        own, other, strange = (self.session(p.user_id) for p in (person, person, stranger))
        self.assert_success(self.reset(person.email, own), "password-changed")
        self.assertEqual([self.is_live(t) for t in (own, other, strange)], [True, False, True])
        anonymous = self.session()
        self.assert_success(self.reset(person.email, anonymous), "password-changed")
        self.assertEqual([self.is_live(t) for t in (own, anonymous)], [False, True])
        self.assertTrue(self.is_live(self.session(person.user_id)), "new sessions live")

    def test_the_session_must_be_known(self) -> None:
        person = self.sign_up()
        self.assert_failure(self.reset(person.email, "nobody's"), "session-not-found", **NO_FIELDS)
        self.assertTrue(self.password_is(person, person.password))

    def test_refusals_that_depend_on_the_account_read_alike(self) -> None:
        person, stranger, unverified = self.sign_up(), self.sign_up(), self.sign_up(verified=False)
        others = self.session(stranger.user_id)
        expected = [
            (self.reset(person.email, others), "not-allowed"),
            (self.reset(fresh_email(), others), "not-allowed"),
            (self.reset(fresh_email(), self.session()), "user-not-found"),
            (self.reset("anonuser@localhost", self.session()), "user-not-found"),
            (self.reset("dummyuser@localhost", self.session()), "user-not-found"),
            (self.reset(unverified.email, self.session()), "account-inactive"),
            (self.reset_nosession(fresh_email()), "user-not-found"),
            (self.reset_nosession("anonuser@localhost", required_active=False), "user-not-found"),
            (self.reset_nosession(unverified.email), "active-state-mismatch"),
            (self.reset_nosession(person.email, required_active=False), "active-state-mismatch"),
        ]
        for answer, reason in expected:
            self.assert_failure(answer, reason, "reset-failed", **NO_FIELDS)
            self.assertEqual(readable(answer), readable(expected[0][0]))
        self.assertTrue(self.password_is(person, person.password), "nothing has changed")

    def test_new_passwords_are_judged_for_known_and_unknown_addresses_alike(self) -> None:
        person = self.sign_up()
        for email in (person.email, fresh_email()):
            for answer in (self.reset(email, self.session(), "1234"), self.reset_nosession(email, "1234")):
                codes = ("password-too-short", "password-numeric")
                self.assert_failure(answer, "password-insecure", *codes, **NO_FIELDS)
            for answer in (self.reset(email, self.session(), "x" * 1025), self.reset_nosession(email, "x" * 1025)):
                self.assert_failure(answer, "password-too-long", **NO_FIELDS)
            similar = self.reset(email, self.session(), email)
            self.assert_failure(similar, "password-insecure", "password-too-similar", **NO_FIELDS)

    def test_the_present_password_may_be_set_again(self) -> None:
        person = self.sign_up()
        self.assert_success(self.reset(person.email, self.session(), person.password), "password-changed")
        self.assertTrue(self.password_is(person, person.password))

    def test_without_a_session_all_end_and_nobody_is_activated(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        answer = self.reset_nosession(person.email)
        self.assert_success(answer, "password-changed")
        self.assertEqual(fields_of(answer), NO_FIELDS)
        self.assertFalse(self.is_live(token))
        unverified = self.sign_up(verified=False)
        self.assert_success(self.reset_nosession(unverified.email, required_active=False), "password-changed")
        self.assertIs(self.user(unverified.user_id)["is_active"], False)
        self.ask("user-set-emailverified", email=unverified.email)
        self.assertTrue(self.password_is(unverified, NEW))


class ResetUnderLock(ResetCase):
    """Two failures lock an account for a second after the last one's hold of 1.5 s."""

    items = {"userlocktries": "2", "userlocktime": "1"}

    def audit(self, event: str) -> list[dict[str, Any]]:
        lines = (line[line.find("{") :] for line in self.server.log.splitlines() if f'"{event}"' in line)
        return [json.loads(line) for line in lines]

    def lock(self, person: Person) -> None:
        self.assertFalse(self.password_is(person, WRONG))
        self.assertFalse(self.password_is(person, WRONG))

    def wait_until_unlocked(self, person: Person) -> None:
        while self.user(person.user_id)["user_role"] == "locked":
            time.sleep(0.05)

    def test_the_counter_stays_when_the_password_is_reset(self) -> None:
        person = self.sign_up()
        self.assertFalse(self.password_is(person, WRONG))
        self.assert_success(self.reset(person.email, self.session()), "password-changed")
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 1)

    def test_the_end_of_a_lock_is_audited_once(self) -> None:
        person = self.sign_up()
        self.lock(person)
        self.wait_until_unlocked(person)
        before = self.audit("account.autolock-ended")
        self.assertTrue(self.password_is(person, person.password))
        self.assertTrue(self.password_is(person, person.password))
        ended = self.audit("account.autolock-ended")[len(before) :]
        self.assertEqual([event["outcome"] for event in ended], ["ok"])
        self.assertIn(ended[0]["target"], [event["target"] for event in self.audit("account.autolocked")])


class EmailSent(DaemonCase):
    TIMES = {"signup": "emailverify_sent_datetime", "forgotpass": "emailforgotpass_sent_datetime"}

    def record(self, email: str, email_type: str) -> Answer:
        return self.ask("user-set-emailsent", email=email, email_type=email_type)

    def test_the_time_of_the_message_is_kept(self) -> None:
        person = self.sign_up()
        for email_type, field in self.TIMES.items():
            before = self.user(person.user_id)
            answer = self.record(person.email.upper(), email_type)
            self.assert_success(answer, "email-sent-recorded")
            after = self.user(person.user_id)
            shown = ("user_id", "email", "is_active", "user_role", *self.TIMES.values())
            self.assertEqual(fields_of(answer), {name: after[name] for name in shown})
            self.assert_time(after[field])
            self.assertEqual(after, {**before, field: after[field]}, "nothing else has changed")
            self.assertNotEqual(after[field], before[field])

    def test_what_cannot_be_recorded_is_refused(self) -> None:
        person = self.sign_up()
        nothing = dict.fromkeys(("user_id", "email", "is_active", "user_role", *self.TIMES.values()))
        self.assert_failure(self.record(person.email, "changepass"), "email-type-invalid", **nothing)
        unknown = self.record(fresh_email(), "signup")
        seeded = self.record("anonuser@localhost", "forgotpass")
        self.assert_failure(unknown, "user-not-found", "request-failed", **nothing)
        self.assert_failure(seeded, "protected-user", "request-failed", **nothing)
        self.assertEqual(readable(unknown), readable(seeded))


if __name__ == "__main__":
    unittest.main()
