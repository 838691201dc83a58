"""The daemon is killed amid sixteen writers, twenty times; nothing that was acknowledged is lost."""

from __future__ import annotations

import random
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from authnzerver_client import AuthnzerverError, Client
from case import fresh_email
from server import Server

ROUNDS = 20
WRITERS = 16
NEW = {"ip_address": "192.0.2.7", "user_agent": "writer", "user_id": 1, "expires": 7}


@dataclass
class Acknowledged:
    """What one writer was told in one round."""

    sessions: dict[str, int] = field(default_factory=dict)  # token -> count in extra_info_json
    ended: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    doubtful: str | None = None  # the session whose edit or end was not answered


def write(server: Server, seed: int) -> Acknowledged:
    told = Acknowledged()
    choice = random.Random(seed)
    with server.client() as client:
        try:
            while True:
                step(client, told, choice)
        except AuthnzerverError:
            return told


def step(client: Client, told: Acknowledged, choice: random.Random) -> None:
    what = choice.randrange(10)
    if what < 4 or not told.sessions:
        told.sessions[client.session_new(**NEW, extra_info_json={"count": 0})["session_token"]] = 0
    elif what < 7:
        token = choice.choice(list(told.sessions))
        told.doubtful = token
        count = told.sessions[token] + 1
        assert client.internal_session_edit(target_session_token=token, update_dict={"count": count}).success
        told.sessions[token] = count
        told.doubtful = None
    elif what < 8:
        token = choice.choice(list(told.sessions))
        told.doubtful = token
        assert client.session_delete(session_token=token).success
        del told.sessions[token]
        told.ended.append(token)
        told.doubtful = None
    else:
        email = fresh_email()
        if client.user_new(full_name="", email=email, password="tall ships 4 sail").success:
            told.emails.append(email)


class Crash(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self) -> None:
        server = Server().start()
        self.addCleanup(server.remove)
        all_told: list[Acknowledged] = []
        for number in range(ROUNDS):
            with ThreadPoolExecutor(WRITERS) as pool:
                writers = [pool.submit(write, server, WRITERS * number + n) for n in range(WRITERS)]
                time.sleep(0.2 + 0.01 * (number % 7))
                server.kill()
                told = [writer.result() for writer in writers]
            server.start()
            with server.client() as client:
                self.check(client, told, f"round {number}")
            all_told += told
        with server.client() as client:
            self.check(client, all_told, "the end")
        self.assertGreater(sum(len(t.sessions) + len(t.emails) for t in all_told), 20 * ROUNDS)
        self.assertEqual(server.stop(), 0)

    def check(self, client: Client, told: list[Acknowledged], when: str) -> None:
        there = {user["email"]: user["user_id"] for user in client.user_list(user_id=None)["user_info"]}
        self.assertEqual(len(set(there.values())), len(there))
        for one in told:
            self.assertEqual([email for email in one.emails if email not in there], [], when)
            for token, count in one.sessions.items():
                self.check_session(client, token, count, token == one.doubtful, when)
            for token in one.ended:
                self.assertFalse(client.session_exists(session_token=token).success, when)

    def check_session(self, client: Client, token: str, count: int, doubtful: bool, when: str) -> None:
        answer = client.session_exists(session_token=token)
        if doubtful and not answer.success:
            return
        self.assertTrue(answer.success, when)
        info: dict[str, Any] = answer["session_info"]["extra_info_json"]
        self.assertIn(info["count"], (count, count + 1) if doubtful else (count,), when)


if __name__ == "__main__":
    unittest.main()
