"""The admin link: who has the right certificate gets answers, everybody else nothing, and the frontends notice neither."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest
from pathlib import Path
from typing import Any

from server import Server, binary, free_port, inherited_environment

PATIENCE = 60


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def make_certificates(folder: Path) -> None:
    run(binary("authnzctl"), "certs", "init", "--dir", str(folder), "--node-name", "node-1", "--admin-name", "ada")


def sign_anew(folder: Path, role: str, *, days: int, authority: Path) -> None:
    """The same key, signed by any authority, for any time."""
    use = {"admin": "clientAuth", "node": "serverAuth,clientAuth"}[role]
    (folder / "extensions").write_text(f"extendedKeyUsage={use}\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n")
    key, request = str(folder / f"{role}-key.pem"), str(folder / f"{role}.csr")
    run("openssl", "req", "-new", "-key", key, "-subj", "/CN=ada", "-out", request)
    run(
        "openssl", "x509", "-req", "-in", request, "-CA", str(authority / "ca.pem"), "-CAkey", str(authority / "ca-key.pem"),
        "-CAcreateserial", "-days", str(days), "-extfile", str(folder / "extensions"), "-out", str(folder / f"{role}.pem"),
    )  # fmt: skip


class LinkCase(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Server(adminport=str(free_port()))
        self.addCleanup(self.server.remove)
        self.port = int(self.server.items["adminport"])
        self.certs = self.server.directory / "certs"
        make_certificates(self.certs)

    def folder(self, name: str) -> Path:
        return Path(shutil.copytree(self.certs, self.server.directory / name))

    def tool(self, certs: Path | None = None, port: int | None = None, timeout: float = 20) -> subprocess.CompletedProcess[str]:
        command = [binary("authnzctl"), "node", "--node", f"127.0.0.1:{port or self.port}"]
        command += ["--certs", str(certs or self.certs), "--timeout", str(timeout)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=inherited_environment())

    def assert_answered(self) -> None:
        done = self.tool()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ready", done.stdout)

    def assert_no_node(self, done: subprocess.CompletedProcess[str], words: str) -> None:
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)


class Link(LinkCase):
    def setUp(self) -> None:
        super().setUp()
        self.server.start()

    def tearDown(self) -> None:
        # Whatever a stranger did, the others are served.
        if self.server.process is not None:
            self.assert_answered()
            self.assertEqual(self.server.get("/health/ready")[0], 200)
            self.assertTrue(self.server.ask("user-list", user_id=1).success)
            self.assertEqual(self.server.stop(), 0, self.server.log)

    def context(self, certs: Path | None) -> ssl.SSLContext:
        """Of a stranger who does not mind who the node is."""
        context = ssl._create_unverified_context()
        if certs is not None:
            context.load_cert_chain(certs / "admin.pem", certs / "admin-key.pem")
        return context

    def heard_by(self, context: ssl.SSLContext) -> bytes:
        """All that the node says once the handshake seems to be done."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain:
            with context.wrap_socket(plain) as secure:
                return secure.recv(4096)

    def assert_refused(self, certs: Path | None) -> None:
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.heard_by(self.context(certs))

    def descriptors(self) -> int:
        assert self.server.process is not None
        return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))

    def test_the_right_certificate_is_answered(self) -> None:
        self.assert_answered()
        self.assertNotEqual(self.heard_by(self.context(self.certs)), b"")

    def test_nobody_without_a_certificate_is_answered(self) -> None:
        self.assert_refused(None)

    def test_anonymous_tls_is_refused(self) -> None:
        for ciphers in ("aNULL:@SECLEVEL=0", "AECDH-AES256-SHA:@SECLEVEL=0"):
            command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_2", "-cipher", ciphers]
            done = subprocess.run(command, input=b"", capture_output=True, timeout=PATIENCE)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"alert", done.stderr)

    def test_tls_before_1_3_is_refused(self) -> None:
        context = self.context(self.certs)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.heard_by(context)

    def test_a_certificate_of_another_authority_is_refused(self) -> None:
        other = self.server.directory / "other"
        make_certificates(other)
        self.assert_refused(other)
        self.assert_no_node(self.tool(other), "no certificate of our authority")

    def test_an_expired_certificate_is_refused(self) -> None:
        old = self.folder("old")
        sign_anew(old, "admin", days=-1, authority=self.certs)
        self.assert_refused(old)
        self.assert_no_node(self.tool(old), "has expired; renew it with: authnzctl certs renew")

    def test_an_administrator_cannot_pose_as_a_node(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certs / "admin.pem", self.certs / "admin-key.pem")

        def pose() -> None:
            try:
                with listener, context.wrap_socket(listener.accept()[0], server_side=True) as secure:
                    secure.recv(1)
            except OSError:
                pass

        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=pose)
        thread.start()
        done = self.tool(port=listener.getsockname()[1])
        thread.join()
        self.assert_no_node(done, "is no node")

    def test_plain_texts_and_garbage_are_answered_with_an_alert_at_most(self) -> None:
        for text in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(range(256)) * 64, b"\x16\x03\x01\xff\xff", b"\n"):
            with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain:
                heard = b""
                try:
                    plain.sendall(text)
                    while data := plain.recv(4096):
                        heard += data
                except ConnectionError:
                    pass
                self.assertLessEqual(len(heard), 7, text)

    def test_peers_that_hang_keep_nobody_out_and_are_let_go(self) -> None:
        before = self.descriptors()
        peers = [socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) for _ in range(300)]
        self.assert_answered()
        self.assertLess(self.descriptors(), before + 64)
        for peer in peers:
            try:
                self.assertEqual(peer.recv(1), b"")
            except ConnectionError:
                pass
            peer.close()
        # The answer above had a few, and CAF keeps one of its own once it has been used.
        self.assertLess(self.descriptors(), before + 8)

    def test_peers_that_stop_within_a_handshake_are_let_go(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as peer:
            peer.sendall(b"\x16\x03\x01\x01\x00\x01")
            self.assertEqual(peer.recv(1), b"")

    def test_strangers_do_not_harm_those_who_are_let_in(self) -> None:
        other = self.server.directory / "other"
        make_certificates(other)
        done = threading.Event()

        def bother() -> None:
            while not done.is_set():
                self.assert_refused(other)
                with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain:
                    plain.sendall(b"\x16\x03\x01garbage")

        stranger = threading.Thread(target=bother)
        stranger.start()
        try:
            for _ in range(40):
                self.assert_answered()
        finally:
            done.set()
            stranger.join()

    def test_a_node_that_is_stopped_is_not_waited_for(self) -> None:
        self.server.signal(signal.SIGSTOP)
        try:
            done = self.tool()
        finally:
            self.server.signal(signal.SIGCONT)
        self.assert_no_node(done, "does not finish the TLS handshake")

    def test_a_node_that_is_killed_meanwhile_is_an_error(self) -> None:
        self.server.signal(signal.SIGSTOP)
        command = [binary("authnzctl"), "node", "--node", f"127.0.0.1:{self.port}", "--certs", str(self.certs)]
        tool = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        self.server.kill()
        out, err = tool.communicate(timeout=PATIENCE)
        self.assert_no_node(subprocess.CompletedProcess(command, tool.returncode, out, err), f"127.0.0.1:{self.port}")
        self.assert_no_node(self.tool(), "cannot be reached")

    def test_a_node_that_was_started_anew_is_found(self) -> None:
        self.assert_answered()
        self.server.restart()
        self.assert_answered()

    def test_renewed_certificates_are_read_on_sighup(self) -> None:
        new = self.server.directory / "new"
        make_certificates(new)
        for file in new.iterdir():
            shutil.copy2(file, self.certs / file.name)
        self.assert_no_node(self.tool(), "no certificate of our authority")
        self.server.signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while self.tool().returncode != 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assert_answered()

    def test_broken_certificates_are_not_taken_on_sighup(self) -> None:
        good = self.folder("good")
        (self.certs / "node.pem").write_text("broken")
        self.server.signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while "reload.kept-old" not in self.server.log and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertIn("what=admincerts", self.server.log)
        self.assertEqual(self.tool(good).returncode, 0)


class BadStarts(LinkCase):
    def assert_start_fails(self, *words: str) -> None:
        code, stderr = self.server.start_and_fail()
        self.assertEqual(code, 1, stderr)
        self.assertEqual(len(stderr.strip().splitlines()), 1, stderr)
        for word in words:
            self.assertIn(word, stderr)

    def test_missing_certificates(self) -> None:
        shutil.rmtree(self.certs)
        self.assert_start_fails("adminport is set", f"authnzctl certs init --dir {self.certs}")

    def test_a_missing_key(self) -> None:
        (self.certs / "node-key.pem").unlink()
        self.assert_start_fails("node-key.pem cannot be read")

    def test_a_key_that_others_can_read(self) -> None:
        (self.certs / "node-key.pem").chmod(0o640)
        self.assert_start_fails("chmod 600")

    def test_an_expired_certificate(self) -> None:
        sign_anew(self.certs, "node", days=-1, authority=self.certs)
        self.assert_start_fails("has expired", f"authnzctl certs renew --dir {self.certs} node")

    def test_a_certificate_of_another_authority(self) -> None:
        other = self.server.directory / "other"
        make_certificates(other)
        sign_anew(self.certs, "node", days=2, authority=other)
        self.assert_start_fails("was not made by the authority")

    def test_a_key_of_another_certificate(self) -> None:
        shutil.copy2(self.certs / "admin-key.pem", self.certs / "node-key.pem")
        self.assert_start_fails("does not belong to it")

    def test_an_administrators_certificate(self) -> None:
        for suffix in (".pem", "-key.pem"):
            shutil.copy2(self.certs / f"admin{suffix}", self.certs / f"node{suffix}")
        self.assert_start_fails("for the role admin, not node")

    def test_a_port_in_use(self) -> None:
        with socket.create_server(("127.0.0.1", self.port)):
            self.assert_start_fails("is in use; choose another adminport")


class Certificates(LinkCase):
    def certs_command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [binary("authnzctl"), "certs", *arguments, "--dir", str(self.certs)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=inherited_environment())

    def listed(self) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in json.loads(self.certs_command("list", "--json").stdout)}

    def test_what_there_is_is_listed(self) -> None:
        self.assertEqual(set(self.listed()), {"ca", "node", "admin"})
        self.assertEqual(self.listed()["admin"]["name"], "ada")
        table = self.certs_command("list")
        self.assertEqual((table.returncode, table.stderr), (0, ""))
        self.assertRegex(table.stdout, r"(?m)^node +node +node-1 +\d{4}-\d\d-\d\d +39[67] +localhost, 127\.0\.0\.1, ::1")

    def test_what_is_wrong_is_listed(self) -> None:
        (self.certs / "admin-key.pem").chmod(0o644)
        done = self.certs_command("list")
        self.assertEqual(done.returncode, 1)
        self.assertIn("chmod 600", done.stderr)
        self.assertEqual(len(self.listed()["admin"]["problems"]), 1)

    def test_an_issued_certificate_is_answered(self) -> None:
        done = self.certs_command("issue", "admin", "grace")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.server.start()
        self.assertEqual(self.tool(self.certs / "admin-grace").returncode, 0)
        self.assertEqual(self.certs_command("issue", "admin", "grace").returncode, 1)
        self.assertEqual(self.certs_command("issue", "admin", "../grace").returncode, 2)
        self.assertEqual(self.certs_command("issue", "node", "db2").returncode, 2)

    def test_a_renewed_certificate_is_answered(self) -> None:
        before = self.listed()
        done = self.certs_command("renew", "--new-key", "--days", "30")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("SIGHUP", done.stdout)
        after = self.listed()
        self.assertIn(after["node"]["days_left"], (29, 30))
        self.assertEqual(after["ca"]["serial"], before["ca"]["serial"])
        self.assertEqual(after["node"]["hosts"], before["node"]["hosts"])
        self.server.start()
        self.assert_answered()


if __name__ == "__main__":
    unittest.main()
