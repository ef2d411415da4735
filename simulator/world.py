"""A whole world, from keys to people: everything that a run needs is there when `world` has been entered, and gone when it is left.

Decides what starts when. At once: PostgreSQL with its databases, and the key ceremony; after that the broker and the population. The
registers start as soon as they are filled, hub and nodes as soon as the servers are there; then every process is watched, and brought
back when it dies.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from core.ids import PROVINCES
from nodes.provinces import policies
from pki import development
from runtime.grpc_client import channel
from runtime.postgres import pool
from simulator.crew import Crew
from simulator.faults import Faults
from simulator.inhabitants import settle
from simulator.ledger_view import LedgerView
from simulator.operators import Operators
from simulator.processes import Processes
from simulator.programs import HUB, Programs
from yrdx.v1 import audit_pb2_grpc, desk_pb2_grpc, operations_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    import grpc

    from runtime.clock import Clock, Sleep
    from runtime.settings import KafkaSettings
    from simulator.layout import Layout
    from simulator.servers import Servers
    from yrdx.v1 import resident_pb2

    People: TypeAlias = Mapping[str, Sequence[resident_pb2.Resident]]

BUSINESS_START: Final = datetime(2026, 1, 26, 0, 30, tzinfo=UTC)
"""Half an hour before the counters open, on a Monday three weeks before the Spring Festival."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world that runs.

    Attributes:
        people: residents by province.
        desks: each province's desk, as its provincial system calls it.
        operators: of the hub and of every node.
        auditor: what an auditor of the first province asks the hub.
        faults: what dies and comes back.
        processes: of this world.
        kafka: where its transport is.
    """

    people: People
    desks: Mapping[str, desk_pb2_grpc.DeskAsyncStub]
    operators: Operators
    auditor: audit_pb2_grpc.AuditAsyncStub
    faults: Faults
    processes: Processes
    kafka: KafkaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What kind of world.

    Attributes:
        layout: of its folder, cleaned.
        servers: under it.
        people: makes the residents by province.
        tell: is told what is done, a line at a time.
        launcher: as in `Programs`.
    """

    layout: Layout
    servers: Servers
    people: Callable[[], People]
    tell: Callable[[str], None]
    clock: Clock
    sleep: Sleep
    launcher: tuple[str, ...] = ()


@asynccontextmanager
async def world(wish: Wish) -> AsyncIterator[World]:
    """Runs a world.

    Raises (in groups):
        WillNotStart: when a process does not serve, or not any more.
        Refused: ENGINE_MISSING or UNAVAILABLE, when an embedded server does not start.
    """
    async with Crew() as crew:
        processes = Processes(wish.layout, wish.sleep)
        try:
            people, programs = await _begun(wish, processes)
            async with AsyncExitStack() as links:
                scene = await _scene(wish, people, programs, processes, links)
                processes.watch(crew, partial(scene.faults.died, processes=processes))
                yield scene
                await scene.faults.over()
                processes.stop_watching()  # nothing is awaited in between: a death is either over or none
        finally:
            await processes.stop()


async def _begun(wish: Wish, processes: Processes) -> tuple[People, Programs]:
    """Starts everything."""
    begun = wish.clock.now()
    async with asyncio.TaskGroup() as group:
        group.create_task(wish.servers.databases(wish.layout, processes))
        await asyncio.to_thread(_keys, wish)
        broker = group.create_task(wish.servers.broker(wish.layout, processes))
        people = await asyncio.to_thread(_people, wish)
        programs = Programs(layout=wish.layout, kafka=await broker, business_start=BUSINESS_START, launcher=wish.launcher)
        registers, exchange = programs.write()
        await processes.start(registers)
    wish.tell(f"four registers with {sum(map(len, people.values()))} residents, PostgreSQL and broker are there")
    await processes.start(exchange)
    wish.tell(f"hub and nodes serve, {(wish.clock.now() - begun).total_seconds():.1f} s after the start")
    return people, programs


def _keys(wish: Wish) -> None:
    """Keys for everybody."""
    development.init(wish.layout.pki, wish.clock.now(), os.urandom, policies=policies())
    shutil.copyfile(wish.layout.root, wish.layout.folder / "root.pem")


def _people(wish: Wish) -> People:
    """The residents, in their registers."""
    people = wish.people()
    settle(wish.layout, people)
    return people


async def _scene(wish: Wish, people: People, programs: Programs, processes: Processes, links: AsyncExitStack) -> World:
    """Connects to what runs."""

    async def link(name: str, member: str, role: str) -> grpc.aio.Channel:
        return await links.enter_async_context(channel(programs.addresses[name], programs.tls(member, role)))

    parties = {HUB: HUB, **{f"node-{code}": code for code in PROVINCES}}
    operators = {name: operations_pb2_grpc.OperationsStub(await link(name, code, "operator")) for name, code in parties.items()}
    ledger = LedgerView(await links.enter_async_context(pool(wish.layout.dsn(HUB), size=2, sleep=wish.sleep)), wish.sleep)
    return World(
        people=people,
        desks={code: desk_pb2_grpc.DeskStub(await link(f"node-{code}", code, "system")) for code in PROVINCES},
        operators=Operators(operators, wish.sleep),
        auditor=audit_pb2_grpc.AuditStub(await link(HUB, min(PROVINCES), "auditor")),
        faults=Faults(wish.clock, wish.sleep, ledger, []),
        processes=processes,
        kafka=programs.kafka,
    )
