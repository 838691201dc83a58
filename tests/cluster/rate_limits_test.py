"""A limit is one for the whole cluster, exactly, as long as nothing fails."""

from __future__ import annotations

import unittest

from authnzerver_client import RateLimited
from limit_case import LIMIT, Caller, LimitCase, ask_about_its_address, fresh_address


class Limits(LimitCase):
    def passed(self, times: int, address: str, email: str) -> int:
        """On the nodes in turn."""
        count = 0
        for number in range(times):
            with self.nodes[number % 3].client() as client:
                try:
                    client.user_lookup_email(email=email, client_ipaddr=address)
                    count += 1
                except RateLimited:
                    pass
        return count

    def test_a_client_that_asks_all_nodes_at_once_gets_its_limit(self) -> None:
        self.assert_exact()

    def test_an_address_that_many_ask_about_on_all_nodes_gets_its_limit(self) -> None:
        self.assert_exact(ask_about_its_address)

    def test_a_client_that_asks_one_node_after_the_other_gets_its_limit(self) -> None:
        client = fresh_address()
        passed = sum(self.passed(3, client, f"{client}-{number}@example.org") for number in range(LIMIT))
        self.assertEqual(passed, LIMIT)

    def test_what_was_refused_for_the_address_costs_the_client_nothing(self) -> None:
        spent = f"{Caller().name}@example.org"
        for _ in range(LIMIT):
            self.passed(1, fresh_address(), spent)
        client = fresh_address()
        self.assertEqual(self.passed(LIMIT, client, spent), 0)
        self.assertEqual(self.passed(LIMIT + 10, client, f"other-{spent}"), LIMIT)


if __name__ == "__main__":
    unittest.main()
