"""The whole story, from sign-up to deletion, with the client's own methods, blocking and asyncio."""

from __future__ import annotations

import asyncio
import unittest

from authnzerver_client import AsyncClient
from case import DaemonCase, fresh_email

OLD = "seven league boots, left"
NEW = "seven league boots, right"


class Story(DaemonCase):
    def test_a_user_lives_from_sign_up_to_deletion(self) -> None:
        client = self.client
        email = fresh_email()
        signed_up = client.user_new(full_name="Little Thumb", email=email, password=OLD)
        self.assert_success(signed_up, "user-created")
        user_id = signed_up["user_id"]
        self.assertEqual(user_id, 4, "users 1, 2 and 3 are seeded")
        self.assert_success(client.user_set_emailverified(email=email), "verification-ok")

        visitor = self.session()
        self.assert_success(client.user_login(session_token=visitor, email=email, password=OLD), "login-ok")
        self.assertFalse(self.is_live(visitor), "a login ends the session that asked")
        here, there = self.session(user_id), self.session(user_id)

        self.assert_success(client.user_passcheck(session_token=here, password=OLD), "passcheck-ok")
        changed = client.user_changepass(
            user_id=user_id, session_token=here, email=email, current_password=OLD, new_password=NEW
        )
        self.assert_success(changed, "password-changed", "other-sessions-ended")
        self.assertEqual((self.is_live(here), self.is_live(there)), (True, False))

        self.assert_success(client.user_logout(session_token=here, user_id=user_id), "logout-ok")
        self.assertFalse(self.is_live(here))

        left_behind = self.session(user_id)
        self.assert_success(client.user_delete(email=email, user_id=user_id, password=NEW), "user-deleted")
        self.assertFalse(self.is_live(left_behind))
        self.assertEqual(client.user_lookup_email(email=email).failure_reason, "user-not-found")
        self.assertGreater(self.sign_up(email).user_id, user_id, "ids are never used again")

    def test_asyncio_tells_the_same_story_to_many_at_once(self) -> None:
        async def one(client: AsyncClient, email: str) -> None:
            self.assertTrue((await client.user_new(full_name="", email=email, password=OLD)).success)
            user_id = (await client.user_set_emailverified(email=email))["user_id"]
            visitor = await client.session_new(
                ip_address="192.0.2.1", user_agent="", user_id=None, expires=1, extra_info_json=None
            )
            login = await client.user_login(session_token=visitor["session_token"], email=email, password=OLD)
            self.assertEqual((login.message_codes, login["user_id"]), (["login-ok"], user_id))
            deleted = await client.user_delete(email=email, user_id=user_id, password=OLD)
            self.assertEqual(deleted.message_codes, ["user-deleted"])

        async def all_of_them() -> None:
            async with AsyncClient(self.server.url, self.server.key, client_ipaddr="127.0.0.1") as client:
                await asyncio.gather(*(one(client, fresh_email()) for _ in range(20)))

        asyncio.run(all_of_them())


if __name__ == "__main__":
    unittest.main()
