"""Two nodes without loops and servers, with databases, registers in memory and a small hub."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from core.refusals import RECORD_NOT_FOUND, Refused
from nodes.common.composition import Node
from nodes.common.settings import NodeSettings
from nodes.provinces import CODECS
from runtime import settings
from runtime.clock import SystemClock, sleep
from runtime.postgres import migrate
from simulator.registers.service import RegisterService
from simulator.registers.store import Store
from tests.nodes.fate import Fate, FatefulDatabase
from tests.nodes.small_hub import SmallHub
from tests.support.country import somebody
from yrdx.v1 import register_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from simulator.registers.operations import Status
    from tests.support.country import Country
    from yrdx.v1 import resident_pb2


@dataclass
class SmallRegister:
    """The `Register` of a node: a real one, in memory, that can be told to find changes impossible.

    Attributes:
        impossible: what its Finalise says instead of making the change.
        denies: it makes the change and says that it cannot.
    """

    code: str
    fate: Fate
    impossible: Refused | None = None
    denies: Refused | None = None

    def __post_init__(self) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.store = Store(Path(":memory:"), self.code)
        self._service = RegisterService(self.store, self.thread)

    def close(self) -> None:
        self.thread.shutdown()
        self.store.close()

    def somebody(self) -> resident_pb2.Resident:
        """Somebody new who is registered here."""
        resident, codec = somebody(self.code), CODECS[self.code]
        values = (resident.id_number, resident.name, resident.household_number, codec.encode(resident), codec.format)
        line = "INSERT INTO record (id_number, name, household_number, record, format, status, since) VALUES (?, ?, ?, ?, ?, 'active', 1)"
        self.store._file.execute(line, values)
        return resident

    def status(self, id_number: str) -> Status | None:
        found = self.store.find(id_number)
        return found.status if found else None

    def operations(self, id_number: str) -> list[str]:
        """The state of every operation about somebody."""
        query = "SELECT state FROM operation JOIN part USING (sequence) WHERE id_number = ? ORDER BY sequence"
        rows = self.store._file.execute(query, (id_number,))
        return [state for (state,) in rows]

    async def find(self, id_number: str) -> register_pb2.FindResponse | None:
        try:
            return await self._service.Find(register_pb2.FindRequest(id_number=id_number), None)
        except Refused as refusal:
            if refusal.kind is RECORD_NOT_FOUND:
                return None
            raise

    async def reserve(self, request: register_pb2.ReserveRequest) -> register_pb2.ReserveResponse:
        answer: register_pb2.ReserveResponse = await self._asked(self._service.Reserve, request)
        return answer

    async def finalise(self, request: register_pb2.FinaliseRequest) -> register_pb2.FinaliseResponse:
        if self.impossible is not None:
            raise self.impossible
        answer: register_pb2.FinaliseResponse = await self._asked(self._service.Finalise, request)
        if self.denies is not None:
            raise self.denies
        return answer

    async def release(self, operation_id: bytes) -> register_pb2.ReleaseResponse:
        answer: register_pb2.ReleaseResponse = await self._asked(
            self._service.Release, register_pb2.ReleaseRequest(operation_id=operation_id)
        )
        return answer

    async def _asked(self, method: Callable[..., Any], request: Any) -> Any:
        self.fate.place()
        answer = await method(request, None)
        self.fate.place()
        return answer


@dataclass
class Small:
    """Two nodes without loops, and what they have to do with."""

    country: Country
    hub: SmallHub
    registers: dict[str, SmallRegister]
    nodes: dict[str, Node]
    _pools: dict[str, asyncpg.Pool[asyncpg.Record]]

    async def restart(self, code: str) -> Node:
        """The node as it is after a start: what it had in memory is gone."""
        self.nodes[code].executor.shutdown()
        self.nodes[code] = await parts(self.country, code, self._pools[code], self.hub, self.registers[code])
        return self.nodes[code]


@asynccontextmanager
async def two_nodes(country: Country, dsns: dict[str, str]) -> AsyncIterator[Small]:
    """Nodes on these databases, which are emptied first."""
    async with AsyncExitStack() as stack:
        pools = {code: await stack.enter_async_context(_pool(dsn)) for code, dsn in dsns.items()}
        for pool in pools.values():
            await pool.execute("drop schema public cascade; create schema public")
            await migrate(pool, files("nodes.common") / "store" / "migrations")
        hub, registers = SmallHub(country), {code: SmallRegister(code, Fate()) for code in dsns}
        nodes = {code: await parts(country, code, pools[code], hub, registers[code]) for code in dsns}
        yield Small(country, hub, registers, nodes, pools)
        for code in dsns:
            nodes[code].executor.shutdown()
            registers[code].close()


def _pool(dsn: str) -> asyncpg.Pool[asyncpg.Record]:
    """Commits are not synced: the server does not die here."""
    return asyncpg.create_pool(dsn, min_size=1, max_size=3, server_settings={"synchronous_commit": "off"})


class NoChannel:
    """Where a node finds its peers otherwise."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_more: None


async def parts(country: Country, code: str, pool: asyncpg.Pool[asyncpg.Record], hub: SmallHub, register: SmallRegister) -> Node:
    """A node that was just started, without its loops and its server."""
    wanted = settings.load(country.node_settings(code, "postgresql:///"), NodeSettings)
    links: Any = (NoChannel(), NoChannel())
    node = Node(wanted, CODECS[code], pool, links, clock=SystemClock(), sleep=sleep)
    made: Any = node
    made.database = made.trust._database = FatefulDatabase(pool, Fate())
    made.exchange = made.trust._exchange = hub
    made.register = register
    await node.trust.begin(country.trust_list())
    await node.inbox.resume()
    made.database._fate = hub.fate
    return node
