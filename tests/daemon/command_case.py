"""Frontends' traffic in the background, and words for what the admin tool says."""

from __future__ import annotations

import threading
from typing import Any

from admin_case import AdminCase


class Background:
    """Frontends' traffic while administrators act."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.stopped = threading.Event()
        self.asked = 0
        self.failures: list[Exception] = []
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        try:
            with self.server.client() as client:
                while not self.stopped.wait(0.005):
                    client.call("user-list", {"user_id": 1})
                    self.asked += 1
        except Exception as failure:  # for whoever stops it
            self.failures.append(failure)

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join(30)


class CommandCase(AdminCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.background = Background(cls.server)
        cls.background.thread.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.background.stop()
        super().tearDownClass()
        if cls.background.failures or cls.background.asked == 0:
            raise AssertionError(f"frontends were not served meanwhile: {cls.background.failures}")

    def refused(self, *arguments: str, code: int = 1, **options: Any) -> str:
        """What the tool says on standard error: one line, and nothing on standard output."""
        done = self.run_ctl(*arguments, **options)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        self.assertEqual(done.stdout, "")
        return done.stderr.removeprefix("authnzctl: ").strip()

    def sessions_of(self, who: Any) -> list[dict[str, Any]]:
        return self.ctl_json("user", "sessions", str(who))["sessions"]
