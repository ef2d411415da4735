"""Reading and writing the node's database.

A writing transaction holds the lock on `node_head` from its first statement: one writer at a time, so that nothing read in it changes
under it and changes of cases are numbered in the order in which they become visible (`WatchCases` can miss none). No transaction is held
across a call to hub or register. A round trip costs more than a row, so what a transaction writes and does not read again is sent together.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from runtime.postgres import reachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Aside = PoolConnectionProxy[asyncpg.Record]


class Matter(Enum):
    """What somebody may wait for."""

    CASES = auto()
    MESSAGES = auto()
    OPERATIONS = auto()


class Connection(Protocol):
    """What reads need; a transaction is one too."""

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """All rows."""
        ...

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        ...

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        ...


class Mark(NamedTuple):
    """A place among the statements that wait."""

    sent: int
    waiting: int


class Transaction:
    """A writing transaction. Reads see everything that was written in it before.

    Attributes:
        touched: what was written about.
    """

    def __init__(self, connection: PoolConnectionProxy[asyncpg.Record]) -> None:
        """Takes a connection that holds the lock."""
        self.touched: set[Matter] = set()
        self._connection = connection
        self._waiting: list[tuple[str, tuple[Any, ...]]] = []
        self._sent = 0

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """All rows."""
        await self._send()
        return await self._connection.fetch(query, *args)

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        await self._send()
        return await self._connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        await self._send()
        return await self._connection.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        """Runs a statement now; returns its tag."""
        await self._send()
        return await self._connection.execute(query, *args)

    def later(self, query: str, *args: Any) -> None:
        """Runs a statement with the next read or at the end.

        Statements of one text run together, texts in the order of their first use: what is written later must not rest on more than that.
        """
        self._waiting.append((query, args))

    def touch(self, matter: Matter) -> None:
        """Whoever waits for this is woken after the commit."""
        self.touched.add(matter)

    def mark(self) -> Mark:
        """Where `take_back` goes back to."""
        return Mark(self._sent, len(self._waiting))

    def take_back(self, mark: Mark) -> None:
        """Forgets what was to be written later since the mark; nothing may have been read since."""
        assert self._sent == mark.sent  # noqa: S101 - it is in the database then, and only the whole can be taken back
        del self._waiting[mark.waiting :]

    async def finish(self) -> None:
        """Writes what still waits, and commits."""
        await self._send()
        await self._connection.execute("commit")

    async def _send(self) -> None:
        if not self._waiting:
            return
        texts: dict[str, list[Sequence[Any]]] = {}
        for query, args in self._waiting:
            texts.setdefault(query, []).append(args)
        self._sent += 1
        self._waiting.clear()
        for query, rows in texts.items():
            await self._connection.executemany(query, rows)


@asynccontextmanager
async def _rolled_back(connection: PoolConnectionProxy[asyncpg.Record]) -> AsyncIterator[None]:
    """Leaves no transaction open behind what raises."""
    try:
        yield
    except BaseException:
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("rollback")
        raise


class Database:
    """The pool, and whoever waits for a change."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """Takes a migrated database."""
        self._pool = pool
        self._changed = {matter: asyncio.Event() for matter in Matter}

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
    async def writing(self) -> AsyncIterator[Transaction]:
        """A transaction, alone; committed at the end of the block, or rolled back when it raises.

        Raises:
            Refused: UNAVAILABLE when the database cannot be reached; whether the block was committed is then unknown, and the caller's
                repeat finds out.
        """
        touched = set(Matter)
        try:
            with reachable():
                async with self._pool.acquire() as connection, _rolled_back(connection):
                    await connection.execute("begin; select from node_head for update")
                    transaction = Transaction(connection)
                    yield transaction
                    await transaction.finish()
                    touched = transaction.touched
        finally:
            for matter in touched:  # all of them when it is unknown what was committed
                self._changed[matter].set()
                self._changed[matter] = asyncio.Event()

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[Aside]:
        """A transaction beside the one writer, for rows that no case depends on; wakes nobody.

        Raises:
            Refused: as `writing`.
        """
        with reachable():
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection

    def changed(self, matter: Matter) -> asyncio.Event:
        """Set once something of this kind was written after now; take it before reading what you wait for."""
        return self._changed[matter]
