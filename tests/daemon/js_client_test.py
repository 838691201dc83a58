"""The JavaScript client answers as the Python client does: against the daemon, and against servers that misbehave."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import unittest
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from authnzerver_client import Answer, AuthnzerverError, RateLimited, Unavailable
from case import DaemonCase, Person, fields_of, fresh_email
from client_test import KEY, READ, WRITE, Cases, ScriptedServer, answer, http
from server import Server, binary, request_table
from tls_test import make_certificate
from validation_test import valid_body

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "tools" / "clients" / "js"
TABLE = request_table()["requests"]


def camel_case(name: str) -> str:
    return re.sub("-(.)", lambda match: match[1].upper(), name)


class Refused(Exception):
    """What JavaScript threw that is no AuthnzerverError."""


def outcome(line: str) -> Answer | Exception:
    told = json.loads(line)
    if told["kind"] == "Answer":
        found = Answer(
            told["success"], told["response"], told["messages"], told["messageCodes"], told["failureReason"],
            told["reqid"], told["request"],
        )  # fmt: skip
        assert (told["problems"], told["mayRetry"]) == (found.problems, found.may_retry), told
        return found
    if told["kind"] == "RateLimited":
        return RateLimited(told["what"], told["retryAfter"])
    if told["kind"] == "Unavailable":
        return Unavailable(told["what"], told["retryAfter"])
    if told["kind"] != "AuthnzerverError":
        return Refused(told["kind"], told["what"])
    return AuthnzerverError(told["what"], status=told["status"], uncertain=told["uncertain"])


class JsClient:
    """A client in a process of Node's, with its connections; calls it by their lines."""

    def __init__(self, url: str, key: str, **options: Any) -> None:
        command = ["node", str(HERE / "js_client_driver.mjs")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.write({"url": url, "key": key, "options": options})

    def write(self, line: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def read(self) -> Answer | Exception:
        assert self.process.stdout is not None
        return outcome(self.process.stdout.readline())

    def call(self, request: str, body: dict[str, Any], **options: Any) -> Any:
        self.write({"request": request, "body": body, "with": options})
        return self.read()

    def method(self, name: str, body: dict[str, Any], **options: Any) -> Any:
        self.write({"method": name, "body": body, "with": options})
        return self.read()

    def close(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def __enter__(self) -> JsClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Misbehaviour(Cases, unittest.TestCase):
    """All that client_test asks of the Python clients."""

    def play(self, server: ScriptedServer, *calls: tuple[str, dict[str, Any]], key: str = KEY) -> list[Any]:
        with JsClient(server.url, key, timeout=10) as client:
            return [client.call(request, body) for request, body in calls]

    def test_a_connection_that_the_server_closed_meanwhile_is_not_used(self) -> None:
        server = self.serve([answer], [answer], close_when_done=True)
        with JsClient(server.url, KEY, timeout=10) as client:
            client.call(*WRITE)
            server.closed.wait(10)
            self.assertTrue(client.call(*WRITE).success, "a write is safe: nothing had been sent")

    def test_a_call_takes_no_longer_than_its_time(self) -> None:
        server = self.serve([lambda _: threading.Event().wait(5) and b"" or b""])
        with JsClient(server.url, KEY, timeout=0.2) as client:
            late = client.call(*READ)
        self.assertEqual((type(late), late.uncertain), (AuthnzerverError, True))

    def test_an_answer_that_stops_half_way_takes_no_longer_either(self) -> None:
        whole = http("200 OK", b"x" * 100)
        server = self.serve([lambda _: whole[:-50]])
        with JsClient(server.url, KEY, timeout=0.5) as client:
            late = client.call(*READ)
        self.assertEqual((type(late), late.uncertain), (AuthnzerverError, True))

    def test_a_reqid_is_given_or_made_up_and_the_client_s_address_is_sent(self) -> None:
        server = self.serve([answer] * 3)
        with JsClient(server.url, KEY, clientIpaddr="192.0.2.1") as client:
            self.assertEqual(client.method("userList", {"user_id": None}, reqid=0).reqid, 0)
            self.assertTrue(client.method("userList", {"user_id": None}, clientIpaddr="192.0.2.2").reqid)
            client.call(*WRITE, reqid="mine")
        first, second, third = server.payloads
        self.assertEqual((first["client_ipaddr"], second["client_ipaddr"]), ("192.0.2.1", "192.0.2.2"))
        self.assertEqual(first["body"], {"user_id": None})
        self.assertEqual(third["reqid"], "mine")

    def test_what_cannot_be_sent_truly_is_refused(self) -> None:
        with JsClient("http://127.0.0.1:9", KEY) as client:
            self.assertEqual(client.call(*READ, reqid=2**53).args[0], "TypeError")
            self.assertEqual(client.call(*READ, reqid=1.5).args[0], "TypeError")

    def test_urls_and_keys_must_be_such(self) -> None:
        for url in ("127.0.0.1:13431", "ftp://x", "http://", "localhost:80"):
            with JsClient(url, KEY) as client:
                self.assertEqual(client.read().args[0], "TypeError", url)
        for key in ("", "x", KEY[4:], KEY + "AAAA", "!" * 44):
            with JsClient("http://127.0.0.1:9", key) as client:
                self.assertEqual(client.read().args[0], "TypeError", key)


class TheDaemon(DaemonCase):
    def setUp(self) -> None:
        super().setUp()
        self.js = JsClient(self.server.url, self.server.key, clientIpaddr="127.0.0.1")
        self.addCleanup(self.js.close)

    def assert_same(self, ours: Any, theirs: Answer) -> None:
        self.assertIsInstance(ours, Answer)
        for member in ("success", "response", "messages", "message_codes", "failure_reason", "request"):
            self.assertEqual(getattr(ours, member), getattr(theirs, member))

    def test_every_request_is_a_method_and_says_what_python_is_told(self) -> None:
        for request in TABLE:
            for body in ({}, valid_body(request)):
                with self.subTest(request=request["name"], body=body):
                    ours = self.js.method(camel_case(request["name"]), body)
                    self.assert_same(ours, self.ask(request["name"], **body))

    def test_every_name_of_2019_can_be_called(self) -> None:
        for request in TABLE:
            if request["alias"]:
                self.assert_same(self.js.call(request["alias"], {}), self.ask(request["alias"]))

    def test_a_session_s_life(self) -> None:
        email, password = fresh_email(), "Gläserne 7 Brücken \U0001f980"
        new = self.js.method("userNew", {"full_name": "Zoë Ø", "email": email, "password": password})
        self.assertTrue(new.success)
        person = Person(new["user_id"], email, password)
        self.assertTrue(self.js.method("userSetEmailverified", {"email": email}).success)
        anonymous = {
            "ip_address": "192.0.2.7", "user_agent": "js", "user_id": None, "expires": 1, "extra_info_json": None,
        }  # fmt: skip
        token = self.js.method("sessionNew", anonymous)["session_token"]
        login = self.js.method("userLogin", {"session_token": token, "email": email, "password": password})
        self.assertEqual(fields_of(login), {"user_id": person.user_id, "user_role": "authenticated"})
        token = self.js.method("sessionNew", {**anonymous, "user_id": person.user_id})["session_token"]
        found = self.js.method("sessionExists", {"session_token": token})
        self.assert_same(found, self.ask("session-exists", session_token=token))
        self.assertEqual(found["session_info"]["full_name"], "Zoë Ø")
        self.assertTrue(self.js.method("sessionDelete", {"session_token": token}).success)
        self.assertFalse(self.is_live(token))

    def test_another_key_is_refused(self) -> None:
        with JsClient(self.server.url, Fernet.generate_key().decode()) as client:
            refused = client.call(*READ)
        self.assertEqual((type(refused), refused.status, refused.uncertain), (AuthnzerverError, 401, False))

    def test_what_lasts_longer_than_one_block_of_sealing_comes_back_whole(self) -> None:
        token = self.session()
        for length in (0, 1, 15, 16, 17, 4096, 10000):
            info = {"a": "é" * (length // 2) + "x" * (length % 2)}
            answer = self.js.method("sessionSetinfo", {"session_token": token, "extra_info": info})
            self.assertEqual(answer["session_info"]["extra_info_json"], info)


class Refusals(DaemonCase):
    items = {"ratelimits": "user-list:2"}

    def test_too_many_requests_are_told_when_to_come_again(self) -> None:
        with JsClient(self.server.url, self.server.key, clientIpaddr="192.0.2.3") as client:
            outcomes = [client.method("userList", {"user_id": 1}) for _ in range(3)]
        self.assertEqual([type(o) for o in outcomes], [Answer, Answer, RateLimited])
        self.assertGreaterEqual(outcomes[2].retry_after, 1)
        self.assertLessEqual(outcomes[2].retry_after, 60)

    def test_without_an_address_nothing_is_served(self) -> None:
        with JsClient(self.server.url, self.server.key) as client:
            self.assertEqual(client.method("userList", {"user_id": 1}).status, 400)


class KeyRotation(unittest.TestCase):
    def test_a_client_has_either_of_two_keys(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        other = Fernet.generate_key().decode()
        server.write_key_file(f"{server.key},{other}")
        server.start()
        for key in (server.key, other, f"  {other}\n"):
            with JsClient(server.url, key, clientIpaddr="127.0.0.1") as client:
                self.assertTrue(client.method("userList", {"user_id": 1}).success)
        self.assertEqual(server.stop(), 0)


class Restart(unittest.TestCase):
    def test_a_client_outlives_a_restart(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        server.start()
        with JsClient(server.url, server.key, clientIpaddr="127.0.0.1") as client:
            self.assertTrue(client.method("userList", {"user_id": 1}).success)
            self.assertEqual(server.stop(), 0)
            gone = client.method("userList", {"user_id": 1})
            self.assertEqual((type(gone), gone.status, gone.uncertain), (AuthnzerverError, None, False))
            server.start()
            self.assertTrue(client.method("userList", {"user_id": 1}).success)
        self.assertEqual(server.stop(), 0)


class Tls(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.remove)
        for name in ("first", "second"):
            make_certificate(self.server.directory, name)
        folder = self.server.directory
        self.server.items.update(tlscertfile=str(folder / "first.pem"), tlscertkey=str(folder / "first.key"))
        self.server.start()

    def ask(self, **options: Any) -> Any:
        with JsClient(self.server.url, self.server.key, clientIpaddr="127.0.0.1", **options) as client:
            outcomes = [client.method("userList", {"user_id": 1}) for _ in range(3)]
        self.assertEqual(len({type(o) for o in outcomes}), 1)
        return outcomes[-1]

    def test_the_server_is_trusted_by_its_certificate(self) -> None:
        self.assertTrue(self.ask(cafile=str(self.server.directory / "first.pem")).success)
        self.assertTrue(self.ask(verify=False).success)

    def test_nothing_is_sent_to_a_server_that_is_not_trusted(self) -> None:
        for options in ({}, {"cafile": str(self.server.directory / "second.pem")}):
            refused = self.ask(**options)
            self.assertEqual((type(refused), refused.status, refused.uncertain), (AuthnzerverError, None, False))


class Package(unittest.TestCase):
    def test_it_depends_on_nothing_and_has_the_server_s_version(self) -> None:
        package = json.loads((PACKAGE / "package.json").read_text())
        self.assertEqual(package["type"], "module")
        self.assertFalse({name for name in package if name.lower().endswith("dependencies")})
        told = subprocess.run([binary("authnzerver"), "--version"], check=True, capture_output=True, text=True)
        self.assertIn(package["version"], told.stdout.split())

    def test_node_is_recent_enough(self) -> None:
        version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
        self.assertGreaterEqual(int(version[1:].split(".")[0]), 18)


if __name__ == "__main__":
    unittest.main()
