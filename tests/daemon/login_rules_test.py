"""Password checks: outcomes, what an end user can tell from them, the hold of a failure."""

from __future__ import annotations

import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from authnzerver_client import Answer
from case import DaemonCase, fresh_email, readable
from server import ADMIN_EMAIL, ADMIN_PASSWORD

WRONG = "not the password at all"
NOBODY = {"user_id": None, "user_role": None}


def together(*calls: Callable[[], Answer]) -> list[Answer]:
    """Failures are held; those of several accounts may be waited for at once."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


class CheckCase(DaemonCase):
    def login(self, email: str, password: str, token: str | None = None) -> Answer:
        token = self.session() if token is None else token
        return self.ask("user-login", session_token=token, email=email, password=password)

    def check(self, email: str, password: str) -> Answer:
        return self.ask("user-passcheck-nosession", email=email, password=password)


class Login(CheckCase):
    def test_a_login_ends_its_session_and_keeps_the_others(self) -> None:
        person, token = self.sign_up(), self.session()
        other = self.session(person.user_id)
        answer = self.login(person.email.upper(), person.password, token)
        self.assert_success(answer, "login-ok")
        self.assertEqual((answer["user_id"], answer["user_role"]), (person.user_id, "authenticated"))
        self.assertEqual((self.is_live(token), self.is_live(other)), (False, True))

    def test_the_superuser_logs_in(self) -> None:
        answer = self.login(ADMIN_EMAIL, ADMIN_PASSWORD)
        self.assertEqual((answer["user_id"], answer["user_role"]), (1, "superuser"))

    def test_all_refusals_read_alike(self) -> None:
        person, unverified = self.sign_up(), self.sign_up(verified=False)
        answers = together(
            lambda: self.login(person.email, WRONG),
            lambda: self.login(fresh_email(), WRONG),
            lambda: self.login(unverified.email, unverified.password),
            lambda: self.login("anonuser@localhost", ""),
            lambda: self.login("dummyuser@localhost", WRONG),
            lambda: self.login("no address", WRONG),
        )
        for answer in answers:
            self.assert_failure(answer, "invalid-credentials", **NOBODY)
            self.assertEqual(readable(answer), readable(answers[0]))

    def test_a_failed_login_uses_its_session_up(self) -> None:
        token = self.session()
        self.login(fresh_email(), WRONG, token)
        self.assertFalse(self.is_live(token))

    def test_an_unknown_session_is_refused_whatever_the_password_and_not_counted(self) -> None:
        person = self.sign_up()
        for password in (person.password, WRONG):
            begun = time.monotonic()
            self.assert_failure(self.login(person.email, password, "nobody's"), "session-not-found", **NOBODY)
            self.assertLess(time.monotonic() - begun, 0.9, "it is not held")
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 0)

    def test_the_times_of_logins_are_kept(self) -> None:
        person = self.sign_up()
        self.login(person.email, WRONG)
        tried = self.user(person.user_id)
        self.assert_time(tried["last_login_try"])
        self.assertIsNone(tried["last_login_success"])
        self.assertEqual(tried["failed_login_tries"], 1)
        self.login(person.email, person.password)
        done = self.user(person.user_id)
        self.assertEqual(done["last_login_try"], done["last_login_success"])
        self.assertGreater(done["last_login_try"], tried["last_login_try"])
        self.assertEqual(done["failed_login_tries"], 0, "the right password removes the counter")

    def test_a_password_beyond_the_limit_is_refused_before_anything_else(self) -> None:
        long = "pa55 " * 205
        person = self.sign_up()
        calls = {
            "user-login": {"session_token": "nobody's", "email": person.email, "password": long},
            "user-passcheck": {"session_token": "nobody's", "password": long},
            "user-passcheck-nosession": {"email": person.email, "password": long},
            "user-delete": {"email": person.email, "user_id": person.user_id, "password": long},
            "user-changepass": {
                "session_token": "nobody's", "email": person.email, "user_id": person.user_id,
                "current_password": long, "new_password": WRONG,
            },
            "user-changepass-nosession": {
                "email": person.email, "user_id": person.user_id, "current_password": person.password, "new_password": long,
            },
        }  # fmt: skip
        for name, body in calls.items():
            with self.subTest(request=name):
                self.assertEqual(self.ask(name, **body).failure_reason, "password-too-long")
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 0)


class Passcheck(CheckCase):
    def test_the_password_of_the_session_s_user_is_checked(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        right = self.ask("user-passcheck", session_token=token, password=person.password)
        self.assert_success(right, "passcheck-ok")
        self.assertEqual((right["user_id"], right["user_role"]), (person.user_id, "authenticated"))
        wrong = self.ask("user-passcheck", session_token=token, password=WRONG)
        self.assert_failure(wrong, "invalid-credentials", **NOBODY)
        self.assertTrue(self.is_live(token), "the session is kept")

    def test_an_unknown_session_is_refused(self) -> None:
        answer = self.ask("user-passcheck", session_token="nobody's", password=WRONG)
        self.assert_failure(answer, "session-not-found", **NOBODY)

    def test_the_anonymous_user_has_no_password(self) -> None:
        answer = self.ask("user-passcheck", session_token=self.session(), password="")
        self.assert_failure(answer, "invalid-credentials", **NOBODY)

    def test_the_right_password_of_an_unverified_user_is_told_to_the_frontend_only(self) -> None:
        with_session, without, wrong = (self.sign_up(verified=False) for _ in range(3))
        token = self.session(with_session.user_id)
        answers = together(
            lambda: self.ask("user-passcheck", session_token=token, password=with_session.password),
            lambda: self.check(without.email, without.password),
            lambda: self.check(wrong.email, WRONG),
        )
        for answer, person in zip(answers, (with_session, without)):
            self.assertEqual((answer.failure_reason, answer["user_id"]), ("account-inactive", person.user_id))
            self.assertEqual(readable(answer), readable(answers[2]))
        self.assert_failure(answers[2], "invalid-credentials", **NOBODY)

    def test_unknown_addresses_read_like_wrong_passwords(self) -> None:
        person = self.sign_up()
        wrong, unknown = together(lambda: self.check(person.email, WRONG), lambda: self.check(fresh_email(), WRONG))
        self.assertEqual(wrong.response, unknown.response)


class Holding(CheckCase):
    def timed(self, call: Callable[[], Any]) -> tuple[float, Any]:
        begun = time.monotonic()
        out = call()
        return time.monotonic() - begun, out

    def test_failures_are_held_longer_and_longer(self) -> None:
        known, unknown = self.sign_up().email, fresh_email()

        def fail_thrice(email: str) -> list[float]:
            return [self.timed(lambda: self.check(email, WRONG))[0] for _ in range(3)]

        with ThreadPoolExecutor(2) as pool:
            for seconds in pool.map(fail_thrice, (known, unknown)):
                for got, held in zip(seconds, (1, 1.5, 2.25)):
                    self.assertGreaterEqual(got, held - 0.01)
                    self.assertLess(got, held + 0.9)

    def test_a_hold_does_not_hold_up_others(self) -> None:
        person, other = self.sign_up(), self.sign_up()
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(self.check, person.email, WRONG)
            time.sleep(0.2)
            seconds, answer = self.timed(lambda: self.check(other.email, other.password))
            self.assertTrue(answer.success)
            self.assertLess(seconds, 0.7)
            self.assertFalse(held.done())
            held.result()

    def test_right_passwords_are_not_held(self) -> None:
        person = self.sign_up()
        self.check(person.email, WRONG)
        seconds, answer = self.timed(lambda: self.check(person.email, person.password))
        self.assertTrue(answer.success)
        self.assertLess(seconds, 0.9)

    def test_all_checking_requests_share_one_counter(self) -> None:
        person = self.sign_up()
        self.check(person.email, WRONG)
        self.login(person.email, WRONG)
        self.ask("user-delete", email=person.email, user_id=person.user_id, password=WRONG)
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 3)


class Rehash(CheckCase):
    def test_a_login_with_other_parameters_still_works_after_they_changed(self) -> None:
        person = self.sign_up()
        self.server.items["argon2"] = "m=128,t=2,p=2"
        self.server.restart()
        for _ in range(2):
            self.assert_success(self.login(person.email, person.password), "login-ok")
        self.server.items["argon2"] = "m=64,t=1,p=1"
        self.server.restart()
        self.assert_success(self.login(person.email, person.password), "login-ok")



if __name__ == "__main__":
    unittest.main()
