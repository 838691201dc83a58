"""The Python client against servers that misbehave: what is asked again, and what is not."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
import unittest
from typing import Any, Callable

from cryptography.fernet import Fernet

from authnzerver_client import Answer, AsyncClient, AuthnzerverError, Client, RateLimited, Unavailable

KEY = Fernet.generate_key().decode()
Script = list[Callable[[dict[str, Any]], bytes]]
READ, WRITE = ("session-exists", {"session_token": "x"}), ("session-delete", {"session_token": "x"})


def http(status: str, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


def sealed(payload: dict[str, Any], key: str = KEY, **changes: Any) -> bytes:
    answer = {
        "success": True, "response": {"success": True, "messages": [], "message_codes": []}, "messages": [],
        "message": [], "message_codes": [], "reqid": payload["reqid"], **changes,
    }  # fmt: skip
    return base64.b64encode(Fernet(key).encrypt(json.dumps(answer).encode()))


def answer(payload: dict[str, Any]) -> bytes:
    return http("200 OK", sealed(payload))


def chunked(payload: dict[str, Any]) -> bytes:
    body = sealed(payload)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n5;x=y\r\n%s\r\n0\r\nA: b\r\n\r\n" % (
        len(body) - 5, body[:-5], body[-5:],
    )  # fmt: skip


def nothing(payload: dict[str, Any]) -> bytes:
    """Closes the connection without an answer."""
    return b""


def half(payload: dict[str, Any]) -> bytes:
    return answer(payload)[:40]


class ScriptedServer:
    """Plays one script a connection; an empty or half answer closes the connection."""

    def __init__(self, *scripts: Script, close_when_done: bool = False) -> None:
        self.scripts = list(scripts)
        self.close_when_done = close_when_done
        self.payloads: list[dict[str, Any]] = []
        self.tokens: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.closed = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        for script in self.scripts:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # the test is over
            threading.Thread(target=self.play, args=(connection, script), daemon=True).start()

    def play(self, connection: socket.socket, script: Script) -> None:
        with connection, connection.makefile("rb") as incoming:
            for step in script:
                out = step(self.read(incoming))
                connection.sendall(out)
                if step in (nothing, half):
                    return
            if self.close_when_done:
                connection.shutdown(socket.SHUT_RDWR)
                self.closed.set()
                return
            incoming.readline()

    def read(self, incoming: Any) -> dict[str, Any]:
        length = 0
        while (line := incoming.readline().lower()) not in (b"\r\n", b""):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        token = base64.b64decode(incoming.read(length))
        self.tokens.append(token)
        self.payloads.append(json.loads(Fernet(KEY).decrypt(token)))
        return self.payloads[-1]


class Cases:
    """Run by both kinds of client."""

    def serve(self: Any, *scripts: Script, close_when_done: bool = False) -> ScriptedServer:
        server = ScriptedServer(*scripts, close_when_done=close_when_done)
        self.addCleanup(server.listener.close)
        return server

    def play(self, server: ScriptedServer, *calls: tuple[str, dict[str, Any]], key: str = KEY) -> list[Any]:
        """Each call's answer or exception."""
        raise NotImplementedError

    def test_one_connection_serves_many_calls(self: Any) -> None:
        server = self.serve([answer, chunked, answer])
        outcomes = self.play(server, WRITE, READ, WRITE)
        self.assertEqual([o.success for o in outcomes], [True] * 3)
        self.assertEqual(len({p["reqid"] for p in server.payloads}), 3)

    def test_a_read_is_asked_again_and_sealed_anew(self: Any) -> None:
        server = self.serve([answer, nothing], [answer])
        outcomes = self.play(server, READ, READ)
        self.assertEqual([type(o) for o in outcomes], [Answer, Answer])
        self.assertEqual(server.payloads[1], server.payloads[2])
        self.assertNotEqual(server.tokens[1], server.tokens[2])

    def test_a_write_is_never_asked_again(self: Any) -> None:
        server = self.serve([answer, nothing], [answer])
        outcomes = self.play(server, WRITE, WRITE)
        self.assertIs(type(outcomes[1]), AuthnzerverError)
        self.assertTrue(outcomes[1].uncertain)
        self.assertEqual(len(server.payloads), 2)

    def test_an_answer_that_has_begun_is_not_asked_for_again(self: Any) -> None:
        server = self.serve([answer, half], [answer])
        outcomes = self.play(server, READ, READ)
        self.assertTrue(outcomes[1].uncertain)
        self.assertEqual(len(server.payloads), 2)

    def test_a_fresh_connection_that_breaks_is_not_tried_again(self: Any) -> None:
        server = self.serve([nothing], [answer])
        self.assertTrue(self.play(server, READ)[0].uncertain)

    def test_refusals_are_exceptions_with_their_hints(self: Any) -> None:
        def refuse(status: str, *headers: str) -> Callable[[dict[str, Any]], bytes]:
            return lambda _: http(status, b"line\n", *headers)

        server = self.serve(
            [refuse("429 Too Many", "Retry-After: 7"), refuse("503 Un"), refuse("503 Un", "retry-after: 3"), refuse("401 No")]
        )
        limited, unavailable, later, refused = self.play(server, READ, READ, READ, READ)
        self.assertEqual((type(limited), limited.status, limited.retry_after), (RateLimited, 429, 7))
        self.assertEqual((type(unavailable), unavailable.status, unavailable.retry_after), (Unavailable, 503, 1))
        self.assertEqual(later.retry_after, 3)
        self.assertEqual((type(refused), refused.status, refused.uncertain), (AuthnzerverError, 401, False))

    def test_answers_of_others_are_refused(self: Any) -> None:
        other = Fernet.generate_key().decode()
        server = self.serve(
            [
                lambda p: http("200 OK", sealed(p, other)),
                lambda p: http("200 OK", sealed(p, reqid="another")),
                lambda p: http("200 OK", b"no answer"),
                lambda p: http("200 OK", base64.b64encode(Fernet(KEY).encrypt(b"[]"))),
            ]
        )
        for outcome in self.play(server, READ, READ, READ, READ):
            self.assertIs(type(outcome), AuthnzerverError)
            self.assertEqual(outcome.status, 200)

    def test_no_server_at_all_is_certain(self: Any) -> None:
        server = self.serve()
        server.listener.close()
        outcome = self.play(server, WRITE)[0]
        self.assertEqual((type(outcome), outcome.status, outcome.uncertain), (AuthnzerverError, None, False))


class Blocking(Cases, unittest.TestCase):
    def play(self, server: ScriptedServer, *calls: tuple[str, dict[str, Any]], key: str = KEY) -> list[Any]:
        out: list[Any] = []
        with Client(server.url, key, timeout=10) as client:
            for request, body in calls:
                try:
                    out.append(client.call(request, body))
                except AuthnzerverError as error:
                    out.append(error)
        return out

    def test_a_connection_that_the_server_closed_meanwhile_is_not_used(self) -> None:
        server = self.serve([answer], [answer], close_when_done=True)
        with Client(server.url, KEY, timeout=10) as client:
            client.call(*WRITE)
            server.closed.wait(10)
            self.assertTrue(client.call(*WRITE).success, "a write is safe: nothing had been sent")


class Asyncio(Cases, unittest.TestCase):
    def play(self, server: ScriptedServer, *calls: tuple[str, dict[str, Any]], key: str = KEY) -> list[Any]:
        async def run() -> list[Any]:
            out: list[Any] = []
            async with AsyncClient(server.url, key, timeout=10) as client:
                for request, body in calls:
                    try:
                        out.append(await client.call(request, body))
                    except AuthnzerverError as error:
                        out.append(error)
            return out

        return asyncio.run(run())

    def test_a_call_takes_no_longer_than_its_time(self) -> None:
        server = self.serve([lambda _: threading.Event().wait(5) and b"" or b""])

        async def run() -> None:
            async with AsyncClient(server.url, KEY, timeout=0.2) as client:
                await client.call(*READ)

        with self.assertRaises(AuthnzerverError) as raised:
            asyncio.run(run())
        self.assertTrue(raised.exception.uncertain)


class Calls(unittest.TestCase):
    def test_a_reqid_is_given_or_made_up_and_the_client_s_address_is_sent(self) -> None:
        server = ScriptedServer([answer] * 3)
        self.addCleanup(server.listener.close)
        with Client(server.url, KEY, client_ipaddr="192.0.2.1") as client:
            self.assertEqual(client.user_list(user_id=None, reqid=0).reqid, 0)
            self.assertTrue(client.user_list(user_id=None, client_ipaddr="192.0.2.2").reqid)
            client.user_new(full_name="n", email="e", password="p")
        first, second, third = server.payloads
        self.assertEqual((first["client_ipaddr"], second["client_ipaddr"]), ("192.0.2.1", "192.0.2.2"))
        self.assertEqual(first["body"], {"user_id": None}, "a required item is sent even if it is null")
        self.assertEqual(third["body"], {"full_name": "n", "email": "e", "password": "p"}, "an optional one is not")

    def test_urls_must_be_urls(self) -> None:
        for url in ("127.0.0.1:13431", "ftp://x", "http://"):
            self.assertRaises(ValueError, Client, url, KEY)


if __name__ == "__main__":
    unittest.main()
