"""The four strokes with a real register and hub, stopped and resumed everywhere: one effect, one `entered`, nothing held."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from core.refusals import ACTION_NOT_LEGAL, CHANGE_IMPOSSIBLE, RECORD_HELD, RECORD_NOT_ACTIVE, UNAVAILABLE, Refused
from nodes.common.store import outbox
from simulator.registers.operations import Change, Wish
from simulator.registers.store import Store
from tests.support.ledger import MovableClock
from tests.support.lives import Hold
from tests.support.officers import refusal_of
from tests.support.province import IN, OUT
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.refusals import Kind
    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province
    from yrdx.v1 import resident_pb2

DONE = ["apply", "permit", "deregister", "entered"]


def impossible() -> Refused:
    return Refused(CHANGE_IMPOSSIBLE, "record")


async def raise_impossible() -> None:
    raise impossible()


@contextmanager
def later(province: Province) -> Iterator[None]:
    """What failed is tried again now."""
    strokes = province.node.strokes
    clock, strokes.clock = strokes.clock, MovableClock()
    strokes.clock.ahead = timedelta(seconds=11)
    try:
        yield
    finally:
        strokes.clock = clock


async def actions(province: Province, case_id: bytes) -> list[str]:
    return [one.action for one in (await province.get(case_id)).messages]


@pytest.mark.parametrize("place", ["before Reserve", "after Reserve", "before Finalise", "after Finalise", "unheard", "unanswered"])
@pytest.mark.parametrize("action", ["deregister", "land"])
def test_a_node_stopped_in_any_stroke_finishes_after_its_restart(play: Play, action: str, place: str) -> None:
    async def body(made: Federation) -> None:
        code, change = (OUT, "move-out") if action == "deregister" else (IN, "move-in")
        doer, person = made[code], made.country.person(OUT)
        case_id = await made.up_to(action, person)
        async with asyncio.TaskGroup() as group:
            if place.startswith("un"):
                with made.held_submits(before=place == "unheard") as hold:
                    deciding = group.create_task(doer.decide(case_id, action))
                    await hold.reached.wait()
                    await doer.crash(deciding)
            else:
                hold = doer.register.trouble[place] = Hold()
                deciding = group.create_task(doer.decide(case_id, action))
                await hold.reached.wait()
                await doer.crash(deciding)
                doer.register.trouble.clear()
        await doer.start()
        state = "deregistered" if action == "deregister" else "closed"
        await made[OUT].sees(case_id, state=state)
        await made[IN].sees(case_id, state=state)
        assert made.country.operations(code, person.id_number) == [(change, "finalised")]
        assert await actions(doer, case_id) == (DONE if action == "deregister" else [*DONE, "land", "entered"])
        assert made.country.status(OUT, person.id_number) == "moved-out"
        assert made.country.held(code) == 0

    play(body)


def test_a_record_that_somebody_else_holds_is_waited_for(play: Play) -> None:
    async def body(made: Federation) -> None:
        person, other = made.country.person(OUT), b"other operation."
        case_id = await made.up_to("deregister", person)
        await made.idle()
        store = Store(made.country.register_file(OUT), OUT)
        store.reserve(other, Wish(Change.MOVE_OUT, person.id_number))
        request = await made[OUT].decision(case_id, "deregister")
        with refusal_of(RECORD_HELD.number):
            await made[OUT].desk.Decide(request)
        seen = await made[OUT].view(case_id)
        assert (seen.pending_action, seen.state) == ("deregister", "permitted")
        assert "deregister" not in await actions(made[OUT], case_id), "nothing was said"
        with refusal_of(RECORD_HELD.number):
            await made[OUT].desk.Decide(request)
        store.release(other)
        store.close()
        await made[IN].sees(case_id, state="deregistered")
        answer = await made[OUT].desk.Decide(request)
        assert answer.message_id == (await made[OUT].get(case_id)).messages[2].message_id
        assert made.country.operations(OUT, person.id_number) == [("move-out", "released"), ("move-out", "finalised")]

    play(body)


def test_what_the_register_would_not_reserve_is_over_before_it_is_released(play: Play) -> None:
    """Release gets no answer and may still be on its way, while Reserve would succeed now: it must not be asked any more."""

    async def refuse(kind: Kind) -> None:
        raise Refused(kind, "id_number")

    async def body(made: Federation) -> None:
        out, person = made[OUT], made.country.person(OUT)
        case_id = await made.up_to("deregister", person)
        await made.idle()
        out.register.trouble["before Reserve"] = partial(refuse, RECORD_NOT_ACTIVE)
        out.register.trouble["before Release"] = partial(refuse, UNAVAILABLE)
        request = await out.decision(case_id, "deregister")
        with refusal_of(UNAVAILABLE.number):
            await out.desk.Decide(request)
        out.register.trouble.clear()
        await out.sees(case_id, pending_action="")
        with refusal_of(RECORD_NOT_ACTIVE.number):
            await out.desk.Decide(request)
        assert await actions(out, case_id) == ["apply", "permit"], "nothing was said"
        assert made.country.operations(OUT, person.id_number) == [], "nothing was reserved"
        await out.decide(case_id, "deregister")
        await made[IN].sees(case_id, state="deregistered")

    play(body)


def test_what_the_register_cannot_make_is_said_and_healed_later(play: Play) -> None:
    async def body(made: Federation) -> None:
        out, person = made[OUT], made.country.person(OUT)
        case_id = await made.up_to("deregister", person)
        out.register.trouble["before Finalise"] = raise_impossible
        await out.decide(case_id, "deregister")
        await made[IN].sees(case_id, state="deregistration-failed", owner=OUT, ball_holder=OUT)
        with refusal_of(ACTION_NOT_LEGAL.number):
            await made[IN].decide(case_id, "land")
        assert made.country.operations(OUT, person.id_number) == [("move-out", "reserved")], "the reservation stands"
        assert made.country.status(OUT, person.id_number) == "active"
        out.register.trouble.clear()
        with later(out):
            await made[IN].sees(case_id, state="deregistered", owner=IN)
        assert await actions(out, case_id) == ["apply", "permit", "deregister", "execution-failed", "entered"]
        assert made.country.operations(OUT, person.id_number) == [("move-out", "finalised")]

    play(body)


async def failed(made: Federation, trouble: str) -> tuple[bytes, resident_pb2.Resident]:
    """A case whose deregistration the register did not make, or says so; and the person."""
    person = made.country.person(OUT)
    case_id = await made.up_to("deregister", person)
    made[OUT].register.trouble[trouble] = raise_impossible
    await made[OUT].decide(case_id, "deregister")
    await made[OUT].can(case_id, "annul")
    return case_id, person


def test_a_case_is_annulled_only_after_the_register_has_released(play: Play) -> None:
    async def body(made: Federation) -> None:
        out = made[OUT]
        case_id, person = await failed(made, "before Finalise")
        hold = out.register.trouble["before Release"] = Hold()
        async with asyncio.TaskGroup() as group:
            group.create_task(out.decide(case_id, "annul", reason_class=envelope_pb2.REASON_CLASS_NOT_EXECUTABLE))
            await hold.reached.wait()
            assert "annul" not in await actions(out, case_id)
            hold.open.set()
        for code in (IN, OUT):
            await made[code].sees(case_id, state="closed", ending="annulled-not-executable")
        assert (made.country.status(OUT, person.id_number), made.country.operations(OUT, person.id_number)) == (
            "active",
            [("move-out", "released")],
        )
        out.register.trouble.clear()
        assert await made[IN].open(OUT, person), "the person is free again"

    play(body)


def test_a_change_that_was_made_after_all_is_entered_instead_of_annulled(play: Play) -> None:
    async def body(made: Federation) -> None:
        out = made[OUT]
        case_id, person = await failed(made, "after Finalise")
        with refusal_of(ACTION_NOT_LEGAL.number):
            await out.decide(case_id, "annul", reason_class=envelope_pb2.REASON_CLASS_NOT_EXECUTABLE)
        await made[IN].sees(case_id, state="deregistered", owner=IN)
        assert (made.country.status(OUT, person.id_number), made.country.operations(OUT, person.id_number)) == (
            "moved-out",
            [("move-out", "finalised")],
        )
        assert (await out.view(case_id)).pending_action == ""

    play(body)


def test_an_annulment_during_a_late_success_ends_in_one_of_both(play: Play) -> None:
    """The register makes the change while an officer gives it up: he is told, and `entered` is said once."""

    async def body(made: Federation) -> None:
        out = made[OUT]
        case_id, person = await failed(made, "before Finalise")
        del out.register.trouble["before Finalise"]
        hold = out.register.trouble["after Finalise"] = Hold()
        with later(out):
            await hold.reached.wait()
        async with asyncio.TaskGroup() as group:
            annulling = group.create_task(decide_annul(out, case_id))
            await out.sees(case_id, pending_action="annul")
            hold.open.set()
        assert annulling.result() == ACTION_NOT_LEGAL.number
        await made[IN].sees(case_id, state="deregistered")
        assert await actions(out, case_id) == ["apply", "permit", "deregister", "execution-failed", "entered"]
        assert (await out.view(case_id)).pending_action == ""
        assert made.country.operations(OUT, person.id_number) == [("move-out", "finalised")]

    play(body)


async def decide_annul(province: Province, case_id: bytes) -> int:
    with refusal_of(ACTION_NOT_LEGAL.number):
        await province.decide(case_id, "annul", reason_class=envelope_pb2.REASON_CLASS_NOT_EXECUTABLE)
    return ACTION_NOT_LEGAL.number


def test_a_decision_made_while_the_hub_is_away_waits_and_goes_on(play: Play) -> None:
    async def body(made: Federation) -> None:
        out, person = made[OUT], made.country.person(OUT)
        case_id = await made.up_to("deregister", person)
        await made.end_hub()
        try:
            meanwhile = await made[IN].open(OUT, made.country.person(OUT))
            answer = await out.decide(case_id, "deregister")
            assert answer.case.pending_action == "deregister"
            assert made.country.operations(OUT, person.id_number) == [("move-out", "reserved")], "only the hub's answer ends it"
            async with out.node.database.reading() as connection:
                assert await outbox.count(connection) == 1
        finally:
            await made.begin_hub()
        await made[IN].sees(case_id, state="deregistered")
        await out.sees(meanwhile, state="applied")

    play(body)
