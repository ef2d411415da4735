"""What a kill is judged by: each kind of loss, doubling and damage to the log is noticed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest

from core.tiles import WIDTH
from hub.log.files import LogFiles
from simulator.kills.log_watch import LogWatch
from simulator.kills.table import Table
from simulator.kills.verdicts import Row, missed
from simulator.kills.work import Item, Kind, Work
from tests.hub.test_log_files import log, publish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.log_folder import LogBuilder

__all__ = ["log"]

HERE, THERE = "310000", "330000"
ONE, TWO = UUID(int=1), UUID(int=2)
RIGHT = Row(process="hub", point="ledger.committed", pid=7, in_flight=3, recovered_s=1.5, lost=0, doubled=0, log_ok=True)


class FakePool:
    """Answers a query by the table that it reads; is away at its first use."""

    def __init__(self, **tables: list[UUID]) -> None:
        self._tables, self._away = tables, True

    async def fetch(self, query: str, *values: Any) -> list[dict[str, Any]]:
        if self._away:
            self._away = False
            raise asyncpg.InterfaceError("connection is closed")
        if "from deliveries" in query:
            return [{"receiver": THERE, "message_id": one} for one in self._tables.get("deliveries", [])]
        if "union all" in query:
            return [{"kind": kind, "id": one} for kind in ("message", "stroke") for one in self._tables.get(kind, [])]
        name = next(name for name in ("entries", "messages", "steps", "outbox") if f"from {name}" in query)
        return [{"id": one} for one in self._tables.get(name, []) if one in values[0]]


async def soon(_seconds: float) -> None:
    """Nobody waits here."""


def work(hub: FakePool, here: FakePool | None = None, there: FakePool | None = None) -> Work:
    nodes = {HERE: here or FakePool(), THERE: there or FakePool()}
    return Work(hub, nodes, soon)  # type: ignore[arg-type]  # a pool is only read from


def test_what_is_under_way_is_counted_where_it_is() -> None:
    found = asyncio.run(work(FakePool(deliveries=[ONE]), FakePool(message=[TWO], stroke=[ONE])).open())
    assert found == {Item(Kind.DELIVERY, THERE, ONE), Item(Kind.MESSAGE, HERE, TWO), Item(Kind.STROKE, HERE, ONE)}


@pytest.mark.parametrize(
    ("item", "parts", "is_lost"),
    [
        (Item(Kind.DELIVERY, THERE, ONE), lambda: work(FakePool(), there=FakePool(steps=[ONE])), False),
        (Item(Kind.DELIVERY, THERE, ONE), lambda: work(FakePool(), there=FakePool()), True),
        (Item(Kind.DELIVERY, THERE, ONE), lambda: work(FakePool(deliveries=[ONE]), there=FakePool(steps=[ONE])), True),
        (Item(Kind.MESSAGE, HERE, ONE), lambda: work(FakePool(messages=[ONE]), here=FakePool(outbox=[ONE])), False),
        (Item(Kind.MESSAGE, HERE, ONE), lambda: work(FakePool(messages=[ONE])), True),
        (Item(Kind.MESSAGE, HERE, ONE), lambda: work(FakePool(), here=FakePool(outbox=[ONE])), True),
        (Item(Kind.STROKE, HERE, ONE), lambda: work(FakePool()), False),
        (Item(Kind.STROKE, HERE, ONE), lambda: work(FakePool(), here=FakePool(stroke=[ONE])), True),
    ],
)
def test_what_came_to_nothing_is_lost(item: Item, parts: Callable[[], Work], *, is_lost: bool) -> None:
    assert asyncio.run(parts().lost([item])) == ({item} if is_lost else set())


def test_a_message_that_stands_in_the_log_twice_is_doubled() -> None:
    items = [Item(Kind.DELIVERY, THERE, ONE), Item(Kind.MESSAGE, HERE, TWO)]
    assert asyncio.run(work(FakePool(entries=[ONE])).doubled(items)) == {ONE}
    assert asyncio.run(work(FakePool()).doubled(items)) == set()


@pytest.mark.parametrize("sizes", [[3, 200, 300, 530], [WIDTH, 2 * WIDTH], [WIDTH - 1, WIDTH + 1]])
def test_a_log_that_grows_stays_right(log: LogBuilder, tmp_path: Path, sizes: list[int]) -> None:
    files, watch, old = LogFiles(tmp_path), LogWatch(tmp_path), 0
    files.introduce(log.keys.log_key.vkey)
    for size in sizes:
        publish(files, log, old, size)
        assert watch.is_right()
        assert watch.is_right()
        old = size


@pytest.mark.parametrize("damage", ["object", "entries", "checkpoint", "gone"])
def test_a_log_with_any_damage_is_not_right(log: LogBuilder, tmp_path: Path, damage: str) -> None:
    files, watch = LogFiles(tmp_path), LogWatch(tmp_path)
    files.introduce(log.keys.log_key.vkey)
    publish(files, log, 0, 3)
    assert watch.is_right()
    before = set((tmp_path / "objects").iterdir())
    publish(files, log, 3, 9)
    path = {
        "object": min(set((tmp_path / "objects").iterdir()) - before),
        "entries": tmp_path / "tile/entries/000.p/9",
        "checkpoint": tmp_path / "checkpoint",
        "gone": tmp_path / "tile/entries/000.p/9",
    }[damage]
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    assert not watch.is_right()


def test_a_row_is_right_only_if_everything_in_it_is() -> None:
    assert RIGHT.is_right
    for wrong in ({"in_flight": 0}, {"recovered_s": None}, {"lost": 1}, {"doubled": 1}, {"log_ok": False}):
        assert not Row(**({name: getattr(RIGHT, name) for name in RIGHT.__struct_fields__} | wrong)).is_right
    assert not missed("hub", "ledger.committed").is_right


def test_the_table_says_how_far_it_is() -> None:
    times = iter([0, 60, 90])
    clock = SimpleNamespace(now=lambda: datetime.fromtimestamp(next(times), UTC))
    lines: list[str] = []
    table = Table(4, lines.append, clock)
    table.add(RIGHT)
    table.add(missed("hub", "ledger.committed"))
    assert "1 of 4, 3:00 left" in lines[2]
    assert lines[3].endswith("2 of 4, 1:30 left  !!")
