"""The audit trail: durable records of what happened, in a chain, read and verified with the admin tool."""

import hashlib
import json
import signal
import subprocess
import threading
import unittest

from admin_case import AdminCase, ctl_environment
from case import fresh_email


class AuditTrailTest(AdminCase):
    def events(self, *arguments: str) -> list[dict]:
        return self.ctl_json_lines("audit", "--limit", "0", *arguments)

    def events_of(self, person, *arguments: str) -> list[tuple[str, str]]:
        return [(event["event"], event["outcome"]) for event in self.events("--user", person.email, *arguments)]

    def log_in(self, person, password: str | None = None):
        return self.ask(
            "user-login",
            session_token=self.session(),
            email=person.email,
            password=password or person.password,
        )

    def test_an_account_s_story_is_there(self) -> None:
        person = self.sign_up()
        self.assertTrue(self.log_in(person).success)
        self.assertFalse(self.log_in(person, "wrong horse 9 staple").success)
        self.ask("internal-user-lock", target_userid=person.user_id, action="lock")
        story = self.events_of(person)
        for event in [
            ("user.created", "ok"),
            ("user.verified", "ok"),
            ("user.login", "ok"),
            ("user.login", "invalid-credentials"),
            ("user.locked", "ok"),
        ]:
            self.assertIn(event, story)

    def test_events_of_the_table_are_there_in_order_and_chained(self) -> None:
        person = self.sign_up()
        events = self.events()
        self.assertEqual([event["number"] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(events[0]["event"], "server.started")
        previous = bytes(32)
        for event in events:
            number, digest = event["number"], event["hash"]
            members = ("time", "event", "outcome", "reqid", "actor", "target", "client")
            text = json.dumps({member: event[member] for member in members}, separators=(",", ":"))
            whole = b"authnzerver-audit-1" + number.to_bytes(8, "big") + previous + text.encode()
            self.assertEqual(hashlib.sha256(whole).hexdigest(), digest, event)
            previous = bytes.fromhex(digest)
        self.assertTrue(person)

    def test_persons_are_digests(self) -> None:
        person = self.sign_up()
        shown = json.dumps(self.events())
        self.assertNotIn(person.email, shown)
        self.assertNotIn("192.0.2.7", shown)

    def test_denials_are_recorded_although_nothing_changes(self) -> None:
        person = self.sign_up()
        answer = self.ask(
            "user-check-access",
            user_id=person.user_id,
            user_role="authenticated",
            action="delete",
            target_name="collection",
            target_owner=1,
            target_visibility="private",
            target_sharedwith="",
        )
        self.assertFalse(answer.success)
        self.assertIn("access.denied", [event for event, _ in self.events_of(person)])

    def test_what_an_administrator_does_is_recorded(self) -> None:
        self.ctl("log", "level", "info")
        self.assertIn("admin.log-level", [event["event"] for event in self.events()])

    def test_filters(self) -> None:
        self.sign_up()
        self.assertTrue(all(event["event"].startswith("user.") for event in self.events("--event", "user.")))
        self.assertEqual(self.events("--event", "no.such"), [])
        self.assertEqual(self.events("--until", "2001-01-01"), [])
        self.assertTrue(self.events("--since", "1h"))
        self.assertEqual(len(self.ctl_json_lines("audit", "--limit", "2")), 2)
        last = self.events()[-1]["number"]
        self.assertEqual(self.ctl_json_lines("audit", "--limit", "1")[0]["number"], last)

    def test_wrong_arguments_say_what_they_must_be(self) -> None:
        self.assertIn("must be a time", self.ctl("audit", "--since", "yesterday", code=2))
        self.assertIn("NUMBER:HASH", self.ctl("audit", "--verify", "--expect", "nonsense", code=2))

    def test_the_chain_is_verified_and_its_end_can_be_kept(self) -> None:
        self.sign_up()
        kept = self.ctl("audit", "--verify").split()[-1]
        self.sign_up()
        self.assertIn("the trail holds", self.ctl("audit", "--verify", "--expect", kept))
        number, digest = kept.split(":")
        forged = f"{number}:{digest[:-1]}{'0' if digest[-1] != '0' else '1'}"
        self.assertIn("written anew", self.ctl("audit", "--verify", "--expect", forged, code=1))
        self.assertIn("cut off", self.ctl("audit", "--verify", "--expect", f"999999:{digest}", code=1))

    def test_follow_shows_what_comes(self) -> None:
        with subprocess.Popen(
            self.command("audit", "--follow", "--limit", "1", "--json"),
            stdout=subprocess.PIPE,
            text=True,
            env=ctl_environment(),
        ) as following:
            assert following.stdout
            following.stdout.readline()
            person = self.sign_up()
            found = []
            for line in following.stdout:
                found.append(json.loads(line)["event"])
                if "user.verified" in found:
                    break
            following.send_signal(signal.SIGINT)
            self.assertEqual(following.wait(30), 0)
        self.assertIn("user.created", found)
        self.assertTrue(person)


class DurableAuditTrailTest(AdminCase):
    def test_every_change_that_was_answered_is_told_after_a_kill(self) -> None:
        created: list[str] = []
        stop = threading.Event()

        def sign_up_again_and_again() -> None:
            with self.server.client() as client:
                while not stop.is_set():
                    email = fresh_email()
                    try:
                        answer = client.call(
                            "user-new", {"full_name": "Some One", "email": email, "password": "tall ships 4 sail"}
                        )
                    except Exception:
                        return
                    if answer.success:
                        created.append(email)

        writers = [threading.Thread(target=sign_up_again_and_again) for _ in range(4)]
        for writer in writers:
            writer.start()
        while len(created) < 20:
            stop.wait(0.02)
        self.server.kill()
        stop.set()
        for writer in writers:
            writer.join()
        self.server.start()
        told = self.ctl_json_lines("audit", "--limit", "0", "--event", "user.created")
        accounts = {user["user_id"] for user in self.ask("user-list", user_id=None)["user_info"]}
        seeded = 3
        signed_up = [user for user in accounts if user > seeded]
        # Each has its record, and none that was answered is missing.
        self.assertGreaterEqual(len(signed_up), len(created))
        self.assertEqual(len(told), len(signed_up))
        self.assertIn("the trail holds", self.ctl("audit", "--verify"))

    def test_a_start_and_a_stop_are_told(self) -> None:
        self.server.restart()
        names = [event["event"] for event in self.ctl_json_lines("audit", "--limit", "0")]
        self.assertIn("server.stopped", names)
        self.assertGreater(names.count("server.started"), 1)


class ClearAuditTrailTest(AdminCase):
    items = {"auditpii": "1"}

    def test_persons_are_in_clear_when_that_is_wished(self) -> None:
        person = self.sign_up()
        told = self.ctl_json_lines("audit", "--limit", "0", "--user", str(person.user_id))
        self.assertIn(str(person.user_id), [event["target"] for event in told])
        self.assertNotIn(f'target":"{person.user_id}"', self.server.log)


class ShortAuditTrailTest(AdminCase):
    items = {"auditrecords": "5"}

    def test_old_records_go_at_the_next_sweep_and_the_chain_still_holds(self) -> None:
        for _ in range(6):
            self.sign_up()
        newest = self.ctl_json_lines("audit", "--limit", "1")[0]["number"]
        kept = self.ctl("audit", "--verify").split()[-1]
        self.server.restart()
        for _ in range(100):
            numbers = [event["number"] for event in self.ctl_json_lines("audit", "--limit", "0")]
            if numbers[0] > 1:
                break
        self.assertLessEqual(len(numbers), 10)
        self.assertGreater(numbers[-1], newest)
        self.assertIn("the trail holds", self.ctl("audit", "--verify"))
        self.assertIn("removed for its age", self.ctl("audit", "--verify", "--expect", f"1:{kept.split(':')[1]}", code=1))


if __name__ == "__main__":
    unittest.main()
