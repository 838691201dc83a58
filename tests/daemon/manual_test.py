"""Manual pages and completion: up to date, without a warning, and as the shells take them."""

from __future__ import annotations

import shutil
import subprocess
import unittest
from pathlib import Path

from server import binary, inherited_environment

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "man").glob("*.[18]"))


def printed(*command: str, text: str | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=inherited_environment(), timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def generated(page: str) -> str:
    text = (ROOT / "docs" / "man" / page).read_text()
    return text.split('.\\" generated: ', 1)[1].split("\n", 1)[1].split('.\\" end of generated', 1)[0]


class Manual(unittest.TestCase):
    maxDiff = 4000

    def test_there_is_a_page_for_each_program(self) -> None:
        self.assertEqual({page.stem for page in PAGES}, {"authnzerver", "authnzctl", "authnz-bench", "protogen"})

    def test_the_pages_are_up_to_date(self) -> None:
        self.assertEqual(generated("authnzctl.1"), printed(binary("authnzctl"), "--help-man"), "make docs renews it")
        self.assertEqual(
            generated("authnzerver.8"), printed(binary("authnzerver"), "--configuration-man"), "make docs renews it"
        )

    def test_groff_warns_of_nothing(self) -> None:
        for page in PAGES:
            done = subprocess.run(
                ["groff", "-ww", "-man", "-Tutf8", "-z", str(page)], capture_output=True, text=True, timeout=60
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)


class Completion(unittest.TestCase):
    def complete(self, *words: str) -> list[str]:
        """What bash proposes for the last of the words."""
        script = """
            set -eu
            source <("$1" completion bash)
            [[ $(complete -p authnzctl) == *'-F _authnzctl authnzctl' ]]
            shift
            COMP_WORDS=(authnzctl "$@") COMP_CWORD=$#
            _authnzctl
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        return printed("bash", "-c", script, "bash", binary("authnzctl"), *words).split()

    def test_proposes_commands(self) -> None:
        self.assertIn("user", self.complete(""))
        self.assertEqual(self.complete("us"), ["user"])
        self.assertEqual(self.complete("user", "se"), ["set-password", "sessions"])
        self.assertEqual(self.complete("--version", "user", "cr"), ["create"])

    def test_proposes_options(self) -> None:
        self.assertEqual(self.complete("user", "list", "--li"), ["--limit"])
        self.assertEqual(self.complete("session", "end", "--y"), ["--yes"])

    def test_proposes_values(self) -> None:
        self.assertEqual(self.complete("user", "list", "--state", "lo"), ["locked"])
        self.assertEqual(self.complete("log", "level", "d"), ["debug"])
        self.assertEqual(self.complete("completion", "z"), ["zsh"])

    def test_takes_an_options_value_for_no_command(self) -> None:
        self.assertEqual(self.complete("user", "list", "--role", "show", "--st"), ["--state"])

    def test_proposes_files(self) -> None:
        self.assertIn(str(Path(__file__)), self.complete("policy", "explain", "--file", __file__[:-2]))

    def test_the_other_shells_can_read_their_scripts(self) -> None:
        for shell, check in (("zsh", "-n"), ("fish", "--no-execute")):
            script = printed(binary("authnzctl"), "completion", shell)
            self.assertIn("set-password", script)
            if shutil.which(shell):
                printed(shell, check, "/dev/stdin", text=script)

    def test_knows_three_shells(self) -> None:
        done = subprocess.run([binary("authnzctl"), "completion", "tcsh"], capture_output=True)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
