"""Two failures lock an account for two seconds here: the lane, its waiters, the automatic lock."""

from __future__ import annotations

import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from authnzerver_client import Answer, RateLimited
from case import DaemonCase, fresh_email, readable
from server import ADMIN_EMAIL, ADMIN_PASSWORD

WRONG = "not the password at all"
NOBODY = {"user_id": None, "user_role": None}


class LockCase(DaemonCase):
    items = {"userlocktries": "2", "userlocktime": "2"}

    def check(self, email: str, password: str = WRONG) -> Answer:
        return self.ask("user-passcheck-nosession", email=email, password=password)

    def lock(self, *emails: str) -> list[list[Answer]]:
        """Two failures each, at once."""
        with ThreadPoolExecutor(len(emails)) as pool:
            return list(pool.map(lambda email: [self.check(email), self.check(email)], emails))


class AutomaticLock(LockCase):
    def test_known_and_unknown_addresses_are_locked_alike_and_for_a_while(self) -> None:
        person, unknown = self.sign_up(), fresh_email()
        token = self.session(person.user_id)
        begun = time.monotonic()
        for answers in self.lock(person.email, unknown):
            for answer in answers:
                self.assert_failure(answer, "invalid-credentials", **NOBODY)
        self.assertGreaterEqual(time.monotonic() - begun, 2.49, "1 s and 1.5 s are held")

        locked, none = self.check(person.email, person.password), self.check(unknown)
        self.assert_failure(locked, "locked", **NOBODY)
        self.assert_failure(none, "locked", **NOBODY)
        self.assertEqual(readable(locked), readable(none))

        user = self.user(person.user_id)
        self.assertEqual((user["is_active"], user["user_role"], user["failed_login_tries"]), (False, "locked", 2))
        info = self.ask("session-exists", session_token=token)["session_info"]
        self.assertEqual((info["is_active"], info["user_role"]), (True, "authenticated"), "nobody is thrown out")

        time.sleep(2.1)
        self.assert_success(self.check(person.email, person.password), "passcheck-ok")
        user = self.user(person.user_id)
        self.assertEqual((user["is_active"], user["user_role"], user["failed_login_tries"]), (True, "authenticated", 0))

    def test_attempts_while_locked_do_not_prolong_the_lock(self) -> None:
        person = self.sign_up()
        self.lock(person.email)
        ended = time.monotonic()
        while time.monotonic() - ended < 1.7:
            self.assertEqual(self.check(person.email).failure_reason, "locked")
            time.sleep(0.2)
        time.sleep(0.5)
        self.assertTrue(self.check(person.email, person.password).success)

    def test_every_checking_request_is_refused_while_locked(self) -> None:
        person = self.sign_up()
        token, visitor = self.session(person.user_id), self.session()
        self.lock(person.email)
        pair = {"email": person.email, "user_id": person.user_id}
        passwords = {"current_password": person.password, "new_password": "granite 6 and feathers"}
        login = self.ask("user-login", session_token=visitor, email=person.email, password=person.password)
        self.assert_failure(login, "locked", **NOBODY)
        self.assertFalse(self.is_live(visitor), "the login's session is used up")
        check = self.ask("user-passcheck", session_token=token, password=person.password)
        self.assert_failure(check, "locked", **NOBODY)
        for answer in (
            self.ask("user-delete", **pair, password=person.password),
            self.ask("user-changepass", **pair, **passwords, session_token=token),
            self.ask("user-changepass-nosession", **pair, **passwords),
        ):
            self.assert_failure(answer, "locked", user_id=person.user_id, email=person.email)
        self.assertTrue(self.is_live(token))
        self.assertTrue(self.is_live(self.session(person.user_id)), "a locked user may have a session")

    def test_superusers_are_locked_too(self) -> None:
        self.lock(ADMIN_EMAIL)
        self.assertEqual(self.check(ADMIN_EMAIL, ADMIN_PASSWORD).failure_reason, "locked")
        time.sleep(2.2)
        self.assertTrue(self.check(ADMIN_EMAIL, ADMIN_PASSWORD).success)

    def test_for_the_anonymous_user_the_lock_shows_nowhere(self) -> None:
        before = self.user(2)
        self.lock("anonuser@localhost")
        self.assertEqual(self.check("anonuser@localhost").failure_reason, "locked")
        after = self.user(2)
        self.assertEqual((after["is_active"], after["user_role"]), (before["is_active"], before["user_role"]))
        self.assertTrue(self.is_live(self.session()))


class Lane(LockCase):
    def burst(self, email: str, password: str) -> list[tuple[float, Answer | RateLimited]]:
        """One failure, and five more attempts while its answer is held; seconds and outcome of the five."""

        def attempt(number: int) -> tuple[float, Answer | RateLimited]:
            time.sleep(0.25 + 0.03 * number)
            begun = time.monotonic()
            try:
                out: Answer | RateLimited = self.check(email, password)
            except RateLimited as refused:
                out = refused
            return time.monotonic() - begun, out

        with ThreadPoolExecutor(6) as pool:
            first = pool.submit(self.check, email, WRONG)
            others = list(pool.map(attempt, range(5)))
            self.assertEqual(first.result().failure_reason, "invalid-credentials")
        return others

    def test_three_wait_behind_a_hold_and_more_are_refused(self) -> None:
        person = self.sign_up()
        outcomes = self.burst(person.email, person.password)
        for seconds, outcome in outcomes[:3]:
            self.assertIsInstance(outcome, Answer)
            self.assertTrue(outcome.success)
            self.assertGreater(seconds, 0.4, "it waits for the end of the hold")
        for seconds, outcome in outcomes[3:]:
            self.assertIsInstance(outcome, RateLimited)
            self.assertEqual(outcome.retry_after, 1)
            self.assertLess(seconds, 0.5, "it is refused at once")
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 0)

    def test_unknown_addresses_have_a_lane_too(self) -> None:
        outcomes = [outcome for _, outcome in self.burst(fresh_email(), WRONG)]
        self.assertEqual([getattr(o, "failure_reason", None) for o in outcomes[:3]], ["invalid-credentials", "locked", "locked"])
        self.assertEqual([type(o) for o in outcomes[3:]], [RateLimited, RateLimited])

    def test_spellings_of_an_address_share_its_lane(self) -> None:
        person = self.sign_up()
        self.lock(person.email)
        self.assertEqual(self.check(person.email.upper(), person.password).failure_reason, "locked")


class Restart(LockCase):
    items = {"userlocktries": "2", "userlocktime": "600"}

    def test_counters_and_locks_survive_a_restart_and_a_crash(self) -> None:
        person, unknown = self.sign_up(), fresh_email()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.check, (person.email, unknown)))
        self.server.restart()
        self.assertEqual(self.user(person.user_id)["failed_login_tries"], 1)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.check, (person.email, unknown)))
        self.server.kill()
        self.server.start()
        self.assertEqual(self.check(person.email, person.password).failure_reason, "locked")
        self.assertEqual(self.check(unknown).failure_reason, "locked")

    def test_a_stopping_server_releases_held_answers(self) -> None:
        email = fresh_email()
        self.check(email)
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(self.check, email)
            time.sleep(0.4)
            begun = time.monotonic()
            self.assertEqual(self.server.stop(), 0)
            self.assertEqual(held.result().failure_reason, "invalid-credentials")
            self.assertLess(time.monotonic() - begun, 1.0)
        self.server.start()
        self.assertEqual(self.check(email).failure_reason, "locked")


if __name__ == "__main__":
    unittest.main()
