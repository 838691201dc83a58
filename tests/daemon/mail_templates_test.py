"""Texts of messages: authnzctl writes and checks them, the daemon takes and renews them."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from server import Server, binary, inherited_environment

NAMES = ["forgotpass.html", "forgotpass.txt", "signup.html", "signup.txt"]


def mail_templates(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [binary("authnzctl"), "mail-templates", *map(str, arguments)]
    return subprocess.run(command, env=inherited_environment(), capture_output=True, text=True, timeout=60)


class MailTemplates(unittest.TestCase):
    def setUp(self) -> None:
        made = tempfile.TemporaryDirectory(prefix="authnz-test-")
        self.addCleanup(made.cleanup)
        self.directory = Path(made.name) / "texts"

    def write(self) -> None:
        done = mail_templates(self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)

    def break_one(self) -> Path:
        file = self.directory / "signup.txt"
        file.write_text("Subject: Hello\n\n{{tokn}}\n")
        return file

    def test_are_written_into_a_new_directory_and_are_fine(self) -> None:
        self.write()
        self.assertEqual(sorted(file.name for file in self.directory.iterdir()), NAMES)
        done = mail_templates("--check", self.directory)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(sorted(done.stdout.splitlines()), [f"{name}: fine" for name in NAMES])

    def test_are_never_overwritten(self) -> None:
        self.directory.mkdir()
        (self.directory / "signup.txt").write_text("mine")
        self.write()
        self.assertEqual((self.directory / "signup.txt").read_text(), "mine")
        self.assertEqual(sorted(file.name for file in self.directory.iterdir()), NAMES)

    def test_that_are_missing_are_built_in(self) -> None:
        self.write()
        (self.directory / "signup.html").unlink()
        done = mail_templates("--check", self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("signup.html: built in\n", done.stdout)

    def test_that_are_broken_are_told(self) -> None:
        self.write()
        file = self.break_one()
        done = mail_templates("--check", self.directory)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{file}: {{{{tokn}}}} is no placeholder", done.stderr)

    def test_that_cannot_be_written_are_told(self) -> None:
        done = mail_templates("/dev/null/texts")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dev/null/texts", done.stderr)

    def test_that_are_broken_prevent_a_start(self) -> None:
        self.write()
        file = self.break_one()
        server = Server(emailtemplates=str(self.directory))
        self.addCleanup(server.remove)
        code, text = server.start_and_fail()
        self.assertEqual(code, 1)
        self.assertIn(f"emailtemplates: {file}: ", text)

    def test_that_break_later_leave_the_old_ones_and_an_error_in_the_log(self) -> None:
        self.write()
        server = Server(emailtemplates=str(self.directory), emailhtml="1")
        self.addCleanup(server.remove)
        server.start()
        self.break_one()
        server.signal(signal.SIGHUP)
        deadline = time.monotonic() + 30
        while "server.reloaded" not in server.log and time.monotonic() < deadline:
            time.sleep(0.05)
        errors = [line for line in server.log.splitlines() if "reload.kept-old" in line]
        self.assertEqual(len(errors), 1, server.log)
        self.assertIn("emailtemplates: ", errors[0])
        self.assertEqual(server.get("/health/ready")[0], 200)


if __name__ == "__main__":
    unittest.main()
