"""PostgreSQL: a pool from a DSN file, numbered migrations, and one name for "not reachable now".

Decides nothing about data. A pool survives a restarted server: broken connections are replaced on the next use, and the call that met
one fails; whoever calls must be able to repeat it, as after kill -9. Statements and their order are the stores' own.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import asyncpg

from core.refusals import BAD_SETTINGS, UNAVAILABLE, Refused
from runtime import clock, process_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from runtime.clock import Sleep

    Pool = asyncpg.Pool[asyncpg.Record]

_MIGRATION_LOCK = 0x79726478  # "yrdx": one per database, held until the migrating transaction ends
_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_PATIENCE_S, _PAUSE_S, _CLOSE_S = 60.0, 0.1, 5.0
_CALL_S = 30.0
_BY_INDEX = {"enable_seqscan": "off"}
"""A statement is planned once a connection, often while its tables are small; a plan that reads them whole would be kept until
PostgreSQL analyses them, while they grow. Where no index fits, they still are read whole."""

LOST = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,  # "connection is closed", "pool is closing"
    asyncpg.InternalClientError,  # "another operation is in progress": the connection broke in the middle of one
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,  # starting up or shutting down
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""What asyncpg raises when the server was lost or is not there yet. The transaction in hand may or may not have been committed."""


@contextmanager
def reachable() -> Iterator[None]:
    """Turns a lost server within the block into a refusal that callers up to the peer understand.

    Raises:
        Refused: UNAVAILABLE, retriable; what was sent may or may not have been committed.
    """
    try:
        yield
    except LOST as exc:
        raise Refused(UNAVAILABLE, "database") from exc


@asynccontextmanager
async def pool(dsn_file: Path, *, size: int = 8, sleep: Sleep = clock.sleep) -> AsyncIterator[Pool]:
    """A pool of up to `size` connections to the database that `dsn_file` names; waits a minute for a server that is starting.

    Every call has 30 s unless it says otherwise. On exit connections in use have 5 s.

    Raises:
        Refused: BAD_SETTINGS without a usable file, UNAVAILABLE when the server does not come.
    """
    made = await _connected(_dsn(dsn_file), size, sleep)
    try:
        yield made
    finally:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await made.close()
        except TimeoutError:
            made.terminate()


async def migrate(connections: Pool, folder: Traversable) -> None:
    """Applies the migrations of `folder` (`0001_what.sql`, …) that the database has not seen, all or none, in order.

    Any number of processes may call it at once. If we crash here, nothing was applied and the next start does it again. A migration that
    was changed after it was applied is refused: write a new one.

    Raises:
        Refused: BAD_SETTINGS for a gap in the numbers, a file of another name or a changed migration.
    """
    files = _migrations(folder)
    async with connections.acquire() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
        await connection.execute("create table if not exists migration (number int primary key, name text, sha256 text)")
        known = {row["number"]: row["sha256"] for row in await connection.fetch("select number, sha256 from migration")}
        for number, (name, text) in enumerate(files, start=1):
            digest = hashlib.sha256(text.encode()).hexdigest()
            if known.get(number, digest) != digest:
                raise Refused(BAD_SETTINGS, f"migration {name} was changed after it was applied")
            if number not in known:
                await connection.execute(text)
                await connection.execute("insert into migration values ($1, $2, $3)", number, name, digest)
                process_log.get("postgres").info("migrated", migration=name)


def _migrations(folder: Traversable) -> list[tuple[str, str]]:
    files = sorted((file.name, file.read_text()) for file in folder.iterdir() if file.name.endswith(".sql"))
    for number, (name, _) in enumerate(files, start=1):
        found = _FILE.fullmatch(name)
        if found is None or int(found[1]) != number:
            raise Refused(BAD_SETTINGS, f"migration {name} is not number {number}")
    return files


def _dsn(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as exc:
        raise Refused(BAD_SETTINGS, f"DSN file: {exc}") from exc


async def _connected(dsn: str, size: int, sleep: Sleep) -> Pool:
    for _ in range(int(_PATIENCE_S / _PAUSE_S)):
        try:
            return await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                timeout=_CLOSE_S,
                command_timeout=_CALL_S,
                reset=_leave_as_it_is,
                server_settings=_BY_INDEX,
            )
        except asyncpg.ClientConfigurationError as exc:
            raise Refused(BAD_SETTINGS, "DSN") from exc
        except LOST:
            await sleep(_PAUSE_S)
    raise Refused(UNAVAILABLE, "database")


async def _leave_as_it_is(_connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """A connection that is given back needs no cleaning: nothing here changes a session. A round trip saved for each use."""
