"""Reading and writing the node's database.

A writing transaction holds the lock on `node_head` from its first statement: one writer at a time, so that nothing read in it changes
under it and changes of cases are numbered in the order in which they become visible (`WatchCases` can miss none). The last number stands in
that row: a process that finds the one it left there may go on with what it remembers, for nobody else wrote since. No transaction is held
across a call to hub or register. A round trip costs more than a row, so what a transaction writes and does not read again is sent together.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from runtime.postgres import reachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    from nodes.common.store.outbox import Outgoing

    Aside = PoolConnectionProxy[asyncpg.Record]


_NONE: Final = -1


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
    """A place among the statements that wait, and among what is to be done after the commit."""

    sent: int
    waiting: int
    afterwards: int


class Transaction:
    """A writing transaction. Reads see everything that was written in it before.

    Attributes:
        touched: what was written about.
        number: of the last change, in this transaction or before it.
        since: another number once somebody else has written, or may have: what was remembered before no longer holds.
        said: as that of the database.
    """

    def __init__(self, connection: PoolConnectionProxy[asyncpg.Record], number: int, since: int, said: dict[bytes, Outgoing]) -> None:
        """Takes a connection that holds the lock."""
        self.touched: set[Matter] = set()
        self.number, self.since, self.said = number, since, said
        self._connection = connection
        self._waiting: list[tuple[str, tuple[Any, ...]]] = []
        self._together: set[str] = set()
        self._afterwards: list[Callable[[], None]] = []
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

    def together(self, query: str, *row: Any) -> None:
        """As `later`, for a statement that takes its rows as arrays, one for each column: many rows cost little more than one."""
        self._together.add(query)
        self._waiting.append((query, row))

    def afterwards(self, remember: Callable[[], None]) -> None:
        """Calls this once the transaction is committed, and never if it is not, or if nobody knows."""
        self._afterwards.append(remember)

    def next_number(self) -> int:
        """The number of one more change."""
        self.number += 1
        return self.number

    def touch(self, matter: Matter) -> None:
        """Whoever waits for this is woken after the commit."""
        self.touched.add(matter)

    def mark(self) -> Mark:
        """Where `take_back` goes back to."""
        return Mark(self._sent, len(self._waiting), len(self._afterwards))

    def take_back(self, mark: Mark) -> None:
        """Forgets what was to be written later since the mark; nothing may have been read since."""
        assert self._sent == mark.sent  # noqa: S101 - it is in the database then, and only the whole can be taken back
        del self._waiting[mark.waiting :]
        del self._afterwards[mark.afterwards :]

    async def finish(self) -> None:
        """Writes what still waits, and commits, under a number that no other process has seen."""
        await self._send()
        await self._connection.execute(f"update node_head set number = {self.next_number()}; commit")  # noqa: S608 - a number of our own
        for remember in self._afterwards:
            remember()

    async def _send(self) -> None:
        if not self._waiting:
            return
        texts: dict[str, list[Sequence[Any]]] = {}
        for query, args in self._waiting:
            texts.setdefault(query, []).append(args)
        self._sent += 1
        self._waiting.clear()
        for query, rows in texts.items():
            if query in self._together:
                await self._connection.execute(query, *map(list, zip(*rows, strict=True)))
            else:
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
    """The pool, and whoever waits for a change.

    Attributes:
        said: own messages that were written down in this process of late and are not answered yet, to be sent without reading them again.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """Takes a migrated database."""
        self._pool = pool
        self._changed = {matter: asyncio.Event() for matter in Matter}
        self.said: dict[bytes, Outgoing] = {}
        self._alone = asyncio.Lock()
        self._number, self._since = _NONE, 0

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
                async with self._alone, self._pool.acquire() as connection, _rolled_back(connection):
                    transaction = await self._begun(connection)
                    yield transaction
                    await transaction.finish()
                    self._number, touched = transaction.number, transaction.touched
        finally:
            for matter in touched:  # all of them when it is unknown what was committed
                self._changed[matter].set()
                self._changed[matter] = asyncio.Event()

    async def _begun(self, connection: PoolConnectionProxy[asyncpg.Record]) -> Transaction:
        """Takes the lock. A commit that nobody heard of has left another number, as that of another process has."""
        tag = await connection.execute(f"begin; select from node_head where number = {self._number} for update")
        if tag == "SELECT 1":
            return Transaction(connection, self._number, self._since, self.said)
        self._since += 1
        number = await connection.fetchval("select number from node_head for update")
        return Transaction(connection, number, self._since, self.said)

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
