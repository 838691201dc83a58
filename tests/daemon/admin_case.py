"""A daemon with an admin link, and the admin tool on it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import shutil
from pathlib import Path
from typing import Any

from case import DaemonCase
from server import Server, binary, free_port, inherited_environment


def ctl_environment() -> dict[str, str]:
    return {**inherited_environment(), "TERM": os.environ.get("TERM", "dumb")}


class AdminCase(DaemonCase):
    """Every class has certificates of its own; `ctl` runs the tool against its daemon."""

    certs: Path
    admin_port: int

    @classmethod
    def setUpClass(cls) -> None:
        directory = Path(tempfile.mkdtemp(prefix="authnz-certs-"))
        cls.addClassCleanup(shutil.rmtree, directory, True)
        cls.certs = directory / "certs"
        subprocess.run([binary("authnzctl"), "certs", "init", "--dir", str(cls.certs)], check=True, capture_output=True)
        cls.admin_port = free_port()
        cls.items = {**cls.items, "adminport": str(cls.admin_port), "admincerts": str(cls.certs)}
        super().setUpClass()

    @classmethod
    def node_options(cls) -> list[str]:
        return ["--node", f"127.0.0.1:{cls.admin_port}", "--certs", str(cls.certs)]

    @classmethod
    def command(cls, *arguments: str) -> list[str]:
        return [binary("authnzctl"), *arguments, *cls.node_options()]

    @classmethod
    def run_ctl(cls, *arguments: str, text: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            cls.command(*arguments), input=text, capture_output=True, text=True, timeout=timeout, env=ctl_environment()
        )

    def ctl(self, *arguments: str, code: int = 0, **options: Any) -> str:
        """What the tool printed; it must end with `code`."""
        done = self.run_ctl(*arguments, **options)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stdout + done.stderr

    def ctl_json(self, *arguments: str, **options: Any) -> Any:
        return json.loads(self.ctl(*arguments, "--json", **options))

    def ctl_json_lines(self, *arguments: str, **options: Any) -> list[Any]:
        return [json.loads(line) for line in self.ctl(*arguments, "--json", **options).splitlines()]


__all__ = ["AdminCase", "Server"]
