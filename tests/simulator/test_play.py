from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from core.rules import shipped_rules
from runtime.clock import SystemClock
from simulator.citizens import people_needed, plan
from simulator.crew import Crew
from simulator.faults import Faults
from simulator.officers.desk import Desk
from simulator.officers.journal import Journal
from simulator.officers.office import Office
from simulator.picture import Picture
from simulator.play import Play
from simulator.population import population
from simulator.slots import Slots
from tests.simulator.fake_exchange import FakeDesk, FakeExchange
from yrdx.v1 import desk_pb2, operations_pb2

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = datetime(2026, 1, 26, 0, 30, tzinfo=UTC)
CALENDAR = next(iter(shipped_rules().calendars.values()))
SIX = {"landed", "landed-after-correction", "refused-by-in", "refused-by-out", "permit-revoked", "withdrawn-before-deregistration"}


class FakeOperators:
    """Business time without a hub; a slot is settled once everybody had his turn."""

    def __init__(self) -> None:
        self.slots: list[datetime] = []
        self.via = {"kafka": 0, "ledger": 0}

    async def advance(self, to: datetime) -> operations_pb2.AdvanceBusinessTimeResponse:
        self.slots.append(to)
        return operations_pb2.AdvanceBusinessTimeResponse()

    async def settle(self) -> operations_pb2.StatusResponse:
        await turns(20)
        return operations_pb2.StatusResponse(log_size=len(self.slots))


async def turns(count: float) -> None:
    for _ in range(int(count)):
        await asyncio.sleep(0)


async def played(folder: Path, seed: int, cases: int, *, shaky: bool = False) -> tuple[FakeExchange, FakeOperators, int]:
    people = population(seed, people_needed(cases))
    filings = plan(seed, cases, people)
    exchange, operators = FakeExchange(person for everybody in people.values() for person in everybody), FakeOperators()
    picture = Picture(cases, [])
    moving: Any = {"operators": operators, "processes": None, "faults": Faults(SystemClock(), turns, None, [])}  # type: ignore[arg-type]
    play = Play(slots=Slots(CALENDAR), now=BEGIN, picture=picture, followed=filings[0].dossier, **moving)
    dossiers = {(filing.dossier.id_number, filing.dossier.destination): filing.dossier for filing in filings}
    with Journal(folder / "journal.jsonl", SystemClock()) as journal:
        async with Crew() as crew:
            for code in people:
                stub: Any = FakeDesk(code, exchange, shaky=shaky)
                desk = Desk(code, stub, journal, lambda _: turns(1), random.Random(code))
                staff = [desk_pb2.Officer(number=f"{code}-1")]
                play.offices[code] = Office(desk, staff, dossiers, play.planner(code), picture.see)
                crew.add(play.offices[code].watch())
            await play.run(filings)
    return exchange, operators, picture.closed


@pytest.mark.parametrize("seed", range(6))
def test_any_seed_brings_every_case_to_one_of_six_endings(tmp_path: Path, seed: int) -> None:
    exchange, operators, closed = asyncio.run(played(tmp_path, seed, 60))
    endings = Counter(case.ending for case in exchange.cases.values())
    assert set(endings) == SIX
    assert sum(endings.values()) == closed == 60
    assert operators.slots == sorted(set(operators.slots))


def test_one_case_is_played_to_its_end(tmp_path: Path) -> None:
    exchange, _, closed = asyncio.run(played(tmp_path, 5, 1))
    assert closed == len(exchange.cases) == 1


def test_unavailable_desks_are_asked_again_under_the_same_request_id(tmp_path: Path) -> None:
    exchange, _, closed = asyncio.run(played(tmp_path, 1, 12, shaky=True))
    assert closed == len(exchange.cases) == 12
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert any('"UNAVAILABLE"' in line for line in lines)
