"""Rate limits: classes, buckets, keys and refusals, by the contract's own examples."""

from __future__ import annotations

import base64
import json
import time
import unittest
from collections.abc import Callable
from functools import partial
from typing import Any

from cryptography.fernet import Fernet

from authnzerver_client import RateLimited
from case import DaemonCase, fresh_email
from server import Server

NEW = {"ip_address": "192.0.2.7", "user_agent": "tests", "user_id": None, "expires": 7, "extra_info_json": None}


class LimitCase(DaemonCase):
    def passed(self, times: int, request: str, client_ipaddr: str, **body: Any) -> int:
        """How many of so many pass; all that pass must be the first ones."""
        outcomes = []
        for _ in range(times):
            try:
                self.client.call(request, body, client_ipaddr=client_ipaddr)
                outcomes.append(True)
            except RateLimited as refused:
                self.assertIn(refused.retry_after, range(1, 61))
                outcomes.append(False)
        count = outcomes.count(True)
        self.assertEqual(outcomes, [True] * count + [False] * (times - count))
        return count


class Defaults(LimitCase):
    items = {"ratelimits": ""}

    def test_150_of_300_session_new_pass(self) -> None:
        self.assertEqual(self.passed(300, "session-new", "192.0.2.1", **NEW), 150)
        self.assertEqual(self.passed(1, "session-exists", "192.0.2.1", session_token="x"), 1, "another request")
        self.assertEqual(self.passed(1, "session-new", "192.0.2.2", **NEW), 1, "another client")

    def test_5_user_new_pass(self) -> None:
        body = {"full_name": "", "password": "tall ships 4 sail"}
        passed = [self.passed(1, "user-new", "192.0.2.1", email=fresh_email(), **body) for _ in range(8)]
        self.assertEqual(passed, [1] * 5 + [0] * 3)

    def test_requests_with_limits_of_their_own(self) -> None:
        for request, limit in (("user-login", 10), ("user-logout", 10), ("user-passcheck", 30), ("user-delete", 10),
                               ("user-changepass", 5), ("user-changepass-nosession", 5), ("user-passcheck-nosession", 10)):
            with self.subTest(request=request):
                self.assertEqual(self.passed(limit + 2, request, "192.0.2.1"), limit, "invalid ones count too")

    def test_the_client_s_address_is_required(self) -> None:
        for address in ({}, {"client_ipaddr": None}, {"client_ipaddr": ""}, {"client_ipaddr": 7}):
            payload = {"request": "session-exists", "body": {"session_token": "x"}, "reqid": 1, **address}
            sealed = base64.b64encode(Fernet(self.server.key).encrypt(json.dumps(payload).encode()))
            status, text, _ = self.server.http("POST", "/", sealed)
            self.assertEqual((status, text), (400, b"400 Bad Request\n"))

    def test_health_is_not_limited(self) -> None:
        for _ in range(200):
            self.assertEqual(self.server.get("/health/live")[0], 200)


class Configured(LimitCase):
    items = {"ratelimits": " user-list : 10 ; user-lookup-email:3; user-verify-email:2; session:7; burst:4 "}

    def test_a_request_gets_a_limit_of_its_own(self) -> None:
        self.assertEqual(self.passed(15, "user-list", "192.0.2.1", user_id=1), 10)

    def test_burst_is_the_capacity_of_groups(self) -> None:
        self.assertEqual(self.passed(9, "session-exists", "192.0.2.1", session_token="x"), 4)

    def test_addresses_of_clients_are_canonical(self) -> None:
        for request, one, other in (
            ("session-exists", "192.0.2.9", "::ffff:192.0.2.9"),
            ("session-delete", "2001:db8::1", "2001:DB8:0:0:0:0:0:1"),
        ):
            self.assertEqual(self.passed(4, request, one, session_token="x"), 4)
            self.assertEqual(self.passed(1, request, other, session_token="x"), 0)

    def test_text_that_is_no_address_is_a_key_too(self) -> None:
        self.assertEqual(self.passed(6, "session-exists", "unix socket", session_token="x"), 4)
        self.assertEqual(self.passed(1, "session-exists", "Unix socket", session_token="x"), 1)

    def test_requests_about_an_address_are_limited_by_it_too(self) -> None:
        email = fresh_email()
        passed = [self.passed(1, "user-lookup-email", f"192.0.2.{n}", email=email) for n in range(5)]
        self.assertEqual(passed, [1, 1, 1, 0, 0])
        self.assertEqual(self.passed(1, "user-lookup-email", "192.0.2.100", email=email.upper()), 0, "in any spelling")
        self.assertEqual(self.passed(4, "user-lookup-email", "192.0.2.4", email=fresh_email()), 3, "a refusal costs nothing")

    def test_without_an_address_validation_reports_it(self) -> None:
        answer = self.client.call("user-lookup-email", {}, client_ipaddr="192.0.2.200")
        self.assertEqual([p["param"] for p in answer.problems], ["email"])

    def test_an_alias_shares_the_bucket(self) -> None:
        self.assertEqual(self.passed(1, "user-set-emailverified", "192.0.2.1", email=fresh_email()), 1)
        self.assertEqual(self.passed(1, "user-verify-email", "192.0.2.1", email=fresh_email()), 1)
        self.assertEqual(self.passed(1, "user-set-emailverified", "192.0.2.1", email=fresh_email()), 0)

    def test_a_refused_request_is_not_validated_and_has_no_effect(self) -> None:
        self.passed(4, "session-setinfo", "192.0.2.1", session_token="x")
        with self.assertRaises(RateLimited):
            self.client.call("session-setinfo", {"session_token": 7}, client_ipaddr="192.0.2.1")


class Restarted(LimitCase):
    items = {"ratelimits": "user-list:5"}

    def still_limited(self, client_ipaddr: str, end_and_start: Callable[[], None]) -> bool:
        began = time.monotonic()
        self.assertEqual(self.passed(9, "user-list", client_ipaddr, user_id=1), 5)
        end_and_start()
        with self.server.client() as self.client:
            passed = self.passed(9, "user-list", client_ipaddr, user_id=1)
        # By then the bucket may have got something back.
        return passed == 0 or time.monotonic() - began >= 60

    def end_and_start_after(self, seconds: float) -> None:
        time.sleep(seconds)
        self.server.kill()
        self.server.start()

    def test_limits_survive_a_stop(self) -> None:
        self.assertTrue(self.still_limited("192.0.2.1", self.server.restart))

    def test_limits_survive_a_crash(self) -> None:
        # Saved once a second, unless the machine is busy.
        self.assertTrue(
            any(self.still_limited(f"192.0.2.{n}", partial(self.end_and_start_after, n)) for n in (2, 5, 15))
        )

    def test_others_are_not_limited_after_a_restart(self) -> None:
        self.assertEqual(self.passed(9, "user-list", "192.0.2.101", user_id=1), 5)
        self.server.restart()
        with self.server.client() as self.client:
            self.assertEqual(self.passed(1, "user-list", "192.0.2.102", user_id=1), 1)


class Off(LimitCase):
    items = {"ratelimits": "None"}

    def test_nothing_is_limited_and_no_address_needed(self) -> None:
        with self.server.client(client_ipaddr=None) as client:
            for _ in range(300):
                client.session_exists(session_token="x")


class BadValues(unittest.TestCase):
    def test_they_are_start_errors(self) -> None:
        for limits in ("user-lst:10", "user-list:0", "user-list:-1", "user-list", "user-list:ten", "user-list:1.5"):
            with self.subTest(limits=limits):
                server = Server(ratelimits=limits)
                self.addCleanup(server.remove)
                code, stderr = server.start_and_fail()
                self.assertEqual(code, 1)
                self.assertIn("ratelimits", stderr)


if __name__ == "__main__":
    unittest.main()
