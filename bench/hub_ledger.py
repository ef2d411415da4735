"""`hub_ledger_10k`: how many messages the hub alone takes, verifies and makes durable; senders sign theirs beforehand, nobody receives."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from bench import cpu
from bench.anew import begin
from bench.plan import Party
from bench.sender import Plan, Sent
from core.ids import PROVINCES
from pki import development
from simulator.processes import Processes
from simulator.programs import HUB, Programs
from simulator.servers import Servers
from simulator.world import BUSINESS_START

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from runtime.clock import Clock, Sleep
    from simulator.layout import Layout

SECONDS: Final = 8.0
_READY: Final = 9000
_BATCH, _CALLS = 25, 4
_SENDERS: Final = 2


@dataclass(frozen=True, slots=True)
class Taken:
    """What the hub took.

    Attributes:
        rate: messages a second.
        refused: by number.
        cpu_us: by group of processes, a message.
    """

    rate: float
    refused: dict[str, int]
    cpu_us: dict[str, float]


@dataclass(frozen=True, slots=True)
class Alone:
    """A hub with its servers and nobody else.

    Attributes:
        address: of the hub.
        roots: process ids by name, for `bench.cpu`.
    """

    layout: Layout
    address: str
    roots: dict[str, int]

    async def take(self, payload: int) -> Taken:
        """Sends to the hub for `SECONDS`."""
        return await _sent(self.layout, [_plan(self, number, payload) for number in range(_SENDERS)], self.roots)


async def measure(out: Path, payload: int, clock: Clock, sleep: Sleep) -> Taken:
    """Runs a hub with its servers in `out`."""
    async with alone(out, clock, sleep) as hub:
        return await hub.take(payload)


@asynccontextmanager
async def alone(out: Path, clock: Clock, sleep: Sleep) -> AsyncIterator[Alone]:
    """A new hub with its servers in `out`, from entry to exit."""
    layout = await begin(out)
    development.init(layout.pki, clock.now(), os.urandom)
    processes, servers = Processes(layout, sleep), Servers()
    try:
        await servers.databases(layout, processes)
        programs = Programs(layout=layout, kafka=await servers.broker(layout, processes), business_start=BUSINESS_START)
        _, (hub, *_) = programs.write()
        await processes.start([hub])
        yield Alone(layout, programs.addresses[HUB], {name: row.pid for name, row in processes.rows.items()})
    finally:
        await processes.stop()


def _plan(hub: Alone, number: int, payload: int) -> Plan:
    sender, receiver = sorted(PROVINCES)[number], sorted(PROVINCES)[number - 1]
    keys = hub.layout.member(sender, "node")
    party = Party(address=hub.address, certificate=str(keys / "tls.pem"), key=str(keys / "tls.key"), root=str(hub.layout.root))
    return Plan(
        hub=party,
        sender=sender,
        receiver=receiver,
        signing=str(keys / "signing.key"),
        payload=payload,
        count=_READY,
        batch=_BATCH,
        calls=_CALLS,
        seconds=SECONDS,
    )


async def _sent(layout: Layout, plans: list[Plan], roots: dict[str, int]) -> Taken:
    """Starts the senders, gives all of them the word at once, and adds up."""
    senders = []
    for plan in plans:
        file = layout.private / f"{plan.sender}.json"
        file.write_bytes(msgspec.json.encode(plan))
        words = (sys.executable, "-m", "bench.sender", str(file))
        senders.append(await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE))
    for sender in senders:
        assert sender.stdout is not None  # noqa: S101 - it is a pipe
        await sender.stdout.readline()
    before = cpu.spent(roots)
    answers = await asyncio.gather(*(sender.communicate(b"\n") for sender in senders))
    took = cpu.grouped(cpu.between(before, cpu.spent(roots)))
    sent = [msgspec.json.decode(said, type=Sent) for said, _ in answers]
    refused = {number: count for one in sent for number, count in one.refused.items()}
    accepted = sum(one.accepted for one in sent)
    return Taken(round(accepted / SECONDS, 1), refused, {name: round(1e6 * spent / max(1, accepted), 1) for name, spent in took.items()})
