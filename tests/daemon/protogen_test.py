"""protogen notices what is stale, mends it, and says what to do."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from server import binary, request_table

ROOT = Path(__file__).resolve().parents[2]
CLIENT = "tools/clients/python/authnzerver_client.py"
GENERATED = ("docs/requests.md", "docs/errors.md", CLIENT)


def protogen(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([binary("protogen"), *arguments], capture_output=True, text=True)
    return done.returncode, done.stderr


class Protogen(unittest.TestCase):
    def setUp(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="protogen-test-"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / CLIENT).parent.mkdir(parents=True)
        shutil.copy(ROOT / CLIENT, self.root / CLIENT)
        self.assertEqual(protogen("--write", str(self.root)), (0, ""))

    def test_what_it_wrote_is_fresh(self) -> None:
        self.assertEqual(protogen("--check", str(self.root)), (0, ""))
        for name in GENERATED[:2]:
            self.assertIn("Generated", (self.root / name).read_text().splitlines()[0])

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
        path = self.root / CLIENT
        path.write_text(path.read_text() + "\n# by hand\n")
        self.assertEqual(protogen("--check", str(self.root))[0], 0)

    def test_a_client_without_markers_is_an_error(self) -> None:
        (self.root / CLIENT).write_text("no markers\n")
        for what in ("--check", "--write"):
            code, stderr = protogen(what, str(self.root))
            self.assertEqual(code, 2)
            self.assertIn("markers", stderr)

    def test_wrong_arguments_are_an_error(self) -> None:
        for arguments in ((), ("--check",), ("--nonsense", "."), ("--check", "/nowhere")):
            self.assertEqual(protogen(*arguments)[0], 2)

    def test_the_dump_has_every_request_and_code(self) -> None:
        table = request_table()
        names = [request["name"] for request in table["requests"]]
        self.assertIn("session-new", names)
        self.assertEqual(len(names), len(set(names)))
        self.assertIn({"name": "user-exists", "use": "failure", "text": None}, table["codes"])


if __name__ == "__main__":
    unittest.main()
