"""What an operator may ask of a node: its status, and that it drains. Everything else is the hub's."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest

from core import refusals
from core.receipts import timestamp
from pki.identity import Role
from runtime.clock import SystemClock
from runtime.grpc_client import channel
from tests.support.exchange import until
from tests.support.lives import Hold
from tests.support.officers import refusal_of
from tests.support.province import CALL_S, IN, OTHER, OUT
from yrdx.v1 import desk_pb2, operations_pb2, operations_pb2_grpc

if TYPE_CHECKING:
    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province

DRAINING, NOT_FOUND, WRONG_ROLE = refusals.DRAINING.number, refusals.NOT_FOUND.number, refusals.WRONG_ROLE.number


async def status(province: Province) -> operations_pb2.StatusResponse:
    return await province.operations.Status(operations_pb2.StatusRequest(), timeout=CALL_S)


async def drain(province: Province) -> None:
    await province.operations.Drain(operations_pb2.DrainRequest(), timeout=CALL_S)


def test_a_node_says_who_it_is_and_what_it_is_at(play: Play) -> None:
    async def body(made: Federation) -> None:
        node = made[IN]
        await made.idle()
        with made.held_submits(before=True) as hold:
            case_id = await node.open(OUT, made.country.person(OUT))
            await hold.reached.wait()
            busy = await status(node)
            assert (busy.idle, busy.counters["outbox"], busy.draining) == (False, 1, False)
        await made[OUT].sees(case_id, state="applied")
        await made.idle()
        rests, now = await status(node), SystemClock().now()
        assert (rests.name, rests.idle, rests.counters["outbox"]) == (f"node-{IN}", True, 0)
        assert rests.trust_list_version == node.node.trust.current.version
        assert abs((rests.recorded_at.ToDatetime(now.tzinfo) - now).total_seconds()) < 5
        assert not rests.members, "a node knows nothing of the others"

    play(body)


def test_a_node_that_drains_finishes_what_it_has_and_takes_on_nothing_new(play: Play) -> None:
    """What it has: a message on its way, and a change of the register between its strokes. What is delivered it still takes."""

    async def body(made: Federation) -> None:
        node, waiting = made[OUT], await made.up_to("permit")
        case_id = await made.up_to("deregister")
        hold = Hold()
        node.register.trouble["before Finalise"] = hold
        await node.decide(case_id, "deregister")
        await hold.reached.wait()
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(drain(node))
            await until(lambda: node.node.desk.draining)
            await refused_now(node, waiting)
            seen = await status(node)
            assert (seen.draining, seen.idle, seen.counters["operations"]) == (True, False, 1)
            await made[IN].decide(waiting, "permit")
            await node.sees(waiting, state="permitted")
            assert not draining.done(), "the register is not done yet"
            hold.open.set()
        assert node.country.status(OUT, (await node.view(case_id)).person_id_number) == "moved-out"
        assert (await status(node)).counters["outbox"] == 0, "the other province knows"
        await made[IN].can(case_id, "land")
        await refused_now(node, waiting)
        await drain(node)  # again, and at once
        await node.stop()
        await node.start()
        assert not (await status(node)).draining, "a restart ends it"
        await node.decide(waiting, "deregister")

    play(body)


async def refused_now(node: Province, case_id: bytes) -> None:
    """Nothing that would be new work is taken on; looking is possible."""
    with refusal_of(DRAINING):
        await node.open(OTHER, node.country.person(OTHER))
    with refusal_of(DRAINING):
        await node.decide(case_id, "refuse")
    assert (await node.view(case_id)).case_id == case_id
    found = await node.desk.ListCases(desk_pb2.ListCasesRequest(page_size=10), timeout=CALL_S)
    assert found.cases


def test_a_repeat_while_a_node_drains_is_put_off_and_gets_its_first_answer_afterwards(play: Play) -> None:
    """The province's system lost the answer and asks again."""

    async def body(made: Federation) -> None:
        node, person = made[IN], made.country.person(OUT)
        opening = node.opening(OUT, person, request_id=str(uuid.uuid4()))
        first = await node.desk.OpenCase(opening, timeout=CALL_S)
        await drain(node)
        with refusal_of(DRAINING):
            await node.desk.OpenCase(opening, timeout=CALL_S)
        await node.stop()
        await node.start()
        assert (await node.desk.OpenCase(opening, timeout=CALL_S)).case.case_id == first.case.case_id

    play(body)


def test_what_is_the_hubs_alone_a_node_does_not_do(play: Play) -> None:
    async def body(made: Federation) -> None:
        node = made[IN]
        before = await status(node)
        with refusal_of(NOT_FOUND, "ask the hub"):
            later = operations_pb2.AdvanceBusinessTimeRequest(to=timestamp(SystemClock().now()))
            await node.operations.AdvanceBusinessTime(later, timeout=CALL_S)
        with refusal_of(NOT_FOUND, "ask the hub"):
            await node.operations.PublishTrustList(operations_pb2.PublishTrustListRequest(), timeout=CALL_S)
        assert (await status(node)).trust_list_version == before.trust_list_version

    play(body)


@pytest.mark.parametrize(("member", "role"), [(IN, Role.SYSTEM), (IN, Role.NODE), (OUT, Role.OPERATOR), ("hub", Role.OPERATOR)])
def test_only_the_provinces_own_operators_are_answered(play: Play, member: str, role: Role) -> None:
    async def body(made: Federation) -> None:
        async with channel(made.country.addresses[IN], made.country.tls(member, role)) as link:
            stranger = operations_pb2_grpc.OperationsStub(link)
            with refusal_of(WRONG_ROLE):
                await stranger.Status(operations_pb2.StatusRequest(), timeout=CALL_S)
            with refusal_of(WRONG_ROLE):
                await stranger.Drain(operations_pb2.DrainRequest(), timeout=CALL_S)
        assert not made[IN].node.desk.draining

    play(body)
