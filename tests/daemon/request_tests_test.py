"""The proof that every outcome has a test notices what is missing, wrong or stale."""

from __future__ import annotations

import unittest
from typing import Any

from request_tests import Cell, Note, cells, document, problems, problems_of_document, proofs

OUTCOMES = {
    "success": ["verification-ok"],
    "failures": [
        {"reason": "user-not-found", "message": "verification-failed"},
        {"reason": "password-insecure", "message": None},
    ],
}
TABLE: dict[str, Any] = {
    "requests": [{"name": "verify", "alias": "verify-2019", "outcomes": OUTCOMES}],
    "common_failures": ["invalid-parameters", "conflict"],
    "password_rules": ["password-common", "password-numeric"],
}
CODES = {
    "success": ("verification-ok",),
    "user-not-found": ("verification-failed",),
    "password-insecure": ("password-common", "password-numeric"),
    "validation": ("invalid-parameters",),
}


def note(cell: Cell, test: str = "a_test.A.test_a", codes: tuple[str, ...] | None = None) -> Note:
    return Note(*cell, test, CODES[cell[1]] if codes is None else codes)


WANTED = list(cells(TABLE))
NOTES = [note(cell) for cell in WANTED]


class Proof(unittest.TestCase):
    def test_each_name_has_each_outcome(self) -> None:
        self.assertEqual(WANTED, [(name, outcome) for name in ("verify", "verify-2019") for outcome in CODES])
        self.assertEqual(list(problems(TABLE, NOTES)), [])

    def test_an_outcome_without_a_test_is_a_problem(self) -> None:
        for cell in WANTED:
            found = list(problems(TABLE, [n for n in NOTES if n.cell != cell]))
            self.assertEqual(found, [f"no test proves {cell[0]} {cell[1]}"])

    def test_an_answer_that_the_tables_do_not_have_is_a_problem(self) -> None:
        for cell, codes in (
            (("verify", "user-not-found"), ("user-not-found",)),
            (("verify", "user-not-found"), ()),
            (("verify", "password-insecure"), ("password-insecure",)),
            (("verify", "password-insecure"), ()),
            (("verify", "success"), ("login-ok",)),
            (("verify", "locked"), ("locked",)),
        ):
            with self.subTest(cell=cell, codes=codes):
                found = list(problems(TABLE, NOTES + [note(cell, codes=codes)]))
                self.assertEqual(len(found), 1)
                self.assertIn("a_test.A.test_a: verify", found[0])

    def test_failures_that_any_request_may_give_are_no_problem(self) -> None:
        self.assertEqual(list(problems(TABLE, NOTES + [note(("verify", "conflict"), codes=("conflict",))])), [])


class Document(unittest.TestCase):
    def problems(self, text: str, notes: list[Note] = NOTES) -> list[str]:
        return list(problems_of_document(WANTED, proofs(notes), text))

    def test_what_was_written_passes(self) -> None:
        self.assertEqual(self.problems(document(WANTED, proofs(NOTES))), [])

    def test_the_first_test_by_name_is_named(self) -> None:
        notes = NOTES + [note(cell, "a_test.A.test_0") for cell in WANTED]
        self.assertEqual(document(WANTED, proofs(notes)).count("`a_test.A.test_0`"), len(WANTED))

    def test_more_tests_do_not_make_it_stale(self) -> None:
        notes = NOTES + [note(cell, "a_test.A.test_0") for cell in WANTED]
        self.assertEqual(self.problems(document(WANTED, proofs(NOTES)), notes), [])

    def test_a_row_that_is_missing_empty_or_false_is_a_problem(self) -> None:
        whole = document(WANTED, proofs(NOTES))
        row = "| verify | success | `a_test.A.test_a` |\n"
        for changed in ("", row.replace("`a_test.A.test_a`", "-"), row.replace("test_a`", "test_b`")):
            found = self.problems(whole.replace(row, changed))
            self.assertEqual(len(found), 1)
            self.assertIn("verify success", found[0])

    def test_a_row_of_an_outcome_that_does_not_exist_is_a_problem(self) -> None:
        found = self.problems(document(WANTED, proofs(NOTES)) + "| verify | locked | `a_test.A.test_a` |\n")
        self.assertEqual(len(found), 1)

    def test_an_empty_document_lacks_everything(self) -> None:
        self.assertEqual(len(self.problems("")), len(WANTED))


if __name__ == "__main__":
    unittest.main()
