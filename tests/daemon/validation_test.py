"""Every request of the table with every item missing, null, of each wrong type, or too long."""

from __future__ import annotations

import unittest
from typing import Any, Iterator

from authnzerver_client import Answer
from case import DaemonCase, fresh_email
from server import request_table

TABLE = request_table()["requests"]
NAMES = [(name, request) for request in TABLE for name in (request["name"], request["alias"]) if name]
CURRENT_NAMES = {name: request["name"] for name, request in NAMES}
# Values by type; the first one is valid where an item may have that type.
OF_TYPE: dict[str, list[Any]] = {
    "str": ["text"],
    "int": [7],
    "float": [7.5],
    "bool": [True, False],
    "dict": [{}, {"a": 1}],
    "list": [[], [1], ["text", 1]],
    "None": [None],
}


def accepts(item: dict[str, Any], value: Any) -> bool:
    types, word = item["types"], word_of(value)
    if word == "list" and item["list_of"] == "str":
        return all(isinstance(member, str) for member in value)
    return word in types or ("Any" in types and word != "None") or (word == "int" and "float" in types)


def word_of(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def wrong_values(item: dict[str, Any]) -> list[Any]:
    """Values, but null, of the types that an item may not have."""
    values = [value for values in OF_TYPE.values() for value in values if value is not None]
    return [value for value in values if not accepts(item, value)]


def valid_value(item: dict[str, Any]) -> Any:
    if item["name"] in ("email", "email_address"):
        return fresh_email()
    word = item["types"][0]
    if word == "Any":
        return "text"
    return item["min"] if word == "int" and item["min"] is not None else OF_TYPE[word][0]


def valid_body(request: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: valid_value(item) for item in request["items"]}


def nested(levels: int) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for _ in range(levels - 1):
        out = {"a": out}
    return out


def problem(item: dict[str, Any], what: str) -> dict[str, Any]:
    types = item["types"]
    return {
        "param": item["name"],
        "problem": what,
        "required_type": types[0] if len(types) == 1 else types,
        "required_param": item["need"] != "O",
    }


def sorted_problems(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out = [{**p, "required_type": _as_list(p["required_type"])} for p in problems]
    return sorted(out, key=lambda p: p["param"])


def _as_list(words: Any) -> Any:
    return sorted(words) if isinstance(words, list) else words


class Validation(DaemonCase):
    def each_item(self) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Under each name of its request, with an otherwise valid body."""
        for name, request in NAMES:
            for item in request["items"]:
                with self.subTest(request=name, item=item["name"]):
                    yield name, item, valid_body(request)

    def each_update_item(self) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """The known members of an update_dict, named as problems name them."""
        for name, request in NAMES:
            for item in request["update"]:
                with self.subTest(request=name, item=item["name"]):
                    yield name, {**item, "name": f"update_dict.{item['name']}"}, valid_body(request)

    def assert_problems(self, answer: Answer, *expected: dict[str, Any]) -> None:
        self.assertFalse(answer.success)
        self.assertEqual(answer.failure_reason, "invalid-parameters")
        self.assertEqual(answer.message_codes, ["invalid-parameters"])
        self.assertEqual(len(answer.messages), 1)
        self.assertIn(CURRENT_NAMES[answer.request], answer.messages[0])
        self.assertEqual(sorted(answer.response), ["message_codes", "messages", "response", "success"])
        self.assertIs(answer["success"], False)
        self.assertEqual(answer["messages"], answer.messages)
        self.assertEqual(answer["message_codes"], answer.message_codes)
        self.assertEqual(sorted(answer["response"]), ["failure_reason", "problems"])
        self.assertEqual(answer["response"]["failure_reason"], "invalid-parameters")
        self.assertEqual(sorted_problems(answer.problems), sorted_problems(list(expected)))
        self.note(answer, "validation")

    def assert_no_problem(self, answer: Answer) -> None:
        self.assertNotEqual(answer.failure_reason, "invalid-parameters", answer.problems)

    def test_a_missing_item_is_a_problem_unless_it_is_optional(self) -> None:
        for name, item, body in self.each_item():
            del body[item["name"]]
            answer = self.ask(name, **body)
            if item["need"] == "O":
                self.assert_no_problem(answer)
            else:
                self.assert_problems(answer, problem(item, "missing"))

    def test_null_is_a_problem_unless_it_is_allowed(self) -> None:
        for name, item, body in self.each_item():
            answer = self.ask(name, **{**body, item["name"]: None})
            if item["need"] == "R":
                self.assert_problems(answer, problem(item, "incorrect type"))
            else:
                self.assert_no_problem(answer)

    def test_a_value_of_another_type_is_a_problem(self) -> None:
        for name, item, body in self.each_item():
            for value in wrong_values(item):
                with self.subTest(value=value):
                    answer = self.ask(name, **{**body, item["name"]: value})
                    self.assert_problems(answer, problem(item, "incorrect type"))

    def test_a_member_of_an_update_of_another_type_is_a_problem(self) -> None:
        for name, item, body in self.each_update_item():
            member = item["name"].partition(".")[2]
            for value in wrong_values(item) + ([] if "None" in item["types"] else [None]):
                with self.subTest(value=value):
                    answer = self.ask(name, **{**body, "update_dict": {member: value}})
                    self.assert_problems(answer, problem(item, "incorrect type"))
            answer = self.ask(name, **{**body, "update_dict": {member: valid_value(item), "other": [None]}})
            self.assert_no_problem(answer)

    def test_a_list_of_texts_may_be_empty_or_long(self) -> None:
        for name, item, body in self.each_item():
            if item["list_of"] == "str":
                for value in ([], ["a"], ["a", "b"] * 100):
                    self.assert_no_problem(self.ask(name, **{**body, item["name"]: value}))

    def test_visible_texts_hold_nothing_but_visible_ascii(self) -> None:
        for name, item, body in self.each_item():
            if item["form"] == "visible_ascii":
                for value in ("", "a b", "a\n", "\x7f", "a\u0000", "\u00e9"):
                    answer = self.ask(name, **{**body, item["name"]: value})
                    self.assert_problems(answer, problem(item, "invalid value"))
                self.assert_no_problem(self.ask(name, **{**body, item["name"]: "!~"}))

    def test_a_float_without_a_fraction_is_no_int(self) -> None:
        for name, item, body in self.each_item():
            if "int" in item["types"]:
                answer = self.ask(name, **{**body, item["name"]: 7.0})
                self.assert_problems(answer, problem(item, "incorrect type"))

    def test_an_int_beyond_64_bits_is_a_problem(self) -> None:
        for name, item, body in self.each_item():
            if "int" in item["types"]:
                for value in (2**64, -(2**63) - 1, 10**30):
                    answer = self.ask(name, **{**body, item["name"]: value})
                    self.assertEqual(answer.failure_reason, "invalid-parameters")
                    self.assertEqual([p["param"] for p in answer.problems], [item["name"]])

    def test_texts_end_at_their_limit(self) -> None:
        for name, item, body in self.each_item():
            if not accepts(item, "text") or item["size"] == "password":
                continue
            limit = item["max_chars"] or (65536 if item["size"] == "long_text" else 4096)
            answer = self.ask(name, **{**body, item["name"]: "x" * (limit + 1)})
            self.assert_problems(answer, problem(item, "too long"))
            if item["form"] == "visible_ascii":
                self.assert_no_problem(self.ask(name, **{**body, item["name"]: "x" * limit}))
                continue
            # Characters for the one kind of limit, bytes for the other.
            wide = "é" * limit if item["max_chars"] else "é" * (limit // 2)
            self.assert_no_problem(self.ask(name, **{**body, item["name"]: wide}))
            answer = self.ask(name, **{**body, item["name"]: wide + "é"})
            self.assert_problems(answer, problem(item, "too long"))

    def test_passwords_are_not_bound_by_the_limit_of_texts(self) -> None:
        for name, item, body in self.each_item():
            if item["size"] == "password":
                self.assert_no_problem(self.ask(name, **{**body, item["name"]: "é\U0001f980" * 2000}))

    def test_objects_end_at_their_limit(self) -> None:
        for name, item, body in self.each_item():
            if not accepts(item, {}):
                continue
            fits = {"a": "x" * (65536 - len('{"a":""}'))}
            self.assert_no_problem(self.ask(name, **{**body, item["name"]: fits}))
            answer = self.ask(name, **{**body, item["name"]: {"a": fits["a"] + "x"}})
            self.assert_problems(answer, problem(item, "too large"))
            self.assert_no_problem(self.ask(name, **{**body, item["name"]: nested(32)}))
            answer = self.ask(name, **{**body, item["name"]: nested(33)})
            self.assert_problems(answer, problem(item, "too deep"))

    def test_ints_out_of_their_range_are_a_problem(self) -> None:
        for name, item, body in self.each_item():
            for bound, step in ((item["min"], -1), (item["max"], 1)):
                if bound is not None:
                    answer = self.ask(name, **{**body, item["name"]: bound + step})
                    self.assert_problems(answer, problem(item, "invalid value"))
                    self.assert_no_problem(self.ask(name, **{**body, item["name"]: bound}))

    def test_all_problems_are_collected(self) -> None:
        for name, request in NAMES:
            with self.subTest(request=name):
                expected = [problem(item, "missing") for item in request["items"] if item["need"] != "O"]
                self.assert_problems(self.ask(name), *expected)

    def test_items_that_nobody_asked_for_are_ignored(self) -> None:
        for name, request in NAMES:
            with self.subTest(request=name):
                self.assert_no_problem(self.ask(name, **valid_body(request), no_such_item=[None]))

    def test_nothing_runs_when_there_are_problems(self) -> None:
        email = fresh_email()
        self.ask("user-new", full_name="", email=email, password="tall ships 4 sail", verify_retry_wait="soon")
        self.assertEqual(self.ask("user-lookup-email", email=email).failure_reason, "user-not-found")


class OtherNames(DaemonCase):
    def test_a_name_of_2019_is_the_same_request(self) -> None:
        for request in TABLE:
            if request["alias"]:
                body = valid_body(request)
                one, other = self.ask(request["name"], **body), self.ask(request["alias"], **body)
                self.assertEqual((one.response, one.messages), (other.response, other.messages))

    def test_other_names_of_items_are_accepted_and_the_first_one_wins(self) -> None:
        for name, request in NAMES:
            for item in request["items"]:
                if not item["also"]:
                    continue
                with self.subTest(request=name, item=item["name"]):
                    body = valid_body(request)
                    value = body.pop(item["name"])
                    alone = self.ask(name, **body, **{item["also"]: value})
                    self.assertNotEqual(alone.failure_reason, "invalid-parameters")
                    both = {item["also"]: [], item["name"]: value}
                    self.assertNotEqual(self.ask(name, **body, **both).failure_reason, "invalid-parameters")

    def test_problems_name_the_first_one(self) -> None:
        for name, request in NAMES:
            for item in request["items"]:
                if item["also"]:
                    body = valid_body(request)
                    del body[item["name"]]
                    answer = self.ask(name, **body, **{item["also"]: []})
                    self.assertEqual([p["param"] for p in answer.problems], [item["name"]])


if __name__ == "__main__":
    unittest.main()
