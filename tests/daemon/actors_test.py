"""Inspecting actors: `authnzctl actors`, `actor` and `top` against a daemon under load."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Callable

from admin_case import AdminCase, ctl_environment
from authnzerver_client import AuthnzerverError
from server import ADMIN_EMAIL, ADMIN_PASSWORD
from terminal import Terminal

COLUMNS = "NODE ACTOR KIND SHARD STATE AGE RESTARTS IN-FLIGHT PEAK WAITING OLDEST HANDLED/S FAILED WAIT-P50 WAIT-P99 SERV-P50 SERV-P99 MEMORY LAST LAST-ERROR".split()
ACTORS = "journal hasher breach couriers sweeper ratelimit session-0 user-0 apikey-0 policy-0 mailer-0 supervisor gateway".split()
HANG_SECONDS = 30
LOGIN = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
SESSION = {"ip_address": "192.0.2.7", "user_agent": "load", "user_id": None, "expires": 7, "extra_info_json": None}
# Where to keep the screens that the documents show; empty = nowhere.
CAPTURES = os.environ.get("AUTHNZ_CAPTURES", "")


class Load:
    """Clients that open sessions and look them up, until told to end."""

    def __init__(self, server: Any, clients: int = 3) -> None:
        self.server = server
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.acknowledged: list[str] = []
        self.refused = 0
        self.hung: list[str] = []
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def run(self) -> None:
        with self.server.client(timeout=HANG_SECONDS) as client:
            while not self.over.is_set():
                begun = time.monotonic()
                try:
                    answer = client.call("session-new", SESSION)
                    client.call("session-exists", {"session_token": answer["session_token"]})
                    if len(self.acknowledged) % 20 == 0:
                        # A login ends the session that it was begun in.
                        other = client.call("session-new", SESSION)["session_token"]
                        client.call("user-login", {**LOGIN, "session_token": other})
                    with self.lock:
                        self.acknowledged.append(answer["session_token"])
                except (AuthnzerverError, OSError) as error:
                    with self.lock:
                        self.refused += 1
                        if time.monotonic() - begun > HANG_SECONDS - 1:
                            self.hung.append(str(error))
                    time.sleep(0.05)


class ActorsCase(AdminCase):
    def rows(self) -> dict[str, dict[str, Any]]:
        rows = self.ctl_json("actors", "--interval", "0.3")["actors"]
        return {row["actor"]: row for row in rows}

    def state(self, actor: str) -> str:
        return self.rows()[actor]["state"]

    def order(self, actor: str, what: str) -> str:
        return self.ctl("actor", actor, what, "--yes").strip()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + HANG_SECONDS
        while not holds():
            self.assertLess(time.monotonic(), deadline, "it does not come true")
            time.sleep(0.05)

    def wait_for_state(self, actor: str, state: str) -> None:
        self.wait_for(lambda: self.state(actor) == state)


class Actors(ActorsCase):
    def test_every_actor_has_a_row_and_every_row_all_columns(self) -> None:
        lines = self.ctl("actors", "--interval", "0").splitlines()
        self.assertEqual(lines[0].split(), COLUMNS)
        self.assertLessEqual(set(ACTORS), {line.split()[1] for line in lines[1:]})

    def test_json_rows_name_their_node_and_what_happened_under_load(self) -> None:
        with Load(self.server):
            time.sleep(1)
            row = self.rows()["session-0"]
        self.assertTrue(row["node"])
        self.assertGreater(row["handled_per_second"], 0)
        self.assertGreaterEqual(row["peak"], 1)
        self.assertGreater(row["service_p99_us"], 0)
        self.assertGreaterEqual(row["service_p99_us"], row["service_p50_us"])
        self.assertIn(row["last_request"], ("session-new", "session-exists"))

    def test_sorts_by_a_column(self) -> None:
        rows = self.ctl_json("actors", "--sort", "actor", "--interval", "0")["actors"]
        names = [row["actor"] for row in rows]
        self.assertEqual(names, sorted(names))

    def test_names_the_columns_when_one_is_wrong(self) -> None:
        self.assertIn("service-p99", self.ctl("actors", "--sort", "beauty", code=2))

    def test_watches_until_it_is_told_to_end(self) -> None:
        watching = subprocess.Popen(
            self.command("actors", "--watch", "0.2", "--interval", "0", "--json"), stdout=subprocess.PIPE, text=True, env=ctl_environment()
        )
        assert watching.stdout is not None
        looks = [json.loads(watching.stdout.readline()) for _ in range(3)]
        watching.terminate()
        watching.communicate(timeout=20)
        self.assertEqual(watching.returncode, 0)
        self.assertTrue(all(look["actors"] for look in looks))

    def test_watch_needs_no_number(self) -> None:
        watching = subprocess.Popen(self.command("actors", "--interval", "0", "--watch"), stdout=subprocess.PIPE, text=True, env=ctl_environment())
        assert watching.stdout is not None
        self.assertEqual(watching.stdout.readline().split(), COLUMNS)
        watching.terminate()
        watching.communicate(timeout=20)
        self.assertEqual(watching.returncode, 0)


class Orders(ActorsCase):
    def test_a_pause_lets_requests_wait_and_a_resume_answers_them(self) -> None:
        with Load(self.server) as load:
            self.assertEqual(self.order("session-0", "pause"), "session-0 is paused")
            self.wait_for(lambda: self.rows()["session-0"]["waiting"] == 3)
            self.assertEqual(self.state("session-0"), "paused")
            self.assertEqual(self.order("session-0", "resume"), "session-0 is running")
            self.wait_for(lambda: self.rows()["session-0"]["waiting"] == 0)
        self.assertEqual((load.refused, load.hung), (0, []))

    def test_a_drain_refuses_until_it_is_resumed(self) -> None:
        with Load(self.server) as load:
            self.order("session-0", "drain")
            self.wait_for_state("session-0", "drained")
            self.wait_for(lambda: load.refused > 0)
            self.assertEqual(self.order("session-0", "resume"), "session-0 is running")
            before = len(load.acknowledged)
            self.wait_for(lambda: len(load.acknowledged) > before)
        self.assertEqual(load.hung, [])

    def test_restarts_under_load_lose_nothing_that_was_acknowledged(self) -> None:
        before = self.rows()
        with Load(self.server) as load:
            for actor in ("session-0", "journal", "ratelimit", "hasher", "couriers", "sweeper", "breach"):
                self.order(actor, "restart")
                self.wait_for_state(actor, "running")
        self.assertEqual(load.hung, [])
        self.assertTrue(load.acknowledged)
        for token in load.acknowledged[-200:]:
            self.assertTrue(self.is_live(token))
        after = self.rows()
        self.assertEqual(after["journal"]["restarts"], before["journal"]["restarts"] + 1)
        self.assertIsNone(after["journal"]["last_error"])

    def test_health_shows_who_is_held_up(self) -> None:
        self.order("policy-0", "drain")
        self.addCleanup(self.order, "policy-0", "resume")
        status, body = self.server.get("/health")
        self.assertIn(b"drained", body)
        self.assertNotEqual(status, 200)

    def test_what_cannot_be_told_says_who_can_and_what_else_to_do(self) -> None:
        said = self.ctl("actor", "breach", "pause", code=1)
        self.assertIn("only to restart", said)
        self.assertIn("session-0", said)

    def test_an_actor_that_there_is_not(self) -> None:
        self.assertIn("authnzctl actors lists them", self.ctl("actor", "nobody", "resume", code=1))

    def test_asks_before_it_holds_up_what_others_need(self) -> None:
        self.assertIn("--yes", self.ctl("actor", "ratelimit", "pause", code=2))
        self.assertEqual(self.state("ratelimit"), "running")

    def test_orders_are_in_the_audit(self) -> None:
        self.order("sweeper", "pause")
        self.addCleanup(self.order, "sweeper", "resume")
        self.assertIn("admin.actor-pause", self.server.log)


class TopCase(ActorsCase):
    def terminal(self, columns: int, lines: int, **environment: str) -> Terminal:
        settings = {"LC_ALL": "C.UTF-8", **environment}
        terminal = Terminal(columns, lines, self.command("top", "--interval", "0.3"), settings)
        self.addCleanup(terminal.close)
        return terminal

    def filled(self, top: Terminal) -> list[str]:
        """With something to see in it; for the documents, with a while of it."""
        if CAPTURES:
            top.press(*"sssssssssss")
            time.sleep(20)
            return top.screen()
        return top.wait(lambda seen: any("user-login" in line or "session-" in line for line in seen), "requests")

    def assert_fits(self, seen: list[str], columns: int, lines: int) -> None:
        self.assertLessEqual(len(seen), lines)
        for line in seen:
            self.assertLessEqual(len(line), columns, line)

    def capture(self, seen: list[str], name: str) -> None:
        if CAPTURES:
            Path(CAPTURES, name).write_text("\n".join(line.rstrip() for line in seen) + "\n")


class Top(TopCase):
    def test_shows_every_view_at_80x24(self) -> None:
        with Load(self.server):
            top = self.terminal(80, 24)
            top.wait_for("session-0")
            seen = self.filled(top)
            self.assert_fits(seen, 80, 24)
            self.capture(seen, "top-80x24.txt")
            self.assertIn("q quit", seen[-1])
            for key, content in {"2": "session-new", "3": "workers busy", "4": "batch size", "5": "submitted", "6": "buckets"}.items():
                top.press(key)
                self.assert_fits(top.wait_for(content), 80, 24)
            top.press("1")
            top.wait_for("HANDLED/S")

    def test_shows_all_columns_at_200x50(self) -> None:
        with Load(self.server):
            top = self.terminal(200, 50)
            top.wait_for("SERV-P50")
            seen = self.filled(top)
            self.capture(seen, "top-200x50.txt")
            self.assert_fits(seen, 200, 50)
            self.assertTrue(any("WAIT-P99" in line and "MEMORY" in line for line in seen))
            top.press("4")
            seen = top.wait_for("apikeys_by_family")
            self.assertTrue(any("oldest reader" in line for line in seen))

    def test_follows_the_terminals_size(self) -> None:
        top = self.terminal(200, 50)
        top.wait_for("WAIT-P50")
        top.resize(80, 24)
        self.assert_fits(top.wait_without("WAIT-P50"), 80, 24)
        top.resize(200, 50)
        top.wait_for("WAIT-P50")

    def test_filters_and_sorts_and_looks_at_one_actor(self) -> None:
        top = self.terminal(80, 24)
        top.wait_for("journal")
        top.press("/", "u", "s", "e", "r", "-", "Enter")
        top.wait_without("journal")
        top.press("Enter")
        top.wait_for("user-0 on ")
        top.press("Escape")
        top.wait_without("user-0 on ")
        top.press("Escape")
        top.wait_for("journal")
        top.press("s")
        top.wait_for("sort: actor")
        top.press("?")
        top.wait_for("Press any key")

    def test_pauses(self) -> None:
        top = self.terminal(80, 24)
        top.wait_for("session-0")
        top.press("Space")
        top.wait_for("[PAUSED]")
        top.press("Space")
        top.wait_without("[PAUSED]")

    def test_shows_state_without_colour(self) -> None:
        self.order("policy-0", "pause")
        self.addCleanup(self.order, "policy-0", "resume")
        top = self.terminal(80, 24, NO_COLOR="1", TERM="vt100")
        self.assertTrue(any("!policy-0" in line.replace(" ", "") for line in top.wait_for("paused")))

    def test_restores_the_terminal(self) -> None:
        top = self.terminal(80, 24)
        top.wait_for("session-0")
        top.press("q")
        self.assertEqual(top.exit_code(), 0)
        before, after = top.modes()
        self.assertEqual(before, after)
        top.wait_without("session-0")

    def test_restores_the_terminal_after_a_signal(self) -> None:
        top = self.terminal(80, 24)
        top.wait_for("session-0")
        top.press("C-c")
        self.assertEqual(top.exit_code(), 0)
        self.assertEqual(*top.modes())

    def test_says_so_without_a_terminal(self) -> None:
        self.assertIn("--watch", self.ctl("top", code=2))

    def test_says_so_when_the_terminal_is_not_known(self) -> None:
        # ncurses keeps what it allocated for a terminal that it does not know.
        top = self.terminal(80, 24, TERM="no-such-terminal", ASAN_OPTIONS="detect_leaks=0")
        self.assertEqual(top.exit_code(), 2)
        self.assertTrue(any("set TERM" in line for line in top.screen()))


class TopOfARestartedNode(TopCase):
    def test_waits_for_a_node_that_is_started_again(self) -> None:
        top = self.terminal(80, 24)
        top.wait_for("session-0")
        self.server.stop()
        top.wait_for("no answer since")
        self.server.start()
        top.wait_without("no answer since")
        top.wait_for("ready")


if __name__ == "__main__":
    unittest.main()
