"""API keys of both kinds: how they are issued, verified, refreshed and revoked, and what ends them."""

from __future__ import annotations

import json
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from authnzerver_client import Answer
from case import TOKEN, DaemonCase, Person, fields_of, readable
from server import ADMIN_EMAIL

TIED = ["iss", "ver", "uid", "rol", "usa", "aud", "sub", "ipa", "tkn", "iat", "nbf", "exp"]
FREE = [name for name in TIED if name != "usa"]
NO_KEY = {"apikey": None, "expires": None}
NO_PAIR = {**NO_KEY, "refresh_token": None, "refresh_token_expires": None}
NOBODY = {"user_id": None, "user_role": None, "expires": None}
Claims = dict[str, Any]


class ApiKeyCase(DaemonCase):
    def setUp(self) -> None:
        super().setUp()
        self.person = self.sign_up()
        self.token = self.session(self.person.user_id)

    def caller(self, person: Person | None = None, role: str = "authenticated") -> dict[str, Any]:
        return {"user_id": (person or self.person).user_id, "user_role": role}

    def new(self, **changes: Any) -> Answer:
        body = {"audience": "api.example.org", "subject": "everything", "apiversion": 1, "expires_days": 7,
                "not_valid_before": 0, **self.caller(), "ip_address": "192.0.2.7", "user_agent": "tests",
                "session_token": self.token}  # fmt: skip
        return self.ask("apikey-new", **{**body, **changes})

    def new_free(self, **changes: Any) -> Answer:
        body = {"audience": "api.example.org", "subject": "everything", "apiversion": 1, "expires_seconds": 600,
                "not_valid_before": 0, **self.caller(), "ip_address": "192.0.2.7", "refresh_expires": 3600,
                "refresh_nbf": 0}  # fmt: skip
        return self.ask("apikey-new-nosession", **{**body, **changes})

    def refresh(self, old: Answer, **changes: Any) -> Answer:
        body = {"apikey_dict": claims_of(old), **self.caller(), "refresh_token": old["refresh_token"],
                "ip_address": "192.0.2.7", "expires_seconds": 600, "not_valid_before": 0, "refresh_expires": 3600,
                "refresh_nbf": 0}  # fmt: skip
        return self.ask("apikey-refresh-nosession", **{**body, **changes})

    def verify(self, claims: Claims, **caller: Any) -> Answer:
        request = "apikey-verify" if "usa" in claims else "apikey-verify-nosession"
        return self.ask(request, apikey_dict=claims, **caller)

    def is_valid(self, answer: Answer) -> bool:
        return self.verify(claims_of(answer)).success

    def admin(self) -> dict[str, Any]:
        info = self.ask("user-lookup-email", email=ADMIN_EMAIL)["user_info"]
        return {"user_id": info["user_id"], "user_role": info["user_role"]}

    def restart(self) -> None:
        self.client.close()
        self.server.restart()
        self.client = self.server.client()
        self.addCleanup(self.client.close)


def claims_of(answer: Answer) -> Claims:
    return json.loads(answer["apikey"])


class Issue(ApiKeyCase):
    def test_a_key_is_the_text_of_its_claims(self) -> None:
        answer = self.new(issuer=None, not_valid_before=1.5)
        self.assert_success(answer, "apikey-created")
        self.assertEqual(set(fields_of(answer)), {"apikey", "expires"})
        claims = claims_of(answer)
        self.assertEqual(list(claims), TIED)
        self.assertEqual(claims["iss"], "auth.example.org")
        self.assertEqual((claims["uid"], claims["rol"]), (self.person.user_id, "authenticated"))
        self.assertRegex(claims["tkn"], rf"\A{TOKEN.pattern}\Z")
        self.assertEqual(claims["exp"], answer["expires"])
        for name in ("iat", "nbf", "exp"):
            self.assert_time(claims[name])

    def test_a_key_without_a_session_has_a_refresh_token(self) -> None:
        answer = self.new_free(issuer="somebody", subject=["read", "write"], apiversion="2")
        self.assert_success(answer, "apikey-created")
        self.assertEqual(set(fields_of(answer)), {"apikey", "expires", "refresh_token", "refresh_token_expires"})
        claims = claims_of(answer)
        self.assertEqual(list(claims), FREE)
        self.assertEqual((claims["iss"], claims["sub"], claims["ver"]), ("somebody", ["read", "write"], "2"))
        self.assertRegex(answer["refresh_token"], rf"\A{TOKEN.pattern}\Z")
        self.assert_time(answer["refresh_token_expires"])

    def test_the_form_of_2019(self) -> None:
        body = {"audience": "a", "subject": "s", "apiversion": 1, "expires_days": 7, "not_valid_before": 0.0,
                **self.caller(), "ip_address": "192.0.2.7", "client_header": "tests",
                "session_token": self.token}  # fmt: skip
        answer = self.ask("apikey-new", **body)
        claims = claims_of(answer)
        self.assertEqual(list(claims), TIED[:5] + ["clt"] + TIED[5:])
        self.assertEqual((claims["usa"], claims["clt"]), ("tests", "tests"))
        del claims["usa"]
        self.assert_success(self.ask("apikey-verify", apikey_dict=claims), "apikey-valid")

    def test_refusals(self) -> None:
        self.assert_failure(self.new(user_role="staff"), "not-allowed", **NO_KEY)
        self.assert_failure(self.new(session_token="unknown"), "session-not-found", **NO_KEY)
        for other in ({"user_agent": "others"}, {"ip_address": "192.0.2.8"}, {"session_token": self.session()}):
            self.assert_failure(self.new(**other), "session-mismatch", "session-not-found", **NO_KEY)
        for far in ({"expires_days": 10**9}, {"expires_days": -(2**63)}, {"not_valid_before": 1e300}):
            self.assert_failure(self.new(**far), "expires-invalid", **NO_KEY)
        self.assert_failure(self.new_free(user_role="staff"), "not-allowed", **NO_PAIR)
        self.assert_failure(self.new_free(refresh_nbf=-1e300), "expires-invalid", **NO_PAIR)
        self.assert_failure(self.new_free(refresh_expires=2**63 - 1), "expires-invalid", **NO_PAIR)
        self.assert_failure(self.new_free(ip_address="none"), "ip-address-invalid", **NO_PAIR)

    def test_subjects_are_texts(self) -> None:
        self.assertEqual(self.new(subject=["read", 1]).failure_reason, "invalid-parameters")


class Verify(ApiKeyCase):
    def test_a_valid_key_tells_its_owner(self) -> None:
        for issued in (self.new(), self.new_free()):
            for caller in ({}, self.caller(), self.admin()):
                answer = self.verify(claims_of(issued), **caller)
                self.assert_success(answer, "apikey-valid")
                self.assertEqual(fields_of(answer), {**self.caller(), "expires": issued["expires"]})

    def test_every_refusal_reads_alike(self) -> None:
        other = self.sign_up()
        claims, free = claims_of(self.new()), claims_of(self.new_free())
        early = claims_of(self.new(not_valid_before=600))
        invalid = [
            self.verify({**claims, "aud": "another"}),
            self.verify({"usa": None}),
            self.verify(early),
            self.ask("apikey-verify-nosession", apikey_dict=claims),
            self.ask("apikey-verify", apikey_dict=free),
        ]
        not_allowed = [
            self.verify(claims, **self.caller(role="staff")),
            self.verify(claims, **self.caller(other)),
            self.verify(free, **self.caller(other)),
        ]
        for reason, answers in (("apikey-invalid", invalid), ("not-allowed", not_allowed)):
            for answer in answers:
                self.assert_failure(answer, reason, "apikey-invalid", **NOBODY)
                self.assertEqual(readable(answer), readable(invalid[0]))

    def test_every_claim_counts(self) -> None:
        for issued in (self.new(), self.new_free()):
            claims = claims_of(issued)
            for name in claims:
                request = "apikey-verify" if "usa" in claims else "apikey-verify-nosession"
                missing = {other: value for other, value in claims.items() if other != name}
                self.assertEqual(self.ask(request, apikey_dict=missing).failure_reason, "apikey-invalid", name)
                for wrong in ("x", 999, 1.0, None, True, [claims[name]], {"a": 1}, "2001-01-01T00:00:00", 2**64):
                    answer = self.ask(request, apikey_dict={**claims, name: wrong})
                    self.assertEqual(answer.failure_reason, "apikey-invalid", (name, wrong))

    def test_keys_that_expire_at_once_never_verify(self) -> None:
        self.assertFalse(self.is_valid(self.new(expires_days=0)))
        self.assertFalse(self.is_valid(self.new_free(expires_seconds=-1)))

    def test_keys_survive_a_restart(self) -> None:
        tied, free = self.new(), self.new_free()
        self.restart()
        self.assertTrue(self.is_valid(tied))
        self.assertTrue(self.is_valid(free))
        self.assertTrue(self.refresh(free).success)

    def test_the_store_holds_no_token(self) -> None:
        tied, free = self.new(), self.new_free(audience="kept as it is")
        renewed = self.refresh(free)
        self.assertEqual(self.server.stop(), 0)
        stored = b"".join(file.read_bytes() for file in self.server.directory.rglob("*.mdb"))
        self.server.start()
        self.assertIn(b"kept as it is", stored)
        for secret in (claims_of(tied)["tkn"], claims_of(free)["tkn"], free["refresh_token"], renewed["refresh_token"]):
            self.assertNotIn(secret.encode(), stored)


class Revoke(ApiKeyCase):
    def test_one_key(self) -> None:
        for issued, request in ((self.new(), "apikey-revoke"), (self.new_free(), "apikey-revoke-nosession")):
            claims = claims_of(issued)
            needed = {name: claims[name] for name in ("tkn", "uid", "rol")}
            stranger = self.caller(self.sign_up())
            for name in needed:
                ill_typed = self.ask(request, apikey_dict={**claims, name: None}, **self.caller())
                self.assert_failure(ill_typed, "apikey-invalid")
            self.assert_failure(self.ask(request, apikey_dict=needed, **stranger), "not-allowed")
            self.assertTrue(self.is_valid(issued))
            self.assert_success(self.ask(request, apikey_dict=needed, **self.caller()), "apikey-revoked")
            self.assertFalse(self.is_valid(issued))
            self.assert_failure(self.ask(request, apikey_dict=needed, **self.caller()), "apikey-not-found")

    def test_a_refresh_token_goes_with_its_key(self) -> None:
        key = self.new_free()
        self.assertTrue(self.ask("apikey-revoke-nosession", apikey_dict=claims_of(key), **self.admin()).success)
        self.assert_failure(self.refresh(key), "apikey-invalid", **NO_PAIR)

    def test_all_keys_without_a_session(self) -> None:
        tied, first, second = self.new(), self.new_free(), self.new_free(expires_seconds=0)
        none = {"revoked_keys": None, "deleted_keys": None}
        request, claims = "apikey-revokeall-nosession", claims_of(first)
        self.assert_failure(self.ask(request, apikey_dict=claims_of(second), **self.caller()), "apikey-invalid", **none)
        self.assert_failure(self.ask(request, apikey_dict=claims, **self.caller(self.sign_up())), "not-allowed", **none)
        answer = self.ask(request, apikey_dict=claims, **self.caller())
        self.assert_success(answer, "apikeys-revoked")
        self.assertEqual(fields_of(answer), {"revoked_keys": 2, "deleted_keys": 2})
        self.assertFalse(self.is_valid(first))
        self.assertFalse(self.refresh(second).success)
        self.assertTrue(self.is_valid(tied))
        self.assertTrue(self.is_valid(self.new_free()))


class Refresh(ApiKeyCase):
    def test_a_pair_is_exchanged_for_another(self) -> None:
        old = self.new_free(issuer="somebody")
        new = self.refresh(old, ip_address="2001:DB8::1")
        self.assert_success(new, "apikey-created")
        self.assertEqual(set(fields_of(new)), set(NO_PAIR))
        claims = claims_of(new)
        self.assertEqual(list(claims), FREE)
        self.assertEqual((claims["iss"], claims["ipa"]), ("somebody", "2001:db8::1"))
        self.assertEqual((self.is_valid(old), self.is_valid(new)), (False, True))

    def test_refusals(self) -> None:
        old, other = self.new_free(), self.new_free()
        self.assert_failure(self.refresh(old, ip_address=""), "ip-address-invalid", **NO_PAIR)
        blurred = {
            "apikey-invalid": self.refresh(old, apikey_dict={**claims_of(old), "sub": "another"}),
            "refresh-token-invalid": self.refresh(old, refresh_token=other["refresh_token"]),
            "not-allowed": self.refresh(old, **self.caller(self.sign_up())),
        }
        for reason, answer in blurred.items():
            self.assert_failure(answer, reason, "apikey-invalid", **NO_PAIR)
        early = self.refresh(self.new_free(refresh_nbf=600))
        self.assert_failure(early, "refresh-token-invalid", "apikey-invalid", **NO_PAIR)
        late = self.refresh(self.new_free(refresh_expires=0))
        self.assert_failure(late, "refresh-token-invalid", "apikey-invalid", **NO_PAIR)
        self.assert_failure(self.refresh(old, refresh_expires=2**62), "expires-invalid", **NO_PAIR)
        self.assertTrue(self.refresh(old).success)

    def test_a_token_used_again_ends_the_family(self) -> None:
        first = self.new_free()
        second = self.refresh(first)
        third = self.refresh(second)
        bystander = self.new_free()
        self.assert_failure(self.refresh(first), "refresh-token-reused", "apikey-invalid", **NO_PAIR)
        self.assertFalse(self.is_valid(third))
        self.assert_failure(self.refresh(third), "apikey-invalid", **NO_PAIR)
        self.assertTrue(self.is_valid(bystander))

    def test_of_many_at_once_one_wins(self) -> None:
        old = self.new_free()
        body = {"apikey_dict": claims_of(old), **self.caller(), "refresh_token": old["refresh_token"],
                "ip_address": "192.0.2.7", "expires_seconds": 600, "not_valid_before": 0, "refresh_expires": 3600,
                "refresh_nbf": 0}  # fmt: skip
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.server.ask("apikey-refresh-nosession", **body), range(8)))
        self.assertEqual(sum(answer.success for answer in answers), 1)
        reasons = [answer.failure_reason for answer in answers if not answer.success]
        self.assertEqual(reasons.count("refresh-token-reused"), 1)
        self.assertEqual(reasons.count("apikey-invalid"), 6, "the family is gone")
        winner = next(answer for answer in answers if answer.success)
        self.assertFalse(self.is_valid(winner))


class Owner(ApiKeyCase):
    def valid(self, tied: Answer, free: Answer) -> tuple[bool, bool]:
        return self.is_valid(tied), self.is_valid(free)

    def test_the_end_of_the_session(self) -> None:
        tied, free = self.new(), self.new_free()
        self.assertTrue(self.ask("session-delete", session_token=self.token).success)
        self.assertEqual(self.valid(tied, free), (False, True))

    def test_an_administrator_s_lock(self) -> None:
        tied, free = self.new(), self.new_free()
        for action, state in (("lock", (False, False)), ("unlock", (False, True))):
            self.assertTrue(self.ask("internal-user-lock", target_userid=self.person.user_id, action=action).success)
            self.assertEqual(self.valid(tied, free), state, action)

    def test_a_deactivation(self) -> None:
        tied, free = self.new(), self.new_free()
        for active, state in ((False, (False, False)), (True, (False, True))):
            edit = {"target_userid": self.person.user_id, "update_dict": {"is_active": active}}
            self.assertTrue(self.ask("internal-user-edit", **edit).success)
            self.assertEqual(self.valid(tied, free), state, active)

    def test_another_role(self) -> None:
        tied, free = self.new(), self.new_free()
        edit = {"target_userid": self.person.user_id, "update_dict": {"user_role": "staff"}}
        self.assertTrue(self.ask("internal-user-edit", **edit).success)
        self.assertEqual(self.valid(tied, free), (False, False))
        self.assertTrue(self.is_valid(self.new(user_role="staff")), "the session goes on")

    def test_a_password_change(self) -> None:
        tied, free = self.new(), self.new_free()
        change = {"user_id": self.person.user_id, "email": self.person.email, "current_password": self.person.password}
        self.assertTrue(self.ask("user-changepass-nosession", **change, new_password="granite 6 and feathers").success)
        self.assertEqual(self.valid(tied, free), (False, True))

    def test_a_password_reset(self) -> None:
        tied, free = self.new(), self.new_free()
        reset = {"email_address": self.person.email, "new_password": "granite 6 and feathers"}
        self.assertTrue(self.ask("user-resetpass", **reset, session_token=self.token).success)
        self.assertTrue(self.is_live(self.token))
        self.assertEqual(self.valid(tied, free), (False, False))
        self.assertFalse(self.refresh(free).success)

    def test_a_deletion(self) -> None:
        tied, free = self.new(), self.new_free()
        self.assertTrue(self.ask("internal-user-delete", target_userid=self.person.user_id).success)
        self.assertEqual(self.valid(tied, free), (False, False))
        self.assertFalse(self.refresh(free, **self.admin()).success)


if __name__ == "__main__":
    unittest.main()
