"""One request's story, followed through the node with the admin tool."""

import json
import subprocess
import threading
import time
import unittest

from admin_case import AdminCase, ctl_environment


class TraceTest(AdminCase):
    def following(self, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            self.command("trace", "--for", "30s", *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ctl_environment(),
        )
        self.addCleanup(process.kill)
        return process

    def story_of(self, process: subprocess.Popen, act) -> dict:
        """Acts until the tool, which follows from some moment on, has seen one."""
        ended = threading.Event()

        def again_and_again() -> None:
            with self.server.client() as client:
                while not ended.is_set():
                    act(client)
                    ended.wait(0.1)

        acting = threading.Thread(target=again_and_again)
        acting.start()
        try:
            out, err = process.communicate(timeout=40)
        finally:
            ended.set()
            acting.join()
        self.assertEqual(process.returncode, 0, err)
        return json.loads(out)

    def test_a_login_shows_its_steps_in_order(self) -> None:
        person = self.sign_up()

        def log_in(client) -> None:
            session = client.call(
                "session-new",
                {"ip_address": "192.0.2.7", "user_agent": "t", "user_id": None, "expires": 7, "extra_info_json": None},
            )["session_token"]
            client.call("user-login", {"session_token": session, "email": person.email, "password": person.password})

        story = self.story_of(self.following("--request", "user-login", "--count", "1", "--json"), log_in)
        steps = [step["step"] for step in story["steps"]]
        wanted = ["read", "opened", "validated", "begun", "hashed", "decided", "committed", "answered", "sealed"]
        self.assertEqual([step for step in steps if step in wanted], wanted)
        self.assertEqual(story["request"], "user-login")
        self.assertEqual(story["outcome"], "ok")
        self.assertEqual(story["status"], 200)
        stamps = [step["at_us"] for step in story["steps"]]
        self.assertEqual(stamps, sorted(stamps))
        self.assertNotIn(person.email, json.dumps(story))
        self.assertNotIn("127.0.0.1", json.dumps(story))

    def test_a_failure_tells_its_reason(self) -> None:
        story = self.story_of(
            self.following("--request", "user-lookup-email", "--count", "1", "--json"),
            lambda client: client.call("user-lookup-email", {"email": "nobody@example.org"}),
        )
        self.assertEqual(story["outcome"], "user-not-found")
        self.assertNotIn("committed", [step["step"] for step in story["steps"]])

    def test_one_request_is_found_by_its_reqid(self) -> None:
        def ask(client) -> None:
            client.call("user-lookup-email", {"email": "nobody@example.org"}, reqid="the one")
            client.call("user-lookup-email", {"email": "nobody@example.org"}, reqid="another")

        story = self.story_of(self.following("--reqid", "the one", "--count", "1", "--json"), ask)
        self.assertEqual(story["reqid"], "the one")

    def test_people_read_a_line_a_step(self) -> None:
        process = self.following("--request", "user-lookup-email", "--count", "1")
        ended = threading.Event()

        def ask() -> None:
            with self.server.client() as client:
                while not ended.is_set():
                    client.call("user-lookup-email", {"email": "nobody@example.org"})
                    ended.wait(0.1)

        asking = threading.Thread(target=ask)
        asking.start()
        out, _ = process.communicate(timeout=40)
        ended.set()
        asking.join()
        self.assertRegex(out, r"user-lookup-email reqid [0-9a-f]+: 200 user-not-found in \S+, client [0-9a-f]{24}, node")
        self.assertRegex(out, r"(?m)^ +\S+  \+\S+ +sealed$")

    def test_no_such_request_ends_with_its_time(self) -> None:
        begun = time.monotonic()
        self.assertIn("no such request came", self.ctl("trace", "--request", "user-delete", "--for", "1s", code=1))
        self.assertLess(time.monotonic() - begun, 30)

    def test_wrong_arguments_say_what_they_must_be(self) -> None:
        self.assertIn("there is no request", self.ctl("trace", "--request", "user-fly", code=1))
        self.assertIn("must be a time", self.ctl("trace", "--for", "soon", code=2))

    def test_an_end_by_a_signal_stops_the_trace_on_the_node(self) -> None:
        for _ in range(12):  # more than may be at once
            process = self.following("--request", "user-delete")
            assert process.stderr
            process.stderr.readline()
            process.terminate()
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, 1)


if __name__ == "__main__":
    unittest.main()
