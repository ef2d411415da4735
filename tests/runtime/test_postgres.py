"""The pool and the migrations, on a real server."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from core.refusals import BAD_SETTINGS, UNAVAILABLE, Refused
from runtime import files, postgres
from runtime.embedded.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Body = Callable[[Postgres, Path], Awaitable[None]]


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="yrdx-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def _run(folder: Path, body: Body) -> None:
    async def main() -> None:
        async with Postgres(folder / "postgres") as server:
            dsn = await server.create_database("hub", "hub")
            files.write(folder / "hub.dsn", dsn, private=True)
            await body(server, folder / "hub.dsn")

    asyncio.run(main())


def _sql(folder: Path, **texts: str) -> Path:
    place = folder / "migrations"
    place.mkdir(exist_ok=True)
    for name, text in texts.items():
        (place / f"{name}.sql").write_text(text)
    return place


@asynccontextmanager
async def _table(dsn: Path, place: Path) -> AsyncIterator[postgres.Pool]:
    async with postgres.pool(dsn) as pool:
        await postgres.migrate(pool, place)
        yield pool


def test_migrations_are_applied_once_in_order_by_whoever_comes_first(folder: Path) -> None:
    place = _sql(folder, **{"0001_one": "create table a (i int); insert into a values (1)"})

    async def body(_server: Postgres, dsn: Path) -> None:
        async with postgres.pool(dsn) as pool:
            await asyncio.gather(*(postgres.migrate(pool, place) for _ in range(4)))
            _sql(folder, **{"0002_two": "update a set i = i + 1", "0003_three": "update a set i = i * 10"})
            await postgres.migrate(pool, place)
            await postgres.migrate(pool, place)
            assert await pool.fetchval("select i from a") == 20
            assert await pool.fetchval("select count(*) from migration") == 3

    _run(folder, body)


def test_a_plan_that_was_made_while_a_table_was_small_does_not_read_it_whole_later(folder: Path) -> None:
    place = _sql(folder, **{"0001_one": "create table a (i int primary key)"})

    async def body(_server: Postgres, dsn: Path) -> None:
        async with _table(dsn, place) as pool, pool.acquire() as connection:
            await connection.execute("insert into a values (0); analyze a")
            found = await connection.prepare("select i from unnest($1::int[]) w (i) join a using (i)")
            for _ in range(10):  # PostgreSQL keeps a plan after five
                await found.fetch([1])
            await connection.execute("insert into a select generate_series(1, 10000)")
            before = await _read(connection)
            assert len(await found.fetch([1, 2, 3])) == 3
            assert await _read(connection) - before < 100

    _run(folder, body)


async def _read(connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record]) -> int:
    """Rows of the table that scans of the whole of it have read."""
    await connection.execute("select pg_stat_force_next_flush()")
    return int(await connection.fetchval("select seq_tup_read from pg_stat_user_tables where relname = 'a'"))


def test_a_failing_migration_leaves_nothing(folder: Path) -> None:
    place = _sql(folder, **{"0001_one": "create table a (i int)", "0002_bad": "insert into a values ('x')"})

    async def body(_server: Postgres, dsn: Path) -> None:
        async with postgres.pool(dsn) as pool:
            with pytest.raises(asyncpg.InvalidTextRepresentationError):
                await postgres.migrate(pool, place)
            assert await pool.fetchval("select to_regclass('a')") is None
            assert await pool.fetchval("select to_regclass('migration')") is None

    _run(folder, body)


@pytest.mark.parametrize("name", ["0003_gap", "0001_again", "2_short", "first"])
def test_wrong_numbers_are_refused(folder: Path, name: str) -> None:
    place = _sql(folder, **{"0001_one": "select 1", name: "select 1"})
    with pytest.raises(Refused, match=BAD_SETTINGS.name):
        postgres._migrations(place)


def test_a_changed_migration_is_refused(folder: Path) -> None:
    async def body(_server: Postgres, dsn: Path) -> None:
        place = _sql(folder, **{"0001_one": "create table a (i int)"})
        async with _table(dsn, place) as pool:
            _sql(folder, **{"0001_one": "create table a (i bigint)"})
            with pytest.raises(Refused, match=BAD_SETTINGS.name):
                await postgres.migrate(pool, place)

    _run(folder, body)


def test_a_pool_outlives_a_killed_server(folder: Path) -> None:
    place = _sql(folder, **{"0001_one": "create table a (i int)"})

    async def insert(pool: postgres.Pool) -> None:
        with postgres.reachable():
            await pool.execute("insert into a values (1)")

    async def body(server: Postgres, dsn: Path) -> None:
        async with _table(dsn, place) as pool:
            await insert(pool)
            os.kill(server.pid, signal.SIGKILL)
            await server.ended()
            with pytest.raises(Refused, match=UNAVAILABLE.name) as lost:
                await insert(pool)
            with pytest.raises(Refused, match=UNAVAILABLE.name):
                await insert(pool)
            assert lost.value.retry_after_s is not None
            await server.restart()
            await insert(pool)
            assert await pool.fetchval("select count(*) from a") == 2
            await server.stop()

    _run(folder, body)


def test_a_pool_waits_for_a_server_that_is_starting(folder: Path) -> None:
    async def body(server: Postgres, dsn: Path) -> None:
        await server.stop()
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                await server.start()

        async with postgres.pool(dsn, sleep=sleep) as pool:
            assert await pool.fetchval("select 1") == 1
        assert len(waits) == 2

    _run(folder, body)


def test_a_server_that_never_comes_is_unavailable_and_a_bad_file_bad_settings(tmp_path: Path) -> None:
    async def sleep(_seconds: float) -> None:
        pass

    async def open_pool(text: str | None) -> None:
        if text is not None:
            files.write(tmp_path / "dsn", text)
        async with postgres.pool(tmp_path / "dsn", sleep=sleep):
            raise AssertionError

    with pytest.raises(Refused, match=BAD_SETTINGS.name):
        asyncio.run(open_pool(None))
    with pytest.raises(Refused, match=BAD_SETTINGS.name):
        asyncio.run(open_pool("nonsense://"))
    with pytest.raises(Refused, match=UNAVAILABLE.name):
        asyncio.run(open_pool("postgresql://a:b@127.0.0.1:1/c"))
