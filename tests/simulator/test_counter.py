"""At the counter: what both provinces' rules ask is told, and a case is opened only where none of them is against it."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runtime.clock import SystemClock
from simulator.officers.desk import Desk
from simulator.officers.dossier import Dossier, Named, Promise, Scan, When
from simulator.officers.journal import Journal
from simulator.officers.office import Office
from tests.simulator.fake_exchange import FakeDesk, FakeExchange
from tests.simulator.test_judgement import DOSSIER
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

SHANGHAI, JIANGSU, ZHEJIANG, ANHUI = "310000", "320000", "330000", "340000"
TALENT, CHILDREN = transfer_pb2.TRANSFER_GROUND_TALENT, transfer_pb2.TRANSFER_GROUND_CHILDREN_TO_PARENTS
TOMORROW = When(1, 2)
WISH = replace(DOSSIER, stated_name=DOSSIER.name, home=JIANGSU)
TO_SHANGHAI = replace(WISH, destination=SHANGHAI, ground=TALENT)
TO_ANHUI = replace(WISH, destination=ANHUI, ground=TALENT)
HEAD = replace(WISH, is_head=True, new_head="110105196001010015", forgets_new_head=True)
FEW_PAPERS = Promise(Scan("photo", 1, 1), TOMORROW, "2026-03-01", is_key=False)
AUTHORITY = Scan("agent-authority", 1, 1)
UNUSABLE = Promise(Scan("receiving-consent", 1, 1), TOMORROW, "2026-03-01", is_key=True)


class Counter:
    """An office whose calendar is a list."""

    def __init__(self, folder: Path, dossier: Dossier) -> None:
        self.exchange = FakeExchange({})
        self.exchange.homes[dossier.id_number] = [dossier.home]
        self.journal = folder / "journal.jsonl"
        self.again: list[tuple[When, Callable[[], Awaitable[None]]]] = []

    def plan(self, when: When, counterpart: str, act: Callable[[], Awaitable[None]]) -> None:
        assert counterpart
        self.again.append((when, act))

    async def accept(self, dossier: Dossier) -> None:
        stub: Any = FakeDesk(dossier.destination, self.exchange)
        with Journal(self.journal, SystemClock()) as journal:
            desk = Desk(dossier.destination, stub, journal, asyncio.sleep, random.Random(1))
            office = Office(desk, [desk_pb2.Officer(number="1")], {}, self.plan, lambda *_: None)
            await office.accept(dossier)
            for _, act in list(self.again):
                await act()

    @property
    def calls(self) -> list[tuple[str, str]]:
        lines = map(json.loads, self.journal.read_text().splitlines())
        return [(line["call"], line["answer"].get("grade", "")) for line in lines if line["call"] != "PutDocument"]

    @property
    def applications(self) -> list[transfer_pb2.HouseholdApplication]:
        return list(self.exchange.applications.values())


ASKED, FINE, OPENED, AGAINST = ("Precheck", "warn"), ("Precheck", "warn"), ("OpenCase", ""), ("Precheck", "fail")


WISHES: dict[str, tuple[Dossier, list[tuple[str, str]]]] = {
    "nothing is missing": (WISH, [ASKED, FINE, OPENED]),
    "a photo comes later": (replace(WISH, promise=FEW_PAPERS), [ASKED, FINE, OPENED]),
    "a consent that is no good": (replace(WISH, promise=UNUSABLE), [ASKED, FINE, OPENED]),
    "a talent with approval": (TO_SHANGHAI, [ASKED, FINE, OPENED]),
    "a talent without": (replace(TO_SHANGHAI, lacks=("talent-approval",)), [ASKED, AGAINST]),
    "a talent who gets it": (replace(TO_SHANGHAI, lacks=("talent-approval",), comes_back=TOMORROW), [ASKED, AGAINST, ASKED, FINE, OPENED]),
    "no proof": (replace(WISH, lacks=("relation-proof",)), [AGAINST, AGAINST]),
    "no proof yet": (replace(WISH, lacks=("relation-proof",), comes_back=TOMORROW), [AGAINST, AGAINST, ASKED, FINE, OPENED]),
    "a talent in Wuhu": (replace(TO_ANHUI, to_area="340202"), [ASKED, AGAINST]),
    "a talent in Hefei": (replace(TO_ANHUI, to_area="340102"), [ASKED, FINE, OPENED]),
    "a child in Wuhu": (replace(TO_ANHUI, to_area="340202", ground=CHILDREN, guardian=Named("1", "王")), [ASKED, AGAINST]),
    "a head who forgets": (HEAD, [ASKED, FINE, OPENED]),
    "a head whom Jiangsu reminds": (replace(HEAD, home=ZHEJIANG, destination=JIANGSU), [ASKED, AGAINST, ASKED, FINE, OPENED]),
    "an agent": (replace(WISH, agent=Named("1", "赵律师")), [ASKED, AGAINST]),
    "an agent with authority": (replace(WISH, agent=Named("1", "赵律师"), scans=(AUTHORITY,)), [ASKED, FINE, OPENED]),
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_case_is_opened_where_no_rule_is_against_it(tmp_path: Path, wish: str) -> None:
    dossier, calls = WISHES[wish]
    made = Counter(tmp_path, dossier)
    asyncio.run(made.accept(dossier))
    assert made.calls == calls
    assert len(made.applications) == calls.count(OPENED)
    assert [when for when, _ in made.again] == [TOMORROW] * (dossier.comes_back is not None)


@pytest.mark.parametrize(("destination", "named"), [(JIANGSU, HEAD.new_head), (SHANGHAI, "")])
def test_who_follows_the_head_is_put_down_at_once_where_a_rule_insists(tmp_path: Path, destination: str, named: str) -> None:
    dossier = replace(HEAD, home=ZHEJIANG, destination=destination)
    made = Counter(tmp_path, dossier)
    asyncio.run(made.accept(dossier))
    assert [one.new_head_id_number for one in made.applications] == [named]
