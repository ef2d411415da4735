"""One embedded PostgreSQL for a whole test run, on an event loop of its own, so that each test may have its own loop."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtime.embedded.postgres import Postgres
from tests.support.hosting import hosted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.hosting import Hosted


class Server:
    """A running server; every database is new and empty."""

    def __init__(self, postgres: Hosted[Postgres]) -> None:
        self._postgres = postgres
        self._made = 0

    def new_database(self) -> str:
        """The DSN of the owner of a database that nobody used before."""
        self._made += 1
        name = f"test_{self._made}"
        return self._postgres.run(self._postgres.thing.create_database(name, name))

    def kill(self) -> None:
        """Kills it (-9); returns when it is dead."""
        os.kill(self._postgres.thing.pid, signal.SIGKILL)
        self._postgres.run(self._postgres.thing.ended())

    def start(self) -> None:
        """Starts it again after a kill; does nothing while it runs."""
        self._postgres.run(self._postgres.thing.start())


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Runs a server in `folder` until the block ends."""
    with hosted(Postgres(folder)) as postgres:
        yield Server(postgres)
