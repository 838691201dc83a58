"""authnzctl argon2 calibrate proposes a cost that the daemon takes."""

from __future__ import annotations

import json
import re
import subprocess
import unittest
from typing import Any

from server import ADMIN_EMAIL, ADMIN_PASSWORD, Server, binary, inherited_environment

LEAST_KIB = 19456
LINE = re.compile(r"AUTHNZERVER_ARGON2=(m=(\d+),t=(\d+),p=1)")
FIRST_COST = "m=64,t=1,p=1"


def calibrate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [binary("authnzctl"), "argon2", "calibrate", *arguments]
    return subprocess.run(command, env=inherited_environment(), capture_output=True, text=True, timeout=120)


class Calibrate(unittest.TestCase):
    def json(self, *arguments: str) -> dict[str, Any]:
        done = calibrate(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_the_line_configures_a_daemon_and_its_users_log_in(self) -> None:
        done = calibrate("--target-ms", "40", "--memory-kib", "32768", "--max-time-cost", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        *comments, last = done.stdout.splitlines()
        self.assertFalse([line for line in comments if not line.startswith("#")], "the rest can stand in a file, too")
        found = LINE.fullmatch(last)
        assert found is not None, last
        server = Server(argon2=FIRST_COST)
        self.addCleanup(server.remove)
        server.start()
        server.items["argon2"] = found[1]
        server.restart()
        for _ in range(2):
            self.assertTrue(self.login(server), "with the old hash, then with the new one")
        self.assertEqual(server.stop(), 0)

    def test_the_output_can_be_appended_to_a_file_of_the_environment(self) -> None:
        done = calibrate("--target-ms", "1")
        server = Server()
        self.addCleanup(server.remove)
        del server.items["argon2"]
        file = server.directory / "env"
        items = {**server.items, "port": str(server.port)}
        file.touch(mode=0o600)
        file.write_text("".join(f"AUTHNZERVER_{k.upper()}={v}\n" for k, v in items.items()) + done.stdout)
        command = [binary("authnzerver"), "--envfile", str(file)]
        with open(server.log_file, "ab") as log:
            server.process = subprocess.Popen(command, env=inherited_environment(), stdout=log, stderr=log)
        server.wait_until_ready()
        self.assertTrue(self.login(server))
        self.assertEqual(server.stop(), 0)

    def login(self, server: Server) -> bool:
        anonymous = {"ip_address": "::1", "user_agent": "", "user_id": None, "expires": 1, "extra_info_json": None}
        token = server.ask("session-new", **anonymous)["session_token"]
        return server.ask("user-login", session_token=token, email=ADMIN_EMAIL, password=ADMIN_PASSWORD).success

    def test_what_is_chosen_was_measured_and_stays_within_its_bounds(self) -> None:
        answer = self.json("--target-ms", "60", "--memory-kib", "40000", "--max-time-cost", "3")
        self.assertEqual(answer["argon2"], f"m={answer['memory_kib']},t={answer['passes']},p=1")
        self.assertLessEqual(answer["memory_kib"], 40000)
        self.assertLessEqual(answer["passes"], 3)
        chosen = {name: answer[name] for name in answer["measured"][0]}
        self.assertIn(chosen, answer["measured"])
        self.assertEqual(answer["target_met"], answer["milliseconds"] <= 60)
        self.assertEqual(answer["hashing_memory_kib"], answer["hashers"] * answer["memory_kib"])

    def test_passes_rise_only_when_all_the_memory_is_used(self) -> None:
        answer = self.json("--target-ms", "60000", "--memory-kib", str(LEAST_KIB), "--max-time-cost", "3")
        self.assertEqual((answer["memory_kib"], answer["passes"]), (LEAST_KIB, 3))
        rows = self.json("--target-ms", "60", "--memory-kib", "24576")["measured"]
        self.assertEqual({row["memory_kib"] for row in rows if row["passes"] > 2} - {24576}, set(), rows)

    def test_it_never_proposes_less_than_is_safe_and_says_so(self) -> None:
        done = calibrate("--target-ms", "1")
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"AUTHNZERVER_ARGON2=m={LEAST_KIB},t=2,p=1\n", done.stdout)
        self.assertRegex(done.stderr, "warning: even the least parameters .* longer than 1 ms")

    def test_it_says_what_memory_the_server_will_take(self) -> None:
        done = calibrate("--target-ms", "1")
        self.assertRegex(done.stderr, r"warning: hashers x m is memory .* \d+ MiB with \d+ hashers")

    def test_progress_is_not_part_of_the_output(self) -> None:
        done = calibrate("--target-ms", "1")
        self.assertIn(f"measuring m={LEAST_KIB},t=2,p=1", done.stderr)
        self.assertNotIn("measuring", done.stdout)
        self.assertRegex(done.stdout, rf"#\s+{LEAST_KIB}\s+2\s+\d+\.\d\s+\d+\.\d  chosen\n")

    def test_bounds_that_are_not_safe_are_wrong(self) -> None:
        wrong = (("--memory-kib", "19455"), ("--max-time-cost", "1"), ("--target-ms", "0"), ("--memory-kib", "1048577"))
        for arguments in wrong:
            self.assertEqual(calibrate(*arguments).returncode, 2, arguments)

    def test_help_says_what_it_does(self) -> None:
        text = calibrate("--help").stdout
        for word in ("RFC 9106", "OWASP", "hashers x m", "--target-ms", "--memory-kib", "--max-time-cost", "--json"):
            self.assertIn(word, text)


if __name__ == "__main__":
    unittest.main()
