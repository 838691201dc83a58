"""What of the service behaves like registers, as frontends ask for it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from authnzerver_client import Answer, Client
from linearizability import Register as Model

REFUSED = object()  # nothing took effect
SESSION = {"ip_address": "192.0.2.7", "user_agent": "tests", "expires": 7}
KEY_OWNER = {"user_id": 1, "user_role": "superuser", "ip_address": "192.0.2.7"}
KEY_TIMES = {"expires_seconds": 600, "not_valid_before": 0, "refresh_expires": 3600, "refresh_nbf": 0}


def meaning(answer: Answer, refusals: dict[str, Any]) -> Any:
    """Of an answer that says no."""
    for reason, result in refusals.items():
        if answer.failure_reason == reason:
            return result
    assert answer.may_retry, answer
    return REFUSED


@dataclass(frozen=True)
class Session:
    """Made with the value 0, edited, ended."""

    name: str
    kind = "session"
    model = Model()

    @classmethod
    def make(cls, client: Client) -> tuple[Session, Any]:
        answer = client.session_new(**SESSION, user_id=1, extra_info_json={"value": 0})
        return cls(answer["session_token"]), 0

    def operation(self, choice: random.Random, value: int) -> tuple[str, Any]:
        (name,) = choice.choices(["read", "edit", "delete"], [60, 40, 2])
        return name, value if name == "edit" else None

    def ask(self, client: Client, name: str, argument: Any) -> Any:
        if name == "read":
            answer = client.session_exists(session_token=self.name)
            if answer.success:
                return answer["session_info"]["extra_info_json"]["value"]
            return meaning(answer, {"session-not-found": None})
        if name == "edit":
            answer = client.internal_session_edit(target_session_token=self.name, update_dict={"value": argument})
        else:
            answer = client.session_delete(session_token=self.name)
        return answer.success or meaning(answer, {"session-not-found": False})

    @staticmethod
    def is_over(name: str, result: Any) -> bool:
        return name == "delete" and result is True


@dataclass(frozen=True)
class Lock:
    """A user who is locked and unlocked."""

    name: int
    kind = "lock"
    model = Model(False)

    def operation(self, choice: random.Random, value: int) -> tuple[str, Any]:
        return choice.choice([("read", None), ("read", None), ("write", choice.random() < 0.5)])

    def ask(self, client: Client, name: str, argument: Any) -> Any:
        if name == "read":
            return client.user_list(user_id=self.name)["user_info"][0]["user_role"] == "locked"
        answer = client.internal_user_lock(target_userid=self.name, action="lock" if argument else "unlock")
        return answer.success or meaning(answer, {})

    @staticmethod
    def is_over(name: str, result: Any) -> bool:
        return False


@dataclass(frozen=True)
class RefreshToken:
    """Of an API key; used once. Whoever uses it again ends the key's family, so that nothing is read of it."""

    name: str
    claims: dict[str, Any] = field(hash=False, compare=False)
    kind = "token"
    model = Model()

    @classmethod
    def make(cls, client: Client) -> tuple[RefreshToken, Any]:
        answer = client.apikey_new_nosession(audience="a", subject="s", apiversion=1, **KEY_OWNER, **KEY_TIMES)
        return cls(answer["refresh_token"], json.loads(answer["apikey"])), "fresh"

    def operation(self, choice: random.Random, value: int) -> tuple[str, Any]:
        return "replace", ("fresh", "used")

    def ask(self, client: Client, name: str, argument: Any) -> Any:
        answer = client.apikey_refresh_nosession(
            apikey_dict=self.claims, refresh_token=self.name, **KEY_OWNER, **KEY_TIMES
        )
        used = {"refresh-token-reused": False, "refresh-token-invalid": False, "apikey-invalid": False}
        return answer.success or meaning(answer, used)

    @staticmethod
    def is_over(name: str, result: Any) -> bool:
        return result is True


Register = Session | Lock | RefreshToken
KINDS: tuple[type[Session] | type[Lock] | type[RefreshToken], ...] = (Session, Lock, RefreshToken)
