"""The server is stopped amid clients that ask without a pause: each is answered, told that it was the last answer, or refused."""

from __future__ import annotations

import socket
import ssl
import time
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from server import Server
from tls_test import make_certificate

CLIENTS = 16
STOPS = 3
QUESTION = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect(server: Server, context: ssl.SSLContext | None) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname="localhost") if context else plain


def ask(link: socket.socket) -> bytes:
    """The answer; nothing when the connection was ended before."""
    link.sendall(QUESTION)
    answer = b""
    while not answer.endswith(b"}"):
        received = link.recv(4096)
        if not received:
            return answer
        answer += received
    return answer


def use(link: socket.socket, times: int) -> str:
    """How a connection came to its end."""
    for _ in range(times):
        answer = ask(link)
        if not answer:
            return "ended"
        if not answer.endswith(b"}"):
            return "cut off"
        if b"\r\nConnection: close\r\n" in answer:
            return "told"
    return "given up"


def keep_asking(server: Server, context: ssl.SSLContext | None, times: int) -> Counter[str]:
    """Until nobody listens any more. How the connections ended."""
    seen: Counter[str] = Counter()
    while True:
        try:
            with connect(server, context) as link:
                seen[use(link, times)] += 1
        except ConnectionRefusedError:
            return seen
        except OSError as error:
            seen[type(error).__name__] += 1


class Stop(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.remove)

    def stop_amid_clients(self, context: ssl.SSLContext | None = None) -> Counter[str]:
        seen: Counter[str] = Counter()
        for _ in range(STOPS):
            self.server.start()
            with ThreadPoolExecutor(CLIENTS) as pool:
                # Half of them take a new connection for each question.
                each = [pool.submit(keep_asking, self.server, context, 1 if i % 2 else 10**9) for i in range(CLIENTS)]
                time.sleep(0.3)
                self.assertEqual(self.server.stop(), 0)
                for one in each:
                    seen += one.result()
        return seen

    def assert_orderly(self, seen: Counter[str]) -> None:
        self.assertEqual(set(seen) - {"told", "ended", "given up"}, set(), seen)
        self.assertGreater(seen["told"], 0, seen)

    def test_no_connection_is_reset(self) -> None:
        self.assert_orderly(self.stop_amid_clients())

    def test_no_connection_over_tls_is_reset(self) -> None:
        make_certificate(self.server.directory, "own")
        certificate, key = (str(self.server.directory / f"own.{suffix}") for suffix in ("pem", "key"))
        self.server.items.update(tlscertfile=certificate, tlscertkey=key)
        self.assert_orderly(self.stop_amid_clients(ssl.create_default_context(cafile=certificate)))

    def test_clients_that_do_nothing_do_not_hold_it_up(self) -> None:
        self.server.start()
        idle = [connect(self.server, None) for _ in range(50)]
        self.addCleanup(lambda: [link.close() for link in idle])
        for link in idle[:25]:
            ask(link)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual([link.recv(1) for link in idle], [b""] * 50)
        self.assertNotIn("drain-incomplete", self.server.log)


if __name__ == "__main__":
    unittest.main()
