"""What the suites have in common: a daemon a class, people who signed up, and words for what is expected."""

from __future__ import annotations

import itertools
import re
import unittest
from dataclasses import dataclass
from typing import Any

from authnzerver_client import Answer
from request_tests import NOTEBOOK, Note
from server import Server

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?")
TOKEN = re.compile(r"[A-Za-z0-9_-]{43,}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
COMMON_FIELDS = {"success", "messages", "message_codes", "failure_reason"}

_numbers = itertools.count(1)


def fresh_email() -> str:
    return f"person{next(_numbers)}@example.org"


@dataclass(frozen=True)
class Person:
    user_id: int
    email: str
    password: str


class DaemonCase(unittest.TestCase):
    """`items` are the configuration of the class's daemon.

    The outcomes that a test asserts are noted, if it passes, as those that it proves.
    """

    items: dict[str, str] = {}
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        if NOTEBOOK:
            NOTEBOOK.begin(cls.__module__)
        cls.server = Server(**cls.items)
        cls.addClassCleanup(cls.server.remove)
        cls.server.start()

    @classmethod
    def tearDownClass(cls) -> None:
        if cls.server.process is not None and cls.server.stop() != 0:
            raise AssertionError(f"the daemon did not stop well: {cls.server.log}")

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        result = result or self.defaultTestResult()
        self.notes: set[Note] = set()
        problems = len(result.failures) + len(result.errors)
        super().run(result)
        if NOTEBOOK and self.notes and len(result.failures) + len(result.errors) == problems:
            NOTEBOOK.keep(type(self).__module__, self.notes)
        return result

    def note(self, answer: Answer, outcome: str) -> None:
        self.notes.add(Note(answer.request, outcome, self.id(), tuple(answer.message_codes)))

    def setUp(self) -> None:
        self.client = self.server.client()
        self.addCleanup(self.client.close)

    def ask(self, request: str, /, **body: Any) -> Answer:
        return self.client.call(request, body)

    def sign_up(self, email: str | None = None, password: str = "tall ships 4 sail", verified: bool = True) -> Person:
        email = email or fresh_email()
        answer = self.ask("user-new", full_name="Some One", email=email, password=password)
        self.assert_success(answer, "user-created")
        if verified:
            self.assert_success(self.ask("user-set-emailverified", email=email), "verification-ok")
        return Person(answer["user_id"], email, password)

    def session(self, user_id: int | None = None, **changes: Any) -> str:
        body = {"ip_address": "192.0.2.7", "user_agent": "tests", "user_id": user_id, "expires": 7, "extra_info_json": None}
        answer = self.ask("session-new", **{**body, **changes})
        self.assert_success(answer, "session-created")
        return answer["session_token"]

    def user(self, user_id: int) -> dict[str, Any]:
        return self.ask("user-list", user_id=user_id)["user_info"][0]

    def is_live(self, token: str) -> bool:
        return self.ask("session-exists", session_token=token).success

    def assert_success(self, answer: Answer, *codes: str) -> None:
        self.assertTrue(answer.success, answer)
        self.assertIsNone(answer.failure_reason)
        self.assertNotIn("failure_reason", answer.response)
        self.assert_codes(answer, codes)
        self.note(answer, "success")

    def assert_failure(self, answer: Answer, reason: str, *codes: str, **fields: Any) -> None:
        """Without codes the reason is its own message code; the fields must be exactly these."""
        self.assertFalse(answer.success, answer)
        self.assertEqual(answer.failure_reason, reason, answer)
        self.assertEqual(answer.response.get("failure_reason"), reason, answer)
        self.assert_codes(answer, codes or (reason,))
        self.assertEqual(fields_of(answer), fields)
        self.note(answer, reason)

    def assert_codes(self, answer: Answer, codes: tuple[str, ...]) -> None:
        self.assertEqual(answer.message_codes, list(codes), answer)
        self.assertEqual(len(answer.messages), len(codes))
        self.assertEqual(answer.response["messages"], answer.messages)
        self.assertEqual(answer.response["message_codes"], answer.message_codes)
        self.assertEqual(answer.response["success"], answer.success)

    def assert_time(self, value: Any) -> None:
        self.assertRegex(value, rf"\A{TIME.pattern}\Z")


def fields_of(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.response.items() if name not in COMMON_FIELDS}


def readable(answer: Answer) -> tuple[list[str], list[str]]:
    """What an end user sees."""
    return answer.messages, answer.message_codes
