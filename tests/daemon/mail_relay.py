"""A real mail server, Exim: STARTTLS and AUTH required, delivers to a Maildir, says what it accepted."""

from __future__ import annotations

import email
import email.message
import email.policy
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from server import free_port

EXIM = "/usr/sbin/exim4"
USER = "relay"
PASSWORD = "relay secret 1"
START_SECONDS = 30

CONFIGURATION = """
primary_hostname = localhost
spool_directory = {directory}/spool
log_file_path = {directory}/log/%slog
pid_file_path = {directory}/spool/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_certificate = {directory}/cert.pem
tls_privatekey = {directory}/key.pem
tls_advertise_hosts = *
host_lookup =
acl_smtp_rcpt = relay
acl_smtp_data = accept
begin acl
relay:
  deny
    ! encrypted = *
    message = TLS is required
  accept
    authenticated = *
  deny
    message = AUTH is required
begin routers
box:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = {directory}/box
  maildir_format
  user = {user}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{name}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""


class MailRelay:
    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="authnz-relay-"))
        self.port = free_port()
        self.certificate = self.directory / "cert.pem"
        self.process: subprocess.Popen[bytes] | None = None
        self._make_certificate()
        self._make_directories()
        configuration = CONFIGURATION.format(
            directory=self.directory, port=self.port, user=self._user(), name=USER, password=PASSWORD)
        (self.directory / "exim.conf").write_text(configuration)

    @staticmethod
    def _user() -> str:
        return "Debian-exim" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    def _make_certificate(self) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(self.directory / "key.pem"),
             "-out", str(self.certificate)], check=True, capture_output=True)

    def _make_directories(self) -> None:
        self.directory.chmod(0o755)
        for name in ("spool", "log", "box"):
            (self.directory / name).mkdir()
        if os.geteuid() == 0:
            for name in ("spool", "log", "box", "key.pem"):
                shutil.chown(self.directory / name, self._user())

    def start(self) -> None:
        self.process = subprocess.Popen(
            [EXIM, "-C", str(self.directory / "exim.conf"), "-bdf"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"Exim did not start: {self.log}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def log(self) -> str:
        return "".join(file.read_text() for file in sorted((self.directory / "log").glob("*")))

    def messages(self) -> list[email.message.EmailMessage]:
        files = sorted((self.directory / "box" / "new").glob("*"))
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]

    def wait_for_message(self, recipient: str) -> email.message.EmailMessage:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for message in self.messages():
                if message["To"] == recipient:
                    return message
            time.sleep(0.05)
        raise AssertionError(f"no message for {recipient}: {self.log}")
