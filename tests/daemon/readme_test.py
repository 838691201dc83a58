"""README's first login runs word for word, and prints what README says it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from server import Server

ROOT = Path(__file__).resolve().parents[2]
HEADING = "## First login in five minutes"


def blocks() -> list[tuple[str, str]]:
    """Language and text of the fenced blocks below the heading."""
    section = (ROOT / "README.md").read_text().split(HEADING + "\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```(\w*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class Readme(unittest.TestCase):
    def test_the_first_login_runs_as_it_is_printed(self) -> None:
        languages = [language for language, _ in blocks()]
        at = languages.index("python")
        story, printed = blocks()[at][1], blocks()[at + 1][1]
        server = Server(ratelimits="")
        self.addCleanup(server.remove)
        server.start()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "tools/clients/python"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AUTHNZ_URL": server.url,
            "AUTHNZ_KEY_FILE": str(server.key_file),
        }
        done = subprocess.run([sys.executable, "-"], input=story, env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout, printed)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
