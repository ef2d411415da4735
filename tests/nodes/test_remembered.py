"""What a process remembers of cases and messages is what stands in the database, whoever writes, gives up or breaks off."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg

from nodes.common.store import outbox
from nodes.common.store.cases import CaseRow, Cases, Shown
from nodes.common.store.database import Database
from nodes.common.store.outbox import Outgoing
from pki.storage import StorageCipher
from runtime import postgres
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator

    from nodes.common.store.database import Transaction
    from tests.support.postgres import Server

AT = datetime(2026, 1, 26, tzinfo=UTC)
IDS = [bytes(15) + bytes([number]) for number in range(4)]
TURNS = 150


@dataclass
class Process:
    """One of two processes on a database."""

    database: Database
    cases: Cases


class BrokenOffError(Exception):
    """A transaction that ends in the middle."""


@asynccontextmanager
async def processes(server: Server) -> AsyncIterator[list[Process]]:
    cipher = StorageCipher(bytes(32))
    async with asyncpg.create_pool(server.new_database(), min_size=1, max_size=3) as pool:
        await postgres.migrate(pool, files("nodes.common") / "store" / "migrations")
        yield [Process(Database(pool), Cases(cipher)) for _ in range(2)]


def a_case(case_id: bytes) -> CaseRow:
    return CaseRow(
        case_id=case_id, service="household-transfer", counterpart="320000", role="IN", opened_at=AT, settled=True,
    )  # fmt: skip


def plain(row: CaseRow) -> CaseRow:
    """As it is stored: what a process knows beside it does not count."""
    return replace(row, settled=False, stored_facts=None)


async def write(process: Process, rng: random.Random) -> None:
    """Changes some cases in a transaction that may take one back, break off, or never hear that it was committed."""
    async with process.database.writing() as transaction:
        wanted = rng.sample(IDS, rng.randint(1, len(IDS)))
        rows = await process.cases.several(transaction, wanted)
        for case_id in wanted:
            save(process, transaction, rows.get(case_id) or a_case(case_id), rng)
        if rng.random() < 0.2:
            raise BrokenOffError
        if rng.random() < 0.2:
            transaction._afterwards.clear()
            await transaction.finish()
            raise BrokenOffError


def save(process: Process, transaction: Transaction, row: CaseRow, rng: random.Random) -> None:
    if rng.random() < 0.2:
        row.pending = "thought of and not written"
        return
    mark = transaction.mark()
    row.pending, row.settled = rng.choice(("permit", "refuse", "")), rng.random() < 0.8
    process.cases.save(transaction, row, Shown("applied", "310000", None))
    if rng.random() < 0.2:
        transaction.take_back(mark)
    elif rng.random() < 0.2:
        row.pending += "!"
        process.cases.save(transaction, row, Shown("applied", "310000", None), keeps_version=True)


async def check(process: Process) -> None:
    async with process.database.reading() as connection:
        changed = await process.cases.changed(connection, 0, 100)
    async with process.database.writing() as transaction:
        remembered = await process.cases.several(transaction, IDS)
        stored = {case_id: row for case_id in IDS if (row := await process.cases.find(transaction, case_id))}
    assert {one: plain(row) for one, row in remembered.items()} == {one: plain(row) for one, row in stored.items()}
    assert list(map(plain, changed)) == sorted(map(plain, stored.values()), key=lambda row: row.changed)


def test_what_is_remembered_is_what_is_stored(postgres_server: Server, rng: random.Random) -> None:
    async def body() -> None:
        async with processes(postgres_server) as both:
            met = 0
            for _ in range(TURNS):
                process = rng.choice(both)
                with suppress(BrokenOffError):
                    await write(process, rng)
                met += len(process.cases._remembered)
                await check(process)
                if rng.random() < 0.3:
                    await check(rng.choice(both))
            assert met > TURNS / 10, "it is remembered at all"

    asyncio.run(body())


def test_only_what_somebody_else_writes_makes_forget(postgres_server: Server) -> None:
    async def since(process: Process) -> int:
        async with process.database.writing() as transaction:
            return transaction.since

    async def body() -> None:
        async with processes(postgres_server) as (one, other):
            first = await since(one)
            assert await since(one) == first
            await since(other)  # whatever it wrote, it may be about any case
            assert await since(one) != first

    asyncio.run(body())


def a_message(signature: bytes, message_id: bytes = IDS[1]) -> Outgoing:
    envelope = envelope_pb2.Envelope(header=b"header", key_id=b"key", signature=signature, sealed_payload=b"sealed " + signature)
    return Outgoing(message_id=message_id, case_id=IDS[0], action="permit", envelope=envelope, content=signature, created_at=AT)


def test_a_message_is_sent_as_it_was_written_last_by_whomever(postgres_server: Server) -> None:
    async def body() -> None:
        async with processes(postgres_server) as (one, other):
            with suppress(BrokenOffError):
                async with one.database.writing() as transaction:
                    outbox.add(transaction, a_message(b"never committed"))
                    raise BrokenOffError
            async with other.database.writing() as transaction:
                outbox.add(transaction, a_message(b"first"))
            for process, written in ((one, b"second"), (other, b"third"), (one, b"fourth")):
                async with process.database.writing() as transaction:
                    outbox.write_again(transaction, a_message(written))
                for reader in (one, other):
                    async with reader.database.reading() as connection:
                        (found,) = await outbox.waiting(connection, AT, 10, reader.database.said)
                    assert (found.envelope.signature, found.envelope.sealed_payload) == (written, b"sealed " + written)

    asyncio.run(body())


def test_what_is_not_sent_any_more_is_not_remembered(postgres_server: Server) -> None:
    async def body() -> None:
        async with processes(postgres_server) as (one, _):
            async with one.database.writing() as transaction:
                for message_id in IDS[1:]:
                    outbox.add(transaction, a_message(b"first", message_id))
            assert one.database.said.keys() == set(IDS[1:])
            async with one.database.writing() as transaction:
                await outbox.answered(transaction, [(IDS[1], b"accepted", 0)])
                outbox.give_up(transaction, IDS[2], 1001)
                outbox.write_again(transaction, a_message(b"second", IDS[3]))
            assert not one.database.said

    asyncio.run(body())
