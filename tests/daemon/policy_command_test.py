"""authnzctl policy: checks permissions files and says why a decision falls as it does."""

from __future__ import annotations

import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from server import binary, inherited_environment


def policy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [binary("authnzctl"), "policy", *arguments]
    return subprocess.run(command, env=inherited_environment(), capture_output=True, text=True, timeout=60)


def model() -> dict[str, Any]:
    return json.loads(policy("default").stdout)


class Files(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="authnz-policy-")
        self.addCleanup(directory.cleanup)
        self.file = Path(directory.name) / "policy.json"

    def write(self, content: Any) -> str:
        self.file.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(self.file)


class Check(Files):
    def test_the_default_is_fine_and_counted(self) -> None:
        done = policy("check", self.write(policy("default").stdout))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "ok: 5 roles, 7 items, 7 actions, 4 visibilities, 10 limits\n")

    def test_each_error_is_a_line_with_its_path(self) -> None:
        broken = model()
        broken["roles"].append("guest")
        broken["role_policy"]["staff"]["allowed_actions_for_other"]["shared"][2] = "fly"
        done = policy("check", self.write(broken))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.splitlines(), [
            f"{self.file}: $.role_policy.guest: is missing",
            f'{self.file}: $.role_policy.staff.allowed_actions_for_other.shared[2]: "fly" is no declared action',
        ])  # fmt: skip

    def test_what_is_not_json_is_shown_by_line_and_column(self) -> None:
        done = policy("check", self.write('{\n  "roles": [,]\n}'))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.file}: $: is not JSON: parse error at line 2, column 13", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_a_file_that_is_not_there(self) -> None:
        done = policy("check", str(self.file))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"cannot read {self.file}: No such file or directory\n")


class Explain(Files):
    def explain(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        question = {"role": "authenticated", "action": "view", "item": "dataset", "visibility": "shared", **changes}
        return policy("explain", *(f"--{name}={value}" for name, value in question.items()), *arguments)

    def test_a_grant_with_its_reasons(self) -> None:
        done = self.explain("--user-id=7", "--owner=8", "--shared-with=9, 7")
        self.assertEqual(done.returncode, 0, done.stderr)
        granted, share, allowed, action, cut = done.stdout.splitlines()
        self.assertEqual(granted, "granted")
        self.assertIn("the caller is in the shared-with list", share)
        self.assertIn("$.role_policy.authenticated.allowed_actions_for_other.shared", allowed)
        self.assertIn('holds "view"', action)
        self.assertIn('$.item_policy.dataset.valid_role_actions holds "view"', cut)

    def test_a_denial_with_its_reasons(self) -> None:
        done = self.explain(visibility="private")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines()[0], "denied")
        self.assertIn("the visibility is private and the caller is not the owner", done.stdout.splitlines()[1])

    def test_owners_are_callers_with_the_same_id(self) -> None:
        self.assertEqual(self.explain("--user-id=7", "--owner=7", visibility="private", action="delete").returncode, 0)
        self.assertEqual(self.explain("--user-id=7", visibility="private", action="delete").returncode, 1)

    def test_json_for_scripts(self) -> None:
        done = self.explain("--json", "--shared-with=2")
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["granted"], len(answer["why"])), (0, True, 4))

    def test_another_file_decides_otherwise(self) -> None:
        changed = model()
        changed["item_policy"]["dataset"]["invalid_roles"].append("authenticated")
        done = self.explain(f"--file={self.write(changed)}", "--shared-with=2")
        self.assertEqual(done.returncode, 1)
        self.assertIn('$.item_policy.dataset.invalid_roles holds "authenticated"', done.stdout)

    def test_without_a_policy_there_is_no_answer(self) -> None:
        done = self.explain(f"--file={self.write('{}')}")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("$.roles: is missing", done.stderr)
        self.assertEqual(self.explain("--shared-with=x").returncode, 2)
        self.assertEqual(policy("explain", "--role=staff").returncode, 2)


class ExplainLimit(Files):
    def explain(self, value: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return policy("explain-limit", "--role=staff", "--limit=max_requests", f"--value={value}", *arguments)

    def test_values_and_their_verdicts(self) -> None:
        for value, status, verdict in (("999999", 0, "passed"), ("999999.9", 0, "passed"), ('"999999"', 0, "passed"),
                                       ("1000000", 1, "over-limit"), ("many", 1, "limit-value-invalid"),
                                       ('"1.5"', 1, "limit-value-invalid"), ("true", 1, "limit-value-invalid")):
            with self.subTest(value):
                done = self.explain(value)
                self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (status, verdict), done)
                self.assertIn('1000000 of type "max" (int, lt) in $.role_policy.staff.limits.max_requests', done.stdout)

    def test_another_file_has_other_limits(self) -> None:
        changed = model()
        changed["role_policy"]["staff"]["limits"] = {}
        done = self.explain("many", f"--file={self.write(changed)}")
        self.assertEqual(done.returncode, 0)
        self.assertIn('limit: none, because $.role_policy.staff.limits does not hold "max_requests"', done.stdout)


if __name__ == "__main__":
    unittest.main()
