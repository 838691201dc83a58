"""protogen notices what is stale, mends it, and says what to do. What it writes agrees with what it dumps."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from server import binary, request_table

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ("tools/clients/python/authnzerver_client.py", "tools/clients/js/authnzerver-client.js")
DOCUMENTS = ("docs/requests.md", "docs/errors.md", "docs/requests.schema.json")
GENERATED = DOCUMENTS + CLIENTS


def protogen(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([binary("protogen"), *arguments], capture_output=True, text=True)
    return done.returncode, done.stderr


class Protogen(unittest.TestCase):
    def setUp(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="protogen-test-"))
        self.addCleanup(shutil.rmtree, self.root)
        for client in CLIENTS:
            (self.root / client).parent.mkdir(parents=True)
            shutil.copy(ROOT / client, self.root / client)
        self.assertEqual(protogen("--write", str(self.root)), (0, ""))

    def test_what_it_wrote_is_fresh(self) -> None:
        self.assertEqual(protogen("--check", str(self.root)), (0, ""))
        for name in DOCUMENTS:
            self.assertIn("Generated", "".join((self.root / name).read_text().splitlines()[:3]))

    def test_a_stale_file_is_named_and_mended(self) -> None:
        for name in GENERATED:
            path = self.root / name
            fresh = path.read_text()
            path.write_text(fresh.replace("session", "seance"))
            code, stderr = protogen("--check", str(self.root))
            self.assertEqual(code, 1)
            self.assertIn(f"{name} is stale", stderr)
            self.assertIn("make docs", stderr)
            self.assertEqual(protogen("--write", str(self.root)), (0, ""))
            self.assertEqual(path.read_text(), fresh)

    def test_what_was_written_by_hand_is_kept(self) -> None:
        for client, comment in zip(CLIENTS, ("# by hand", "// by hand")):
            path = self.root / client
            path.write_text(f"{comment}\n{path.read_text()}\n{comment}\n")
            self.assertEqual(protogen("--check", str(self.root))[0], 0)

    def test_a_client_without_markers_is_an_error(self) -> None:
        for client in CLIENTS:
            path = self.root / client
            whole = path.read_text()
            for text in ("no markers\n", whole.replace("<<< generated", ""), whole.replace(">>> generated", "")):
                path.write_text(text)
                for what in ("--check", "--write"):
                    code, stderr = protogen(what, str(self.root))
                    self.assertEqual(code, 2)
                    self.assertIn(client, stderr)
                    self.assertIn("markers", stderr)
            path.write_text(whole)

    def test_wrong_arguments_are_an_error(self) -> None:
        for arguments in ((), ("--check",), ("--nonsense", "."), ("--check", "/nowhere")):
            self.assertEqual(protogen(*arguments)[0], 2)

    def test_the_dump_has_every_request_and_code(self) -> None:
        table = request_table()
        names = [request["name"] for request in table["requests"]]
        self.assertIn("session-new", names)
        self.assertEqual(len(names), len(set(names)))
        self.assertIn({"name": "user-exists", "use": "failure", "text": None}, table["codes"])

    def test_the_dump_tells_what_each_request_may_answer(self) -> None:
        outcomes = {request["name"]: request["outcomes"] for request in request_table()["requests"]}
        login = outcomes["user-login"]
        self.assertEqual(login["success"], ["login-ok"])
        reasons = ["password-too-long", "session-not-found", "locked", "invalid-credentials"]
        self.assertEqual(login["failures"], [{"reason": reason, "message": reason} for reason in reasons])
        new = {failure["reason"]: failure["message"] for failure in outcomes["user-new"]["failures"]}
        self.assertEqual(new["user-exists"], "user-created")
        self.assertIsNone(new["password-insecure"], "the rules have codes of their own")
        self.assertEqual(outcomes["user-list"], {"success": ["users-found"], "failures": []})

    def test_the_reference_has_each_request_s_outcomes(self) -> None:
        text = (ROOT / "docs" / "requests.md").read_text()
        for request in request_table()["requests"]:
            section = text.split(f"\n### {request['name']}\n")[1].split("\n### ")[0]
            for failure in request["outcomes"]["failures"]:
                told = f"`{failure['message']}`" if failure["message"] else "one for each password rule that fails"
                self.assertIn(f"| `{failure['reason']}` | {told} |\n", section)
            for item in request["update"]:
                self.assertIn(f"| `update_dict.{item['name']}` |", section)


if __name__ == "__main__":
    unittest.main()
