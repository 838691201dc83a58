"""A real mail server, and daemons that send by it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
import time
from email.message import EmailMessage
from typing import Any, Callable

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from authnzerver_client import Answer
from case import DaemonCase, Person
from server import free_port

PATIENCE = 60


class MailServer:
    """Speaks SMTP without TLS on a port of 127.0.0.1, and keeps what it took over."""

    def __init__(self) -> None:
        self.port = free_port()
        self.received: list[Envelope] = []
        self.refusals: dict[str, str] = {}  # step (RCPT, DATA) -> reply
        self.stalled = threading.Event()
        self.stalls = False
        self.controller: Controller | None = None

    def start(self) -> MailServer:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.refusals:
            return self.refusals["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.stalls:
            self.stalled.set()
            await asyncio.sleep(3600)
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        self.received.append(envelope)
        return "250 taken over"

    def messages(self) -> list[EmailMessage]:
        return [message_of(envelope) for envelope in list(self.received)]

    def to(self, address: str) -> list[EmailMessage]:
        return [message_of(envelope) for envelope in list(self.received) if envelope.rcpt_tos == [address]]


def message_of(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    return email.message_from_bytes(envelope.content, policy=email.policy.default)  # type: ignore[return-value]


def eventually(holds: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


class MailCase(DaemonCase):
    """A daemon that sends by a mail server of the class's own, and retries after a second."""

    mail: MailServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.mail = MailServer().start()
        cls.addClassCleanup(lambda: cls.mail.stop())
        own = {"emailserver": "127.0.0.1", "emailport": str(cls.mail.port), "emailtls": "none", "emailretry": "1",
               "emailsender": "Auth <auth@example.org>"}  # fmt: skip
        cls.items = {**own, **cls.items}
        super().setUpClass()

    def setUp(self) -> None:
        super().setUp()
        self.mail.refusals.clear()
        self.mail.stalls = False

    def signup_body(self, person: Person, **changes: Any) -> dict[str, Any]:
        info = {"user_id": person.user_id, "user_email": person.email, "send_verification": True}
        return {**self.forgotpass_body(person), "created_info": info, **changes}

    def forgotpass_body(self, person: Person, **changes: Any) -> dict[str, Any]:
        body = {
            "email_address": person.email,
            "session_token": self.session(),
            "server_name": "Example",
            "server_baseurl": "https://example.org",
            "verification_token": "t0ken-" + "x" * 100,
        }
        return {**body, **changes}

    def send_signup(self, person: Person, **changes: Any) -> Answer:
        return self.ask("user-sendemail-signup", **self.signup_body(person, **changes))

    def send_forgotpass(self, person: Person, **changes: Any) -> Answer:
        return self.ask("user-sendemail-forgotpass", **self.forgotpass_body(person, **changes))
