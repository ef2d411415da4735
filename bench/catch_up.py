"""`catch_up_N`: how fast a province that was away gets its mail: from the death of its node until it has acknowledged all that waited.

The node stands still (SIGSTOP) while the other three provinces open cases with it, one application each, until N wait in the ledger; then
it is killed and started again as in every world. Its start is part of the time, reading and storing N messages is the rest: what waits is
sent once and in order, so the time must grow as N does.
"""

from __future__ import annotations

import asyncio
import signal
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from google.protobuf.any_pb2 import Any as Packed

from bench.anew import begin
from core.ids import PROVINCES
from simulator.population import population
from simulator.servers import Servers
from simulator.world import Wish, world
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runtime.clock import Clock, Sleep
    from simulator.world import World
    from yrdx.v1 import resident_pb2

SIZES: Final = (500, 1000, 2000)
_AWAY: Final = "310000"
_OTHERS: Final = tuple(sorted(PROVINCES.keys() - {_AWAY}))
_SEED: Final = 2026
_RESIDENTS: Final = 5000
_AT_ONCE: Final = 48
_CALL_S: Final = 60.0
_LOOK_S: Final = 0.02
_SERVICE: Final = "household-transfer"


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage: how many messages waited, and the seconds until they had arrived."""

    waited: int
    seconds: float


async def measure(out: Path, clock: Clock, sleep: Sleep) -> list[Outage]:
    """An outage of each size, one after the other, in one world in `out`."""
    wish = Wish(
        layout=await begin(out),
        servers=Servers(),
        people=lambda: population(_SEED, _RESIDENTS),
        tell=lambda text: print(text, flush=True),
        clock=clock,
        sleep=sleep,
    )
    async with world(wish) as scene:
        movers = iter([person for person in scene.people[_AWAY] if person.phone])
        return [await _outage(scene, [next(movers) for _ in range(size)], clock, sleep) for size in SIZES]


async def _outage(scene: World, movers: Sequence[resident_pb2.Resident], clock: Clock, sleep: Sleep) -> Outage:
    node = f"node-{_AWAY}"
    scene.processes.send(node, signal.SIGSTOP)
    await _opened(scene, movers)
    while len(waiting := await scene.faults.ledger.in_flight([_AWAY])) < len(movers):
        await sleep(_LOOK_S)
    scene.processes.send(node, signal.SIGKILL)
    begun = clock.now()
    while await scene.faults.ledger.in_flight([_AWAY]):
        await sleep(_LOOK_S)
    seconds = (clock.now() - begun).total_seconds()
    await scene.faults.over()
    return Outage(len(waiting), round(seconds, 3))


async def _opened(scene: World, movers: Sequence[resident_pb2.Resident]) -> None:
    """Opens a case for each, by turns in the three provinces."""
    queue = iter([(person, _OTHERS[number % len(_OTHERS)]) for number, person in enumerate(movers)])
    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(_open_from(scene, queue))


async def _open_from(scene: World, queue: Iterator[tuple[resident_pb2.Resident, str]]) -> None:
    for person, destination in queue:
        application = Packed()
        application.Pack(transfer_pb2.HouseholdApplication(id_number=person.id_number, name=person.name, ground="TRANSFER_GROUND_SPOUSE"))
        request = desk_pb2.OpenCaseRequest(
            request_id=str(uuid.uuid4()),
            officer=desk_pb2.Officer(number=f"{destination}01", name="测", unit=f"{destination}000000", grade="一级警司"),
            service=_SERVICE,
            counterpart=_AWAY,
            application=application,
            legal_basis="mps-2021-12",
            purpose=_SERVICE,
            consent_recorded=True,
        )
        await scene.desks[destination].OpenCase(request, timeout=_CALL_S)
