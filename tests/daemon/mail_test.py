"""Messages on their way: what they are, and that each arrives once, through failures, restarts and crashes."""

from __future__ import annotations

import json
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from authnzerver_client import Answer, AuthnzerverError
from case import Person
from mail_case import MailCase, MailServer, eventually

SOME_RETRIES = 4  # seconds, with a first delay of one


class DeliveryCase(MailCase):
    def assert_queued(self, answer: Answer, queued: bool) -> None:
        self.assert_success(answer, "email-requested")
        self.assertIs(answer["queued"], queued)

    def assert_arrives_once(self, person: Person) -> None:
        self.assertTrue(eventually(lambda: self.mail.to(person.email)), self.server.log)
        time.sleep(SOME_RETRIES)
        self.assertEqual(len(self.mail.to(person.email)), 1)

    def store_holds(self, text: str) -> bool:
        folder: Path = self.server.directory / "authnzerver.lmdb"
        return text.encode() in (folder / "data.mdb").read_bytes()


class Message(DeliveryCase):
    def test_it_says_what_the_contract_lists(self) -> None:
        person = self.sign_up()
        token = "v" * 170
        session = self.session(user_agent="Agent 1.2 (evil.example/x)\r\n\u0007 end", ip_address="2001:db8::7")
        answer = self.send_forgotpass(person, verification_token=token, session_token=session, server_name="Ex\r\nBcc: a@b")
        self.assert_queued(answer, False)
        message = self.mail.to(person.email)[0]
        self.assertEqual(message["From"], "Auth <auth@example.org>")
        self.assertEqual(message["To"], person.email)
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertRegex(message["Subject"], r"\A\[Ex ?Bcc: a@b\] .")
        self.assertIsNone(message["Bcc"])
        self.assertEqual(message.get_content_type(), "text/plain")
        self.assertEqual(message.get_content_charset(), "utf-8")
        for header in ("Date", "Message-ID"):
            self.assertEqual(len(message.get_all(header)), 1)
        lines = message.get_content().splitlines()
        at = lines.index("v" * 70)
        self.assertEqual(lines[at - 1 : at + 4], ["", "v" * 70, "v" * 70, "v" * 30, ""])
        self.assertIn("https://example.org/users/forgot-password-step2", lines)
        text = "\n".join(lines)
        self.assertIn("2001:db8::7", text)
        self.assertIn("Agent 1_2 (evil_example/x)", text)

    def test_no_two_have_one_message_id(self) -> None:
        people = [self.sign_up() for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda p: self.server.ask("user-sendemail-forgotpass", **self.forgotpass_body(p)), people))
        ids = {self.mail.to(person.email)[0]["Message-ID"] for person in people}
        self.assertEqual(len(ids), 3)


class Delivery(DeliveryCase):
    items = {"auditlog": "[[basedir]]/audit.jsonl"}

    def test_what_a_mail_server_puts_off_arrives_later(self) -> None:
        person = self.sign_up()
        self.mail.refusals["RCPT"] = "450 busy"
        answer = self.send_forgotpass(person)
        self.assert_queued(answer, True)
        self.assertEqual(
            self.user(person.user_id)["emailforgotpass_sent_datetime"], answer["emailforgotpass_sent_datetime"]
        )
        self.mail.refusals.clear()
        self.assert_arrives_once(person)

    def test_what_finds_no_mail_server_arrives_when_there_is_one(self) -> None:
        person = self.sign_up(verified=False)
        self.mail.stop()
        try:
            self.assert_queued(self.send_signup(person), True)
        finally:
            self.mail.start()
        self.assert_arrives_once(person)

    def test_what_is_refused_in_a_retry_is_dropped_and_logged(self) -> None:
        person = self.sign_up()
        self.mail.refusals["DATA"] = "451 later"
        answer = self.send_forgotpass(person)
        self.assert_queued(answer, True)
        before = self.server.log.count("mail.refused")
        self.mail.refusals["DATA"] = "554 never"
        self.assertTrue(eventually(lambda: self.server.log.count("mail.refused") > before), self.server.log)
        self.mail.refusals.clear()
        time.sleep(SOME_RETRIES)
        self.assertEqual(self.mail.to(person.email), [])
        sent = self.user(person.user_id)["emailforgotpass_sent_datetime"]
        self.assertEqual(sent, answer["emailforgotpass_sent_datetime"])

    def test_of_requests_at_once_one_sends(self) -> None:
        person = self.sign_up()
        bodies = [self.forgotpass_body(person) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda body: self.server.ask("user-sendemail-forgotpass", **body), bodies))
        self.assertEqual(sorted(a.failure_reason or "ok" for a in answers), ["ok"] + ["sent-recently"] * 7)
        self.assertEqual(len(self.mail.to(person.email)), 1)

    def test_neither_log_nor_audit_tells_what_a_message_says(self) -> None:
        person = self.sign_up()
        self.mail.refusals["RCPT"] = f"450 {person.email} is busy"
        token = "unheard-of-verification-token"
        self.assert_queued(self.send_forgotpass(person, verification_token=token), True)
        self.mail.refusals["RCPT"] = f"550 {person.email} is gone"
        self.assertTrue(eventually(lambda: "mail.refused" in self.server.log))
        for text in (self.server.log, (self.server.directory / "audit.jsonl").read_text()):
            self.assertNotIn(token, text)
            self.assertNotIn(person.email, text)

    def test_health_asks_mailer_and_couriers(self) -> None:
        workers = json.loads(self.server.get("/health")[1])["Workers"]
        self.assertEqual((workers["mailer-0"], workers["couriers"]), ("ok", "ok"))


class Restarts(DeliveryCase):
    items = {"emailoverride": "1"}

    def test_a_queued_message_outlives_a_restart_and_arrives_once(self) -> None:
        person = self.sign_up()
        self.mail.refusals["RCPT"] = "450 busy"
        self.assert_queued(self.send_forgotpass(person), True)
        self.server.restart()
        self.mail.refusals.clear()
        self.assert_arrives_once(person)
        self.server.restart()
        time.sleep(SOME_RETRIES)
        self.assertEqual(len(self.mail.to(person.email)), 1)

    def test_a_queued_message_outlives_a_crash_and_arrives_once(self) -> None:
        person = self.sign_up()
        self.mail.refusals["RCPT"] = "450 busy"
        self.assert_queued(self.send_forgotpass(person), True)
        self.server.kill()
        self.mail.refusals.clear()
        self.server.start()
        self.assert_arrives_once(person)

    def test_an_accepted_message_is_not_sent_again_after_a_crash(self) -> None:
        person = self.sign_up()
        self.assert_queued(self.send_forgotpass(person), False)
        self.server.kill()
        self.server.start()
        self.assert_arrives_once(person)

    def test_a_message_at_rest_and_its_override_are_encrypted(self) -> None:
        person = self.sign_up()
        other = MailServer()
        answer = self.send_forgotpass(
            person, emailserver="127.0.0.1", emailport=other.port, emailuser="somebody",
            emailpass="an-override-password", verification_token="a-token-at-rest",
        )  # fmt: skip
        self.assert_queued(answer, True)
        self.assertTrue(self.store_holds(person.email))
        for text in ("an-override-password", "a-token-at-rest", "somebody"):
            self.assertFalse(self.store_holds(text))
        self.server.restart()
        self.addCleanup(other.stop)
        other.start()
        self.assertTrue(eventually(lambda: other.to(person.email)))
        self.assertEqual(self.mail.to(person.email), [])

    def test_the_sent_time_is_durable_before_the_attempt(self) -> None:
        person = self.sign_up()
        self.mail.stalled.clear()
        self.mail.stalls = True
        body = self.forgotpass_body(person)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(lambda: self.server.ask("user-sendemail-forgotpass", **body))
            self.assertTrue(self.mail.stalled.wait(60))
            self.server.kill()
            with self.assertRaises(AuthnzerverError):
                asked.result()
        self.server.start()
        self.assertEqual(self.send_forgotpass(person).failure_reason, "sent-recently")


class SlowServer(DeliveryCase):
    def test_a_mail_server_that_stalls_holds_up_nobody_else(self) -> None:
        people = [self.sign_up() for _ in range(6)]
        bodies = [self.forgotpass_body(person) for person in people]
        self.mail.stalled.clear()
        self.mail.stalls = True
        begun = time.monotonic()
        with ThreadPoolExecutor(6) as pool:
            # More than there are couriers.
            asked = [pool.submit(self.server.ask, "user-sendemail-forgotpass", **body) for body in bodies]
            self.assertTrue(self.mail.stalled.wait(60))
            self.assert_success(self.ask("session-exists", session_token=self.session()), "session-found")
            self.assertFalse(any(one.done() for one in asked))
            answers: list[Any] = [one.result() for one in asked]
        self.assertGreaterEqual(time.monotonic() - begun, 9)
        for answer in answers:
            self.assert_queued(answer, True)
        self.mail.stalls = False
        for person in people:
            self.assertTrue(eventually(lambda: self.mail.to(person.email)), self.server.log)


if __name__ == "__main__":
    unittest.main()
