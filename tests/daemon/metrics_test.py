"""The metrics of a real daemon after real traffic, read by promtool and by a real Prometheus server."""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from authnzerver_client import RateLimited
from case import DaemonCase
from server import START_SECONDS, Server, free_port

OPERATIONS = Path(__file__).resolve().parents[2] / "docs/operations"
SERIES = re.compile(r"^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$")
LOGINS = 'authnzerver_requests_total{request="user-login"'
HASHED = "authnzerver_hash_computations_total"
OURS = re.compile(r"\b(?:authnzerver_[a-z0-9_]+|process_[a-z]+(?:_[a-z]+)+)\b")


class MetricsCase(DaemonCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.port = free_port()
        cls.items = {**cls.items, "metricsport": str(cls.port)}
        super().setUpClass()

    def http(self, method: str, path: str, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def text(self) -> str:
        status, body = self.http("GET", "/metrics")
        self.assertEqual(status, 200)
        return body.decode()

    def values(self) -> dict[str, float]:
        matches = (SERIES.match(line) for line in self.text().splitlines())
        return {m[1] + (m[2] or ""): float(m[3]) for m in matches if m}

    def value(self, series: str) -> float:
        return self.values()[series]

    def requests(self, request: str, outcome: str) -> float:
        return self.value(f'authnzerver_requests_total{{request="{request}",outcome="{outcome}"}}')


class Metrics(MetricsCase):
    items = {"ratelimits": "user-list:3; user-new:600"}

    def login(self, email: str, password: str) -> bool:
        return self.ask("user-login", session_token=self.session(), email=email, password=password).success

    def test_logins_are_counted_by_their_outcome(self) -> None:
        person = self.sign_up()
        before = self.values()
        self.assertTrue(self.login(person.email, person.password))
        self.assertFalse(self.login(person.email, "this is not it"))
        after = self.values()
        changed = {name: after[name] - before[name] for name in before if name.startswith(LOGINS)}
        succeeded = changed.pop(f'{LOGINS},outcome="success"}}')
        self.assertEqual((succeeded, sum(changed.values())), (1, 1), changed)
        self.assertGreaterEqual(after[HASHED] - before[HASHED], 2)

    def test_what_is_rate_limited_is_counted(self) -> None:
        before = self.requests("user-list", "rate-limited")
        refused = self.value("authnzerver_rate_limit_refused_total")
        for _ in range(4):
            try:
                self.ask("user-list", user_id=1)
            except RateLimited:
                pass
        self.assertGreaterEqual(self.requests("user-list", "rate-limited") - before, 1)
        self.assertGreaterEqual(self.value("authnzerver_rate_limit_refused_total") - refused, 1)

    def test_a_replay_is_counted(self) -> None:
        payload = {"request": "session-exists", "body": {"session_token": "x"}, "reqid": 1, "client_ipaddr": "192.0.2.1"}
        sealed = base64.b64encode(Fernet(self.server.key).encrypt(json.dumps(payload).encode()))
        series = 'authnzerver_http_refused_total{reason="replayed"}'
        before = self.value(series)
        self.assertEqual([self.server.http("POST", "/", sealed)[0] for _ in range(2)], [200, 401])
        self.assertEqual(self.value(series) - before, 1)

    def test_changes_are_counted_where_they_are_committed(self) -> None:
        before = self.values()
        self.session()
        after = self.values()
        for name in ("authnzerver_journal_applied_total", "authnzerver_journal_commit_seconds_count", "authnzerver_lmdb_revisions_total"):
            self.assertGreater(after[name], before[name], name)
        self.assertGreater(after["authnzerver_lmdb_map_bytes"], after["authnzerver_lmdb_used_bytes"])
        self.assertEqual(after["authnzerver_lmdb_readable"], 1)

    def test_no_actor_was_restarted(self) -> None:
        restarts = {name: n for name, n in self.values().items() if name.startswith("authnzerver_actor_restarts_total")}
        self.assertTrue(restarts)
        self.assertEqual(set(restarts.values()), {0})

    def test_the_process_is_measured(self) -> None:
        values = self.values()
        for name in ("resident_memory_bytes", "cpu_seconds_total", "open_fds", "max_fds"):
            self.assertGreater(values["process_" + name], 0, name)
        self.assertAlmostEqual(values["process_start_time_seconds"], time.time(), delta=600)
        self.assertEqual(values["process_start_time_seconds"], self.value("process_start_time_seconds"))

    def test_promtool_has_nothing_to_say(self) -> None:
        self.sign_up()
        done = subprocess.run(["promtool", "check", "metrics"], input=self.text(), capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_nobody_is_named(self) -> None:
        person = self.sign_up()
        self.login(person.email, person.password)
        text = self.text()
        for personal in (person.email, "example.org", "192.0.2", self.server.key):
            self.assertNotIn(personal, text)

    def test_more_users_make_no_more_series(self) -> None:
        self.sign_up()
        before = set(self.values())
        self.sign_up()
        self.assertEqual(set(self.values()), before)
        self.assertLess(len(before), 5000)

    def test_dashboard_and_alerts_ask_for_what_there_is(self) -> None:
        self.sign_up()
        there = set(re.findall(r"^# TYPE (\S+)", self.text(), re.MULTILINE))
        parts = {name + part for name in there for part in ("", "_bucket", "_count", "_sum")}
        for file in ("grafana-dashboard.json", "alerts.yml"):
            asked = set(OURS.findall((OPERATIONS / file).read_text()))
            self.assertTrue(asked)
            self.assertEqual(asked - parts, set(), file)

    def test_health_is_told(self) -> None:
        self.assertEqual(self.http("GET", "/health/live"), (200, b'{"live":true}'))
        self.assertEqual(self.http("GET", "/health/ready"), (200, b'{"ready":true}'))
        self.assertEqual(self.value("authnzerver_ready"), 1)

    def test_only_allowed_hosts_paths_and_methods_are_served(self) -> None:
        self.assertEqual(self.http("GET", "/metrics", Host="evil.example.org")[0], 404)
        self.assertEqual(self.http("GET", "/")[0], 404)
        self.assertEqual(self.http("POST", "/metrics")[0], 405)
        self.assertEqual(self.http("HEAD", "/metrics"), (200, b""))

    def test_the_service_s_own_port_has_no_metrics(self) -> None:
        self.assertEqual(self.server.get("/metrics")[0], 404)

    def test_a_hung_scraper_hinders_nobody(self) -> None:
        hung = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(40)]
        try:
            hung[-1].sendall(b"GET /met")
            self.assertEqual(self.http("GET", "/metrics")[0], 200)
            self.session()
        finally:
            for connection in hung:
                connection.close()


class Scraped(MetricsCase):
    def prometheus(self) -> str:
        """Starts one that scrapes the daemon; its URL."""
        directory = Path(tempfile.mkdtemp(prefix="authnz-prometheus-"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        scrape = {"job_name": "authnzerver", "static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]}
        config = {"global": {"scrape_interval": "1s"}, "rule_files": [str(OPERATIONS / "alerts.yml")], "scrape_configs": [scrape]}
        (directory / "prometheus.yml").write_text(json.dumps(config))
        address = f"127.0.0.1:{free_port()}"
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                 f"--web.listen-address={address}"], stdout=log, stderr=log, cwd=directory)  # fmt: skip
        self.addCleanup(lambda: (process.terminate(), process.wait()))
        return f"http://{address}"

    def query(self, url: str, expression: str) -> list[Any]:
        """Its values, once there are any."""
        deadline = time.monotonic() + START_SECONDS
        address = f"{url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(address, timeout=10) as response:
                    found = json.load(response)["data"]["result"]
                if found:
                    return [one["value"][1] for one in found]
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.1)
        raise AssertionError(f"no answer to {expression}")

    def test_a_prometheus_server_reads_it(self) -> None:
        self.session()
        url = self.prometheus()
        self.assertEqual(self.query(url, 'up{job="authnzerver"} == 1'), ["1"])
        created = 'authnzerver_requests_total{request="session-new",outcome="success"}'
        self.assertEqual(self.query(url, created), [f"{self.requests('session-new', 'success'):g}"])
        self.assertEqual(self.query(url, "count(ALERTS) or vector(0)"), ["0"])


class Rules(unittest.TestCase):
    def test_promtool_accepts_the_alerts(self) -> None:
        done = subprocess.run(["promtool", "check", "rules", OPERATIONS / "alerts.yml"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_is_explained_once(self) -> None:
        rules = (OPERATIONS / "alerts.yml").read_text()
        alerts = re.findall(r"- alert: (\w+)", rules)
        for annotation in ("severity: ", "summary: ", "description: "):
            self.assertEqual(rules.count(annotation), len(alerts), annotation)
        self.assertEqual(re.findall(r"^\| `(\w+)` \|", (OPERATIONS / "README.md").read_text(), re.MULTILINE), alerts)

    def test_the_dashboard_has_unique_panels_that_ask_the_chosen_source(self) -> None:
        dashboard = json.loads((OPERATIONS / "grafana-dashboard.json").read_text())
        panels = dashboard["panels"]
        self.assertEqual(len({p["id"] for p in panels}), len(panels))
        places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
        self.assertEqual(len(set(places)), len(places))
        self.assertEqual(dashboard["templating"]["list"][0]["type"], "datasource")
        for panel in panels:
            for target in panel.get("targets", []):
                self.assertEqual(target["datasource"]["uid"], "${datasource}", panel["title"])


class Ports(unittest.TestCase):
    def start_and_fail(self, **items: str) -> str:
        server = Server(**items)
        self.addCleanup(server.remove)
        code, stderr = server.start_and_fail()
        self.assertEqual(code, 1)
        self.assertEqual(len(stderr.strip().splitlines()), 1, stderr)
        return stderr

    def test_a_port_in_use_is_a_start_error(self) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            stderr = self.start_and_fail(metricsport=str(other.getsockname()[1]))
        self.assertIn("metrics: cannot listen on 127.0.0.1 port ", stderr)
        self.assertIn("it is in use", stderr)

    def test_an_address_that_is_none_is_a_start_error(self) -> None:
        self.assertIn("metricslisten", self.start_and_fail(metricsport="0", metricslisten="somewhere"))

    def test_without_metricsport_there_is_no_port(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        server.start()
        self.assertNotIn("metrics.listening", server.log)

    def test_a_hung_scraper_does_not_keep_the_server_from_stopping(self) -> None:
        server = Server(metricsport=str(free_port()))
        self.addCleanup(server.remove)
        server.start()
        with socket.create_connection(("127.0.0.1", int(server.items["metricsport"]))) as hung:
            hung.sendall(b"GET /metrics HTTP/1.1\r\n")
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
