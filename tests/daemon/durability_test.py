"""What lasts: restarts, a second process, signals, a port in use."""

from __future__ import annotations

import signal
import socket
import stat
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from cryptography.fernet import Fernet

from authnzerver_client import AuthnzerverError
from case import DaemonCase, fresh_email
from server import Server


class OneLine(unittest.TestCase):
    def assert_start_fails(self, server: Server, *words: str) -> None:
        code, stderr = server.start_and_fail()
        self.assertEqual(code, 1, stderr)
        self.assertEqual(len(stderr.strip().splitlines()), 1, stderr)
        for word in words:
            self.assertIn(word, stderr)


class SecondProcess(OneLine):
    def test_a_second_process_on_the_same_directory_is_refused(self) -> None:
        server = Server().start()
        self.addCleanup(server.remove)
        second = Server(authdb=f"lmdb://{server.directory}/authnzerver.lmdb")
        self.addCleanup(second.remove)
        self.assert_start_fails(second, "authnzerver.lmdb")
        self.assertTrue(server.ask("user-list", user_id=1).success, "the first one is unharmed")

    def test_a_port_in_use_is_refused(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", server.port))
            taken.listen()
            self.assert_start_fails(server, str(server.port))


class Restarts(DaemonCase):
    def test_everything_is_there_after_a_restart(self) -> None:
        people = [self.sign_up() for _ in range(5)]
        tokens = [self.session(person.user_id, extra_info_json={"n": n}) for n, person in enumerate(people)]
        ended = self.session()
        self.ask("session-delete", session_token=ended)
        before = self.ask("user-list", user_id=None)["user_info"]
        infos = [self.ask("session-exists", session_token=token)["session_info"] for token in tokens]
        for again in (self.server.restart, lambda: (self.server.kill(), self.server.start())):
            again()
            self.assertEqual(self.ask("user-list", user_id=None)["user_info"], before)
            for token, info in zip(tokens, infos):
                self.assertEqual(self.ask("session-exists", session_token=token)["session_info"], info)
            self.assertFalse(self.is_live(ended))
            for person in people:
                check = self.ask("user-passcheck-nosession", email=person.email, password=person.password)
                self.assertTrue(check.success)

    def test_ids_go_on_after_a_restart_even_when_the_last_user_went(self) -> None:
        person = self.sign_up()
        self.ask("user-delete", email=person.email, user_id=person.user_id, password=person.password)
        self.server.restart()
        self.assertEqual(self.sign_up().user_id, person.user_id + 1)

    def test_ended_sessions_stay_ended_for_all_of_a_user(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id)
        self.ask("session-delete-userid", session_token=None, user_id=person.user_id, keep_current_session=False)
        self.server.restart()
        self.assertFalse(self.is_live(token))

    def test_the_store_and_the_credentials_are_the_owner_s_alone(self) -> None:
        def mode(name: str) -> int:
            return stat.S_IMODE((self.server.directory / name).stat().st_mode)

        self.assertEqual(mode("authnzerver.lmdb"), 0o700)
        for file in (self.server.directory / "authnzerver.lmdb").iterdir():
            self.assertEqual(mode(f"authnzerver.lmdb/{file.name}"), 0o600)
        credentials = ".authnzerver-admin-credentials"
        self.assertEqual(mode(credentials), 0o400)
        self.assertRegex((self.server.directory / credentials).read_text(), r"\A\S+@\S+ set-by-operator\n?\Z")


class Terminating(unittest.TestCase):
    def test_requests_in_hand_are_answered_when_the_server_stops(self) -> None:
        server = Server(argon2="m=65536,t=3,p=1").start()
        self.addCleanup(server.remove)
        emails = [fresh_email() for _ in range(8)]

        def sign_up(email: str) -> object:
            try:
                return server.ask("user-new", full_name="", email=email, password="tall ships 4 sail").success
            except AuthnzerverError as error:
                return error.status

        with ThreadPoolExecutor(8) as pool:
            pending = [pool.submit(sign_up, email) for email in emails]
            time.sleep(0.3)
            begun = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - begun, 10)
            outcomes = [future.result() for future in pending]
        self.assertTrue(set(outcomes) <= {True, 503}, outcomes)
        server.start()
        for email, outcome in zip(emails, outcomes):
            self.assertEqual(server.ask("user-lookup-email", email=email).success, outcome is True)

    def test_under_load_what_was_answered_holds_and_what_was_not_has_no_effect(self) -> None:
        server = Server().start()
        self.addCleanup(server.remove)
        stopping = threading.Event()
        answered: list[str] = []
        unanswered: list[str] = []

        def write() -> None:
            with server.client() as client:
                while True:
                    email = fresh_email()
                    try:
                        if client.user_new(full_name="", email=email, password="tall ships 4 sail").success:
                            answered.append(email)
                    except AuthnzerverError as error:
                        self.assertTrue(stopping.is_set(), error)
                        unanswered.append(email)
                        return

        with ThreadPoolExecutor(16) as pool:
            writers = [pool.submit(write) for _ in range(16)]
            time.sleep(1)
            stopping.set()
            begun = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - begun, 10)
            for writer in writers:
                writer.result()
        server.start()
        there = {user["email"] for user in server.ask("user-list", user_id=None)["user_info"]}
        self.assertGreater(len(answered), 16)
        self.assertEqual([email for email in answered if email not in there], [])
        self.assertEqual([email for email in unanswered if email in there], [])

    def test_interrupt_is_terminate(self) -> None:
        server = Server().start()
        self.addCleanup(server.remove)
        server.signal(signal.SIGINT)
        self.assertEqual(server.wait(), 0)


class Reload(DaemonCase):
    def works(self, key: str) -> bool:
        with self.server.client(key=key) as client:
            try:
                return client.user_list(user_id=1).success
            except AuthnzerverError as error:
                self.assertEqual(error.status, 401)
                return False

    def eventually(self, key: str) -> bool:
        deadline = time.monotonic() + 5
        while not self.works(key) and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.works(key)

    def test_keys_are_rotated_without_a_restart(self) -> None:
        old, new = self.server.key, Fernet.generate_key().decode()
        self.assertFalse(self.works(new))
        self.server.write_key_file(f"{old}\n{new}\n")
        self.server.signal(signal.SIGHUP)
        self.assertTrue(self.eventually(new))
        self.assertTrue(self.works(old))

        self.server.write_key_file("broken")
        self.server.signal(signal.SIGHUP)
        time.sleep(0.5)
        self.assertTrue(self.works(new) and self.works(old), "a broken file keeps the old keys")

        self.server.write_key_file(new)
        self.server.signal(signal.SIGHUP)
        deadline = time.monotonic() + 5
        while self.works(old) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(self.works(old))
        self.assertTrue(self.works(new))
        self.server.key = new


class SecretFiles(OneLine):
    def test_a_key_file_that_others_may_read_is_refused(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        server.key_file.chmod(0o644)
        self.assert_start_fails(server, "chmod")

    def test_what_is_no_key_is_refused_and_not_repeated(self) -> None:
        server = Server(secret="c2hvcnQta2V5LWluLWNsZWFy")
        self.addCleanup(server.remove)
        code, stderr = server.start_and_fail()
        self.assertEqual(code, 1)
        self.assertIn("secret", stderr)
        self.assertNotIn("c2hvcnQta2V5LWluLWNsZWFy", stderr)

    def test_an_admin_password_must_pass_the_policy(self) -> None:
        server = Server(admin_password="password")
        self.addCleanup(server.remove)
        code, stderr = server.start_and_fail()
        self.assertEqual(code, 1)


if __name__ == "__main__":
    unittest.main()
