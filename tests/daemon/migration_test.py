"""docs/migrating.md, told as a test: a frontend of 2019 moves here with another URL and key, and is not rewritten."""

from __future__ import annotations

import json
import re
import unittest
from typing import Any

from aiosmtpd.controller import Controller

from case import DaemonCase, fresh_email
from frontend_2019 import Frontend2019
from server import free_port

PASSWORD = "nine lives of a cat, really"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"


class Mailbox:
    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.messages.append(envelope)
        return "250 OK"


class AFrontendWrittenForThePythonServer(DaemonCase):
    mailbox = Mailbox()

    @classmethod
    def setUpClass(cls) -> None:
        port = free_port()
        cls.smtp = Controller(cls.mailbox, hostname="127.0.0.1", port=port)
        cls.smtp.start()
        cls.addClassCleanup(cls.smtp.stop)
        cls.items = {"emailserver": "127.0.0.1", "emailport": str(port), "emailtls": "none",
                     "ratelimits": "user-new:100;user-login:100;user-signup-email:100"}
        super().setUpClass()

    def setUp(self) -> None:
        super().setUp()
        self.frontend = Frontend2019(self.server.url, self.server.key)

    def done(self, name: str, **body: Any) -> dict[str, Any]:
        success, response, messages = self.frontend.request(name, body)
        self.assertTrue(success, (name, response, messages))
        return response

    def refused(self, name: str, **body: Any) -> dict[str, Any]:
        success, response, _ = self.frontend.request(name, body)
        self.assertFalse(success, (name, response))
        return response

    def visitor(self, user_id: int | None = None) -> str:
        made = self.done("session-new", ip_address="192.0.2.44", client_header=BROWSER, user_id=user_id, expires=7,
                         extra_info_json=None)
        return made["session_token"]

    def signed_up(self) -> tuple[int, str]:
        email = fresh_email()
        created = self.done("user-new", full_name="Grace Hopper", email=email, password=PASSWORD)
        sent = self.done("user-signup-email", email_address=email, session_token=self.visitor(), created_info=created,
                         server_name="The Library", server_baseurl="https://library.example.org",
                         server_verify_url="/users/verify", fernet_verification_token="a" * 150,
                         verification_expiry=900, smtp_sender="Library <no@library.example.org>", smtp_user="",
                         smtp_pass="", smtp_server="localhost", smtp_port=25)
        self.assertEqual(sent["user_id"], created["user_id"])
        self.assertIsNotNone(sent["verifyemail_sent_datetime"])
        verified = self.done("user-verify-email", email=email)
        self.assertEqual((verified["is_active"], verified["user_role"]), (True, "authenticated"))
        return created["user_id"], email

    def logged_in(self) -> tuple[int, str, str]:
        user_id, email = self.signed_up()
        login = self.done("user-login", session_token=self.visitor(), email=email, password=PASSWORD)
        self.assertEqual((login["user_id"], login["user_role"]), (user_id, "authenticated"))
        return user_id, email, self.visitor(user_id)

    def test_signs_up_by_mail_and_logs_in(self) -> None:
        _, email, session = self.logged_in()
        message = self.mailbox.messages[-1]
        self.assertEqual(message.rcpt_tos, [email])
        self.assertIn("https://library.example.org/users/verify", message.content.decode())
        info = self.done("session-exists", session_token=session)["session_info"]
        self.assertEqual((info["email"], info["client_header"], info["user_agent"]), (email, BROWSER, BROWSER))

    def test_keeps_things_in_the_session(self) -> None:
        _, _, session = self.logged_in()
        changed = self.done("session-setinfo", session_token=session, extra_info={"theme": "dark"})
        self.assertEqual(changed["session_info"]["extra_info_json"], {"theme": "dark"})

    def test_issues_and_verifies_an_api_key(self) -> None:
        user_id, _, session = self.logged_in()
        made = self.done("apikey-new", audience="library", subject="/api", apiversion=1, expires_days=7,
                         not_valid_before=0.0, user_id=user_id, user_role="authenticated", ip_address="192.0.2.44",
                         client_header=BROWSER, session_token=session)
        claims = json.loads(made["apikey"])
        self.assertEqual(claims["clt"], BROWSER)
        self.assertEqual(self.done("apikey-verify", apikey_dict=claims)["user_id"], user_id)
        self.done("user-logout", session_token=session, user_id=user_id)
        self.refused("apikey-verify", apikey_dict=claims)

    def test_changes_a_password_without_naming_the_session(self) -> None:
        user_id, email, session = self.logged_in()
        self.done("user-changepass", user_id=user_id, full_name="Grace Hopper", email=email, current_password=PASSWORD,
                  new_password="compilers came before, honestly")
        self.refused("session-exists", session_token=session)

    def test_lets_a_user_who_forgot_the_password_set_a_new_one(self) -> None:
        _, email, _ = self.logged_in()
        visitor = self.visitor()
        sent = self.done("user-forgotpass-email", email_address=email, session_token=visitor, server_name="The Library",
                         server_baseurl="https://library.example.org", fernet_verification_token="b" * 150,
                         password_forgot_url="/users/forgot", verification_expiry=900)
        self.assertIsNotNone(sent["forgotemail_sent_datetime"])
        self.assertRegex(self.mailbox.messages[-1].content.decode(), re.compile("^b{70}\r$", re.MULTILINE))
        self.done("user-resetpass", email_address=email, new_password="a new broom sweeps, mostly", session_token=visitor)

    def test_asks_what_a_user_may(self) -> None:
        user_id, _, _ = self.logged_in()
        who = {"user_id": user_id, "user_role": "authenticated"}
        what = {"action": "view", "target_name": "dataset", "target_owner": 1, "target_sharedwith": ""}
        self.done("user-check-access", **who, **what, target_visibility="public")
        self.refused("user-check-access", **who, **what, target_visibility="private")
        self.done("user-check-limit", **who, limit_name="max_requests", value_to_check=10)


if __name__ == "__main__":
    unittest.main()
