"""docs/requests.schema.json is a JSON Schema, and accepts what the daemon's validation accepts."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any, Iterator

from jsonschema import Draft202012Validator

from case import DaemonCase
from validation_test import NAMES, OF_TYPE, valid_body, valid_value

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "requests.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def envelope(request: str, body: Any, **changes: Any) -> dict[str, Any]:
    return {"request": request, "body": body, "reqid": 1, "client_ipaddr": "192.0.2.1", **changes}


def accepts(request: str, body: Any, **changes: Any) -> bool:
    return VALIDATOR.is_valid(envelope(request, body, **changes))


def values_to_try(item: dict[str, Any]) -> list[Any]:
    """None of those where the language cannot say what the server does: 7.0 for an int, sizes in bytes."""
    out = [value for values in OF_TYPE.values() for value in values]
    out += ["", "a b", "a\n", ["a", "b"], 2**63, -(2**63) - 1]
    if item["size"] != "password":
        out.append("x" * 70000)
    for bound in (item["min"], item["max"]):
        out += [] if bound is None else [bound - 1, bound, bound + 1]
    return out


def bodies(request: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A valid body with one change at a time, and what was changed."""
    whole = valid_body(request)
    yield "nothing", whole
    yield "one item more", {**whole, "no_such_item": [None]}
    yield "only what is required", {i["name"]: whole[i["name"]] for i in request["items"] if i["need"] != "O"}
    for item in request["items"]:
        name, other = item["name"], item["also"]
        without = {key: value for key, value in whole.items() if key != name}
        yield f"no {name}", without
        for value in values_to_try(item):
            yield f"{name} = {value!r:.40}", {**valid_body(request), name: value}
        if other:
            good = valid_value(item)
            alone = [{other: value} for value in (good, [], None)]
            for changes in alone + [{other: [], name: good}, {other: good, name: None}]:
                yield f"names {changes!r:.40}", {**without, **changes}
    for item in request["update"]:
        for value in values_to_try(item):
            update = {"update_dict": {item["name"]: value}}
            yield f"update_dict.{item['name']} = {value!r:.40}", {**valid_body(request), **update}


class Agreement(DaemonCase):
    items = {"userlocktries": "1"}  # a wrong password is held back once only

    def test_the_daemon_and_the_schema_accept_the_same_bodies(self) -> None:
        verdicts: set[bool] = set()
        for name, request in NAMES:
            for change, body in bodies(request):
                with self.subTest(request=name, change=change):
                    verdict = self.ask(name, **body).failure_reason != "invalid-parameters"
                    self.assertEqual(accepts(name, body), verdict)
                    verdicts.add(verdict)
        self.assertEqual(verdicts, {True, False})


class Schema(unittest.TestCase):
    def test_it_is_a_valid_schema(self) -> None:
        Draft202012Validator.check_schema(SCHEMA)

    def test_each_name_has_one_definition_and_its_bodies_match_no_other(self) -> None:
        for name, request in NAMES:
            with self.subTest(request=name):
                sample = envelope(name, valid_body(request))
                requests = set(SCHEMA["$defs"]) - {"reqid", "client_ipaddr"}
                matching = [definition for definition in requests if self.matches(definition, sample)]
                self.assertEqual(matching, [request["name"]])

    def matches(self, definition: str, sample: dict[str, Any]) -> bool:
        return VALIDATOR.evolve(schema=SCHEMA["$defs"][definition]).is_valid(sample)

    def test_what_surrounds_the_body_is_judged_too(self) -> None:
        good = {"session_token": "x"}
        for reqid in (0, "", "x", 2**63 - 1, -(2**63)):
            self.assertTrue(accepts("session-exists", good, reqid=reqid), reqid)
        for reqid in (None, 1.5, True, [], 2**63, "x" * 4097):
            self.assertFalse(accepts("session-exists", good, reqid=reqid), reqid)
        for address in (None, "", 7):
            self.assertFalse(accepts("session-exists", good, client_ipaddr=address), address)
        for body in (None, [], "x"):
            self.assertFalse(accepts("session-exists", body), body)
        self.assertFalse(accepts("no-such-request", good))
        for member in ("request", "body", "reqid"):
            sample = envelope("session-exists", good)
            del sample[member]
            self.assertFalse(VALIDATOR.is_valid(sample), member)


if __name__ == "__main__":
    unittest.main()
