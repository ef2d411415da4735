"""Real processes and engines that are killed (-9) where it hurts: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from core.refusals import UNAVAILABLE
from hub.acknowledge import Acknowledger
from runtime.health import serves
from tests.support.exchange import until
from tests.support.officers import refusal_of
from tests.support.province import IN, OUT, program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.nodes.conftest import Play
    from tests.support.postgres import Server
    from tests.support.province import Federation, Province


@asynccontextmanager
async def a_process(province: Province) -> AsyncIterator[None]:
    """The node is a process of its own meanwhile."""
    await province.stop()
    await province.spawn()
    try:
        yield
    finally:
        if province.process is not None:
            await province.kill()
        await province.start()


async def entries(made: Federation, case_id: bytes) -> int:
    """Messages of a case in the ledger."""
    return int(await made.hub.hub.pool.fetchval("select count(*) from messages where case_id = $1", UUID(bytes=case_id)))


@pytest.mark.parametrize("heard", [False, True])
def test_a_sender_killed_between_its_outbox_and_the_answer_says_it_once(play: Play, heard: bool) -> None:  # noqa: FBT001 - a parameter of the test
    async def body(made: Federation) -> None:
        async with a_process(made[IN]):
            person = made.country.person(OUT)
            with made.held_submits(before=not heard) as hold:
                case_id = await made[IN].open(OUT, person)
                await hold.reached.wait()
                await made[IN].kill()
            assert await entries(made, case_id) == heard
            await made[IN].spawn()
            await made[IN].can(case_id, "permit")
            await made[OUT].sees(case_id, state="applied", person_name=person.name)
            assert await entries(made, case_id) == 1
            assert [one.step for one in (await made[IN].get(case_id)).messages] == [1]

    play(body)


def test_a_receiver_killed_between_its_inbox_and_the_receipt_applies_it_once(play: Play) -> None:
    async def drop(_self: Acknowledger, _signed: Any) -> None:
        """The receipt never left."""

    async def body(made: Federation) -> None:
        async with a_process(made[OUT]):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Acknowledger, "add", drop)
                case_id = await made.up_to("permit")
                before = await made[OUT].sees(case_id, state="applied")
                await made[OUT].kill()
            assert not await undelivered_is_none(made, case_id)
            await made[OUT].spawn()
            await until(lambda: undelivered_is_none(made, case_id))
            after = await made[OUT].view(case_id)
            assert (after.state, len((await made[OUT].get(case_id)).messages)) == (before.state, 1)
            await made[IN].decide(case_id, "permit")
            await made[OUT].can(case_id, "deregister")

    play(body)


async def undelivered_is_none(made: Federation, case_id: bytes) -> bool:
    query = "select count(*) = 0 from deliveries d join messages m using (message_id) where m.case_id = $1 and d.delivered_receipt is null"
    return bool(await made.hub.hub.pool.fetchval(query, UUID(bytes=case_id)))


def test_a_register_killed_between_reserve_and_finalise_makes_the_change_once(play: Play) -> None:
    async def body(made: Federation) -> None:
        out, address = made[OUT], made.country.addresses[f"register-{OUT}"]
        tls = made.country.tls(OUT)
        person = made.country.person(OUT)
        case_id = await made.up_to("deregister", person)
        await out.register_life.end()
        register = await program("simulator.registers", made.country.register_settings(OUT))
        try:
            await until(lambda: serves(address, tls))
            with made.held_submits(before=False) as hold:
                await out.decide(case_id, "deregister")
                await hold.reached.wait()
                assert made.country.operations(OUT, person.id_number) == [("move-out", "reserved")]
                register.kill()
                await register.wait()
            await made[IN].sees(case_id, state="deregistering", owner=OUT)
            assert made.country.status(OUT, person.id_number) == "active"
            register = await program("simulator.registers", made.country.register_settings(OUT))
            await made[IN].sees(case_id, state="deregistered", owner=IN)
        finally:
            register.kill()
            await register.wait()
            await out.begin_register()
        assert made.country.operations(OUT, person.id_number) == [("move-out", "finalised")]
        assert [one.action for one in (await out.get(case_id)).messages] == ["apply", "permit", "deregister", "entered"]

    play(body)


def test_databases_killed_in_the_middle_are_said_to_be_away_and_lose_nothing(play: Play, postgres_server: Server) -> None:
    async def body(made: Federation) -> None:
        people = [made.country.person(OUT) for _ in range(4)]
        cases = await asyncio.gather(*(made[IN].open(OUT, person) for person in people))
        await asyncio.to_thread(postgres_server.kill)
        try:
            with refusal_of(UNAVAILABLE.number):
                await made[IN].open(OUT, made.country.person(OUT))
            with refusal_of(UNAVAILABLE.number):
                await made[OUT].view(cases[0])
        finally:
            await asyncio.to_thread(postgres_server.start)
        for code, action in ((IN, "permit"), (OUT, "deregister"), (IN, "land")):
            await asyncio.gather(*(made[code].can(case_id, action) for case_id in cases))
            await asyncio.gather(*(made[code].decide(case_id, action) for case_id in cases))
        for case_id, person in zip(cases, people, strict=True):
            await made[OUT].sees(case_id, state="closed", ending="landed")
            assert made.country.operations(OUT, person.id_number) == [("move-out", "finalised")]
            assert made.country.operations(IN, person.id_number) == [("move-in", "finalised")]

    play(body)
