"""Starts the real daemon on a free loopback port and a directory of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from authnzerver_client import Answer, Client

ADMIN_EMAIL = "root.of.all@example.org"
ADMIN_PASSWORD = "Correct-Horse 7 staple"
SALT = "salt of the tests"
START_SECONDS = 60
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\S+ (debug|info|warning) ")


def binary(name: str) -> str:
    return str(Path(os.environ["AUTHNZ_BIN_DIR"]) / name)


def inherited_environment() -> dict[str, str]:
    """The caller's environment without what configures a daemon."""
    names = ("PATH", "HOME", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
    return {name: os.environ[name] for name in names if name in os.environ}


def request_table() -> dict[str, Any]:
    return json.loads(subprocess.run([binary("protogen"), "--json"], check=True, capture_output=True).stdout)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class StartFailed(Exception):
    def __init__(self, code: int, stderr: str) -> None:
        super().__init__(f"the daemon ended with {code}: {stderr}")
        self.code = code
        self.stderr = stderr


class Server:
    """One daemon and its directory. Fast password hashes, no rate limits, no network, unless told otherwise."""

    def __init__(self, **items: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="authnz-test-"))
        self.key = Fernet.generate_key().decode()
        self.key_file = self.directory / "key"
        self.write_key_file(self.key)
        self.log_file = self.directory / "stderr.log"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.items = {
            "basedir": str(self.directory),
            "secret": str(self.key_file),
            "piisalt": SALT,
            "servername": "auth.example.org",
            "argon2": "m=64,t=1,p=1",
            "pwnedpasswords": "off",
            "ratelimits": "none",
            "admin_email": ADMIN_EMAIL,
            "admin_password": ADMIN_PASSWORD,
        }
        self.items.update(items)

    def write_key_file(self, text: str) -> None:
        self.key_file.unlink(missing_ok=True)
        self.key_file.touch(mode=0o600)
        self.key_file.write_text(text)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def tls(self) -> bool:
        return "tlscertfile" in self.items

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def environment(self) -> dict[str, str]:
        out = inherited_environment()
        out.update({f"AUTHNZERVER_{name.upper()}": value for name, value in self.items.items() if value})
        out["AUTHNZERVER_PORT"] = str(self.port)
        return out

    def start(self) -> Server:
        for _ in range(3):
            self.spawn()
            try:
                self.wait_until_ready()
                return self
            except StartFailed as failure:
                if "in use" not in failure.stderr:
                    raise
                self.port = free_port()
        raise RuntimeError("no free port")

    def spawn(self) -> None:
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [binary("authnzerver")], env=self.environment(), stdout=log, stderr=log, cwd=self.directory
            )

    def wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            code = self.process.poll()
            if code is not None:
                self.process = None
                raise StartFailed(code, self.log)
            try:
                if self.get("/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"the daemon is not ready after {START_SECONDS} s: {self.log}")

    def start_and_fail(self) -> tuple[int, str]:
        """For a start that must fail: the exit code and what went to standard error."""
        done = subprocess.run(
            [binary("authnzerver")], env=self.environment(), capture_output=True, timeout=20, cwd=self.directory
        )
        # What the log tells of the steps before the failure is not part of it.
        lines = done.stderr.decode(errors="replace").splitlines(keepends=True)
        return done.returncode, "".join(line for line in lines if not LOG_LINE.match(line))

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, seconds: float = 20) -> int:
        assert self.process is not None
        code = self.process.wait(seconds)
        self.process = None
        return code

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait()

    def restart(self) -> None:
        if self.process is not None and self.stop() != 0:
            raise RuntimeError(f"the daemon did not stop well: {self.log}")
        self.start()

    def remove(self) -> None:
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def client(self, **options: Any) -> Client:
        options.setdefault("client_ipaddr", "127.0.0.1")
        return Client(self.url, options.pop("key", self.key), **options)

    def ask(self, request: str, /, **body: Any) -> Answer:
        """One request on a connection of its own."""
        with self.client() as client:
            return client.call(request, body)

    def get(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        status, body, _ = self.http(method, path, b"", headers)
        return status, body

    def connection(self) -> http.client.HTTPConnection:
        if self.tls:
            trusting = ssl._create_unverified_context()
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=trusting)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def http(
        self, method: str, path: str, body: bytes, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = self.connection()
        try:
            connection.request(method, path, body or None, headers or {})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()
