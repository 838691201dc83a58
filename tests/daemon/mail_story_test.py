"""The mail story against a real mail server: sign-up, the server gone and back, a login that it refuses."""

from __future__ import annotations

import re
import sys
import time
import unittest
from typing import Any

from case import DaemonCase, Person, fresh_email
from mail_relay import PASSWORD, USER, MailRelay

TOKEN = "gAAAAAB" + "t0ken-" * 20


class MailCase(DaemonCase):
    relay: MailRelay

    @classmethod
    def setUpClass(cls) -> None:
        cls.relay = MailRelay()
        cls.addClassCleanup(cls.relay.remove)
        cls.relay.start()
        cls.items = cls.mail_items(PASSWORD)
        super().setUpClass()

    @classmethod
    def mail_items(cls, password: str) -> dict[str, str]:
        return {
            "emailserver": "localhost",
            "emailport": str(cls.relay.port),
            "emailuser": USER,
            "emailpass": password,
            "emailcafile": str(cls.relay.certificate),
            "emailsender": "The Library <no-reply@library.example.org>",
            "emailretry": "1",
        }

    def sign_up_by_mail(self) -> tuple[Person, Any]:
        address, password = fresh_email(), "tall ships 4 sail"
        created = self.ask("user-new", full_name="Ada Lovelace", email=address, password=password)
        self.assert_success(created, "user-created")
        sent = self.ask(
            "user-sendemail-signup", email_address=address, session_token=self.session(),
            created_info=created.response, server_name="The Library", server_baseurl="https://library.example.org",
            account_verify_url="/users/verify", verification_token=TOKEN)
        return Person(created["user_id"], address, password), sent


class ARealMailServer(MailCase):
    def test_a_sign_up_from_the_form_to_the_first_login(self) -> None:
        person, sent = self.sign_up_by_mail()
        self.assert_success(sent, "email-requested")
        self.assertIs(sent["queued"], False)

        message = self.relay.wait_for_message(person.email)
        print(f"\n{message}", file=sys.stderr)  # shown with the suite's output
        self.assertIn("esmtpsa", message["Received"])
        self.assertEqual(message["From"], "The Library <no-reply@library.example.org>")
        self.assertTrue(message["Subject"].startswith("[The Library] "))
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertEqual(message.get_content_type(), "text/plain")
        paragraphs = message.get_content().replace("\r\n", "\n").split("\n\n")
        received = next(p for p in paragraphs if re.fullmatch(r"[\w-]{70}\n[\w-]+\n?", p)).replace("\n", "")
        self.assertEqual(received, TOKEN)
        self.assertIn("\nhttps://library.example.org/users/verify\n", message.get_content().replace("\r\n", "\n"))

        self.assert_success(self.ask("user-set-emailverified", email=person.email), "verification-ok")
        login = self.ask("user-login", session_token=self.session(), email=person.email, password=person.password)
        self.assert_success(login, "login-ok")

    def test_a_message_waits_while_the_mail_server_is_gone(self) -> None:
        self.relay.stop()
        try:
            person, sent = self.sign_up_by_mail()
            self.assert_success(sent, "email-requested")
            self.assertIs(sent["queued"], True)
        finally:
            self.relay.start()
        self.relay.wait_for_message(person.email)
        time.sleep(3)
        self.assertEqual(len([m for m in self.relay.messages() if m["To"] == person.email]), 1)


class AMailServerThatRefusesTheLogin(MailCase):
    @classmethod
    def mail_items(cls, password: str) -> dict[str, str]:
        return super().mail_items("another " + password)

    def test_is_told_to_the_frontend_and_to_nobody_else(self) -> None:
        person, sent = self.sign_up_by_mail()
        self.assert_failure(sent, "email-failed", "email-requested", user_id=None, email_address=None, queued=None,
                            emailverify_sent_datetime=None, verifyemail_sent_datetime=None)
        self.assertEqual([m for m in self.relay.messages() if m["To"] == person.email], [])


if __name__ == "__main__":
    unittest.main()
