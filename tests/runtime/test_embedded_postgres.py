"""A real PostgreSQL from the wheel, killed and brought back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from core.refusals import BAD_SETTINGS, UNAVAILABLE, Refused
from runtime.embedded import home
from runtime.embedded.broker import Broker
from runtime.embedded.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody can reach (pytest's own are private)."""
    path = Path(tempfile.mkdtemp(prefix="yrdx-test-"))
    path.chmod(0o755)
    yield path
    for link in path.glob("*/server"):
        shutil.rmtree(link.resolve())
    shutil.rmtree(path)


async def _rows(dsn: str) -> list[int]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["number"] for row in await connection.fetch("select number from kept order by 1")]
    finally:
        await connection.close()


def test_what_was_committed_survives_kill_9_at_the_same_address(folder: Path) -> None:
    async def main() -> None:
        async with Postgres(folder / "postgres") as server:
            dsn = await server.create_database("hub", "hub")
            connection = await asyncpg.connect(dsn)
            await connection.execute("create table kept (number int)")
            await connection.execute("insert into kept values (1), (2)")
            for setting, value in (("data_checksums", "on"), ("fsync", "on"), ("synchronous_commit", "on")):
                assert await connection.fetchval(f"show {setting}") == value
            os.kill(server.pid, signal.SIGKILL)
            assert await server.ended() == -signal.SIGKILL
            await server.restart()
            assert await _rows(dsn) == [1, 2]
            await server.restart()
            assert await _rows(dsn) == [1, 2]
            connection.terminate()
        async with Postgres(folder / "postgres") as again:
            assert again.address in dsn
            assert await _rows(dsn) == [1, 2]

    asyncio.run(main())


def test_a_role_reaches_its_own_database_only_and_with_its_password_only(folder: Path) -> None:
    async def main() -> None:
        async with Postgres(folder / "postgres") as server:
            hub = await server.create_database("hub", "hub")
            node = await server.create_database("node_310000", "node_310000")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await asyncpg.connect(hub.replace("/hub", "/node_310000").replace("//node_310000", "//hub"))
            renewed = await server.create_database("hub", "hub")
            assert renewed != hub
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(hub)
            connection = await asyncpg.connect(node)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("create role more")
            await connection.close()
            with pytest.raises(Refused, match=BAD_SETTINGS.name):
                await server.create_database("hub; drop", "hub")
            owner = folder / "postgres" / "owner.dsn"
            assert stat.S_IMODE(owner.stat().st_mode) == 0o600

    asyncio.run(main())


@pytest.mark.parametrize("private", [False, True])
def test_a_crash_before_the_cluster_was_finished_begins_anew(folder: Path, private: bool) -> None:  # noqa: FBT001 - a case
    folder.chmod(0o700 if private else 0o755)

    async def main() -> None:
        async with Postgres(folder / "postgres") as server:
            await server.create_database("hub", "hub")
        (folder / "postgres" / "owner.dsn").unlink()
        async with Postgres(folder / "postgres") as server:
            assert "hub" in await server.create_database("hub", "hub")

    asyncio.run(main())


def test_a_private_folder_is_not_opened_for_others(folder: Path) -> None:
    folder.chmod(0o700)

    async def main() -> None:
        async with Postgres(folder / "postgres") as server:
            dsn = await server.create_database("hub", "hub")
            connection = await asyncpg.connect(dsn)
            assert await connection.fetchval("select uuidv7() is not null")
            await connection.close()

    asyncio.run(main())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    place = (folder / "postgres" / "server").resolve()
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        assert place.stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has the place elsewhere")
def test_a_folder_that_was_deleted_and_made_again_is_empty(folder: Path) -> None:
    folder.chmod(0o700)

    async def main(known: str) -> str:
        async with Postgres(folder / "postgres") as server:
            if known:
                with pytest.raises(asyncpg.InvalidPasswordError):
                    await asyncpg.connect(known.replace(known[known.index("127") : known.rindex("/")], server.address))
            return await server.create_database("hub", "hub")

    first = asyncio.run(main(""))
    place = (folder / "postgres" / "server").resolve()
    shutil.rmtree(folder / "postgres")
    asyncio.run(main(first))
    shutil.rmtree(folder / "postgres")
    (folder / "other").mkdir()
    home.settle(folder / "other")
    assert not place.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs the programs elsewhere")
def test_programs_that_nobody_cannot_reach_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_reachable", lambda _path: False)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    async def main() -> None:
        async with Postgres(folder / "postgres") as server:
            program = await asyncio.to_thread(Path(f"/proc/{server.pid}/exe").readlink)
            assert program.is_relative_to(folder / "yrdx-postgres")
            await server.create_database("hub", "hub")

    asyncio.run(main())


def test_a_server_that_an_earlier_parent_left_is_replaced(folder: Path) -> None:
    async def main() -> None:
        left = Postgres(folder / "postgres")
        await left.start()
        async with Postgres(folder / "postgres") as server:
            assert await left.ended() == 0
            assert server.pid != 0
            assert server.address == left.address
            assert "hub" in await server.create_database("hub", "hub")

    asyncio.run(main())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_parent_that_is_killed_leaves_nothing_that_the_next_start_minds(folder: Path, number: signal.Signals) -> None:
    script = f"""
import asyncio, pathlib, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, if a shell runs the tests in the background
from runtime.embedded.broker import Broker
from runtime.embedded.postgres import Postgres
async def main():
    folder = pathlib.Path({str(folder)!r})
    broker, server = Broker(folder / "broker"), Postgres(folder / "postgres")
    await broker.start()
    await server.start()
    print(broker.pid, server.pid, await server.create_database("hub", "hub"), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        broker, server, dsn = parent.stdout.readline().split()
        parent.send_signal(number)
        try:
            parent.communicate(timeout=10)
        finally:
            parent.kill()
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in (broker, server)):
        assert time.monotonic() < deadline
        time.sleep(0.01)

    async def main() -> None:
        async with Broker(folder / "broker"), Postgres(folder / "postgres"):
            connection = await asyncpg.connect(dsn)
            await connection.close()

    asyncio.run(main())


def _alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_anybody_but_root_runs_it_directly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = home.settle(folder)
    assert (found.user, found.place) == (None, folder / "server")
    assert (found.programs / "postgres").exists()


def test_a_server_that_does_not_run_has_no_pid(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=UNAVAILABLE.name):
        _ = Postgres(tmp_path / "postgres").pid
