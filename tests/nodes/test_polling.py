"""A register that polls its node: a cut anywhere between the two changes nothing."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from structlog.testing import capture_logs

from core.refusals import NOT_FOUND, UNAVAILABLE, Refused
from nodes.common import worklist
from runtime.clock import sleep
from runtime.health import serves
from simulator.registers.files import load
from simulator.registers.operations import State, Status
from simulator.registers.polling import Polling
from simulator.registers.service import RegisterService
from simulator.registers.store import Record, Store, connect
from tests.support.exchange import until
from tests.support.officers import refusal_of
from tests.support.province import CALL_S, IN, OUT, program
from tests.support.worklists import NOON, PERSON, Nodes, finalise, gives_up, move_out, open_items, rows
from yrdx.v1 import desk_pb2, register_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from nodes.common.worklist import Worklist
    from tests.nodes.conftest import Play
    from tests.support.postgres import Server
    from tests.support.province import Federation


@pytest.fixture
def nodes(postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    """Instances of a node without a register that can be called; they lose their patience soon."""
    monkeypatch.setattr(worklist, "_LOOK_S", 0.03)
    dsn_file = tmp_path / "dsn"
    dsn_file.write_text(postgres_server.new_database())
    return Nodes(dsn_file)


class BadLine:
    """A desk on a line that breaks before or after a call, with these odds."""

    def __init__(self, worklist: Worklist, chance: random.Random, odds: float) -> None:
        self.worklist, self._chance, self._odds = worklist, chance, odds

    async def ListWork(self, request: desk_pb2.ListWorkRequest, **_: Any) -> desk_pb2.ListWorkResponse:  # noqa: N802 - gRPC
        request.wait.CopyFrom(Duration(nanos=100_000_000))
        self._break()
        items = await self.worklist.open(request)
        self._break()
        return desk_pb2.ListWorkResponse(items=items)

    async def CompleteWork(self, request: desk_pb2.CompleteWorkRequest, **_: Any) -> desk_pb2.CompleteWorkResponse:  # noqa: N802 - gRPC
        self._break()
        await self.worklist.complete(request)
        self._break()
        return desk_pb2.CompleteWorkResponse()

    def _break(self) -> None:
        if self._chance.random() < self._odds:
            raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())


async def until_answered(call: Callable[[], Coroutine[Any, Any, Any]], chance: random.Random) -> Any:
    """Asks again and again, cut off by chance wherever it is."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.choice([0.002, 0.01, 0.05, 1])):
                answer = await kept_waiting(call)
                if answer is not None:
                    return answer


async def kept_waiting(call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """The answer of a call, or None when there was none in time."""
    try:
        return await call()
    except Refused as refusal:
        if refusal.kind is UNAVAILABLE:
            return None
        raise


async def restarted_by_chance(polling: Polling, chance: random.Random) -> None:
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.random() / 10):
                await polling.run()


async def moves(work: Worklist, person: str, operation: bytes, chance: random.Random) -> None:
    """Somebody moves out; if his number is even, he is let go instead. What is answered is what the register did."""
    found = await until_answered(lambda: work.find(person), chance)
    assert found.record.record == person.encode()
    reserved = await until_answered(lambda: work.reserve(move_out(operation, person)), chance)
    assert (reserved.state, reserved.record.record) == (register_pb2.OPERATION_STATE_RESERVED, person.encode())
    if is_moving(person):
        assert (await until_answered(lambda: work.finalise(finalise(operation)), chance)).since == NOON
    released = await until_answered(lambda: work.release(operation), chance)
    assert released.state == (register_pb2.OPERATION_STATE_FINALISED if is_moving(person) else register_pb2.OPERATION_STATE_RELEASED)


def is_moving(person: str) -> bool:
    return bool(int(person[-1]) % 2)


def test_strokes_over_bad_lines_between_parties_that_crash_happen_once(nodes: Nodes, tmp_path: Path, rng: random.Random) -> None:
    """Each call and each poll may be cut at any await."""
    people = {f"33010119900101{number:04d}": rng.randbytes(16) for number in range(6)}
    load(tmp_path / "file", [Record(person, "王秀英", "330000000001", person.encode(), "x", Status.ACTIVE, 1) for person in people])

    async def body(one: Worklist, two: Worklist) -> None:
        with closing(Store(tmp_path / "file", "330000")) as store, ThreadPoolExecutor(1) as thread:
            lines: list[Any] = [BadLine(work, rng, 0.15) for work in (one, two)]
            async with asyncio.TaskGroup() as group:
                polling = [
                    group.create_task(restarted_by_chance(Polling(RegisterService(store, thread), line, sleep), rng)) for line in lines
                ]
                async with asyncio.TaskGroup() as everybody:
                    for number, (person, operation) in enumerate(people.items()):
                        everybody.create_task(moves(one if number < 3 else two, person, operation, rng))
                for each in polling:
                    each.cancel()
            for person, operation in people.items():
                record = store.find(person)
                assert record is not None
                expected = (State.FINALISED, Status.MOVED_OUT) if is_moving(person) else (State.RELEASED, Status.ACTIVE)
                assert (store.state(operation), record.status) == expected
        nodes.clock.at += timedelta(minutes=1)
        await open_items(one)
        assert await rows(one) == 0, "nothing is left of what was answered"

    nodes.run(body, instances=2)


def test_a_file_that_fails_leaves_its_work_on_the_list(nodes: Nodes, tmp_path: Path, rng: random.Random) -> None:
    path = tmp_path / "register.sqlite"
    load(path, [Record(PERSON, "王秀英", "330000000001", b"r", "x", Status.ACTIVE, 1)])

    async def body(work: Worklist) -> None:
        with closing(Store(path, "330000")) as store, ThreadPoolExecutor(1) as thread, closing(connect(path)) as file:
            file.execute("CREATE TRIGGER full BEFORE INSERT ON operation BEGIN SELECT RAISE(ABORT, 'full'); END")
            line: Any = BadLine(work, rng, 0)
            polling = Polling(RegisterService(store, thread), line, sleep)
            async with asyncio.TaskGroup() as group:
                task = group.create_task(polling.run())
                with capture_logs() as lines:
                    await gives_up(work.reserve(move_out()))
                assert {line["event"] for line in lines} == {"work cannot be done"}
                file.execute("DROP TRIGGER full")
                assert (await until_answered(lambda: work.reserve(move_out()), rng)).record.record == b"r"
                task.cancel()

    nodes.run(body)


def changed(settings: str, **changes: str | None) -> str:
    return json.dumps({**json.loads(settings), **changes})


@asynccontextmanager
async def polled(made: Federation) -> AsyncIterator[Path]:
    """Zhejiang's register is a process that only polls meanwhile; yields its settings file. The node starts without a register."""
    country, province = made.country, made[IN]
    await province.stop()
    await province.register_life.end()
    called = province.settings.read_text()
    province.settings.write_text(changed(called, register=None))
    file = country.register_settings(IN)
    file.write_text(changed(file.read_text(), node=country.addresses[IN]))
    await province.start()
    try:
        yield file
    finally:
        await province.stop()
        province.settings.write_text(called)
        await province.begin_register()
        await province.start()


@asynccontextmanager
async def register(file: Path, made: Federation) -> AsyncIterator[None]:
    """A register process that is killed (-9) at the end."""
    process = await program("simulator.registers", file)
    try:
        await until(lambda: serves(made.country.addresses[f"register-{IN}"], made.country.tls(IN)))
        yield
    finally:
        process.kill()
        await process.wait()


def test_a_person_lands_though_register_and_node_are_killed_in_every_stroke(play: Play) -> None:
    async def body(made: Federation) -> None:
        person, zhejiang = made.country.person(OUT), made[IN]
        async with polled(made) as file:
            async with register(file, made):
                case_id = await made.up_to("land", person)
            request = await zhejiang.decision(case_id, "land")
            with refusal_of(UNAVAILABLE.number, "register"):
                await zhejiang.desk.Decide(request, timeout=CALL_S)
            await zhejiang.crash()
            await zhejiang.start()
            with made.held_submits(before=False) as hold:
                async with register(file, made):
                    await hold.reached.wait()
                assert made.country.operations(IN, person.id_number) == [("move-in", "reserved")]
            await made[OUT].sees(case_id, state="landing")
            await zhejiang.crash()
            await zhejiang.start()
            async with register(file, made):
                await made[OUT].sees(case_id, state="closed", ending="landed")
            answer = await zhejiang.desk.Decide(request, timeout=CALL_S)
            assert answer.case.case_id == case_id
        assert made.country.operations(IN, person.id_number) == [("move-in", "finalised")]
        landed = made.country.record(IN, person.id_number)
        assert landed is not None
        assert zhejiang.node.codec.decode(landed.record).name == person.name

    play(body)


def test_a_node_that_calls_its_register_has_no_work_for_pollers(play: Play) -> None:
    async def body(made: Federation) -> None:
        with refusal_of(NOT_FOUND.number, "work"):
            await made[OUT].desk.ListWork(desk_pb2.ListWorkRequest(), timeout=CALL_S)
        with refusal_of(NOT_FOUND.number, "work"):
            await made[OUT].desk.CompleteWork(desk_pb2.CompleteWorkRequest(), timeout=CALL_S)

    play(body)
