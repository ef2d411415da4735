"""Worklists on a database of their own, as instances of one province's node have them."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from core.refusals import UNAVAILABLE, Refused
from nodes.common.store.database import Database
from nodes.common.store.work import Work
from nodes.common.worklist import Worklist
from pki.storage import StorageCipher
from runtime import postgres
from yrdx.v1 import desk_pb2, register_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

PERSON = "11010519491231002X"
OPERATION = b"o" * 16
NOON = Timestamp(seconds=1_769_400_000)


class Watch:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 26, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Nodes:
    """Instances of one province's node, as far as their worklists go."""

    def __init__(self, dsn_file: Path) -> None:
        self.dsn_file = dsn_file
        self.clock = Watch()

    @asynccontextmanager
    async def instance(self) -> AsyncIterator[Worklist]:
        async with postgres.pool(self.dsn_file, size=4) as pool:
            await postgres.migrate(pool, files("nodes.common") / "store" / "migrations")
            yield Worklist(database=Database(pool), work=Work(StorageCipher(b"s" * 32)), clock=self.clock, random=os.urandom)

    def run(self, body: Callable[..., Awaitable[None]], instances: int = 1) -> None:
        async def main() -> None:
            async with self.instance() as one, self.instance() as two:
                await body(*(one, two)[:instances])

        asyncio.run(main())


def move_out(operation: bytes = OPERATION, person: str = PERSON) -> register_pb2.ReserveRequest:
    return register_pb2.ReserveRequest(operation_id=operation, change=register_pb2.REGISTER_CHANGE_MOVE_OUT, id_number=person)


def finalise(operation: bytes = OPERATION) -> register_pb2.FinaliseRequest:
    return register_pb2.FinaliseRequest(operation_id=operation, effective_at=NOON)


async def open_items(worklist: Worklist) -> list[desk_pb2.WorkItem]:
    return await worklist.open(desk_pb2.ListWorkRequest())


async def gives_up(asked: Awaitable[object]) -> None:
    with pytest.raises(Refused) as caught:
        await asked
    assert (caught.value.kind, caught.value.field) == (UNAVAILABLE, "register")


async def rows(worklist: Worklist) -> int:
    async with worklist.database.aside() as connection:
        return int(await connection.fetchval("select count(*) from work"))
