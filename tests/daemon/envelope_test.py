"""What is let in: keys, freshness, payload shapes, HTTP; and that refusals tell nothing."""

from __future__ import annotations

import base64
import json
import socket
import time
import unittest
from typing import Any

from cryptography.fernet import Fernet

from case import DaemonCase

LINES = {
    400: b"400 Bad Request\n",
    401: b"401 Unauthorized\n",
    404: b"404 Not Found\n",
    405: b"405 Method Not Allowed\n",
    413: b"413 Payload Too Large\n",
}
VALID = {"request": "session-exists", "body": {"session_token": "nobody's"}, "reqid": 1}


class EnvelopeCase(DaemonCase):
    def seal(self, payload: Any, key: str | None = None, age: int = 0) -> bytes:
        text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        token = Fernet(key or self.server.key).encrypt_at_time(text, int(time.time()) - age)
        return base64.b64encode(token)

    def post(self, body: bytes, **headers: str) -> int:
        """The status; checks that a refusal is one plain line that names the status only."""
        status, text, got = self.server.http("POST", "/", body, headers)
        self.assertEqual(got["content-type"], "text/plain; charset=UTF-8")
        if status != 200:
            self.assertEqual(text, LINES[status])
        return status

    def opened(self, sealed: bytes, key: str | None = None) -> dict[str, Any]:
        status, body, _ = self.server.http("POST", "/", sealed)
        self.assertEqual(status, 200)
        return json.loads(Fernet(key or self.server.key).decrypt(base64.b64decode(body)))

    def raw(self, *pieces: bytes) -> bytes:
        """What comes back on a connection of its own until the server closes it or is silent."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as connection:
            out = b""
            try:
                for piece in pieces:
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    out += piece
            except ConnectionError:
                pass  # closed before it had read all, which is its right
            return out


class Envelope(EnvelopeCase):
    def test_an_envelope_of_another_key_is_refused(self) -> None:
        self.assertEqual(self.post(self.seal(VALID, Fernet.generate_key().decode())), 401)

    def test_an_envelope_is_good_for_a_minute_both_ways(self) -> None:
        for age, status in ((0, 200), (70, 401), (-50, 200), (-70, 401)):
            with self.subTest(age=age):
                self.assertEqual(self.post(self.seal(VALID, age=age)), status)

    def test_an_envelope_is_good_for_one_request(self) -> None:
        sealed = self.seal(VALID)
        self.assertEqual([self.post(sealed), self.post(sealed)], [200, 401])

    def test_another_spelling_is_the_same_envelope(self) -> None:
        sealed = self.seal(VALID)
        self.assertEqual(self.post(sealed), 200)
        for spelling in (sealed + b"\n", sealed[:40] + b"\r\n" + sealed[40:], b" " + sealed):
            self.assertEqual(self.post(spelling), 401)

    def test_blanks_around_a_fresh_envelope_are_harmless(self) -> None:
        sealed = self.seal(VALID)
        self.assertEqual(self.post(b"\n" + sealed[:76] + b"\r\n" + sealed[76:] + b"\n"), 200)

    def test_an_envelope_is_used_up_whatever_came_of_it(self) -> None:
        sealed = self.seal({"request": "no-such-request", "body": {}, "reqid": 1})
        self.assertEqual([self.post(sealed), self.post(sealed)], [400, 401])

    def test_what_cannot_be_opened_is_refused_with_one_text(self) -> None:
        token = base64.b64decode(self.seal(VALID))
        for body in (b"x", b"!!!!", b"A" * 4000, token, base64.b64encode(b"not a token"), base64.b64encode(token[:-5]),
                     base64.b64encode(token.swapcase()), base64.b64encode(base64.urlsafe_b64decode(token))):
            with self.subTest(body=body[:30]):
                self.assertEqual(self.post(body), 401)

    def test_what_is_no_json_is_refused(self) -> None:
        for text in (b"", b"{", b"{} {}", b'{"reqid": NaN}', b'{"reqid": Infinity}', b'{"reqid": "\xff"}',
                     b'{"reqid": "\\ud800"}', b"{'reqid': 1}", b'{"reqid": 01}', b"\xef\xbb\xbf\xff"):
            with self.subTest(text=text):
                self.assertEqual(self.post(self.seal(text)), 401)

    def test_answers_are_ascii(self) -> None:
        token = self.session(user_agent="søk\u0000 \U0001f980")
        sealed = self.seal({"request": "session-exists", "body": {"session_token": token}, "reqid": "ü"})
        _, body, _ = self.server.http("POST", "/", sealed)
        text = Fernet(self.server.key).decrypt(base64.b64decode(body))
        self.assertTrue(text.isascii())
        answer = json.loads(text)
        self.assertEqual(answer["reqid"], "ü")
        self.assertEqual(answer["response"]["session_info"]["user_agent"], "søk\u0000 \U0001f980")

    def test_the_answer_has_the_members_of_the_contract(self) -> None:
        answer = self.opened(self.seal(VALID))
        self.assertEqual(
            sorted(answer),
            ["failure_reason", "message", "message_codes", "messages", "reqid", "response", "success"],
        )
        self.assertEqual(answer["message"], answer["messages"])


class Payload(EnvelopeCase):
    def test_reqids_are_echoed_as_they_are(self) -> None:
        for reqid in (0, "", 1, -7, "x", 2**63 - 1, -(2**63), "ü" * 2048):
            with self.subTest(reqid=reqid):
                echoed = self.opened(self.seal({**VALID, "reqid": reqid}))["reqid"]
                self.assertEqual((type(echoed), echoed), (type(reqid), reqid))

    def test_reqids_may_repeat(self) -> None:
        self.assertEqual([self.post(self.seal(VALID)) for _ in range(3)], [200] * 3)

    def test_payloads_of_the_wrong_shape_are_refused(self) -> None:
        def changed(**members: Any) -> dict[str, Any]:
            return {name: value for name, value in {**VALID, **members}.items() if value is not Ellipsis}

        payloads = [[], "text", 7, None, True, {}]
        payloads += [changed(reqid=value) for value in (..., None, 1.5, True, [], {}, 2**64, "x" * 4097)]
        payloads += [changed(request=value) for value in (..., None, 7, "", "no-such-request", "Session-Exists", "echo")]
        payloads += [changed(request=value) for value in ("session-list", "totp-new", "jwt-new")]
        payloads += [changed(body=value) for value in (..., None, 7, [], "text")]
        for payload in payloads:
            with self.subTest(payload=payload):
                self.assertEqual(self.post(self.seal(payload)), 400)

    def test_nesting_ends_at_64(self) -> None:
        deep = b'{"request": "session-exists", "reqid": 1, "body": {"session_token": "x", "other": %s%s}}'
        self.assertEqual(self.post(self.seal(deep % (b"[" * 61, b"]" * 61))), 200)
        self.assertEqual(self.post(self.seal(deep % (b"[" * 70, b"]" * 70))), 400)
        self.assertEqual(self.post(self.seal(deep % (b"[" * 100_000, b"]" * 100_000))), 400)

    def test_of_duplicate_members_the_last_wins(self) -> None:
        text = b'{"reqid": 1, "request": "nope", "request": "session-exists", "body": {"session_token": "x"}, "reqid": 2}'
        self.assertEqual(self.opened(self.seal(text))["reqid"], 2)

    def test_unknown_members_are_ignored(self) -> None:
        self.assertEqual(self.post(self.seal({**VALID, "more": [1, {"a": None}], "client_ipaddr": 7})), 200)


class Http(EnvelopeCase):
    def test_paths_and_methods(self) -> None:
        for method, path, status in (
            ("GET", "/", 405), ("PUT", "/", 405), ("DELETE", "/", 405), ("POST", "/health", 405),
            ("POST", "/health/live", 405), ("GET", "/nope", 404), ("POST", "/nope", 404), ("POST", "/echo", 404),
            ("POST", "//", 404), ("GET", "/health/", 404), ("POST", "/health/nope", 404),
        ):  # fmt: skip
            with self.subTest(method=method, path=path):
                got, text, _ = self.server.http(method, path, b"" if method == "GET" else b"x")
                self.assertEqual((got, text), (status, LINES[status]))

    def test_only_allowed_hosts_are_served(self) -> None:
        for host in ("127.0.0.1", "LOCALHOST:99", "localhost"):
            self.assertEqual(self.post(self.seal(VALID), Host=host), 200)
            self.assertEqual(self.server.get("/health/live", headers={"Host": host})[0], 200)
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"):
            self.assertEqual(self.post(self.seal(VALID), Host=host), 404)
            self.assertEqual(self.server.get("/health/live", headers={"Host": host})[0], 404)
            self.assertEqual(self.server.get("/", headers={"Host": host})[0], 404, "the host comes before the method")

    def test_bodies_end_at_a_mebibyte(self) -> None:
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
        self.assertIn(b" 413 ", self.raw(head % 1048577)[:40])
        chunks = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertIn(b" 413 ", self.raw(chunks, b"100001\r\n" + b"A" * 0x100001)[:40])
        padded = self.seal(VALID) + b"\n" * 1048576
        self.assertEqual(self.post(padded[:1048576]), 200)

    def test_chunks_are_read(self) -> None:
        sealed = self.seal(VALID)
        chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, sealed[:10], len(sealed) - 10, sealed[10:])
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertIn(b" 200 ", self.raw(head + chunks)[:40])

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        def request(reqid: int) -> bytes:
            sealed = self.seal({**VALID, "reqid": reqid})
            return b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(sealed), sealed)

        answers = self.raw(b"".join(request(number) for number in range(8))).split(b"\r\n\r\n")[1:]
        self.assertEqual(len(answers), 8)
        bodies = [base64.b64decode(answer.split(b"HTTP/1.1")[0]) for answer in answers]
        self.assertEqual([json.loads(Fernet(self.server.key).decrypt(b))["reqid"] for b in bodies], list(range(8)))

    def test_what_is_no_http_is_refused(self) -> None:
        for text in (b"NONSENSE\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"):
            with self.subTest(text=text):
                self.assertIn(self.raw(text)[:12], (b"HTTP/1.1 400", b""))

    def test_a_client_that_expects_to_continue_is_served(self) -> None:
        sealed = self.seal(VALID)
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(sealed)
        self.assertIn(b" 200 ", self.raw(head + sealed))

    def test_health_speaks_plain_json(self) -> None:
        status, body, headers = self.server.http("GET", "/health", b"")
        health = json.loads(body)
        self.assertEqual((status, headers["content-type"].split(";")[0]), (200, "application/json"))
        self.assertEqual(sorted(health), ["Check-Time", "Expected-Workers", "Health-Ok", "Workers"])
        self.assertIs(health["Health-Ok"], True)
        self.assertIsInstance(health["Check-Time"], float)
        self.assertEqual(set(health["Workers"].values()), {"ok"})
        self.assertEqual(self.server.get("/health/live"), (200, b'{"live":true}'))
        self.assertEqual(self.server.get("/health/ready"), (200, b'{"ready":true}'))


class TwoKeys(EnvelopeCase):
    def test_the_answer_uses_the_key_of_its_request(self) -> None:
        first, second = self.server.key, Fernet.generate_key().decode()
        self.server.write_key_file(f"{first},{second}\n")
        self.server.restart()
        for key in (first, second):
            self.assertEqual(self.opened(self.seal(VALID, key), key)["reqid"], 1)
        self.assertEqual(self.post(self.seal(VALID, Fernet.generate_key().decode())), 401)


class Lasting(EnvelopeCase):
    def test_an_envelope_is_used_up_after_a_restart_too(self) -> None:
        sealed = self.seal(VALID)
        self.assertEqual(self.post(sealed), 200)
        self.server.restart()
        self.assertEqual(self.post(sealed), 401)

    def test_and_after_a_crash(self) -> None:
        sealed = self.seal(VALID)
        self.assertEqual(self.post(sealed), 200)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.post(sealed), 401)


class MaximumAge(EnvelopeCase):
    items = {"envelopemaxage": "3"}

    def test_an_envelope_may_be_as_old_as_is_configured(self) -> None:
        first, second = self.seal(VALID), self.seal(VALID)
        time.sleep(2)
        self.assertEqual(self.post(first), 200)
        time.sleep(2.5)
        self.assertEqual(self.post(second), 401)

    def test_the_configured_age_does_not_change_what_lies_ahead(self) -> None:
        self.assertEqual([self.post(self.seal(VALID, age=-50)), self.post(self.seal(VALID, age=-70))], [200, 401])


class NoMaximumAge(EnvelopeCase):
    items = {"envelopemaxage": "0"}

    def test_zero_switches_the_rules_of_freshness_off(self) -> None:
        sealed = self.seal(VALID, age=10_000)
        self.assertEqual([self.post(sealed), self.post(sealed), self.post(self.seal(VALID, age=-10_000))], [200] * 3)


if __name__ == "__main__":
    unittest.main()
