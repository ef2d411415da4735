"""Work for a register that only polls: what an item is, and who gets its answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.duration_pb2 import Duration

from core.refusals import BAD_FIELD, RECORD_HELD, RECORD_NOT_FOUND, Refused
from nodes.common import worklist
from nodes.common.store.work import count
from runtime.clock import sleep
from runtime.grpc_errors import problem
from tests.support.worklists import NOON, OPERATION, PERSON, Nodes, finalise, gives_up, move_out, open_items, rows
from yrdx.v1 import desk_pb2, register_pb2

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from nodes.common.worklist import Worklist
    from tests.support.postgres import Server

FOUND = register_pb2.FindResponse(status=register_pb2.RECORD_STATUS_ACTIVE)
RESERVED = register_pb2.ReserveResponse(state=register_pb2.OPERATION_STATE_RESERVED)


@pytest.fixture
def nodes(postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    """Instances of a node without a register that can be called; they lose their patience soon."""
    monkeypatch.setattr(worklist, "_LOOK_S", 0.03)
    dsn_file = tmp_path / "dsn"
    dsn_file.write_text(postgres_server.new_database())
    return Nodes(dsn_file)


def waiting(seconds: float) -> desk_pb2.ListWorkRequest:
    return desk_pb2.ListWorkRequest(wait=Duration(nanos=round(seconds * 1e9)))


async def answered(asked: Coroutine[Any, Any, Any], worklist: Worklist, **answer: Any) -> Any:
    """What a call gets when its item is completed so."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asked)
        (item,) = await worklist.open(waiting(2))
        await worklist.complete(desk_pb2.CompleteWorkRequest(work_id=item.work_id, **answer))
    return task.result()


def test_each_call_comes_as_it_was_made_and_gets_its_answer(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        assert await answered(work.find(PERSON), work, find=FOUND) == FOUND
        differs = register_pb2.CheckResponse(found=True, differences=["name"])
        assert await answered(work.check(PERSON, "王秀英"), work, check=differs) == differs
        assert await answered(work.check(PERSON, "王秀英"), work, check=register_pb2.CheckResponse()) == register_pb2.CheckResponse()
        assert await answered(work.reserve(move_out()), work, reserve=RESERVED) == RESERVED
        made = register_pb2.FinaliseResponse(state=register_pb2.OPERATION_STATE_FINALISED, since=NOON)
        assert await answered(work.finalise(finalise()), work, finalise=made) == made
        released = register_pb2.ReleaseResponse(state=register_pb2.OPERATION_STATE_FINALISED)
        assert await answered(work.release(OPERATION), work, release=released) == released
        assert await rows(work) == 0

    nodes.run(body)


def test_a_refusal_is_raised_as_the_register_gave_it(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        assert await answered(work.find(PERSON), work, refusal=problem(Refused(RECORD_NOT_FOUND, "id_number"))) is None
        refusal = problem(Refused(RECORD_HELD, "id_number", retry_after_s=3))
        with pytest.raises(ExceptionGroup) as caught:
            await answered(work.reserve(move_out()), work, refusal=refusal)
        (raised,) = caught.value.exceptions
        assert isinstance(raised, Refused)
        assert (raised.kind, raised.field, raised.retry_after_s) == (RECORD_HELD, "id_number", 3)
        assert await rows(work) == 0

    nodes.run(body)


def test_a_write_that_is_asked_again_is_the_same_item_and_finds_the_answer_that_came_meanwhile(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        for _ in range(2):
            await gives_up(work.reserve(move_out()))
        (item,) = await open_items(work)
        assert item.reserve == move_out()
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=item.work_id, reserve=RESERVED))
        assert await open_items(work) == []
        assert await work.reserve(move_out()) == RESERVED
        await gives_up(work.reserve(move_out()))
        (again,) = await open_items(work)
        assert again.work_id != item.work_id, "what was said about the old item is not the answer to a new one"

    nodes.run(body)


def test_another_call_about_an_operation_takes_the_place_of_the_last(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        await gives_up(work.finalise(finalise()))
        (old,) = await open_items(work)
        await gives_up(work.release(OPERATION))
        (new,) = await open_items(work)
        assert new.release.operation_id == OPERATION
        made = register_pb2.FinaliseResponse(state=register_pb2.OPERATION_STATE_FINALISED, since=NOON)
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=old.work_id, finalise=made))
        assert await open_items(work) == [new]
        await gives_up(work.reserve(move_out()))
        await gives_up(work.reserve(move_out(person="440524188001010014")))
        (item,) = await open_items(work)
        assert item.reserve.id_number == "440524188001010014"

    nodes.run(body)


def test_the_first_answer_counts_and_one_that_nobody_waits_for_changes_nothing(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        await gives_up(work.reserve(move_out()))
        (item,) = await open_items(work)
        held = problem(Refused(RECORD_HELD, "id_number"))
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=item.work_id, reserve=RESERVED))
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=item.work_id, refusal=held))
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=b"x" * 16, refusal=held))
        assert await work.reserve(move_out()) == RESERVED
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=item.work_id, reserve=RESERVED))
        assert await rows(work) == 0

    nodes.run(body)


BAD_ANSWERS = [
    (desk_pb2.CompleteWorkRequest(find=FOUND), "work_id"),
    (desk_pb2.CompleteWorkRequest(work_id=b"x" * 15, find=FOUND), "work_id"),
    (desk_pb2.CompleteWorkRequest(work_id=b"x" * 16, find=FOUND), "answer"),
    (desk_pb2.CompleteWorkRequest(work_id=b"x" * 16), "answer"),
]
BAD_LISTS = [
    (desk_pb2.ListWorkRequest(page_size=201), "page_size"),
    (desk_pb2.ListWorkRequest(wait=Duration(seconds=11)), "wait"),
    (desk_pb2.ListWorkRequest(wait=Duration(seconds=-1)), "wait"),
    (desk_pb2.ListWorkRequest(wait=Duration(nanos=-1)), "wait"),
    (desk_pb2.ListWorkRequest(wait=Duration(seconds=1 << 60)), "wait"),
]


def test_what_has_no_form_is_refused_and_changes_nothing(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        work.random = lambda length: b"x" * length
        await gives_up(work.reserve(move_out()))
        (item,) = await open_items(work)
        for request, field in BAD_ANSWERS:
            request.work_id = item.work_id if len(request.work_id) == 16 else request.work_id
            with pytest.raises(Refused) as caught:
                await work.complete(request)
            assert (caught.value.kind, caught.value.field) == (BAD_FIELD, field)
        for wanted, field in BAD_LISTS:
            with pytest.raises(Refused) as caught:
                await work.open(wanted)
            assert (caught.value.kind, caught.value.field) == (BAD_FIELD, field)
        assert await open_items(work) == [item]

    nodes.run(body)


def test_who_waits_for_work_gets_it_at_once_and_otherwise_an_empty_list_in_time(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert await work.open(waiting(0.2)) == []
        assert 0.15 < loop.time() - begun < 2
        async with asyncio.TaskGroup() as group:
            fetching = group.create_task(work.open(desk_pb2.ListWorkRequest(wait=Duration(seconds=10))))
            await sleep(0.1)
            assert not fetching.done()
            asked = group.create_task(gives_up(work.reserve(move_out())))
            (item,) = await fetching
            assert not asked.done()
        assert item.reserve == move_out()
        for number in range(3):
            await gives_up(work.release(bytes([number]) * 16))
        assert [one.WhichOneof("call") for one in await open_items(work)] == ["reserve", "release", "release", "release"]
        assert await work.open(desk_pb2.ListWorkRequest(page_size=1, wait=Duration(seconds=10))) == [item], "the oldest"

    nodes.run(body)


def test_who_waits_when_the_node_goes_down_is_let_go(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(work.open(desk_pb2.ListWorkRequest(wait=Duration(seconds=10))))
            await sleep(0.1)
            work.close()
        async with asyncio.timeout(5):
            assert await work.open(desk_pb2.ListWorkRequest(wait=Duration(seconds=10))) == []

    nodes.run(body)


def test_what_one_instance_asks_another_may_hand_out_and_be_answered(nodes: Nodes) -> None:
    async def body(one: Worklist, two: Worklist) -> None:
        assert await answered(one.find(PERSON), two, find=FOUND) == FOUND
        await gives_up(one.reserve(move_out()))
        assert await answered(two.reserve(move_out()), one, reserve=RESERVED) == RESERVED
        assert await rows(one) == 0

    nodes.run(body, instances=2)


def test_a_crash_forgets_no_write_and_drops_reads_after_a_while(nodes: Nodes) -> None:
    async def ask(work: Worklist) -> None:
        await gives_up(work.find(PERSON))
        await gives_up(work.reserve(move_out()))

    async def look(work: Worklist) -> None:
        nodes.clock.at += timedelta(seconds=15)
        read, write = await open_items(work)
        assert (read.WhichOneof("call"), write.WhichOneof("call")) == ("find", "reserve")
        nodes.clock.at += timedelta(seconds=10)
        assert await open_items(work) == [write]
        async with work.database.reading() as connection:
            assert await count(connection) == 1
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=write.work_id, reserve=RESERVED))

    async def take(work: Worklist) -> None:
        assert await work.reserve(move_out()) == RESERVED
        assert await rows(work) == 0

    for body in (ask, look, take):
        nodes.run(body)


def test_rows_are_sealed(nodes: Nodes) -> None:
    async def body(work: Worklist) -> None:
        record = register_pb2.ProvincialRecord(record=PERSON.encode(), format="zhejiang-columns-1")
        await gives_up(work.reserve(move_out()))
        (item,) = await open_items(work)
        answer = register_pb2.ReserveResponse(state=register_pb2.OPERATION_STATE_RESERVED, record=record)
        await work.complete(desk_pb2.CompleteWorkRequest(work_id=item.work_id, reserve=answer))
        async with work.database.aside() as connection:
            (row,) = await connection.fetch("select * from work")
        assert PERSON.encode() not in row["item"] + row["answer"]
        assert OPERATION not in row["item"] + row["answer"]
        assert (await work.reserve(move_out())).record == record

    nodes.run(body)
