"""What administrators do with accounts through authnzctl, against a real daemon that others ask meanwhile."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from typing import Any

from admin_case import ctl_environment
from case import fresh_email
from command_case import CommandCase

PASSWORD = "tall ships 4 sail"
NEW_PASSWORD = "three masts and 1 crow"


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
