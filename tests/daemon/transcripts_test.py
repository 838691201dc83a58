"""Every transcript in transcripts/ holds, played to a fresh daemon."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Callable

from server import Server
from transcript import Player

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


class Transcripts(unittest.TestCase):
    pass


def _test(path: Path) -> Callable[[Transcripts], None]:
    def test(self: Transcripts) -> None:
        server = Server()
        self.addCleanup(server.remove)
        with server.start().client() as client:
            Player(client.call).play(path)
        self.assertEqual(server.stop(), 0)

    test.__doc__ = path.read_text().splitlines()[0].lstrip("# ")
    return test


for _path in TRANSCRIPTS:
    setattr(Transcripts, "test_" + _path.stem, _test(_path))

if __name__ == "__main__":
    unittest.main()
