"""TLS: who trusts whom, which versions, and a certificate that is renewed while the server runs."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import subprocess
import time
import unittest
import warnings
from pathlib import Path

from authnzerver_client import AsyncClient, AuthnzerverError
from server import Server


def make_certificate(folder: Path, name: str) -> None:
    """A certificate that vouches for itself: NAME.pem, NAME.key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    command += ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")]
    subprocess.run(command, check=True, capture_output=True)
    (folder / f"{name}.key").chmod(0o600)


class Tls(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.remove)
        folder = self.server.directory
        for name in ("first", "second"):
            make_certificate(folder, name)
        self.certificate, self.key = folder / "now.pem", folder / "now.key"
        self.use("first")
        self.server.items.update(tlscertfile=str(self.certificate), tlscertkey=str(self.key))
        self.server.start()

    def use(self, name: str) -> None:
        for path, suffix in ((self.certificate, "pem"), (self.key, "key")):
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_bytes((self.server.directory / f"{name}.{suffix}").read_bytes())

    def trusts(self, name: str) -> bool:
        with self.server.client(cafile=str(self.server.directory / f"{name}.pem")) as client:
            try:
                return client.user_list(user_id=1).success
            except AuthnzerverError:
                return False

    def test_both_clients_speak_tls_and_keep_the_connection(self) -> None:
        cafile = str(self.server.directory / "first.pem")
        with self.server.client(cafile=cafile) as client:
            for _ in range(3):
                self.assertTrue(client.user_list(user_id=1).success)

        async def ask() -> bool:
            async with AsyncClient(self.server.url, self.server.key, cafile=cafile) as client:
                return all([(await client.user_list(user_id=1)).success for _ in range(3)])

        self.assertTrue(asyncio.run(ask()))
        self.assertEqual(self.server.stop(), 0)

    def test_a_server_that_nobody_vouches_for_is_not_trusted(self) -> None:
        self.assertFalse(self.trusts("second"))
        with self.server.client(verify=False) as client:
            self.assertTrue(client.user_list(user_id=1).success)

    def test_versions_before_1_2_are_refused(self) -> None:
        versions = ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True))
        for version, accepted in versions:
            context = ssl._create_unverified_context()
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = version
            try:
                with socket.create_connection(("127.0.0.1", self.server.port)) as plain:
                    with context.wrap_socket(plain) as secure:
                        self.assertTrue(accepted, secure.version())
            except (ssl.SSLError, ConnectionError):
                self.assertFalse(accepted, version)

    def test_plain_http_is_not_answered(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as plain:
            plain.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                self.assertNotIn(b"live", plain.recv(4096))
            except ConnectionError:
                pass

    def test_a_renewed_certificate_is_read_on_sighup_and_a_broken_one_is_not(self) -> None:
        self.assertTrue(self.trusts("first"))
        self.use("second")
        self.server.signal(signal.SIGHUP)
        deadline = time.monotonic() + 5
        while not self.trusts("second") and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(self.trusts("second"))
        self.certificate.write_text("broken")
        self.server.signal(signal.SIGHUP)
        time.sleep(0.5)
        self.assertTrue(self.trusts("second"))


class BadValues(unittest.TestCase):
    def test_a_certificate_without_its_key_is_a_start_error(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        make_certificate(server.directory, "only")
        make_certificate(server.directory, "other")
        for certificate, key in (("only.pem", ""), ("", "only.key"), ("only.pem", "other.key"), ("absent.pem", "only.key")):
            with self.subTest(certificate=certificate, key=key):
                server.items["tlscertfile"] = str(server.directory / certificate) if certificate else ""
                server.items["tlscertkey"] = str(server.directory / key) if key else ""
                code, stderr = server.start_and_fail()
                self.assertEqual(code, 1)
                self.assertEqual(len(stderr.strip().splitlines()), 1, stderr)


if __name__ == "__main__":
    unittest.main()
