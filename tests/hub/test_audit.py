"""Step 9: everything the service says is verified as an auditor would, by what he kept and the log's key."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from core.checkpoint import Checkpoint, open_checkpoint
from core.entries import ACTION, DUE, REFUSED, read_entry
from core.merkle import leaf_hash, root, verify_consistency, verify_inclusion
from core.refusals import BAD_FIELD, LOG_CORRUPT, NOT_FOUND, Kind, Refused
from hub.audit import AuditService
from hub.log.scribe import scribe
from hub.log.writer import LogWriter
from pki.signer import verify_ed25519
from tests.core.refusing import refused
from tests.hub.ledger_rows import commit
from tests.support.log_folder import LogBuilder, sample, transfer
from yrdx.v1 import audit_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    import asyncpg

    Ledger = Callable[[Callable[[asyncpg.Pool], Awaitable[None]]], None]
    Ask = Callable[[AuditService, LogBuilder, Path], Coroutine[None, None, None]]

NO_POOL: asyncpg.Pool = None  # type: ignore[assignment]  # only the search for a message uses it
NO_CONTEXT: grpc.aio.ServicerContext = None  # type: ignore[name-defined]  # noqa: F821 - the methods do not use it


@pytest.fixture(scope="module")
def log() -> LogBuilder:
    """A log with two levels of tiles."""
    made = sample()
    while len(made.entries) < 600:
        transfer(made, late_days=0)
    return made


@pytest.fixture
def audited(log: LogBuilder, tmp_path: Path) -> Callable[[Ask], None]:
    """Runs a coroutine function on the service of that log, without a ledger."""
    folder = log.write(tmp_path / "log")
    return lambda ask: asyncio.run(ask(AuditService(folder, NO_POOL), log, folder))


def root_of(log: LogBuilder, size: int) -> bytes:
    return root([leaf_hash(entry) for entry in log.entries[:size]])


def opened(note: bytes, log: LogBuilder) -> Checkpoint:
    return open_checkpoint(note, log.keys.log_key, verify_ed25519)


def test_the_checkpoint_is_signed(audited: Callable[[Ask], None]) -> None:
    async def ask(service: AuditService, log: LogBuilder, _folder: Path) -> None:
        answer = await service.GetCheckpoint(audit_pb2.GetCheckpointRequest(), NO_CONTEXT)
        assert opened(answer.note, log) == log.checkpoint()

    audited(ask)


def test_entries_come_in_pages(audited: Callable[[Ask], None]) -> None:
    async def ask(service: AuditService, log: LogBuilder, _folder: Path) -> None:
        async def page(start: int, size: int = 0) -> list[bytes]:
            return list((await service.ListEntries(audit_pb2.ListEntriesRequest(start=start, page_size=size), NO_CONTEXT)).entries)

        assert await page(0) == log.entries[:256]
        assert await page(200, 100) == log.entries[200:300]
        assert await page(10, 1000) == log.entries[10:]
        assert await page(len(log.entries) - 1) == log.entries[-1:]
        assert await page(len(log.entries)) == await page(2**63) == []
        with refused(BAD_FIELD, "page_size"):
            await page(0, 1001)

    audited(ask)


def test_objects_by_digest(audited: Callable[[Ask], None]) -> None:
    async def ask(service: AuditService, log: LogBuilder, folder: Path) -> None:
        async def get(digest: bytes) -> bytes:
            return (await service.GetObject(audit_pb2.GetObjectRequest(digest=digest), NO_CONTEXT)).object

        name, data = next(iter(log.objects.items()))
        assert await get(bytes.fromhex(name)) == data
        with refused(NOT_FOUND, "digest"):
            await get(bytes(32))
        with refused(BAD_FIELD, "digest"):
            await get(b"../checkpoint")
        (folder / "objects" / name).write_bytes(data[:-1])
        with refused(LOG_CORRUPT, "object"):
            await get(bytes.fromhex(name))

    audited(ask)


@pytest.mark.parametrize("size", [0, 1, 256, 257, 512, 599])
def test_inclusion_at_any_size(audited: Callable[[Ask], None], size: int) -> None:
    async def ask(service: AuditService, log: LogBuilder, _folder: Path) -> None:
        real = size or len(log.entries)
        for index in {0, real // 2, real - 1}:
            answer = await service.ProveInclusion(audit_pb2.ProveInclusionRequest(index=index, size=size), NO_CONTEXT)
            assert (answer.index, answer.entry) == (index, log.entries[index])
            verify_inclusion(leaf_hash(answer.entry), answer.index, real, list(answer.hashes), root_of(log, real))
            assert opened(answer.note, log).size == len(log.entries)

    audited(ask)


def test_inclusion_of_a_message(ledger: Ledger, log: LogBuilder, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        await commit(pool, log)
        service = AuditService(log.write(tmp_path / "log"), pool)
        for message_id in list(log.sent)[:5]:
            answer = await service.ProveInclusion(audit_pb2.ProveInclusionRequest(message_id=message_id), NO_CONTEXT)
            entry = read_entry(answer.entry)
            assert (entry.message_id, entry.kind in {ACTION, REFUSED, DUE}) == (message_id, True)  # not its receipt of delivery
            checkpoint = opened(answer.note, log)
            verify_inclusion(leaf_hash(answer.entry), answer.index, checkpoint.size, list(answer.hashes), checkpoint.root)
        with refused(NOT_FOUND, "message_id"):
            await service.ProveInclusion(audit_pb2.ProveInclusionRequest(message_id=b"m" * 16), NO_CONTEXT)

    ledger(play)


@pytest.mark.parametrize(("old", "new"), [(1, 0), (255, 256), (256, 600), (300, 599), (600, 600)])
def test_consistency_between_any_sizes(audited: Callable[[Ask], None], old: int, new: int) -> None:
    async def ask(service: AuditService, log: LogBuilder, _folder: Path) -> None:
        request = audit_pb2.ProveConsistencyRequest(old_size=old, new_size=new)
        answer = await service.ProveConsistency(request, NO_CONTEXT)
        real = new or len(log.entries)
        verify_consistency(old, real, list(answer.hashes), root_of(log, old), root_of(log, real))

    audited(ask)


@pytest.mark.parametrize(
    ("request_", "kind", "field"),
    [
        (audit_pb2.ProveInclusionRequest(index=2**40), NOT_FOUND, "index"),
        (audit_pb2.ProveInclusionRequest(index=5, size=5), NOT_FOUND, "index"),
        (audit_pb2.ProveInclusionRequest(index=5, size=2**40), BAD_FIELD, "size"),
        (audit_pb2.ProveInclusionRequest(message_id=b"m"), BAD_FIELD, "message_id"),
        (audit_pb2.ProveInclusionRequest(), BAD_FIELD, "message_id"),
        (audit_pb2.ProveConsistencyRequest(old_size=0), BAD_FIELD, "old_size"),
        (audit_pb2.ProveConsistencyRequest(old_size=9, new_size=8), BAD_FIELD, "old_size"),
        (audit_pb2.ProveConsistencyRequest(old_size=9, new_size=2**40), BAD_FIELD, "size"),
    ],
)
def test_questions_without_an_answer(
    audited: Callable[[Ask], None], request_: audit_pb2.ProveInclusionRequest | audit_pb2.ProveConsistencyRequest, kind: Kind, field: str
) -> None:
    async def ask(service: AuditService, _log: LogBuilder, _folder: Path) -> None:
        with refused(kind, field):
            if isinstance(request_, audit_pb2.ProveInclusionRequest):
                await service.ProveInclusion(request_, NO_CONTEXT)
            else:
                await service.ProveConsistency(request_, NO_CONTEXT)

    audited(ask)


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    async def ask() -> None:
        service = AuditService(tmp_path / "log", NO_POOL)
        with refused(NOT_FOUND, "checkpoint"):
            await service.GetCheckpoint(audit_pb2.GetCheckpointRequest(), NO_CONTEXT)
        with refused(NOT_FOUND, "checkpoint"):
            await service.ListEntries(audit_pb2.ListEntriesRequest(), NO_CONTEXT)

    asyncio.run(ask())


def test_answers_stay_true_while_the_log_grows(ledger: Ledger, log: LogBuilder, tmp_path: Path) -> None:
    """A publication every few entries removes the partial tiles that a reader has just been told of."""

    async def play(pool: asyncpg.Pool) -> None:
        folder = tmp_path / "log"
        await commit(pool, log, 5)
        writer = LogWriter(pool, folder, log.keys.log_key, log.keys.log.sign, sleep=asyncio.sleep)
        service, started, done = AuditService(folder, NO_POOL), asyncio.Event(), asyncio.Event()

        async def grow() -> None:
            async with scribe(folder) as files:
                await writer.resume(files)
                await writer.publish(files)
                started.set()
                for end in range(6, len(log.entries), 7):
                    await commit(pool, log, end)
                    await writer.publish(files)
            done.set()

        async def read() -> int:
            await started.wait()
            asked = 0
            while not done.is_set():
                answer = await service.ProveInclusion(audit_pb2.ProveInclusionRequest(index=4), NO_CONTEXT)
                checkpoint = opened(answer.note, log)
                verify_inclusion(leaf_hash(answer.entry), 4, checkpoint.size, list(answer.hashes), checkpoint.root)
                asked += 1
            return asked

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(grow())
            reading = tasks.create_task(read())
        assert reading.result() > 20

    ledger(play)


def test_a_folder_that_was_taken_away(audited: Callable[[Ask], None]) -> None:
    async def ask(service: AuditService, _log: LogBuilder, folder: Path) -> None:
        shutil.rmtree(folder / "tile")
        with pytest.raises(Refused) as caught:
            await service.ProveInclusion(audit_pb2.ProveInclusionRequest(index=4), NO_CONTEXT)
        assert caught.value.retry_after_s is not None

    audited(ask)
