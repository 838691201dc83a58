"""A terminal that tests can type into and look at: tmux on a socket of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable

PATIENCE_SECONDS = 30


class Terminal:
    def __init__(self, columns: int, lines: int, command: list[str], environment: dict[str, str]) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="authnz-tmux-"))
        self.ended = self.directory / "ended"
        words = ["env", *(f"{name}={value}" for name, value in environment.items()), *command]
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        # The shell stays, to show what is left of the terminal.
        script = f"trap : INT; PS1='$ '; stty -a > {self.directory}/before; {quoted}; echo $? > {self.ended}; stty -a > {self.directory}/seen; mv {self.directory}/seen {self.directory}/after; exec sh"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(lines), "sh", "-c", script)

    def tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-f", "/dev/null", "-S", str(self.directory / "socket"), *arguments],
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "PS1": "$ "},
        )
        if done.returncode != 0:
            raise AssertionError(f"tmux {arguments}: {done.stderr}")
        return done.stdout

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tmux("send-keys", key)

    def resize(self, columns: int, lines: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def screen(self) -> list[str]:
        return self.tmux("capture-pane", "-p").split("\n")[:-1]

    def wait(self, holds: Callable[[list[str]], bool], what: str) -> list[str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            seen = self.screen()
            if holds(seen):
                return seen
            time.sleep(0.1)
        raise AssertionError(f"the terminal does not show {what}:\n" + "\n".join(self.screen()))

    def wait_for(self, text: str) -> list[str]:
        return self.wait(lambda seen: any(text in line for line in seen), repr(text))

    def wait_without(self, text: str) -> list[str]:
        return self.wait(lambda seen: not any(text in line for line in seen), f"no {text!r}")

    def exit_code(self) -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.ended.exists() and self.ended.read_text().strip() and (self.directory / "after").exists():
                return int(self.ended.read_text())
            time.sleep(0.1)
        raise AssertionError("the program does not end:\n" + "\n".join(self.screen()))

    def modes(self) -> tuple[str, str]:
        """The terminal's settings before and after the program."""
        return (self.directory / "before").read_text(), (self.directory / "after").read_text()

    def close(self) -> None:
        try:
            self.tmux("kill-server")
        except AssertionError:
            pass
        shutil.rmtree(self.directory, ignore_errors=True)
