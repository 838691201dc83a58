"""Sign-up: addresses, names, passwords, system ids, and what a known address tells nobody."""

from __future__ import annotations

import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from authnzerver_client import Answer
from case import UUID4, DaemonCase, fields_of, fresh_email, readable

GOOD = "tall ships 4 sail"
NOTHING = {"user_email": None, "user_id": None, "system_id": None, "send_verification": False}


class SignUpCase(DaemonCase):
    def new(self, email: str | None = None, **changes: Any) -> Answer:
        body = {"full_name": "Some One", "email": fresh_email() if email is None else email, "password": GOOD}
        return self.ask("user-new", **{**body, **changes})


class Addresses(SignUpCase):
    def test_addresses_that_are_refused(self) -> None:
        for email in (
            "", "nobody", "@example.org", "a@", "a@b@example.org", "a b@example.org", "a@exam ple.org", "a@example.org\n",
            " a@example.org", "a@-example.org", "a@example-.org", "a@example..org", "a@.example.org", "a@exa_mple.org",
            "a" * 65 + "@example.org", "a@" + "b." * 125 + "example.org", "a@" + "b" * 64 + ".org", "a,b@example.org",
            'a"b@example.org', "a(b)@example.org", "ä@example.org", "a\u0000@example.org", "a@[192.0.2.1]",
            "admin@example.org", "Root@example.org", "POSTMASTER@example.org", "no-reply@example.org",
            "a@mailinator.com", "a@sub.mailinator.com",
            "p\u0430ypal@example.org", "payp@ex\u0430mple.org", "a@xn--exmple-4nf.org",
        ):  # fmt: skip
            with self.subTest(email=email):
                self.assert_failure(self.new(email), "email-invalid", **NOTHING)

    def test_addresses_that_are_accepted(self) -> None:
        for email in ("x@localhost", "o'brien!#$%&*+/=?^_`{|}~-@example.org", "first.last+tag@sub.example.org",
                      "a" * 64 + "@example.org", "admins@example.org", "7@7.example", "o\u2019hara@example.org"):
            with self.subTest(email=email):
                self.assert_success(self.new(email, password="Quartz & 29 jugs of rye"), "user-created")

    def test_an_address_is_known_in_every_spelling(self) -> None:
        first = self.new("Straße.Person@Example.ORG")
        self.assertEqual(first["user_email"], "strasse.person@example.org")
        for spelling in ("STRASSE.PERSON@EXAMPLE.org", "\uff53trasse.person@example.org"):
            self.assertEqual(self.new(spelling).failure_reason, "user-exists")
            found = self.ask("user-lookup-email", email=spelling)
            self.assertEqual(found["user_info"]["user_id"], first["user_id"])


class Names(SignUpCase):
    def test_names_that_are_refused(self) -> None:
        for name in (
            "bit.ly/x", "Test User bIt.Ly/x", "HttPs://BIT.lY/x", "www.shop", "anna.me", "a\u0007b", "a\u202eb", "a\u2066b",
            "see ftp://x", "WWW.x", "http:x", "me@bit.ly", "(bit.ly)", "bit.ly?x", "example.com", "line\u0000end",
        ):  # fmt: skip
            with self.subTest(name=name):
                email = fresh_email()
                expected = {**NOTHING, "user_email": email}
                self.assert_failure(self.new(email.upper(), full_name=name), "name-invalid", **expected)

    def test_names_that_are_accepted(self) -> None:
        for name, kept in (
            ("", ""), ("Mr.Smith", "Mr.Smith"), ("St. John", "St. John"), ("J.Co", "J.Co"),
            ("  Ada \t  Lovelace ", "Ada Lovelace"), ("Tom & Jerry", "Tom &amp; Jerry"),
            ("Tom &amp; Jerry", "Tom &amp; Jerry"), ("<b>\"x' </b>", "&lt;b&gt;&quot;x&#x27; &lt;/b&gt;"),
            ("\uff21da", "Ada"), ("Øyvind Ångström", "Øyvind Ångström"), ("&amp;lt;", "&amp;lt;"),
        ):  # fmt: skip
            with self.subTest(name=name):
                answer = self.new(full_name=name)
                self.assert_success(answer, "user-created")
                self.assertEqual(self.user(answer["user_id"])["full_name"], kept)


class Outcomes(SignUpCase):
    def test_a_new_account_is_unverified_and_active(self) -> None:
        email = fresh_email()
        answer = self.new(email, extra_info={"a": [1], "provenance": "forged", "type": "forged"}, verify_retry_wait=0)
        self.assert_success(answer, "user-created")
        self.assertEqual(set(fields_of(answer)), set(NOTHING))
        self.assertIs(answer["send_verification"], True)
        self.assertRegex(answer["system_id"], rf"\A{UUID4.pattern}\Z")
        user = self.user(answer["user_id"])
        expected = {"a": [1], "provenance": "request-created", "type": "normal-user"}
        self.assertEqual({k: v for k, v in user["extra_info"].items() if k != "verify_retry_wait"}, expected)
        self.assertEqual((user["is_active"], user["user_role"], user["email_verified"]), (False, "locked", False))
        self.assert_time(user["emailverify_sent_datetime"])

    def test_a_known_address_reads_like_a_new_one(self) -> None:
        email = fresh_email()
        fresh = self.new(email)
        known = self.new(email, full_name="Another Name", password="granite 6 and feathers", extra_info={"b": 1})
        expected = {**fields_of(fresh), "send_verification": False}
        self.assert_failure(known, "user-exists", "user-created", **expected)
        self.assertEqual(readable(known), readable(fresh))
        user = self.user(fresh["user_id"])
        self.assertEqual(user["full_name"], "Some One")
        self.assertNotIn("b", user["extra_info"])

    def test_seeded_addresses_are_known_ones(self) -> None:
        for user_id, email in ((2, "anonuser@localhost"), (3, "DummyUser@localhost")):
            before = self.user(user_id)
            answer = self.new(email)
            self.assert_failure(
                answer, "user-exists", "user-created", user_email=email.lower(), user_id=user_id,
                system_id=before["system_id"], send_verification=False,
            )  # fmt: skip
            self.assertEqual(self.user(user_id), before)

    def test_a_system_id_belongs_to_one_account(self) -> None:
        email, other = fresh_email(), fresh_email()
        self.assertEqual(self.new(email, system_id="crew-1")["system_id"], "crew-1")
        taken = self.new(other, system_id="crew-1")
        self.assert_failure(taken, "system-id-taken", **{**NOTHING, "user_email": other})
        self.assertEqual(self.new(email, system_id="crew-1").failure_reason, "user-exists")
        self.assertEqual(self.new(email, system_id="crew-2").failure_reason, "user-exists")
        self.assertRegex(self.new(system_id="")["system_id"], UUID4)

    def test_the_first_check_that_fails_is_the_answer(self) -> None:
        email = fresh_email()
        self.new(email, system_id="order-1")
        self.assertEqual(self.new("x", full_name="bit.ly/x", password="x").failure_reason, "email-invalid")
        self.assertEqual(self.new(email, full_name="bit.ly/x", password="x").failure_reason, "name-invalid")
        self.assertEqual(self.new(password="x", system_id="order-1").failure_reason, "password-insecure")

    def test_passwords_are_judged(self) -> None:
        email = fresh_email()
        answer = self.new(email, password="password")
        expected = {**NOTHING, "user_email": email}
        self.assert_failure(answer, "password-insecure", "password-too-short", "password-common", **expected)
        self.assert_failure(self.new(email, password="pa55 " * 205), "password-too-long", **expected)
        self.assertEqual(self.new(email).failure_reason, None)

    def test_of_sixteen_at_once_for_one_address_one_succeeds(self) -> None:
        email = fresh_email()
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.new(email), range(16)))
        self.assertEqual([a.success for a in answers].count(True), 1)
        self.assertEqual(len({a["user_id"] for a in answers}), 1)
        self.assertEqual(len({tuple(a.messages) for a in answers}), 1)


class VerificationRules:
    """Run under both names of the request."""

    name: str

    def test_only_a_known_account_can_be_verified(self: Any) -> None:
        nothing = {"user_id": None, "is_active": False, "user_role": "locked", "emailverify_sent_datetime": None}
        unknown = self.ask(self.name, email=fresh_email())
        self.assert_failure(unknown, "user-not-found", "verification-failed", **nothing)
        for seeded in ("anonuser@localhost", "dummyuser@localhost"):
            answer = self.ask(self.name, email=seeded)
            self.assert_failure(answer, "protected-user", "verification-failed", **nothing)
            self.assertEqual(readable(answer), readable(unknown))

    def test_a_new_account_is_verified_once_and_again(self: Any) -> None:
        person = self.sign_up(verified=False)
        sent = self.user(person.user_id)["emailverify_sent_datetime"]
        self.assertIs(self.user(person.user_id)["email_verified"], False)
        for email in (person.email, person.email.upper()):
            answer = self.ask(self.name, email=email)
            self.assert_success(answer, "verification-ok")
            self.assertEqual(
                fields_of(answer),
                {
                    "user_id": person.user_id,
                    "is_active": True,
                    "user_role": "authenticated",
                    "emailverify_sent_datetime": sent,
                },
            )
            self.assertIs(self.user(person.user_id)["email_verified"], True)


class Verification(VerificationRules, DaemonCase):
    name = "user-set-emailverified"


class VerificationByItsNameOf2019(VerificationRules, DaemonCase):
    name = "user-verify-email"


class Renewal(SignUpCase):
    def test_an_account_that_was_verified_is_never_taken_over(self) -> None:
        person = self.sign_up()
        answer = self.new(person.email, password="granite 6 and feathers", verify_retry_wait=-5)
        self.assertEqual((answer.failure_reason, answer["send_verification"]), ("user-exists", False))
        check = self.ask("user-passcheck-nosession", email=person.email, password=person.password)
        self.assert_success(check, "passcheck-ok")


if __name__ == "__main__":
    unittest.main()
