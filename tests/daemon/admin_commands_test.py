"""What administrators do with sessions, keys, limits, mail and the node, against a real daemon that others ask meanwhile."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from admin_case import ctl_environment
from case import Person
from command_case import CommandCase
from server import binary


class SessionCommands(CommandCase):
    def test_lists_a_users_sessions_and_no_token(self) -> None:
        person = self.sign_up()
        token = self.session(person.user_id, extra_info_json={"a": 1})
        for command in (("user", "sessions", person.email), ("session", "list", "--user", str(person.user_id))):
            text = self.ctl(*command, "--json")
            self.assertNotIn(token, text)
            (row,) = json.loads(text)["sessions"]
            self.assertEqual(row["state"], "live")
            self.assertEqual((row["ip_address"], row["user_agent"]), ("192.0.2.7", "tests"))
            self.assertEqual(row["extra_info"], True)
            self.assertTrue(row["node"])

    def test_pages_through_sessions(self) -> None:
        person = self.sign_up()
        for _ in range(3):
            self.session(person.user_id)
        every = [row["key"] for row in self.sessions_of(person.user_id)]
        first = self.ctl_json("user", "sessions", person.email, "--limit", "2")
        self.assertEqual([row["key"] for row in first["sessions"]], every[:2])
        rest = self.ctl_json("user", "sessions", person.email, "--after", first["next_after"])
        self.assertEqual([row["key"] for row in rest["sessions"]], every[2:])

    def test_says_why_a_session_is_dead(self) -> None:
        person = self.sign_up()
        self.session(person.user_id)
        self.ctl("user", "lock", person.email)
        (row,) = self.sessions_of(person.user_id)
        self.assertEqual((row["state"], row["user_in_good_standing"]), ("revoked", False))

    def test_ends_a_session_by_the_beginning_of_its_key(self) -> None:
        person = self.sign_up()
        token, other = self.session(person.user_id), self.session(person.user_id)
        key = self.sessions_of(person.user_id)[0]["key"][:20]
        self.assertIn("live", self.ctl("session", "show", key))
        self.assertIn("--yes", self.refused("session", "end", key, code=2))
        self.assertTrue(self.is_live(token))
        self.ctl("session", "end", key, "--yes")
        self.assertFalse(self.is_live(token))
        self.assertTrue(self.is_live(other))
        self.assertIn("there is not a session", self.refused("session", "end", key, "--yes"))

    def test_refuses_keys_that_name_none_or_several(self) -> None:
        person = self.sign_up()
        self.session(person.user_id)
        for key in ("zz", "1234", "xyzxyzxyzxyzxyz"):
            self.assertIn("hexadecimal", self.refused("session", "show", key))
        self.refused("session", "show", "0" * 80)

    def test_says_that_there_are_no_sessions(self) -> None:
        self.assertEqual(self.ctl("user", "sessions", self.sign_up().email), "no sessions\n")


class ApiKeyCommands(CommandCase):
    def new_key(self, person: Person) -> dict[str, Any]:
        answer = self.ask(
            "apikey-new-nosession", user_id=person.user_id, user_role="authenticated", issuer="tests",
            audience="all", subject="all", apiversion=1, expires_seconds=3600, not_valid_before=0,
            refresh_expires=7200, refresh_nbf=0, ip_address="192.0.2.7",
        )  # fmt: skip
        self.assert_success(answer, "apikey-created")
        return answer.response

    def verifies(self, key: dict[str, Any]) -> bool:
        claims = key["apikey"] if isinstance(key["apikey"], dict) else json.loads(key["apikey"])
        body = {"apikey_dict": claims, "user_id": claims["uid"], "user_role": "authenticated"}
        return self.ask("apikey-verify-nosession", **body).success

    def test_lists_and_revokes_keys(self) -> None:
        person = self.sign_up()
        key, other = self.new_key(person), self.new_key(person)
        rows = self.ctl_json("apikey", "list", "--user", person.email)["apikeys"]
        self.assertEqual([row["state"] for row in rows], ["live", "live"])
        self.assertEqual(rows[0]["kind"], "without-session")
        self.assertIn("--yes", self.refused("apikey", "revoke", rows[0]["key"], code=2))
        revoked = self.ctl_json("apikey", "revoke", rows[0]["key"][:24], "--yes")
        self.assertEqual(revoked["family_revoked"], True)
        self.assertFalse(self.verifies(key))
        self.assertTrue(self.verifies(other))
        self.refused("apikey", "revoke", rows[0]["key"], "--yes")


class LimitCommands(CommandCase):
    items = {"ratelimits": "user-list:4000;user-login:2;user-lookup-email:2"}

    def look_up(self, email: str, client: str) -> int:
        with self.server.client(client_ipaddr=client) as asks:
            try:
                return asks.call("user-lookup-email", {"email": email}).status
            except Exception as refused:
                return getattr(refused, "status", 429)

    def test_shows_and_clears_what_one_caller_has_used(self) -> None:
        client, email = "192.0.2.77", "limits@example.org"
        for _ in range(2):
            self.look_up(email, client)
        self.assertEqual(self.look_up(email, client), 429)
        (row,) = self.ctl_json("limits", "show", "--client", client)["limits"]
        self.assertEqual((row["request"], row["left"], row["counted_with"]), ("user-lookup-email", 0, "own"))
        self.assertEqual(self.ctl_json("limits", "show", "--user", email)["limits"][0]["of"], "email")
        census = self.ctl_json("limits", "show")
        self.assertIn("user-lookup-email", [r["request"] for r in census["requests"]])
        self.assertEqual(self.ctl_json("limits", "clear", "--client", client, "--user", email)["cleared"], 2)
        self.assertEqual(self.ctl("limits", "show", "--client", client), "nothing of a limit is used\n")

    def test_clears_everybodys_limits(self) -> None:
        for _ in range(3):
            self.look_up("all@example.org", "192.0.2.78")
        self.assertIn("--yes", self.refused("limits", "clear", "--all", code=2))
        self.assertGreater(self.ctl_json("limits", "clear", "--all", "--yes")["cleared"], 1)
        self.assertEqual(self.ctl_json("limits", "show", "--client", "192.0.2.78")["limits"], [])

    def test_wants_to_know_whose(self) -> None:
        self.refused("limits", "clear", code=2)
        self.assertIn("no user", self.refused("limits", "show", "--user", "98765"))


class MailCommands(CommandCase):
    # Nobody listens there, so that messages wait.
    items = {"emailserver": "127.0.0.1", "emailport": "9", "emailsender": "auth@example.org", "emailtls": "none"}

    def send(self) -> str:
        person = self.sign_up()
        self.ask(
            "user-sendemail-forgotpass", email_address=person.email, session_token=self.session(person.user_id),
            server_name="Example", server_baseurl="https://example.org", verification_token="token",
        )  # fmt: skip
        return next(m["key"] for m in self.queue() if m["user_id"] == person.user_id)

    def queue(self) -> list[dict[str, Any]]:
        return self.ctl_json("mail", "queue")["messages"]

    def test_shows_tries_again_and_drops_messages(self) -> None:
        key = self.send()
        (message,) = [m for m in self.queue() if m["key"] == key]
        self.assertEqual((message["kind"], message["tries"]), ("forgotpass", 1))
        self.assertNotIn("sealed", message)
        self.ctl("mail", "retry", key[:24])
        deadline = time.monotonic() + 30
        while next(m["tries"] for m in self.queue() if m["key"] == key) < 2:
            self.assertLess(time.monotonic(), deadline, "the mailer did not notice")
            time.sleep(0.05)
        self.assertIn("--yes", self.refused("mail", "drop", key, code=2))
        self.ctl("mail", "drop", key, "--yes")
        self.assertNotIn(key, [m["key"] for m in self.queue()])
        self.assertIn("there is not a message", self.refused("mail", "retry", key))

    def test_tries_all_messages_again(self) -> None:
        self.send()
        self.assertGreaterEqual(self.ctl_json("mail", "retry", "--all")["retried"], 1)
        self.refused("mail", "retry", code=2)


class NodeCommands(CommandCase):
    def test_shows_the_configuration_without_secrets(self) -> None:
        text = self.ctl("config", "show", "--json")
        values = {item["name"]: item["value"] for item in json.loads(text)["items"]}
        self.assertEqual(values["servername"], "auth.example.org")
        self.assertNotIn(self.server.key, text)
        changed = self.ctl_json("config", "show", "--changed")["items"]
        self.assertLess(len(changed), len(values))

    def test_reads_and_sets_the_log_level(self) -> None:
        self.assertEqual(self.ctl("log", "level"), "info\n")
        self.assertEqual(self.ctl("log", "level", "debug"), "debug\n")
        self.assertEqual(self.ctl_json("log", "level", "info"), {"level": "info"})
        self.refused("log", "level", "loud", code=2)

    def test_prints_the_policy_that_is_built_in(self) -> None:
        self.assertIn("superuser", self.ctl("policy", "show"))

    def test_says_that_no_node_is_there(self) -> None:
        for command in (("user", "list"), ("session", "list"), ("mail", "queue"), ("log", "level")):
            done = subprocess.run(
                [self.command("x")[0], *command, "--node", "127.0.0.1:9", "--certs", str(self.certs)],
                capture_output=True, text=True, env=ctl_environment(), timeout=60,
            )  # fmt: skip
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertTrue(done.stderr.startswith("authnzctl: "))

    def test_every_command_has_an_example_in_its_help(self) -> None:
        nouns = ("user", "session", "apikey", "mail", "limits", "config", "log")
        for noun in nouns:
            verbs = [line.split()[0] for line in self.help(noun).split("Subcommands:")[1].splitlines() if line[:3].strip()]
            for verb in verbs:
                self.assertIn("Example: authnzctl", self.help(noun, verb), f"{noun} {verb}")

    def help(self, *words: str) -> str:
        done = subprocess.run([self.command("x")[0], *words, "--help"], capture_output=True, text=True, check=True)
        return "\n".join(line.removeprefix("  ") if line.startswith("  ") else line for line in done.stdout.splitlines())


class Reload(CommandCase):
    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.mkdtemp(prefix="authnz-policy-")
        cls.addClassCleanup(shutil.rmtree, directory, True)
        cls.policy = Path(directory) / "permissions.json"
        cls.policy.write_text(cls.default_policy())
        cls.items = {"permissions": str(cls.policy)}
        super().setUpClass()

    @staticmethod
    def default_policy() -> str:
        return subprocess.run([binary("authnzctl"), "policy", "default"], capture_output=True, text=True).stdout

    def test_says_what_is_broken_and_kept(self) -> None:
        self.assertEqual(self.ctl("config", "reload"), "reloaded\n")
        self.policy.write_text("{")
        said = self.refused("policy", "reload")
        self.assertIn("permissions", said)
        self.policy.write_text(self.default_policy())
        self.assertEqual(self.ctl("policy", "reload"), "reloaded\n")
        self.assertEqual(self.ctl("policy", "show"), self.default_policy())
