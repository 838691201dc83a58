"""Users who match a property."""

from __future__ import annotations

import unittest
from typing import Any

from authnzerver_client import Answer
from case import DaemonCase, Person, fields_of, fresh_email
from server import ADMIN_EMAIL

PASSWORD = "tall ships 4 sail"


class LookupMatch(DaemonCase):
    def look_up(self, by: str, match: Any) -> Answer:
        return self.ask("user-lookup-match", by=by, match=match)

    def ids(self, by: str, match: Any) -> list[int]:
        answer = self.look_up(by, match)
        self.assert_success(answer, "users-found")
        self.assertEqual(set(fields_of(answer)), {"user_info"})
        for user in answer["user_info"]:
            self.assertEqual(user, self.user(user["user_id"]))
        return [user["user_id"] for user in answer["user_info"]]

    def sign_up_as(self, full_name: str = "Some One", **more: Any) -> Person:
        email = fresh_email()
        answer = self.ask("user-new", full_name=full_name, email=email, password=PASSWORD, **more)
        self.assert_success(answer, "user-created")
        return Person(answer["user_id"], email, PASSWORD)

    def test_ids_and_addresses_name_one_user_or_none(self) -> None:
        person = self.sign_up_as(system_id="system 7")
        self.assertEqual(self.ids("user_id", 1), [1])
        self.assertEqual(self.ids("email", ADMIN_EMAIL.upper()), [1])
        self.assertEqual(self.ids("system_id", "system 7"), [person.user_id])
        nobody = {"user_id": [0, 2**63 - 1, -(2**63)], "email": ["x", ""], "system_id": ["", "x"]}
        for by, matches in nobody.items():
            for match in matches:
                self.assertEqual(self.ids(by, match), [], by)

    def test_names_match_as_they_are_stored_and_as_they_are_read(self) -> None:
        person = self.sign_up_as("Zo\u00eb \"D'Arc\" & Co")
        stored = self.user(person.user_id)["full_name"]
        for name in (stored, "Zo\u00eb \"D'Arc\" & Co", " Zoe\u0308  \"D'Arc\"\t& Co"):
            self.assertEqual(self.ids("full_name", name), [person.user_id], name)
        self.assertEqual(self.ids("full_name", "zo\u00eb \"d'arc\" & co"), [])

    def test_state_matches_as_it_is_presented(self) -> None:
        unverified, verified = self.sign_up_as(), self.sign_up()
        self.assertIn(unverified.user_id, self.ids("user_role", "locked"))
        self.assertIn(unverified.user_id, self.ids("is_active", False))
        self.assertIn(verified.user_id, self.ids("user_role", "authenticated"))
        active = self.ids("is_active", True)
        self.assertIn(verified.user_id, active)
        self.assertNotIn(unverified.user_id, active)
        self.assertEqual(active, sorted(active))

    def test_times_match_as_moments(self) -> None:
        person = self.sign_up()
        created = self.user(person.user_id)["created_on"]
        self.assertEqual(self.ids("created_on", created), [person.user_id])
        self.assertEqual(self.ids("created_on", created + "Z"), [person.user_id])
        self.assertEqual(self.ids("created_on", created + "+01:00"), [])
        login = {"session_token": self.session(), "email": person.email, "password": person.password}
        self.assertTrue(self.ask("user-login", **login).success)
        for field in ("last_login_try", "last_login_success"):
            self.assertEqual(self.ids(field, self.user(person.user_id)[field]), [person.user_id])

    def test_extra_info_matches_by_top_level_keys(self) -> None:
        info = {"team": "blue", "level": 1, "place": {"town": "Ulm", "no": [4, None]}, "nothing": None}
        person = self.sign_up_as(extra_info=info)
        alike = [{"team": "blue"}, {"level": 1.0}, {"place": {"no": [4, None], "town": "Ulm"}}, info]
        for match in alike:
            self.assertEqual(self.ids("extra_info", match), [person.user_id], match)
        other = [{}, {"level": "1"}, {"level": True}, {"place": {"town": "Ulm"}}, {"team": "blue", "absent": None}]
        for match in other:
            self.assertEqual(self.ids("extra_info", match), [], match)

    def test_other_properties_are_refused(self) -> None:
        for by in ("password", "failed_login_tries", "email_verified", "EMAIL", ""):
            self.assert_failure(self.look_up(by, "x"), "property-invalid", user_info=None)

    def test_values_of_another_type_are_refused(self) -> None:
        wrong = {
            "user_id": ["1", 1.0, True], "system_id": [1], "full_name": [["x"]], "email": [{}],
            "is_active": [1, "true"], "created_on": [5, "yesterday"], "user_role": [False],
            "last_login_try": [""], "last_login_success": [0], "extra_info": ["{}", []],
        }  # fmt: skip
        for by, matches in wrong.items():
            for match in matches:
                with self.subTest(by=by, match=match):
                    self.assert_failure(self.look_up(by, match), "match-invalid", user_info=None)

    def test_there_must_be_something_to_match(self) -> None:
        self.assertEqual(self.look_up("email", None).failure_reason, "invalid-parameters")


if __name__ == "__main__":
    unittest.main()
