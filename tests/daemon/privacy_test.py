"""What the log may hold: no secret in any form, personal data as digests only; and what the audit says."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
import unittest
from typing import Any

from authnzerver_client import AuthnzerverError
from case import UUID4
from server import ADMIN_EMAIL, ADMIN_PASSWORD, SALT, Server

EMAIL, OTHER = "very.private@example.org", "second.private@example.org"
PASSWORD, CHANGED, WRONG = "tall ships 4 sail", "granite 6 and feathers", "wrongly guessed 123"
NAME, AGENT, CLIENT = "Philippa Unmistakable", "PrivateBrowser/7", "198.51.100.77"
EXTRA = "private extra information"


def digest(text: Any) -> str:
    key = SALT.encode()
    return hashlib.blake2b(str(text).encode(), digest_size=12, key=key, person=b"authnzrv-pii").hexdigest()


class Privacy(unittest.TestCase):
    """One run of everything; then the files it left are searched."""

    def setUp(self) -> None:
        self.server = Server(debugmode="1", auditlog="")
        self.addCleanup(self.server.remove)
        self.audit_file = self.server.directory / "audit.jsonl"
        self.server.items["auditlog"] = str(self.audit_file)
        self.server.start()
        self.tokens: list[str] = []
        with self.server.client(client_ipaddr=CLIENT) as self.client:
            self.run_through()
        self.assertEqual(self.server.stop(), 0)

    def session(self, user_id: int | None) -> str:
        answer = self.client.session_new(
            ip_address="203.0.113.9", user_agent=AGENT, user_id=user_id, expires=1, extra_info_json={"x": EXTRA}
        )
        self.tokens.append(answer["session_token"])
        return answer["session_token"]

    def run_through(self) -> None:
        client = self.client
        new = client.user_new(full_name=NAME, email=EMAIL, password=PASSWORD, extra_info={"x": EXTRA}, system_id="sys-private-1")
        self.user_id = new["user_id"]
        client.user_new(full_name=NAME, email=EMAIL, password=PASSWORD)
        client.user_set_emailverified(email=EMAIL)
        client.user_login(session_token=self.session(None), email=EMAIL, password=WRONG)
        client.user_login(session_token=self.session(None), email=EMAIL, password=PASSWORD)
        token = self.session(self.user_id)
        client.user_passcheck(session_token=token, password=PASSWORD)
        client.user_changepass(
            user_id=self.user_id, session_token=token, email=EMAIL, current_password=PASSWORD, new_password=CHANGED
        )
        client.internal_session_edit(target_session_token=token, update_dict={"y": EXTRA})
        client.user_validatepass(password=WRONG, email=OTHER, full_name=NAME)
        client.user_lookup_email(email=OTHER)
        client.call("user-login", {"session_token": 7, "email": EMAIL, "password": PASSWORD, "more": EXTRA})
        client.session_new(ip_address=AGENT, user_agent=AGENT, user_id=None, expires=1, extra_info_json=None)
        client.user_logout(session_token=token, user_id=self.user_id)
        client.user_delete(email=EMAIL, user_id=self.user_id, password=CHANGED)
        client.user_passcheck_nosession(email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
        self.assertRaises(AuthnzerverError, client.call, "no-such-request", {"email": EMAIL})

    def files(self) -> dict[str, str]:
        return {"log": self.server.log, "audit": self.audit_file.read_text()}

    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.audit_file.read_text().splitlines()]

    def test_no_secret_and_no_personal_data_in_clear(self) -> None:
        private = [EMAIL, OTHER, PASSWORD, CHANGED, WRONG, NAME, "Unmistakable", AGENT, CLIENT, "203.0.113.9", EXTRA]
        private += [ADMIN_EMAIL, ADMIN_PASSWORD, self.server.key, SALT, "sys-private-1", "argon2id$", *self.tokens]
        private += [base64.b64encode(value.encode()).decode().rstrip("=") for value in (PASSWORD, EMAIL)]
        private += [hashlib.sha256(token.encode()).hexdigest() for token in self.tokens]
        private += [hashlib.sha1(value.encode()).hexdigest() for value in (PASSWORD, EMAIL)]
        for name, text in self.files().items():
            self.assertTrue(text, name)
            for value in private:
                with self.subTest(file=name, value=value):
                    self.assertNotIn(value.lower(), text.lower())
            self.assertNotRegex(text, UUID4)

    def test_secrets_have_no_digest_either(self) -> None:
        for text in self.files().values():
            for value in (PASSWORD, CHANGED, WRONG, EXTRA, self.server.key):
                self.assertNotIn(digest(value), text)

    def test_each_line_of_a_request_carries_its_reqid(self) -> None:
        reqids = {event["reqid"] for event in self.audit() if event["reqid"] is not None}
        self.assertTrue(reqids)
        self.assertTrue(any(f"[{reqid}]" in self.server.log for reqid in reqids))

    def test_the_audit_tells_who_did_what_by_digests(self) -> None:
        self.assertEqual(stat.S_IMODE(self.audit_file.stat().st_mode), 0o600)
        events = self.audit()
        for event in events:
            self.assertEqual(set(event), {"time", "event", "outcome", "reqid", "actor", "target", "client"})
            for name in ("actor", "target", "client"):
                if event[name] is not None:
                    self.assertRegex(event[name], r"\A[0-9a-f]{24}\Z")
        happened = [(event["event"], event["outcome"]) for event in events]
        for expected in (
            ("server.started", "ok"), ("user.created", "ok"), ("user.verified", "ok"),
            ("session.created", "ok"), ("session.created", "ip-address-invalid"), ("user.login", "invalid-credentials"),
            ("user.login", "ok"), ("user.passcheck", "ok"), ("user.password-changed", "ok"), ("session.edited", "ok"),
            ("session.logout", "ok"), ("user.deleted", "ok"), ("server.stopped", "ok"),
        ):  # fmt: skip
            self.assertIn(expected, happened)
        requests = [event for event in events if not event["event"].startswith("server.")]
        self.assertEqual({event["client"] for event in requests}, {digest(CLIENT)})
        known = {digest(value) for value in (self.user_id, 1, 2, EMAIL, ADMIN_EMAIL, *self.tokens)} | {None}
        for event in requests:
            self.assertIn(event["target"], known, event)
            self.assertIn(event["actor"], known, event)

    def test_reads_are_not_audited(self) -> None:
        self.assertNotIn("user-lookup-email", self.files()["audit"])
        self.assertFalse([e for e in self.audit() if e["event"].startswith(("user.found", "session.found"))])


if __name__ == "__main__":
    unittest.main()
