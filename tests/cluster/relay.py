"""A link that can be slow, hung or cut: passes TCP connections on to one address, in this process."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit


class Relay:
    """`delay` in seconds, each way. While it is hung nothing passes, and nobody is told."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self.target = (target.hostname, target.port)
        self.delay = 0.0
        self.loop = asyncio.new_event_loop()
        self.passing = asyncio.Event()
        self.passing.set()
        self.writers: set[asyncio.StreamWriter] = set()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.run(asyncio.start_server(self.accept, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    def run(self, what):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(10)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there_reader, there_writer = await asyncio.open_connection(*self.target)
            self.writers |= {writer, there_writer}
            try:
                await asyncio.gather(self.pass_on(reader, there_writer), self.pass_on(there_reader, writer))
            finally:
                self.writers -= {writer, there_writer}
                there_writer.close()
        writer.close()

    async def pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Delays every piece, and does not hold up the pieces behind it."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def write() -> None:
            while True:
                due, piece = await pieces.get()
                await asyncio.sleep(due - self.loop.time())
                await self.passing.wait()
                if not piece:
                    break
                sink.write(piece)
                await sink.drain()
            with contextlib.suppress(OSError):
                sink.write_eof()

        async def read() -> None:
            piece = b"-"
            while piece:
                piece = await source.read(65536)
                await pieces.put((self.loop.time() + self.delay, piece))

        await asyncio.gather(read(), write())

    def hang(self) -> None:
        self.loop.call_soon_threadsafe(self.passing.clear)

    def go_on(self) -> None:
        self.loop.call_soon_threadsafe(self.passing.set)

    def cut(self) -> None:
        """Ends the connections that there are."""
        for writer in list(self.writers):
            self.loop.call_soon_threadsafe(writer.transport.abort)

    def close(self) -> None:
        async def end() -> None:
            self.server.close()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
