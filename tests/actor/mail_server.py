"""A mail server on a free port of 127.0.0.1 that does as it is told.

mail_server.py [--certificate FILE --key FILE] [--tls | --starttls] [--utf8]
               [--auth MECHANISMS] [--fail STEP=REPLY] [--drop STEP] [--hang STEP]

A STEP is GREETING, a command (EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, QUIT), or END for
the end of the message. One user may log in: ada, with the password "opens sesame".
Prints its port, then a line of JSON for each message that it takes over. Serves until
standard input ends.
"""
from __future__ import annotations

import argparse
import asyncio
import json
import logging
import ssl
import sys
import threading
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER = (b"ada", b"opens sesame")


def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=tuple(given) == USER, handled=False)


class Handler:
    def __init__(self, told: argparse.Namespace) -> None:
        self.told = told

    async def handle_EHLO(self, _server: SMTP, session: Session, _envelope: Envelope, name: str,
                          offers: list[str]) -> list[str]:
        session.host_name = name
        offers = [offer for offer in offers if not offer.startswith("250-AUTH")]
        return offers[:-1] + ([f"250-AUTH {self.told.auth}"] if self.told.auth else []) + offers[-1:]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str | None:
        if await server.meets("END"):
            return None
        print(json.dumps({
            "greeted_as": session.host_name,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "utf8": envelope.smtp_utf8,
            "encrypted": server.transport.get_extra_info("cipher") is not None,
            "logged_in": bool(session.authenticated),
            "commands": server.commands,
            "text": envelope.content.decode(),
        }), flush=True)
        return "250 OK"


class Server(SMTP):
    def __init__(self, told: argparse.Namespace, **options: Any) -> None:
        super().__init__(Handler(told), hostname="mail.example.org", enable_SMTPUTF8=told.utf8, auth_require_tls=False,
                         authenticator=authenticate, **options)
        self.told = told
        self.commands: list[str] = []

    async def meets(self, step: str) -> bool:
        """Whether the step goes otherwise than it should, and so is done with."""
        self.commands.append(step)
        if step == self.told.hang:
            await asyncio.sleep(3600)
        if step == self.told.drop:
            self.transport.abort()
            return True
        failing, _, reply = self.told.fail.partition("=")
        if step == failing:
            await SMTP.push(self, reply)
        return step == failing

    async def push(self, status: str | bytes | None) -> None:
        if status is not None:  # of handle_DATA, when all is said
            await super().push(status)

    async def _handle_client(self) -> None:
        if await self.meets("GREETING"):
            self.transport.close()
        else:
            await super()._handle_client()


def obedient(step: str) -> Any:
    original = getattr(SMTP, f"smtp_{step}")

    async def method(self: Server, argument: str | None) -> None:
        if not await self.meets(step):
            await original(self, argument)

    return method


for each in ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"):
    setattr(Server, f"smtp_{each}", obedient(each))


async def serve(told: argparse.Namespace) -> None:
    context = None
    if told.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(told.certificate, told.key)
    options = {"tls_context": context, "require_starttls": True} if told.starttls else {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(told, loop=loop, **options), "127.0.0.1", 0,
                                      ssl=context if told.tls else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    for option in ("--tls", "--starttls", "--utf8"):
        parser.add_argument(option, action="store_true")
    for option in ("--certificate", "--key", "--auth", "--fail", "--drop", "--hang"):
        parser.add_argument(option, default="")
    logging.disable(logging.CRITICAL)
    asyncio.run(serve(parser.parse_args()))


main()
