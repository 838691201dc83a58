"""--autosetup makes what is missing, touches nothing that is there, and its files start a server."""

from __future__ import annotations

import base64
import shutil
import stat
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from cryptography.fernet import Fernet

from authnzerver_client import Client
from server import START_SECONDS, binary, free_port, inherited_environment

MODES = {
    "certs": 0o700,
    "authnzerver.lmdb": 0o700,
    ".authnzerver-admin-credentials": 0o400,
    ".authnzerver-secret-key": 0o400,
    ".authnzerver-salt": 0o400,
    "default-permissions-model.json": 0o644,
    ".env": 0o600,
}


class SetupCase(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="authnz-setup-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def run_daemon(self, *arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        command = [binary("authnzerver"), f"--basedir={self.directory}", *arguments]
        return subprocess.run(
            command, input=text, env={**inherited_environment(), **environment}, capture_output=True, text=True,
            timeout=START_SECONDS, umask=0, cwd=self.directory,
        )  # fmt: skip

    def contents(self) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in self.directory.iterdir() if p.is_file()}


class Autosetup(SetupCase):
    def test_it_makes_every_file_with_its_mode(self) -> None:
        done = self.run_daemon("--autosetup", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--envfile", done.stdout)
        self.assertEqual({p.name for p in self.directory.iterdir()}, set(MODES))
        for name, mode in MODES.items():
            self.assertEqual(oct(stat.S_IMODE((self.directory / name).stat().st_mode)), oct(mode), name)
        key = (self.directory / ".authnzerver-secret-key").read_bytes()
        Fernet(key)
        self.assertEqual(len(key), 44, "no line break")
        salt = (self.directory / ".authnzerver-salt").read_text()
        self.assertEqual(len(base64.urlsafe_b64decode(salt)), 32)
        self.assertRegex((self.directory / ".authnzerver-admin-credentials").read_text(), r"\A\S+@localhost \S{22,}\n?\Z")
        self.assertNotIn(key.decode(), done.stdout + done.stderr + (self.directory / ".env").read_text())

    def test_a_second_run_changes_nothing_and_says_so(self) -> None:
        self.run_daemon("--autosetup", "--yes")
        before = self.contents()
        done = self.run_daemon("--autosetup", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.contents(), before)

    def test_answers_are_read_from_standard_input(self) -> None:
        store = self.directory / "elsewhere.lmdb"
        answers = f"lmdb://{store}\n\nboss.lady@example.org\nCorrect-Horse 7 staple\n"
        done = self.run_daemon("--autosetup", text=answers, AUTHNZERVER_PWNEDPASSWORDS="off")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(store.is_dir())
        credentials = (self.directory / ".authnzerver-admin-credentials").read_text()
        self.assertEqual(credentials.strip(), "boss.lady@example.org set-by-operator")
        self.assertNotIn("Correct-Horse", done.stdout + done.stderr)

    def test_a_weak_admin_password_is_refused(self) -> None:
        done = self.run_daemon("--autosetup", "--yes", AUTHNZERVER_ADMIN_PASSWORD="password")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_what_it_made_starts_a_server(self) -> None:
        self.run_daemon("--autosetup", "--yes")
        port = free_port()
        envfile = self.directory / ".env"
        ports = ("AUTHNZERVER_PORT=", "AUTHNZERVER_ADMINPORT=", "AUTHNZERVER_METRICSPORT=")
        lines = [line for line in envfile.read_text().splitlines() if not line.upper().startswith(ports)]
        own = [f"AUTHNZERVER_PORT={port}"]
        own += [f"AUTHNZERVER_{name}PORT={free_port()}" for name in ("ADMIN", "METRICS")]
        envfile.write_text("\n".join([*lines, *own]) + "\n")
        with open(self.directory / "stderr.log", "wb") as log:
            process = subprocess.Popen(
                [binary("authnzerver"), f"--envfile={envfile}"], env=inherited_environment(), stdout=log, stderr=log
            )
        self.addCleanup(lambda: (process.kill(), process.wait()))
        url = f"http://127.0.0.1:{port}"
        self.wait_for(url + "/health")
        email, password = (self.directory / ".authnzerver-admin-credentials").read_text().split()
        key = (self.directory / ".authnzerver-secret-key").read_text()
        with Client(url, key, client_ipaddr="192.0.2.1") as client:
            answer = client.user_passcheck_nosession(email=email, password=password)
        self.assertEqual((answer["user_id"], answer["user_role"]), (1, "superuser"))
        process.terminate()
        self.assertEqual(process.wait(20), 0)

    def wait_for(self, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as response:
                    self.assertEqual(response.status, 200)
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


class CommandLine(SetupCase):
    def test_help_and_version(self) -> None:
        helped = self.run_daemon("--help")
        self.assertEqual(helped.returncode, 0)
        for word in ("--autosetup", "--envfile", "--port", "--secretfile", "--ratelimits", "--argon2", "--print-config"):
            self.assertIn(word, helped.stdout)
        version = self.run_daemon("--version")
        self.assertEqual((version.returncode, version.stdout.split()[0]), (0, "authnzerver"))

    def test_the_configuration_is_printed_without_its_secrets(self) -> None:
        key = Fernet.generate_key().decode()
        done = self.run_daemon("--print-config", "--port=4711", AUTHNZERVER_SECRET=key, AUTHNZERVER_PIISALT="grain of salt")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("4711", done.stdout)
        self.assertNotIn(key, done.stdout + done.stderr)
        self.assertNotIn("grain of salt", done.stdout + done.stderr)

    def test_bad_starts_are_one_line(self) -> None:
        key = Fernet.generate_key().decode()
        good = {"AUTHNZERVER_SECRET": key, "AUTHNZERVER_PIISALT": "x"}
        for arguments, environment, word in (
            ([], {"AUTHNZERVER_PIISALT": "x"}, "secret"),
            ([], {"AUTHNZERVER_SECRET": key}, "piisalt"),
            (["--port=0"], good, "port"),
            (["--port=http"], good, "port"),
            (["--no-such-option"], good, "no-such-option"),
            (["--argon2=m=1,t=1,p=1"], good, "argon2"),
            (["--authdb=sqlite:////tmp/x.sqlite"], good, "authnz-import"),
            (["--confvars=confvars.py"], good, "envfile"),
            (["--permissions=/no/such/file"], good, "permissions"),
            (["--disposabledomains=/no/such/file"], good, "disposabledomains"),
            (["--commonpasswords=/no/such/file"], good, "commonpasswords"),
            ([], {**good, "AUTHNZERVER_SECRET_FILE": "/no/such/file"}, "secret"),
        ):
            with self.subTest(arguments=arguments, environment=sorted(environment)):
                done = self.run_daemon(*arguments, **environment)
                self.assertIn(done.returncode, (1, 2))
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertIn(word, done.stderr.lower())
                self.assertNotIn(key, done.stderr)
                self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
