"""What tests of the hub share: a PostgreSQL, and new ledgers in it."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg
import pytest

from runtime.postgres import migrate
from tests.support import postgres
from tests.support.ledger import ledger as working_ledger
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from tests.support.ledger import Ledger

    Play = Callable[[asyncpg.Pool], Awaitable[None]]


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """One server for all tests of the hub."""
    with postgres.server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def dsn(postgres_server: postgres.Server) -> str:
    """One database for all of them: making one takes longer than most tests."""
    return postgres_server.new_database()


@pytest.fixture
def hub_dsn(dsn: str) -> str:
    """The same database, emptied."""

    async def empty() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute("drop schema public cascade; create schema public")
        await connection.close()

    asyncio.run(empty())
    return dsn


@pytest.fixture
def ledger(dsn: str) -> Callable[[Play], None]:
    """Runs a coroutine function on the pool of a new, empty ledger."""

    async def run(play: Play) -> None:
        async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
            await pool.execute("drop schema public cascade; create schema public")
            await migrate(pool, files("hub") / "ledger" / "migrations")
            await play(pool)

    return lambda play: asyncio.run(run(play))


@pytest.fixture
def play(ledger: Callable[[Play], None], tmp_path: Path) -> Callable[[Callable[[Ledger], Awaitable[None]]], None]:
    """Runs a coroutine function on a new ledger with a committer at work."""

    async def begin(pool: asyncpg.Pool, body: Callable[[Ledger], Awaitable[None]]) -> None:
        async with working_ledger(World(tmp_path), pool) as made:
            await body(made)

    return lambda body: ledger(lambda pool: begin(pool, body))
