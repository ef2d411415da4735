"""One embedded PostgreSQL for a whole test run, on an event loop of its own, so that each test may have its own loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from runtime.embedded.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Server:
    """A running server; every database is new and empty."""

    def __init__(self, postgres: Postgres, loop: asyncio.AbstractEventLoop) -> None:
        self._postgres, self._loop = postgres, loop
        self._made = 0

    def new_database(self) -> str:
        """The DSN of the owner of a database that nobody used before."""
        self._made += 1
        name = f"test_{self._made}"
        return asyncio.run_coroutine_threadsafe(self._postgres.create_database(name, name), self._loop).result(30)


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Runs a server in `folder` until the block ends."""
    started: Future[Server] = Future()
    stop = Event()

    async def live() -> None:
        try:
            async with Postgres(folder) as postgres:
                started.set_result(Server(postgres, asyncio.get_running_loop()))
                await asyncio.to_thread(stop.wait)
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    thread = Thread(target=lambda: asyncio.run(live()), name="postgres")
    thread.start()
    try:
        yield started.result(60)
    finally:
        stop.set()
        thread.join()
