"""The rules for passwords, each by its code, and the items that change them for one call."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase, fields_of
from server import Server

SHORT, COMMON, SIMILAR, REPETITIVE, NUMERIC = (
    "password-too-short", "password-common", "password-too-similar", "password-repetitive", "password-numeric",
)  # fmt: skip


class Policy(DaemonCase):
    items = {"servername": "login.brontosaurus-park.example"}

    def judge(self, password: str, **changes: Any) -> Answer:
        body = {"password": password, "email": "quentin@example.org", "full_name": "Q. Zweistein"}
        return self.ask("user-validatepass", **{**body, **changes})

    def codes(self, password: str, **changes: Any) -> list[str]:
        answer = self.judge(password, **changes)
        self.assertEqual(answer.failure_reason, None if answer.success else "password-insecure")
        self.assertEqual(len(answer.messages), len(answer.message_codes))
        self.assertEqual(fields_of(answer), {})
        return answer.message_codes

    def test_a_good_password_has_nothing_to_say(self) -> None:
        answer = self.judge("tall ships 4 sail")
        self.assert_success(answer)
        self.assertEqual(answer.messages, [])

    def test_length_is_counted_without_extra_blanks(self) -> None:
        self.assertEqual(self.codes("xK4;vQ9+mZ2"), [SHORT])
        self.assertEqual(self.codes("xK4;vQ9+mZ2%"), [])
        self.assertEqual(self.codes(" xK4;v\n\t Q9+mZ "), [SHORT])
        self.assertEqual(self.codes("\U0001f980æøåéüßñçłđħ"), [], "characters are counted, not bytes")

    def test_common_passwords_are_known(self) -> None:
        self.assertEqual(self.codes("PassWord"), [SHORT, COMMON])
        self.assertEqual(self.codes("iloveyou"), [SHORT, COMMON])

    def test_similarity_with_name_address_and_server(self) -> None:
        self.assertEqual(self.codes("Quentin@Example.org"), [SIMILAR])
        self.assertEqual(self.codes("q.  ZWEISTEIN q.", full_name="Q. Zweistein"), [SIMILAR])
        self.assertEqual(self.codes("brontosaurus-park"), [SIMILAR])
        self.assertEqual(self.codes("tall ships 4 sail", full_name="", email=""), [])

    def test_similarity_is_reached_at_the_limit(self) -> None:
        # 2 * 12 / (12 + 36) = 50 per cent.
        password = "k4b9x;q7+zmv"
        self.assertEqual(self.codes(password, full_name=password + "ACDEFGHIJL" * 2 + "!?&%"), [SIMILAR])
        self.assertEqual(self.codes(password, full_name=password + "ACDEFGHIJL" * 2 + "!?&%$"), [])

    def test_repetition(self) -> None:
        self.assertEqual(self.codes("aaaabcdefghij"), [REPETITIVE])
        self.assertEqual(self.codes("aaabcdefghi-"), [])
        self.assertEqual(self.codes("aAaAbcdefghi-"), [], "case counts")

    def test_digits_of_any_script_are_digits(self) -> None:
        self.assertEqual(self.codes("918273645506"), [NUMERIC])
        self.assertEqual(self.codes("٩١٨٢٧٣٦٤٥٥٠٦"), [NUMERIC])
        self.assertEqual(self.codes("91827364550x"), [])

    def test_every_rule_that_fails_is_named_in_order(self) -> None:
        self.assertEqual(self.codes("11111111", full_name="11111111"), [SHORT, COMMON, SIMILAR, REPETITIVE, NUMERIC])

    def test_a_password_beyond_the_limit(self) -> None:
        fits = "".join(chr(0x4E00 + n % 500) for n in range(1024))
        self.assertEqual(self.codes(fits), [])
        self.assert_failure(self.judge(fits + "x"), "password-too-long")

    def test_the_limits_can_be_changed_for_one_call(self) -> None:
        self.assertEqual(self.codes("xK4;vQ9+", min_pass_length=8), [])
        self.assertEqual(self.codes("tall ships 4 sail", min_pass_length=18), [SHORT])
        self.assertEqual(self.codes("Quentin@Example.org", max_unsafe_similarity=101), [])
        self.assertEqual(self.codes("aaaabcdefghij", max_character_frequency=1), [])
        self.assertEqual(self.codes("tall ships 4 sail", max_char_frequency=0.01), [REPETITIVE])
        for name in ("min_pass_length", "max_unsafe_similarity", "max_character_frequency", "min_pwned_matches"):
            self.assertEqual(self.codes("xK4;vQ9+mZ2", **{name: -1}), [SHORT], "negative is as configured")


class Configured(unittest.TestCase):
    def test_the_policy_and_the_list_are_configured(self) -> None:
        server = Server(passpolicy="max_char_frequency:0.9; min_pass_length:4")
        self.addCleanup(server.remove)
        common = Path(server.directory) / "common.txt"
        common.write_text("unlikely but listed\n")
        server.items["commonpasswords"] = str(common)
        server.start()

        def codes(password: str) -> list[str]:
            return server.ask("user-validatepass", password=password, email="x@y", full_name="").message_codes

        self.assertEqual(codes("aaab"), [])
        self.assertEqual(codes("abc"), [SHORT])
        self.assertEqual(codes("Unlikely But LISTED"), [COMMON])
        self.assertEqual(codes("iloveyou"), [])

    def test_names_that_no_policy_has_are_refused(self) -> None:
        for policy in ("max_length:4", "min_pass_length:many", "min_pass_length"):
            server = Server(passpolicy=policy)
            self.addCleanup(server.remove)
            code, stderr = server.start_and_fail()
            self.assertEqual(code, 1)
            self.assertIn("passpolicy", stderr)


if __name__ == "__main__":
    unittest.main()
