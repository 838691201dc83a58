"""Beyond what it can do the server refuses at once, with a hint, and goes on with the rest."""

from __future__ import annotations

import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from authnzerver_client import Answer, Unavailable
from case import DaemonCase, fresh_email

PASSWORD = "tall ships 4 sail"


class Hashing(DaemonCase):
    items = {"argon2": "m=65536,t=4,p=1", "hashers": "1", "hashqueueseconds": "1"}

    def sign_up_once(self, email: str) -> Answer | Unavailable:
        try:
            return self.ask("user-new", full_name="", email=email, password=PASSWORD)
        except Unavailable as busy:
            return busy

    def test_computations_beyond_the_waiting_time_are_refused_without_effect(self) -> None:
        emails = [fresh_email() for _ in range(40)]
        token = self.session()
        with ThreadPoolExecutor(40) as pool:
            pending = [pool.submit(self.sign_up_once, email) for email in emails]
            time.sleep(0.3)
            begun = time.monotonic()
            for _ in range(20):
                self.assertTrue(self.is_live(token))
            self.assertLess(time.monotonic() - begun, 1, "what hashes nothing does not wait")
            outcomes = [future.result() for future in pending]
        refused = [o for o in outcomes if isinstance(o, Unavailable)]
        self.assertTrue(refused)
        self.assertGreater(len(outcomes) - len(refused), 2)
        for busy in refused:
            self.assertGreaterEqual(busy.retry_after, 1)
        for email, outcome in zip(emails, outcomes):
            there = self.ask("user-lookup-email", email=email).success
            self.assertEqual(there, isinstance(outcome, Answer) and outcome.success)

    def test_failures_that_were_never_evaluated_are_not_counted(self) -> None:
        people = [self.ask("user-new", full_name="", email=fresh_email(), password=PASSWORD) for _ in range(20)]
        people = [p["user_email"] for p in people if p.success]

        def check(email: str) -> str:
            try:
                return str(self.ask("user-passcheck-nosession", email=email, password="wrong").failure_reason)
            except Unavailable:
                return "refused"

        with ThreadPoolExecutor(20) as pool:
            outcomes = dict(zip(people, pool.map(check, people)))
        self.assertIn("refused", outcomes.values())
        for user in self.ask("user-list", user_id=None)["user_info"]:
            if user["email"] in outcomes:
                expected = 0 if outcomes[user["email"]] == "refused" else 1
                self.assertEqual(user["failed_login_tries"], expected)


class InFlight(DaemonCase):
    items = {"maxinflight": "4"}

    def test_requests_beyond_those_in_hand_are_refused(self) -> None:
        def fail(email: str) -> str:
            try:
                return str(self.ask("user-passcheck-nosession", email=email, password="wrong").failure_reason)
            except Unavailable as busy:
                self.assertGreaterEqual(busy.retry_after, 1)
                return "refused"

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(fail, [fresh_email() for _ in range(8)]))
        self.assertEqual(outcomes.count("invalid-credentials"), 4, outcomes)
        self.assertEqual(outcomes.count("refused"), 4)
        self.assertTrue(self.ask("user-list", user_id=1).success)
        self.assertEqual(self.server.get("/health/live")[0], 200)


if __name__ == "__main__":
    unittest.main()
