"""The list of breached passwords: as a range service on the loopback, as a directory, and out of reach."""

from __future__ import annotations

import hashlib
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from case import DaemonCase
from server import Server, free_port

OFTEN, SELDOM, NEVER = "correct stapled horse", "battery horses 77 ok", "tall ships 4 sail"
COUNTS = {OFTEN: 25, SELDOM: 24}


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode()).hexdigest().upper()


def range_text(prefix: str) -> str:
    lines = ["0018A45C4D1DEF81644B54AB7F969B88D65:1", "00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0"]
    lines += [f"{sha1(p)[5:]}:{n}" for p, n in COUNTS.items() if sha1(p)[:5] == prefix]
    return "\r\n".join(lines) + "\r\n"


class RangeService(ThreadingHTTPServer):
    """Speaks the range protocol over plain HTTP and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RangeHandler)
        self.asked: list[tuple[str, str | None]] = []
        self.delay = 0.0
        self.status = 200
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/range/"

    def end(self) -> None:
        self.shutdown()
        self.server_close()


class _RangeHandler(BaseHTTPRequestHandler):
    server: RangeService

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Add-Padding"]))
        time.sleep(self.server.delay)
        body = range_text(self.path.rsplit("/", 1)[1]).encode()
        try:
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass

    def log_message(self, *_: object) -> None:
        pass


def codes(server: Server, password: str, **changes: int) -> list[str]:
    body = {"password": password, "email": "a@b", "full_name": "", **changes}
    return server.ask("user-validatepass", **body).message_codes


class Service(unittest.TestCase):
    def setUp(self) -> None:
        self.service = RangeService()
        self.addCleanup(self.service.end)
        self.server = Server(pwnedpasswords=self.service.url)
        self.addCleanup(self.server.remove)
        self.server.start()

    def test_a_password_that_is_known_often_enough_is_refused(self) -> None:
        self.assertEqual(codes(self.server, OFTEN), ["password-breached"])
        self.assertEqual(codes(self.server, SELDOM), [])
        self.assertEqual(codes(self.server, NEVER), [])
        self.assertEqual(codes(self.server, OFTEN, min_pwned_matches=26), [])
        self.assertEqual(codes(self.server, SELDOM, min_pwned_matches=1), ["password-breached"])

    def test_only_the_first_five_digits_leave_the_server(self) -> None:
        codes(self.server, OFTEN)
        self.assertEqual(self.service.asked, [(f"/range/{sha1(OFTEN)[:5]}", "true")])

    def test_it_is_asked_only_when_all_other_rules_passed(self) -> None:
        self.assertEqual(codes(self.server, "password"), ["password-too-short", "password-common"])
        self.assertEqual(self.service.asked, [])

    def test_sign_ups_and_changes_ask_it_too(self) -> None:
        body = {"full_name": "", "email": "x1@example.org"}
        refused = self.server.ask("user-new", **body, password=OFTEN)
        self.assertEqual((refused.failure_reason, refused.message_codes), ("password-insecure", ["password-breached"]))
        user_id = self.server.ask("user-new", **body, password=NEVER)["user_id"]
        self.server.ask("user-set-emailverified", email="x1@example.org")
        change = {"user_id": user_id, "email": "x1@example.org", "current_password": NEVER, "new_password": OFTEN}
        self.assertEqual(self.server.ask("user-changepass-nosession", **change).message_codes, ["password-breached"])

    def test_a_slow_service_lets_the_password_pass_and_blocks_nothing_else(self) -> None:
        self.service.delay = 6
        seconds: list[float] = []

        def judge() -> None:
            begun = time.monotonic()
            self.assertEqual(codes(self.server, OFTEN), [])
            seconds.append(time.monotonic() - begun)

        thread = threading.Thread(target=judge)
        thread.start()
        time.sleep(0.3)
        begun = time.monotonic()
        self.assertTrue(self.server.ask("user-list", user_id=1).success)
        self.assertLess(time.monotonic() - begun, 1)
        thread.join()
        self.assertLess(seconds[0], 4)
        self.assertGreater(seconds[0], 1.5)

    def test_a_service_that_fails_lets_the_password_pass(self) -> None:
        self.service.status = 500
        self.assertEqual(codes(self.server, OFTEN), [])


class Down(DaemonCase):
    items = {"pwnedpasswords": f"http://127.0.0.1:{free_port()}/range/"}

    def test_a_service_out_of_reach_lets_the_password_pass(self) -> None:
        self.assertEqual(codes(self.server, OFTEN), [])
        self.assertTrue(self.sign_up(password=OFTEN).user_id)


class Directory(unittest.TestCase):
    def test_range_files_are_read_with_and_without_a_suffix(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        folder = Path(server.directory) / "ranges"
        folder.mkdir()
        (folder / sha1(OFTEN)[:5]).write_text(range_text(sha1(OFTEN)[:5]))
        (folder / (sha1(SELDOM)[:5] + ".txt")).write_text(range_text(sha1(SELDOM)[:5]).replace("\r\n", "\n"))
        server.items["pwnedpasswords"] = str(folder)
        server.start()
        self.assertEqual(codes(server, OFTEN), ["password-breached"])
        self.assertEqual(codes(server, SELDOM), [])
        self.assertEqual(codes(server, SELDOM, min_pwned_matches=24), ["password-breached"])
        self.assertEqual(codes(server, NEVER), [], "a range without a file passes")


class BadValues(unittest.TestCase):
    def test_plain_http_is_for_the_loopback_only(self) -> None:
        server = Server(pwnedpasswords="http://range.example.org/range/")
        self.addCleanup(server.remove)
        code, stderr = server.start_and_fail()
        self.assertEqual(code, 1)
        self.assertIn("pwnedpasswords", stderr)


if __name__ == "__main__":
    unittest.main()
