"""Plays transcripts: requests and the answers they must get, as text that reads like documentation.

    # A remark.
    > session-exists
      {"session_token": "$visitor"}
    < session-found
      {"session_info": {"user_id": 2, "created": "<time>", "user_agent": "<any>"}}

`> NAME` and an indented JSON body make a request. `< CODES` expects success with these message
codes; `! REASON` a failure, `! REASON: CODES` one whose message codes are others than its reason.
The indented JSON below is what `response` must hold beside the common members, all of it; nothing
means no fields. `{"...": ""}` as a member of an object allows members that are not named.

Wildcards: "<any>" "<time>" "<token>" "<uuid>" "<int>"; "<token $name>" also keeps the value, for
"$name" further down.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from authnzerver_client import Answer
from case import TIME, TOKEN, UUID4, fields_of

WILDCARD = re.compile(r"<(any|time|token|uuid|int)(?: \$(\w+))?>")
KINDS: dict[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "time": lambda value: isinstance(value, str) and TIME.fullmatch(value) is not None,
    "token": lambda value: isinstance(value, str) and TOKEN.fullmatch(value) is not None,
    "uuid": lambda value: isinstance(value, str) and UUID4.fullmatch(value) is not None,
    "int": lambda value: type(value) is int,
}


@dataclass
class Exchange:
    line: int
    request: str
    body: dict[str, Any]
    reason: str | None = None
    codes: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)


class Mismatch(AssertionError):
    pass


def read(path: Path) -> list[Exchange]:
    out: list[Exchange] = []
    for line, head, below in _entries(path.read_text()):
        mark, _, rest = head.partition(" ")
        value = json.loads(below) if below.strip() else {}
        if mark == ">":
            out.append(Exchange(line, rest.strip(), value))
        elif mark == "<":
            out[-1].codes, out[-1].fields = rest.split(), value
        elif mark == "!":
            reason, _, codes = rest.partition(":")
            out[-1].reason, out[-1].codes, out[-1].fields = reason.strip(), codes.split() or [reason.strip()], value
        else:
            raise ValueError(f"{path}:{line}: {head!r} begins with none of > < !")
    return out


def _entries(text: str) -> list[tuple[int, str, str]]:
    """Each line at the margin with the indented lines below it."""
    out: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            first, head, below = out[-1]
            out[-1] = (first, head, below + line + "\n")
        else:
            out.append((number, line, ""))
    return out


class Player:
    def __init__(self, ask: Callable[[str, dict[str, Any]], Answer]) -> None:
        self.ask = ask
        self.kept: dict[str, Any] = {}

    def play(self, path: Path) -> None:
        for exchange in read(path):
            answer = self.ask(exchange.request, self.fill(exchange.body))
            try:
                self.compare(exchange, answer)
            except Mismatch as mismatch:
                raise Mismatch(f"{path.name}:{exchange.line}: {exchange.request}: {mismatch}\n  got {answer}") from None

    def fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.fill(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return self.kept[value[1:]] if isinstance(value, str) and value[:1] == "$" else value

    def compare(self, expected: Exchange, answer: Answer) -> None:
        if answer.failure_reason != expected.reason:
            raise Mismatch(f"failure_reason {answer.failure_reason!r} is not {expected.reason!r}")
        if answer.message_codes != expected.codes:
            raise Mismatch(f"message_codes {answer.message_codes} are not {expected.codes}")
        self.match(expected.fields, fields_of(answer), "response")

    def match(self, expected: Any, got: Any, where: str) -> None:
        wildcard = WILDCARD.fullmatch(expected) if isinstance(expected, str) else None
        if wildcard:
            self.match_wildcard(wildcard[1], wildcard[2], got, where)
        elif isinstance(expected, dict) and isinstance(got, dict):
            self.match_members(expected, got, where)
        elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
            for index, (wanted, item) in enumerate(zip(expected, got)):
                self.match(wanted, item, f"{where}[{index}]")
        else:
            wanted = self.fill(expected)
            if type(wanted) is not type(got) or wanted != got:
                raise Mismatch(f"{where} is {got!r}, not {wanted!r}")

    def match_members(self, expected: dict[str, Any], got: dict[str, Any], where: str) -> None:
        named = [name for name in expected if name != "..."]
        lacking, more = set(named) - set(got), set(got) - set(named)
        if lacking:
            raise Mismatch(f"{where} lacks {sorted(lacking)}")
        if more and "..." not in expected:
            raise Mismatch(f"{where} has {sorted(more)} too")
        for name in named:
            self.match(expected[name], got[name], f"{where}.{name}")

    def match_wildcard(self, kind: str, name: str | None, got: Any, where: str) -> None:
        if not KINDS[kind](got):
            raise Mismatch(f"{where} is {got!r}, not <{kind}>")
        if name:
            self.kept[name] = got
