"""Whether a store holds together: of a daemon that runs, of one that is stopped, and of one that was damaged."""

from __future__ import annotations

import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from admin_case import AdminCase, ctl_environment
from case import Person
from server import binary


class FsckCase(AdminCase):
    @property
    def store(self) -> Path:
        return self.server.directory / "authnzerver.lmdb"

    def fsck(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Without a link to a node."""
        done = subprocess.run(
            [binary("authnzctl"), "fsck", *arguments],
            capture_output=True, text=True, timeout=60, env=ctl_environment(),
        )  # fmt: skip
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def stopped(self) -> None:
        """Until the end of the test."""
        self.assertEqual(self.server.stop(), 0)
        self.addCleanup(self.server.start)


class FsckOfANode(FsckCase):
    def test_says_that_a_store_in_use_is_sound(self) -> None:
        self.session(self.sign_up().user_id)
        self.assertRegex(self.ctl("fsck"), r"^sound: \d+ records, nothing wrong\n$")
        found = self.ctl_json("fsck")
        self.assertEqual((found["sound"], found["faults"], found["findings"]), (True, 0, []))
        self.assertGreater(found["records"], 10)

    def test_says_that_no_node_answers(self) -> None:
        done = self.fsck("--node", "127.0.0.1:1", "--certs", str(self.certs), code=3)
        self.assertIn("127.0.0.1:1", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_says_that_the_node_is_of_no_cluster(self) -> None:
        text = self.ctl("fsck", "--cluster", code=1)
        self.assertIn("cluster", text)

    def test_leaves_a_store_in_use_alone(self) -> None:
        done = self.fsck("--store", str(self.store), code=3)
        self.assertIn("another process has it open", done.stderr)
        self.assertIn("without --store", done.stderr)
        self.fsck("--basedir", str(self.server.directory), "--reindex", code=3)
        self.assertIn("sound", self.ctl("fsck"))

    def test_wants_what_goes_together(self) -> None:
        store = ("--store", str(self.store))
        for arguments in (
            ("--reindex",),
            (*store, "--basedir", str(self.server.directory)),
            (*store, "--cluster"),
            ("--cluster", "--reindex"),
        ):
            self.assertEqual(self.fsck(*arguments, code=2).stdout, "")

    def test_makes_no_store_where_none_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for arguments in (("--store", folder), ("--basedir", folder), ("--store", f"{folder}/none")):
                self.assertIn("there is no store in", self.fsck(*arguments, code=3).stderr)
            self.assertEqual(list(Path(folder).iterdir()), [])


class FsckOfAStore(FsckCase):
    def test_says_that_it_is_sound(self) -> None:
        self.session(self.sign_up().user_id)
        self.stopped()
        for place in (("--store", str(self.store)), ("--basedir", str(self.server.directory))):
            self.assertRegex(self.fsck(*place).stdout, r"^sound: \d+ records, nothing wrong\n$")
        found = json.loads(self.fsck("--store", str(self.store), "--json").stdout)
        self.assertEqual((found["sound"], found["findings"]), (True, []))

    def test_builds_indexes_anew(self) -> None:
        person = self.sign_up()
        self.session(person.user_id)
        self.assertEqual(self.server.stop(), 0)
        self.assertIn("index entries of", self.fsck("--store", str(self.store), "--reindex").stderr)
        self.server.start()
        self.assertEqual(len(self.ctl_json("user", "sessions", person.email)["sessions"]), 1)


class FsckOfADamagedStore(FsckCase):
    """Each test damages the daemon's file, and makes it whole again."""

    def setUp(self) -> None:
        self.server.restart()
        super().setUp()

    def damaged(self, old: bytes, new: bytes) -> None:
        self.assertEqual(len(old), len(new))
        self.assertEqual(self.server.stop(), 0)
        file = self.store / "data.mdb"
        whole = file.read_bytes()
        self.assertIn(old, whole)
        file.write_bytes(whole.replace(old, new))
        self.addCleanup(self.undo, file, whole)

    def undo(self, file: Path, whole: bytes) -> None:
        if self.server.process is not None:
            self.server.stop()
        file.write_bytes(whole)

    def key_of(self, person: Person) -> bytes:
        (row,) = self.ctl_json("user", "sessions", person.email)["sessions"]
        return bytes.fromhex(row["key"])

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        found = json.loads(self.fsck("--store", str(self.store), "--json", *arguments, code=1).stdout)
        self.assertFalse(found["sound"])
        return found["findings"]

    def test_tells_what_is_wrong_and_no_address(self) -> None:
        person = self.sign_up("damaged.person@example.org")
        address = person.email.encode()
        self.damaged(address, address.replace(b"damaged", b"changed"))
        what = sorted((row["slice"], row["what"]) for row in self.findings())
        self.assertEqual(
            what,
            [("emails", "is the claim of a user who has another"), ("users", "has no claim of the address")],
        )
        text = self.fsck("--store", str(self.store), code=1).stdout
        self.assertIn(f"{person.user_id:016x}", text)
        self.assertIn("NOT sound: 2 faults in ", text)
        self.assertNotIn("example.org", text)

    def test_puts_wrong_indexes_right(self) -> None:
        person = self.sign_up()
        self.session(person.user_id)
        key = self.key_of(person)
        user = person.user_id.to_bytes(8, "big")
        # The user with the greatest id, so that the entries stay in order.
        self.damaged(user + key, (person.user_id + 1000).to_bytes(8, "big") + key)
        self.assertEqual(
            sorted((row["slice"], row["key"]) for row in self.findings()),
            [("sessions", key.hex()), ("sessions_by_user", ((person.user_id + 1000).to_bytes(8, "big") + key).hex())],
        )
        done = self.fsck("--store", str(self.store), "--reindex")
        self.assertIn("sound", done.stdout)
        self.server.start()
        self.assertEqual(self.key_of(person), key)

    def test_tells_of_a_node_that_runs_on_it(self) -> None:
        person = self.sign_up()
        self.session(person.user_id)
        key = self.key_of(person)
        user = person.user_id.to_bytes(8, "big")
        self.damaged(user + key, (person.user_id + 1000).to_bytes(8, "big") + key)
        self.server.start()
        text = self.ctl("fsck", code=1)
        self.assertIn("is missing in the index sessions_by_user", text)
        self.assertIn("leads to a record that is elsewhere in the index", text)


if __name__ == "__main__":
    unittest.main()
