"""The requests that send messages: each row of their tables, under each of their names."""

from __future__ import annotations

import json
import unittest
from typing import Any

from authnzerver_client import Answer
from case import Person, fields_of, fresh_email, readable
from mail_case import MailCase, MailServer

SIGNUP = ("user-sendemail-signup", "user-signup-email")
FORGOTPASS = ("user-sendemail-forgotpass", "user-forgotpass-email")
NO_SIGNUP = dict.fromkeys(
    ("user_id", "email_address", "emailverify_sent_datetime", "verifyemail_sent_datetime", "queued")
)
NO_FORGOTPASS = dict.fromkeys(
    ("user_id", "email_address", "emailforgotpass_sent_datetime", "forgotemail_sent_datetime", "queued")
)
UNKNOWN = "A" * 54


class RulesCase(MailCase):
    def unverified(self) -> Person:
        return self.sign_up(verified=False)

    def edit(self, person: Person, **update: Any) -> None:
        answer = self.ask("internal-user-edit", target_userid=person.user_id, update_dict=update)
        self.assertTrue(answer.success, answer)

    def lock(self, person: Person) -> None:
        answer = self.ask("internal-user-lock", target_userid=person.user_id, action="lock")
        self.assertTrue(answer.success, answer)

    def refuse_signup(self, reason: str, person: Person, code: str = "email-requested", **changes: Any) -> Answer:
        for name in SIGNUP:
            with self.subTest(request=name, reason=reason):
                before = len(self.mail.to(person.email))
                answer = self.ask(name, **self.signup_body(person, **changes))
                self.assert_failure(answer, reason, code, **NO_SIGNUP)
                self.assertEqual(len(self.mail.to(person.email)), before)
        return answer

    def refuse_forgotpass(self, reason: str, person: Person, code: str = "email-requested", **changes: Any) -> Answer:
        for name in FORGOTPASS:
            with self.subTest(request=name, reason=reason):
                before = len(self.mail.to(person.email))
                answer = self.ask(name, **self.forgotpass_body(person, **changes))
                self.assert_failure(answer, reason, code, **NO_FORGOTPASS)
                self.assertEqual(len(self.mail.to(person.email)), before)
        return answer

    def info(self, person: Person, **changes: Any) -> dict[str, Any]:
        return {"user_id": person.user_id, "user_email": person.email, "send_verification": True, **changes}


class Signup(RulesCase):
    def test_a_message_is_sent(self) -> None:
        for name in SIGNUP:
            with self.subTest(request=name):
                person = self.unverified()
                answer = self.ask(name, **self.signup_body(person, email_address=person.email.upper()))
                self.assert_success(answer, "email-requested")
                self.assertEqual(set(fields_of(answer)), set(NO_SIGNUP))
                self.assertEqual(answer["user_id"], person.user_id)
                self.assertEqual(answer["email_address"], person.email)
                self.assertIs(answer["queued"], False)
                self.assert_time(answer["emailverify_sent_datetime"])
                self.assertEqual(answer["verifyemail_sent_datetime"], answer["emailverify_sent_datetime"])
                sent = self.user(person.user_id)["emailverify_sent_datetime"]
                self.assertEqual(answer["emailverify_sent_datetime"], sent)
                self.assertEqual(len(self.mail.to(person.email)), 1)

    def test_the_names_of_2019_are_understood(self) -> None:
        person = self.unverified()
        body = self.signup_body(person, server_verify_url="/verify/me", smtp_sender="x", smtp_user=None, smtp_pass="",
                                smtp_server="", smtp_port=0)  # fmt: skip
        body["fernet_verification_token"] = body.pop("verification_token")
        self.assert_success(self.ask("user-signup-email", **body), "email-requested")
        text = self.mail.to(person.email)[0].get_content()
        self.assertIn("https://example.org/verify/me", text.splitlines())

    def test_created_info_needs_three_members(self) -> None:
        person = self.unverified()
        for info in (
            {}, self.info(person, user_id=None), self.info(person, user_id=str(person.user_id)),
            self.info(person, user_id=True), self.info(person, user_id=2**63), self.info(person, user_email=None),
            self.info(person, user_email=7), self.info(person, send_verification=None),
            self.info(person, send_verification="yes"),
        ):  # fmt: skip
            self.refuse_signup("created-info-invalid", person, "created-info-invalid", created_info=info,
                               session_token=UNKNOWN)  # fmt: skip

    def test_the_session_must_live(self) -> None:
        person = self.unverified()
        dead = self.session()
        self.ask("session-delete", session_token=dead)
        info = self.info(person, send_verification=False)
        for token in (UNKNOWN, dead, ""):
            self.refuse_signup(
                "session-not-found", person, "session-not-found", session_token=token, created_info=info
            )

    def test_any_live_session_will_do(self) -> None:
        other = self.sign_up()
        answer = self.send_signup(self.unverified(), session_token=self.session(other.user_id))
        self.assert_success(answer, "email-requested")

    def test_the_frontend_must_have_been_told_to_send(self) -> None:
        person = self.unverified()
        info = self.info(person, send_verification=False, user_id=2**40)
        self.refuse_signup("not-allowed", person, created_info=info)

    def test_address_and_created_info_must_be_one_account_s(self) -> None:
        person, other = self.unverified(), self.unverified()
        self.refuse_signup("user-not-found", person, email_address=fresh_email())
        self.refuse_signup("user-not-found", person, email_address=other.email)
        self.refuse_signup("user-not-found", person, created_info=self.info(person, user_id=other.user_id))
        self.refuse_signup("user-not-found", person, created_info=self.info(person, user_email=other.email))
        for user_id, address in ((2, "anonuser@localhost"), (3, "dummyuser@localhost")):
            self.refuse_signup("user-not-found", Person(user_id, address, ""))

    def test_a_verified_address_gets_no_message(self) -> None:
        person = self.sign_up()
        self.edit(person, is_active=False)
        self.refuse_signup("already-verified", person)

    def test_a_new_address_of_a_verified_account_gets_one(self) -> None:
        person = self.sign_up()
        moved = Person(person.user_id, fresh_email(), person.password)
        self.edit(person, email=moved.email)
        self.assert_success(self.send_signup(moved), "email-requested")

    def test_an_account_that_was_closed_gets_no_message(self) -> None:
        deactivated, locked = self.unverified(), self.unverified()
        self.edit(deactivated, is_active=False)
        self.lock(locked)
        self.refuse_signup("account-inactive", deactivated)
        self.refuse_signup("account-inactive", locked)

    def test_a_refusal_for_good_leaves_the_sent_time(self) -> None:
        person = self.unverified()
        before = self.user(person.user_id)["emailverify_sent_datetime"]
        self.mail.refusals["RCPT"] = "550 nobody here"
        self.refuse_signup("email-failed", person)
        self.assertEqual(self.user(person.user_id)["emailverify_sent_datetime"], before)

    def test_what_depends_on_the_account_reads_alike(self) -> None:
        person = self.unverified()
        sent = readable(self.send_signup(person))
        self.mail.refusals["DATA"] = "554 no"
        outcomes = [
            self.refuse_signup("email-failed", person),
            self.refuse_signup("user-not-found", person, email_address=fresh_email()),
            self.refuse_signup("already-verified", self.sign_up()),
            self.refuse_signup("not-allowed", person, created_info=self.info(person, send_verification=False)),
        ]
        for answer in outcomes:
            self.assertEqual(readable(answer), sent)


class Forgotpass(RulesCase):
    def test_a_message_is_sent(self) -> None:
        for name in FORGOTPASS:
            with self.subTest(request=name):
                person = self.sign_up()
                answer = self.ask(name, **self.forgotpass_body(person, email_address=person.email.upper()))
                self.assert_success(answer, "email-requested")
                self.assertEqual(set(fields_of(answer)), set(NO_FORGOTPASS))
                self.assertEqual(answer["user_id"], person.user_id)
                self.assertEqual(answer["email_address"], person.email)
                self.assertIs(answer["queued"], False)
                self.assertEqual(answer["forgotemail_sent_datetime"], answer["emailforgotpass_sent_datetime"])
                sent = self.user(person.user_id)["emailforgotpass_sent_datetime"]
                self.assertEqual(answer["emailforgotpass_sent_datetime"], sent)
                self.assertEqual(len(self.mail.to(person.email)), 1)

    def test_the_names_of_2019_are_understood(self) -> None:
        person = self.sign_up()
        body = self.forgotpass_body(person, password_forgot_url="/forgot", smtp_server="", created_info="ignored")
        body["fernet_verification_token"] = body.pop("verification_token")
        self.assert_success(self.ask("user-forgotpass-email", **body), "email-requested")
        text = self.mail.to(person.email)[0].get_content()
        self.assertIn("https://example.org/forgot", text.splitlines())

    def test_the_session_must_live(self) -> None:
        nobody = Person(0, fresh_email(), "")
        self.refuse_forgotpass("session-not-found", nobody, "session-not-found", session_token=UNKNOWN)

    def test_only_accounts_get_a_message(self) -> None:
        self.refuse_forgotpass("user-not-found", Person(0, fresh_email(), ""))
        for address in ("anonuser@localhost", "dummyuser@localhost"):
            self.refuse_forgotpass("user-not-found", Person(0, address, ""))

    def test_only_accounts_in_good_standing_get_one(self) -> None:
        deactivated, locked = self.sign_up(), self.sign_up()
        self.edit(deactivated, is_active=False)
        self.lock(locked)
        for person in (self.unverified(), deactivated, locked):
            self.refuse_forgotpass("account-inactive", person)

    def test_one_message_a_day(self) -> None:
        person = self.sign_up()
        self.assert_success(self.send_forgotpass(person), "email-requested")
        self.refuse_forgotpass("sent-recently", person)
        self.edit(person, is_active=False)
        self.refuse_forgotpass("account-inactive", person)

    def test_a_refusal_for_good_can_be_asked_for_again(self) -> None:
        person = self.sign_up()
        self.mail.refusals["DATA"] = "554 no"
        self.refuse_forgotpass("email-failed", person)
        self.assertIsNone(self.user(person.user_id)["emailforgotpass_sent_datetime"])
        self.mail.refusals.clear()
        self.assert_success(self.send_forgotpass(person), "email-requested")

    def test_what_depends_on_the_account_reads_alike(self) -> None:
        person = self.sign_up()
        sent = readable(self.send_forgotpass(person))
        outcomes = [
            self.refuse_forgotpass("sent-recently", person),
            self.refuse_forgotpass("user-not-found", Person(0, fresh_email(), "")),
            self.refuse_forgotpass("account-inactive", self.unverified()),
        ]
        for answer in outcomes:
            self.assertEqual(readable(answer), sent)


class Override(RulesCase):
    items = {"emailoverride": "1"}

    def test_sender_server_and_port_must_be_known(self) -> None:
        nobody = Person(0, fresh_email(), "")
        for item in ({"emailserver": ""}, {"emailsender": ""}, {"emailsender": "nobody"}, {"emailport": 0},
                     {"emailport": 65536}, {"smtp_server": ""}, {"smtp_sender": ""}, {"smtp_port": -1}):  # fmt: skip
            changes = {**item, "session_token": UNKNOWN}
            self.refuse_signup(
                "email-not-configured", nobody, "email-not-configured", created_info={}, **changes
            )
            self.refuse_forgotpass("email-not-configured", nobody, "email-not-configured", **changes)

    def test_a_request_may_name_another_mail_server(self) -> None:
        other = MailServer().start()
        self.addCleanup(other.stop)
        for names in (("emailserver", "emailport", "emailsender"), ("smtp_server", "smtp_port", "smtp_sender")):
            person = self.sign_up()
            values = ("127.0.0.1", other.port, "Other <other@example.net>")
            answer = self.send_forgotpass(person, **dict(zip(names, values)))
            self.assert_success(answer, "email-requested")
            self.assertEqual(self.mail.to(person.email), [])
            self.assertEqual(other.to(person.email)[0]["From"], "Other <other@example.net>")

    def test_what_it_does_not_name_is_configured(self) -> None:
        person = self.sign_up()
        self.assert_success(self.send_forgotpass(person, emailsender="x@example.net", emailport=None), "email-requested")
        self.assertEqual(self.mail.to(person.email)[0]["From"], "x@example.net")


class NoOverride(RulesCase):
    def test_a_request_s_mail_server_is_ignored(self) -> None:
        person = self.sign_up()
        answer = self.send_forgotpass(person, emailserver="", emailport=0, emailsender="", emailuser="u", emailpass="p")
        self.assert_success(answer, "email-requested")
        self.assertEqual(self.mail.to(person.email)[0]["From"], "Auth <auth@example.org>")


class NoStartTls(RulesCase):
    items = {"emailtls": "starttls"}

    def test_a_mail_server_without_the_required_tls_gets_nothing(self) -> None:
        self.refuse_signup("email-failed", self.unverified())
        self.refuse_forgotpass("email-failed", self.sign_up())


class Audit(RulesCase):
    items = {"auditlog": "[[basedir]]/audit.jsonl", "piisalt": "none"}

    def test_every_outcome_is_audited(self) -> None:
        person = self.sign_up()
        by = self.session(1)
        self.send_forgotpass(person, session_token=by)
        self.send_forgotpass(person, session_token=by)
        self.send_forgotpass(person, session_token=UNKNOWN)
        self.send_signup(person, session_token=by)
        self.mail.refusals["RCPT"] = "550 no"
        other = self.unverified()
        self.send_signup(other, session_token=by)
        file = self.server.directory / "audit.jsonl"
        events = [json.loads(line) for line in file.read_text().splitlines()]
        seen = [(e["event"], e["outcome"], e["actor"], e["target"]) for e in events if e["event"].startswith("mail.")]
        target, another = str(person.user_id), str(other.user_id)
        self.assertEqual(seen, [
            ("mail.forgotpass", "ok", "1", target),
            ("mail.forgotpass", "sent-recently", "1", target),
            ("mail.forgotpass", "session-not-found", None, person.email),
            ("mail.signup", "already-verified", "1", target),
            ("mail.signup", "email-failed", "1", another),
        ])  # fmt: skip


if __name__ == "__main__":
    unittest.main()
