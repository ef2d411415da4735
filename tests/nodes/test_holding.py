"""A message that a node cannot apply: it holds its own case up and nothing else, everybody sees it, and after a replay all is as usual."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.refusals import CANNOT_PROCESS
from tests.support.exchange import PATIENCE_S, until
from tests.support.province import IN, OTHER, OUT
from yrdx.v1 import operations_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nodes.common.apply import Applier
    from nodes.common.store.steps import Step
    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province


@dataclass
class Poisoned:
    """An applier that fails on the application of one person, whatever comes with it."""

    applier: Applier
    number: str

    async def take(self, transaction: Any, steps: Sequence[Step], heard: Sequence[Any] = ()) -> list[Step]:
        found = await self.applier.take(transaction, steps, heard)
        contents = [step.opened for step in steps if step.opened is not None]
        if any(one.type.endswith(".HouseholdApplication") and self.number.encode() in one.payload for one in contents):
            raise ValueError("nobody has thought of this")
        return found


@contextmanager
def poisoned(province: Province, number: str) -> Iterator[None]:
    """This person's application fails at the province until the block ends."""
    inbox = province.node.inbox
    right = inbox.applier
    object.__setattr__(inbox, "applier", Poisoned(right, number))
    try:
        yield
    finally:
        object.__setattr__(inbox, "applier", right)


async def held(made: Federation) -> Any:
    return (await made.hub.operations.Held(operations_pb2.HeldRequest(), timeout=PATIENCE_S)).held


def test_a_message_that_fails_holds_its_case_alone_and_is_replayed(play: Play) -> None:
    async def body(made: Federation) -> None:
        sick, well = made.country.person(OUT), made.country.person(OUT)
        with poisoned(made[OUT], sick.id_number):
            case_id = await made[IN].open(OUT, sick)
            other = await made[OTHER].open(OUT, well)
            await made[OUT].sees(other, state="applied")
            await made[IN].can(case_id, "permit")
            await made[IN].decide(case_id, "permit")
            await until(lambda: held(made))
        (hold,) = await held(made)
        assert (hold.case_id, hold.receiver, hold.refusal) == (case_id, OUT, CANNOT_PROCESS.number)
        seen = await made[IN].sees(case_id, state="permitted", held=hold)
        assert seen.deadline, "its limits run on"
        await until(lambda: _mends(made[OUT], 1))
        assert await _mends(made[IN], 0)
        await made.hub.operations.Replay(operations_pb2.ReplayRequest(message_id=hold.message_id, receiver=OUT), timeout=PATIENCE_S)
        await made[OUT].sees(case_id, state="permitted")
        await until(lambda: _free(made, case_id))
        for code, action in ((OUT, "deregister"), (IN, "land")):
            await made[code].can(case_id, action)
            await made[code].decide(case_id, action)
        await made[OUT].sees(case_id, state="closed", ending="landed")

    play(body)


async def _mends(province: Province, cases: int) -> bool:
    """Whether the node counts so many cases as its own to mend."""
    status = await province.operations.Status(operations_pb2.StatusRequest(), timeout=PATIENCE_S)
    return status.counters["held"] == cases


async def _free(made: Federation, case_id: bytes) -> bool:
    views = [await made[code].view(case_id) for code in (IN, OUT)]
    return not any(view.HasField("held") for view in views)
