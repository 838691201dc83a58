"""What administrators do with authnzctl, against a real daemon that others ask meanwhile."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import threading
import time
from typing import Any

from admin_case import AdminCase, ctl_environment
from case import Person, fresh_email

PASSWORD = "tall ships 4 sail"
NEW_PASSWORD = "three masts and 1 crow"


class Background:
    """Frontends' traffic while administrators act."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.stopped = threading.Event()
        self.asked = 0
        self.failures: list[Exception] = []
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        try:
            with self.server.client() as client:
                while not self.stopped.wait(0.005):
                    client.call("user-list", {"user_id": 1})
                    self.asked += 1
        except Exception as failure:  # for whoever stops it
            self.failures.append(failure)

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join(30)


class CommandCase(AdminCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.background = Background(cls.server)
        cls.background.thread.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.background.stop()
        super().tearDownClass()
        if cls.background.failures or cls.background.asked == 0:
            raise AssertionError(f"frontends were not served meanwhile: {cls.background.failures}")

    def refused(self, *arguments: str, code: int = 1, **options: Any) -> str:
        """What the tool says on standard error: one line, and nothing on standard output."""
        done = self.run_ctl(*arguments, **options)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        self.assertEqual(done.stdout, "")
        return done.stderr.removeprefix("authnzctl: ").strip()

    def sessions_of(self, who: Any) -> list[dict[str, Any]]:
        return self.ctl_json("user", "sessions", str(who))["sessions"]


class UserCommands(CommandCase):
    def create(self, *more: str, password: str = PASSWORD) -> dict[str, Any]:
        email = fresh_email()
        return self.ctl_json(
            "user", "create", "--email", email, "--name", "Ada Lovelace", "--password-stdin", *more, text=password + "\n"
        )

    def can_log_in(self, email: str, password: str = PASSWORD) -> bool:
        return self.ask("user-passcheck-nosession", email=email, password=password).success

    def test_creates_a_user_who_can_log_in_at_once(self) -> None:
        info = self.create("--verified", "--role", "staff", "--extra-info", '{"team": 7}')
        self.assertEqual(info["user_role"], "staff")
        self.assertEqual(info["is_active"], True)
        self.assertEqual(info["extra_info"]["team"], 7)
        self.assertTrue(self.can_log_in(info["email"]))

    def test_creates_a_user_whose_address_is_not_verified(self) -> None:
        self.assertEqual(self.create()["user_role"], "locked")

    def test_says_what_a_password_lacks(self) -> None:
        said = self.refused(
            "user", "create", "--email", fresh_email(), "--name", "Ada", "--password-stdin", text="short\n"
        )
        self.assertIn("The password is too short.", said)

    def test_says_that_an_address_is_taken(self) -> None:
        email = self.create("--verified")["email"]
        said = self.refused("user", "create", "--email", email, "--name", "A", "--password-stdin", text=PASSWORD + "\n")
        self.assertIn("authnzctl user show", said)

    def test_says_so_when_a_user_was_created_without_the_role(self) -> None:
        said = self.refused(
            "user", "create", "--email", fresh_email(), "--name", "Ada", "--role", "emperor", "--password-stdin",
            text=PASSWORD + "\n",
        )  # fmt: skip
        self.assertIn("was created, but", said)
        self.assertIn("This role cannot be given", said)

    def test_takes_no_password_from_the_command_line(self) -> None:
        self.refused("user", "create", "--email", fresh_email(), "--name", "A", "--password", PASSWORD, code=2)

    def test_refuses_to_ask_for_a_password_without_a_terminal(self) -> None:
        said = self.refused("user", "create", "--email", fresh_email(), "--name", "Ada", code=2)
        self.assertIn("--password-stdin", said)

    def test_shows_a_user_by_id_and_by_address(self) -> None:
        made = self.create()
        for who in (str(made["user_id"]), made["email"], made["email"].upper()):
            self.assertEqual(self.ctl_json("user", "show", who)["user_id"], made["user_id"])
        self.assertIn("full name", self.ctl("user", "show", made["email"]))

    def test_says_that_there_is_no_such_user(self) -> None:
        for who in ("987654", "nobody@example.org"):
            for command in ("show", "lock", "unlock", "sessions"):
                if (who, command) == ("987654", "sessions"):
                    continue  # rows of a deleted user may be left
                self.assertIn("there is no", self.refused("user", command, who).lower(), command)

    def test_says_how_a_user_is_named(self) -> None:
        self.assertIn("by id or by e-mail address", self.refused("user", "show", "ada", code=2))

    def test_lists_users_page_by_page(self) -> None:
        made = [self.create()["user_id"] for _ in range(3)]
        first = self.ctl_json("user", "list", "--after", str(made[0] - 1), "--limit", "2")
        self.assertEqual([u["user_id"] for u in first["users"]], made[:2])
        self.assertEqual(first["next_after"], made[1])
        rest = self.ctl_json("user", "list", "--after", str(made[1]))
        self.assertEqual(rest["users"][0]["user_id"], made[2])
        self.assertIsNone(rest["next_after"])

    def test_lists_users_of_a_role_or_in_a_state(self) -> None:
        staff = self.create("--verified", "--role", "staff")["user_id"]
        unverified = self.create()["user_id"]
        inactive = self.create("--verified")["user_id"]
        self.ctl("user", "edit", str(inactive), "--inactive")
        ids = lambda *options: [u["user_id"] for u in self.ctl_json("user", "list", *options)["users"]]  # noqa: E731
        self.assertIn(staff, ids("--role", "staff"))
        self.assertNotIn(unverified, ids("--role", "staff"))
        self.assertIn(unverified, ids("--state", "unverified"))
        self.assertIn(inactive, ids("--state", "inactive"))
        self.assertNotIn(inactive, ids("--state", "active"))
        self.refused("user", "list", "--state", "asleep", code=2)

    def test_shows_a_table_that_tells_how_to_go_on(self) -> None:
        done = self.run_ctl("user", "list", "--limit", "1")
        self.assertRegex(done.stdout, r"(?m)^ *ID +NODE +E-MAIL")
        self.assertIn("--after", done.stderr)

    def test_edits_a_user(self) -> None:
        who = str(self.create("--verified", "--extra-info", '{"a": 1, "b": 2}')["user_id"])
        email = fresh_email()
        info = self.ctl_json(
            "user", "edit", who, "--name", "Grace Hopper", "--email", email, "--verified", "--role", "staff",
            "--extra-info", '{"a": "__delete__", "c": 3}',
        )  # fmt: skip
        self.assertEqual((info["full_name"], info["email"], info["user_role"]), ("Grace Hopper", email, "staff"))
        self.assertEqual({n: info["extra_info"].get(n) for n in "abc"}, {"a": None, "b": 2, "c": 3})
        self.assertTrue(info["email_verified"])

    def test_refuses_broken_edits(self) -> None:
        who = str(self.create()["user_id"])
        self.assertIn("say what to change", self.refused("user", "edit", who, code=2))
        for text in ("{", "[]", "7", '"x"'):
            self.assertIn("JSON object", self.refused("user", "edit", who, "--extra-info", text, code=2))
        self.refused("user", "edit", who, "--active", "--inactive", code=2)
        self.assertIn("role", self.refused("user", "edit", who, "--role", "emperor"))
        self.assertIn("cannot be changed", self.refused("user", "edit", "2", "--name", "Anyone"))

    def test_locks_and_unlocks_an_account(self) -> None:
        made = self.create("--verified")
        token = self.session(made["user_id"])
        self.assertEqual(self.ctl_json("user", "lock", made["email"])["user_role"], "locked")
        self.assertFalse(self.is_live(token))
        self.assertFalse(self.can_log_in(made["email"]))
        self.ctl("user", "unlock", made["email"])
        self.assertTrue(self.can_log_in(made["email"]))

    def test_keeps_the_last_superuser(self) -> None:
        self.assertIn("last superuser", self.refused("user", "lock", "1"))
        self.assertIn("last superuser", self.refused("user", "delete", "1", "--yes"))

    def test_deletes_nobody_without_a_yes(self) -> None:
        who = str(self.create()["user_id"])
        self.assertIn("--yes", self.refused("user", "delete", who, code=2))
        self.ctl("user", "show", who)
        self.assertEqual(self.ctl("user", "delete", who, "--yes"), f"deleted: user {who}\n")
        self.refused("user", "show", who)

    def test_sets_a_password_whatever_state_the_account_is_in(self) -> None:
        made = self.create("--verified")
        token = self.session(made["user_id"])
        self.ctl("user", "set-password", made["email"], "--password-stdin", text=NEW_PASSWORD + "\n")
        self.assertTrue(self.can_log_in(made["email"], NEW_PASSWORD))
        self.assertFalse(self.is_live(token))
        self.ctl("user", "lock", made["email"])
        self.ctl("user", "set-password", made["email"], "--password-stdin", text=PASSWORD)
        self.ctl("user", "unlock", made["email"])
        self.assertTrue(self.can_log_in(made["email"]))

    def test_refuses_an_empty_password(self) -> None:
        self.assertIn("no password", self.refused("user", "set-password", "1", "--password-stdin", code=2))


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command: list[str]) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, ctl_environment())
        self.text = ""

    def read_until(self, wanted: str) -> None:
        deadline = time.monotonic() + 30
        while wanted not in self.text and time.monotonic() < deadline:
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                self.text += os.read(self.fd, 4096).decode()
            except OSError:  # the other end is closed
                return

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def end(self) -> int:
        self.read_until("\0")
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code


class Prompts(CommandCase):
    def terminal(self, *arguments: str) -> Terminal:
        return Terminal(self.command(*arguments))

    def test_asks_for_a_password_twice_and_shows_it_never(self) -> None:
        person = self.sign_up()
        on = self.terminal("user", "set-password", person.email)
        on.read_until("New password: ")
        on.type(NEW_PASSWORD + "\n")
        on.read_until("Once more: ")
        on.type("something else\n")
        on.read_until("The two differ.")
        on.text = on.text.replace("Once more: ", "")
        on.type(NEW_PASSWORD + "\n")
        on.read_until("Once more: ")
        on.type(NEW_PASSWORD + "\n")
        self.assertEqual(on.end(), 0, on.text)
        self.assertNotIn(NEW_PASSWORD, on.text)
        self.assertTrue(self.ask("user-passcheck-nosession", email=person.email, password=NEW_PASSWORD).success)

    def test_an_interrupt_at_the_password_changes_nothing(self) -> None:
        person = self.sign_up()
        on = self.terminal("user", "set-password", person.email)
        on.read_until("New password: ")
        os.kill(on.pid, signal.SIGINT)
        self.assertEqual(on.end(), 1, on.text)
        self.assertIn("nothing was done", on.text)
        self.assertTrue(self.ask("user-passcheck-nosession", email=person.email, password=person.password).success)

    def test_a_no_deletes_nobody_and_a_yes_does(self) -> None:
        person = self.sign_up()
        for answer, code in (("n\n", 1), ("\n", 1), ("y\n", 0)):
            self.ctl("user", "show", str(person.user_id))
            on = self.terminal("user", "delete", str(person.user_id))
            on.read_until("[y/N] ")
            self.assertIn(person.email, on.text)
            on.type(answer)
            self.assertEqual(on.end(), code, on.text)
        self.refused("user", "show", str(person.user_id))


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
        import tempfile
        from pathlib import Path

        cls.policy = Path(tempfile.mkdtemp(prefix="authnz-policy-")) / "permissions.json"
        cls.policy.write_text(cls.default_policy())
        cls.items = {"permissions": str(cls.policy)}
        super().setUpClass()

    @staticmethod
    def default_policy() -> str:
        from server import binary

        return subprocess.run([binary("authnzctl"), "policy", "default"], capture_output=True, text=True).stdout

    def test_says_what_is_broken_and_kept(self) -> None:
        self.assertEqual(self.ctl("config", "reload"), "reloaded\n")
        self.policy.write_text("{")
        said = self.refused("policy", "reload")
        self.assertIn("permissions", said)
        self.policy.write_text(self.default_policy())
        self.assertEqual(self.ctl("policy", "reload"), "reloaded\n")
        self.assertEqual(self.ctl("policy", "show"), self.default_policy())
