from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from core.receipts import timestamp
from core.rules import shipped_rules
from runtime.clock import SystemClock
from simulator.citizens import dossiers, people_needed, plan
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
ENDINGS = {arrow.ending or arrow.destines for arrow in HOUSEHOLD_TRANSFER.transitions}
ENDINGS |= {arrow.corrected_ending for arrow in HOUSEHOLD_TRANSFER.transitions}
ENDINGS |= {deadline.expires_to for deadline in HOUSEHOLD_TRANSFER.deadlines}
ENDINGS -= {""}


class FakeOperators:
    """Business time without a hub; a slot is settled once everybody had his turn."""

    def __init__(self, exchange: FakeExchange) -> None:
        self.exchange = exchange
        self.slots: list[datetime] = []
        self.via = {"kafka": 0, "ledger": 0}

    async def advance(self, to: datetime) -> operations_pb2.AdvanceBusinessTimeResponse:
        self.slots.append(to)
        self.exchange.advance_to(to)
        return operations_pb2.AdvanceBusinessTimeResponse()

    async def settle(self) -> operations_pb2.StatusResponse:
        await turns(20)
        due = self.exchange.next_due()
        return operations_pb2.StatusResponse(log_size=len(self.slots), next_due=timestamp(due) if due else None)


async def turns(count: float) -> None:
    for _ in range(int(count)):
        await asyncio.sleep(0)


async def played(folder: Path, seed: int, cases: int, *, shaky: bool = False) -> tuple[FakeExchange, FakeOperators, int]:
    people = population(seed, people_needed(cases))
    filings = plan(seed, cases, people)
    exchange = FakeExchange(people)
    operators = FakeOperators(exchange)
    picture = Picture(cases, [])
    moving: Any = {"operators": operators, "processes": None, "faults": Faults(SystemClock(), turns, None, [])}  # type: ignore[arg-type]
    play = Play(slots=Slots(CALENDAR), now=BEGIN, picture=picture, followed=filings[0].dossier, **moving)
    known = dossiers(filings)
    with Journal(folder / "journal.jsonl", SystemClock()) as journal:
        async with Crew() as crew:
            for code in people:
                stub: Any = FakeDesk(code, exchange, shaky=shaky)
                desk = Desk(code, stub, journal, lambda _: turns(1), random.Random(code))
                staff = [desk_pb2.Officer(number=f"{code}-1")]
                play.offices[code] = Office(desk, staff, known, play.planner(code), picture.see)
                crew.add(play.offices[code].watch())
            await play.run(filings)
    return exchange, operators, picture.closed


@pytest.mark.parametrize(("seed", "cases"), [*((seed, 60) for seed in range(6)), (7, 24), (8, 200)])
def test_any_seed_brings_the_cases_to_every_ending(tmp_path: Path, seed: int, cases: int) -> None:
    exchange, operators, closed = asyncio.run(played(tmp_path, seed, cases))
    endings = Counter(case.ending for case in exchange.cases.values())
    assert set(endings) == ENDINGS
    assert sum(endings.values()) == closed == cases
    assert operators.slots == sorted(set(operators.slots))
    assert len(operators.slots) < 60, "time that passes must not cost a slot a day"
    somewhere = Counter(bool(homes[-1]) for homes in exchange.homes.values())
    assert somewhere[False] == 0
    assert len(exchange.dead) == endings["landed-and-deceased"]
    assert max(len(view.case.movers) for view in exchange.views.values()) > 1


def test_who_changes_his_mind_too_late_is_at_home_again_in_the_end(tmp_path: Path) -> None:
    exchange, _, _ = asyncio.run(played(tmp_path, 3, 60))
    gone = [case_id for case_id, case in exchange.cases.items() if case.ending == "landed-then-moved-back"]
    assert gone
    for case_id in gone:
        case = exchange.views[case_id].case
        for mover in case.movers:
            assert exchange.homes[mover.id_number] == [case.parties["OUT"], "", case.parties["IN"], "", case.parties["OUT"]]


def test_one_case_is_played_to_its_end(tmp_path: Path) -> None:
    exchange, _, closed = asyncio.run(played(tmp_path, 5, 1))
    assert closed == len(exchange.cases) == 1


def test_unavailable_desks_are_asked_again_under_the_same_request_id(tmp_path: Path) -> None:
    exchange, _, closed = asyncio.run(played(tmp_path, 1, 12, shaky=True))
    assert closed == len(exchange.cases) == 12
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert any('"UNAVAILABLE"' in line for line in lines)
