"""The log writer on a real PostgreSQL and a real folder: publishing, taking up, refusing."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.checkpoint import Checkpoint, sign_checkpoint
from core.merkle import leaf_hash, root
from core.refusals import LEDGER_SHORTER_THAN_LOG, LOG_CORRUPT, Refused
from hub.log.files import LogFiles
from hub.log.scribe import scribe
from hub.log.writer import ANEW, LogWriter
from tests.audit.verifying import findings_of
from tests.hub.ledger_rows import commit
from tests.support.log_folder import LogBuilder, sample, transfer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import asyncpg

    Ledger = Callable[[Callable[[asyncpg.Pool], Awaitable[None]]], None]


async def no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


def writer(pool: asyncpg.Pool, log: LogBuilder, folder: Path) -> LogWriter:
    (folder.parent / "root.pem").write_bytes(log.keys.root_pem)
    return LogWriter(pool, folder, log.keys.log_key, log.keys.log.sign, sleep=no_sleep)


async def publish_all(one: LogWriter, folder: Path) -> None:
    """What `run` does between two waits."""
    async with scribe(folder) as files:
        await one.resume(files)
        while await one.publish(files):
            pass


async def until_published(one: LogWriter, size: int) -> None:
    async with asyncio.timeout(20):
        while one.published.size < size:  # noqa: ASYNC110 - the writer has no event for tests
            await asyncio.sleep(0.01)


def grown(entries: int) -> LogBuilder:
    log = sample()
    while len(log.entries) < entries:
        transfer(log, late_days=0)
    return log


def test_what_it_writes_is_what_the_auditor_wants(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(300), tmp_path / "log"
        one = writer(pool, log, folder)
        async with scribe(folder) as files:
            await one.resume(files)
            for end in (1, 4, 30, 255, 256, 257, len(log.entries)):
                await commit(pool, log, end)
                assert await one.publish(files)
                assert one.published.size == end
                assert findings_of(folder) == []
            assert not await one.publish(files)
        assert one.published.note == (folder / "checkpoint").read_bytes()

    ledger(play)


def test_it_runs_until_it_is_told_to_stop_and_leaves_nothing_out(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(60), tmp_path / "log"
        one = writer(pool, log, folder)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(one.run())
            await commit(pool, log, 20)
            one.wake()
            await until_published(one, 20)
            await commit(pool, log)
            one.stop()
            await running
        assert one.published.size == len(log.entries)
        assert findings_of(folder) == []

    ledger(play)


def test_a_folder_in_step_is_left_as_it_is(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(300), tmp_path / "log"
        await commit(pool, log)
        await publish_all(writer(pool, log, folder), folder)
        before = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file() and path.name != "checkpoint"}
        await publish_all(writer(pool, log, folder), folder)
        assert before == {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file() and path.name != "checkpoint"}

    ledger(play)


@pytest.mark.parametrize("lost", ["everything", "checkpoint", "objects", "publication"])
def test_what_was_lost_is_written_again_from_the_ledger(ledger: Ledger, tmp_path: Path, lost: str) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(ANEW // 8), tmp_path / "log"
        await commit(pool, log, 400)
        await publish_all(writer(pool, log, folder), folder)
        older = shutil.copytree(folder, tmp_path / "older")
        await commit(pool, log)
        await publish_all(writer(pool, log, folder), folder)
        if lost == "publication":  # killed between the row and the file: the folder is as before, but for the new files
            shutil.copytree(folder, older, dirs_exist_ok=True, ignore=shutil.ignore_patterns("checkpoint"))
            folder = older
        elif lost == "objects":
            for path in list((folder / "objects").iterdir())[::3]:
                path.unlink()
        else:
            shutil.rmtree(folder) if lost == "everything" else (folder / "checkpoint").unlink()
        again = writer(pool, log, folder)
        await publish_all(again, folder)
        assert again.published.size == len(log.entries)
        assert findings_of(folder) == []

    ledger(play)


def test_a_row_behind_the_file_is_brought_up(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(60), tmp_path / "log"
        await commit(pool, log, 40)
        await publish_all(writer(pool, log, folder), folder)
        row = await pool.fetchrow("select size, root, note from log_writer")
        assert row is not None
        await commit(pool, log)
        await publish_all(writer(pool, log, folder), folder)
        await pool.execute("update log_writer set size = $1, root = $2, note = $3", *row)
        await publish_all(writer(pool, log, folder), folder)
        assert await pool.fetchval("select size from log_writer") == len(log.entries)

    ledger(play)


@pytest.mark.parametrize("known_by", ["file", "row"])
def test_a_ledger_shorter_than_the_log_is_refused(
    ledger: Ledger, tmp_path: Path, known_by: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A database restored from an older backup must not go on: it would make a second history."""

    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(60), tmp_path / "log"
        await commit(pool, log)
        await publish_all(writer(pool, log, folder), folder)
        await pool.execute("delete from entries where log_index >= 50")
        await pool.execute("update log_head set size = 50")
        if known_by == "file":
            await pool.execute("update log_writer set size = 0")
        else:
            shutil.rmtree(folder)
        with pytest.raises(Refused) as caught:
            await publish_all(writer(pool, log, folder), folder)
        assert caught.value.kind is LEDGER_SHORTER_THAN_LOG
        assert caught.value.field == f"50 entries, checkpoint of {len(log.entries)}"

    ledger(play)
    assert b"Restore the newer database" in capfdbinary.readouterr().err


def test_a_ledger_with_another_history_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    """Restored from a backup and grown again past the checkpoint: long enough, but not the same."""

    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(60), tmp_path / "log"
        await commit(pool, log)
        await publish_all(writer(pool, log, folder), folder)
        before = (folder / "checkpoint").read_bytes()
        await pool.execute("update entries set entry = $1 where log_index = 20", log.entries[21])
        with pytest.raises(Refused) as caught:
            await publish_all(writer(pool, log, folder), folder)
        assert caught.value.kind is LOG_CORRUPT
        assert (folder / "checkpoint").read_bytes() == before

    ledger(play)


def test_nothing_is_signed_over_an_entry_that_changed_after_it_was_published(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(60), tmp_path / "log"
        one = writer(pool, log, folder)
        signed: list[bytes] = []

        def sign(message: bytes) -> bytes:
            signed.append(message)
            return log.keys.log.sign(message)

        one._sign = sign
        async with scribe(folder) as files:
            await one.resume(files)
            await commit(pool, log, 40)
            await one.publish(files)
            await commit(pool, log)
            await pool.execute("update entries set entry = $1 where log_index = 7", log.entries[8])
            with pytest.raises(Refused) as caught:
                await one.publish(files)
        assert caught.value.kind is LOG_CORRUPT
        assert len(signed) == 1

    ledger(play)


def test_nothing_is_signed_when_the_ledger_reads_differently_the_second_time(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(60), tmp_path / "log"
        await commit(pool, log)
        one = writer(pool, log, folder)
        async with scribe(folder) as files:
            await one.resume(files)

            class Meanwhile:
                """Changes an entry while the batch is being stored."""

                async def store(self, batch: object) -> object:
                    stored = await files.store(batch)  # type: ignore[arg-type]  # passed on
                    await pool.execute("update entries set entry = $1 where log_index = 30", log.entries[31])
                    return stored

                async def publish(self, note: bytes, old_size: int, size: int) -> None:
                    await files.publish(note, old_size, size)

            with pytest.raises(Refused) as caught:
                await one.publish(Meanwhile())  # type: ignore[arg-type]  # stands for a scribe
        assert caught.value.kind is LOG_CORRUPT
        assert not (folder / "checkpoint").exists()

    ledger(play)


def test_of_two_writers_only_one_publishes(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(60), tmp_path / "log"
        await commit(pool, log, 40)
        stale = writer(pool, log, folder)
        async with scribe(folder) as files:
            await stale.resume(files)
            (tmp_path / "other").mkdir()
            other = writer(pool, log, tmp_path / "other/log")
            await publish_all(other, tmp_path / "other/log")
            assert other.published.size == 40
            await commit(pool, log)
            await stale.publish(files)  # it believes that nothing was published yet
        assert stale.published == other.published
        assert await pool.fetchval("select note from log_writer") == other.published.note
        assert (folder / "checkpoint").read_bytes() == other.published.note

    ledger(play)


def test_a_scribe_that_is_killed_is_replaced(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, folder = grown(200), tmp_path / "log"
        one = writer(pool, log, folder)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(one.run())
            for end in (50, 100, 150, len(log.entries)):
                await commit(pool, log, end)
                one.wake()
                for child in children():
                    os.kill(child, signal.SIGKILL)
                await until_published(one, end)
            one.stop()
            await running
        assert findings_of(folder) == []
        assert children() == []

    ledger(play)


_HUB = """
import asyncio, pathlib, sys
from hub.log.scribe import scribe

async def main():
    async with scribe(pathlib.Path(sys.argv[1])) as files:
        print(files._process.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_scribe_does_not_outlive_a_hub_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _HUB, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True) as hub:
        assert hub.stdout is not None
        left = Path(f"/proc/{int(hub.stdout.readline())}")
        assert left.exists()
        hub.kill()
    for _ in range(500):
        if not left.exists():
            return
        time.sleep(0.01)
    pytest.fail("the scribe is still there")


def test_a_folder_signed_by_somebody_else_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        log, other, folder = grown(60), grown(60), tmp_path / "log"
        await commit(pool, log)
        LogFiles(folder).introduce(log.keys.log_key.vkey)
        leaves = [leaf_hash(entry) for entry in log.entries]
        forged = Checkpoint("yrdx-hub", len(leaves), root(leaves))
        (folder / "checkpoint").write_bytes(sign_checkpoint(forged, other.keys.log_key, other.keys.log.sign))
        with pytest.raises(Refused) as caught:
            await publish_all(writer(pool, log, folder), folder)
        assert (caught.value.kind, caught.value.field) == (LOG_CORRUPT, "checkpoint")

    ledger(play)


def children() -> list[int]:
    """Scribes of this test process."""
    words = [word for path in Path("/proc/self/task").glob("*/children") for word in path.read_text().split()]
    return [int(word) for word in words if b"hub.log.scribe" in Path(f"/proc/{word}/cmdline").read_bytes()]
