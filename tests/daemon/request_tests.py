"""Which test proves which outcome of which request: noted while the suites run, checked, and written down.

    request_tests.py --check BUILD   every outcome of every name has a test; docs/request-tests.md names such tests
    request_tests.py --write BUILD   writes docs/request-tests.md

BUILD is a build directory whose suites have all run (`ctest -R daemon/`). A suite keeps what its tests assert
(case.py) in the directory that AUTHNZ_REQUEST_TESTS names, one file a suite; without it nothing is kept.
Outcomes are `success`, the failure reasons of proto/request_outcomes.hpp, and `validation`.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Iterator

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[1] / "docs" / "request-tests.md"
ROW = re.compile(r"\| (\S+) \| (\S+) \| (?:`(\S+)`|-) \|")
IMPORT = re.compile(r"^from (?:\w+_)?case import", re.MULTILINE)
DERIVED = re.compile(r"^class \w+\((?:.*, )?(?!TestCase)\w+Case\):", re.MULTILINE)
HEAD = """\
<!-- Generated from what the tests noted: tests/daemon/request_tests.py --write BUILD. Do not edit. -->
# Which test proves what

For every name of every request a test of the running daemon that proves the outcome: success, each failure reason
of [requests.md](requests.md), and the refusal of wrong items (validation). There may be more tests than the one named.

| request | outcome | test |
|---|---|---|
"""

Cell = tuple[str, str]


@dataclass(frozen=True, order=True)
class Note:
    """A test saw this answer to a request, named as it was sent, and expected it."""

    request: str
    outcome: str
    test: str
    codes: tuple[str, ...]

    @property
    def cell(self) -> Cell:
        return self.request, self.outcome


class Notebook:
    """Keeps a process's notes, and writes them when it ends: a file a suite."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.suites: dict[str, set[Note]] = {}
        atexit.register(self.write)

    def begin(self, suite: str) -> None:
        self.suites.setdefault(suite, set())

    def keep(self, suite: str, notes: Iterable[Note]) -> None:
        self.suites.setdefault(suite, set()).update(notes)

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for suite, notes in self.suites.items():
            text = json.dumps([[n.request, n.outcome, n.test, list(n.codes)] for n in sorted(notes)], indent=0)
            unfinished = self.folder / f"{suite}.{os.getpid()}"
            unfinished.write_text(text + "\n")
            unfinished.replace(self.folder / f"{suite}.json")


NOTEBOOK = Notebook(Path(os.environ["AUTHNZ_REQUEST_TESTS"])) if os.environ.get("AUTHNZ_REQUEST_TESTS") else None


def noting_suites() -> set[str]:
    """Those whose classes derive from one of case.py or of another such module."""
    texts = {path.stem: path.read_text() for path in HERE.glob("*_test.py")}
    return {suite for suite, text in texts.items() if IMPORT.search(text) and DERIVED.search(text)}


def read_notes(folder: Path) -> list[Note]:
    """Of the suites that still exist."""
    out: list[Note] = []
    for path in sorted(folder.glob("*_test.json")):
        if (HERE / path.name).with_suffix(".py").exists():
            for request, outcome, test, codes in json.loads(path.read_text()):
                out.append(Note(request, outcome, test, tuple(codes)))
    return out


def names_of(request: dict[str, Any]) -> list[str]:
    return [request["name"], *filter(None, [request["alias"]])]


def cells(table: dict[str, Any]) -> Iterator[Cell]:
    for request in table["requests"]:
        reasons = [failure["reason"] for failure in request["outcomes"]["failures"]]
        for name in names_of(request):
            for outcome in ("success", *reasons, "validation"):
                yield name, outcome


class Expectations:
    """What a noted answer may look like."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.common = set(table["common_failures"])
        self.rules = table["password_rules"]
        self.outcomes = {name: r["outcomes"] for r in table["requests"] for name in names_of(r)}

    def objection(self, note: Note) -> str | None:
        if note.outcome == "validation" or note.outcome in self.common:
            return None
        if note.outcome == "success":
            known = set(note.codes) <= set(self.outcomes[note.request]["success"])
            return None if known else "no such message codes of success"
        for failure in self.outcomes[note.request]["failures"]:
            if failure["reason"] == note.outcome:
                return self.objection_to_codes(note, failure["message"])
        return "no such failure reason"

    def objection_to_codes(self, note: Note, message: str | None) -> str | None:
        if message is None:
            return None if note.codes and set(note.codes) <= set(self.rules) else "other message codes than rules"
        return None if note.codes == (message,) else f"another message code than {message}"


def proofs(notes: Iterable[Note]) -> dict[Cell, set[str]]:
    out: dict[Cell, set[str]] = {}
    for note in notes:
        out.setdefault(note.cell, set()).add(note.test)
    return out


def document(wanted: Iterable[Cell], proven: dict[Cell, set[str]]) -> str:
    def test(cell: Cell) -> str:
        return f"`{min(proven[cell])}`" if cell in proven else "-"

    return HEAD + "".join(f"| {cell[0]} | {cell[1]} | {test(cell)} |\n" for cell in wanted)


def problems_of_document(wanted: list[Cell], proven: dict[Cell, set[str]], text: str) -> Iterator[str]:
    rows = {(request, outcome): test for request, outcome, test in ROW.findall(text)}
    for cell in wanted:
        test = rows.pop(cell, "")
        if not test:
            yield f"{DOCUMENT.name} names no test for {' '.join(cell)}"
        elif test not in proven.get(cell, set()):
            yield f"{DOCUMENT.name}: {test} did not prove {' '.join(cell)}"
    for cell in rows:
        yield f"{DOCUMENT.name} has a row for {' '.join(cell)}, which does not exist"


def problems(table: dict[str, Any], notes: list[Note]) -> Iterator[str]:
    proven = proofs(notes)
    for cell in cells(table):
        if cell not in proven:
            yield f"no test proves {' '.join(cell)}"
    expectations = Expectations(table)
    for note in notes:
        objection = expectations.objection(note)
        if objection:
            yield f"{note.test}: {note.request} {note.outcome} {list(note.codes)}: {objection}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ("--check", "--write"):
        print("one of --check BUILD or --write BUILD is needed", file=sys.stderr)
        return 2
    build = Path(arguments[1])
    folder = build / "request-tests"
    lacking = sorted(suite for suite in noting_suites() if not (folder / f"{suite}.json").exists())
    if lacking:
        print(f"only a part of the suites has run: {', '.join(lacking)} did not; `ctest -R daemon/` runs all", file=sys.stderr)
        return 1
    table = json.loads(subprocess.run([build / "bin" / "protogen", "--json"], check=True, capture_output=True).stdout)
    notes = read_notes(folder)
    found = list(problems(table, notes))
    wanted, proven = list(cells(table)), proofs(notes)
    if arguments[0] == "--write":
        DOCUMENT.write_text(document(wanted, proven))
    else:
        found += problems_of_document(wanted, proven, DOCUMENT.read_text() if DOCUMENT.exists() else "")
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
