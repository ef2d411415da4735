"""Reading and writing the node's database.

A writing transaction holds the lock on `node_head` from its first statement: one writer at a time, so that nothing read in it changes
under it and changes of cases are numbered in the order in which they become visible (`WatchCases` can miss none). No transaction is held
across a call to hub or register.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from runtime.postgres import reachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]


class Database:
    """The pool, and whoever waits for a change."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """Takes a migrated database."""
        self._pool = pool
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection to read from.

        Raises:
            Refused: UNAVAILABLE when the database cannot be reached.
        """
        with reachable():
            async with self._pool.acquire() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """A transaction, alone; committed at the end of the block, or rolled back when it raises.

        Raises:
            Refused: UNAVAILABLE when the database cannot be reached; whether the block was committed is then unknown, and the caller's
                repeat finds out.
        """
        try:
            with reachable():
                async with self._pool.acquire() as connection, connection.transaction():
                    await connection.execute("select from node_head for update")
                    yield connection
        finally:
            self._changed.set()
            self._changed = asyncio.Event()

    @property
    def changed(self) -> asyncio.Event:
        """Set once something was written after now; take it before reading what you wait for."""
        return self._changed
