"""The register as a process: who may call, what a node sees, and kill -9 between any two strokes."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from core.refusals import (
    BAD_FIELD,
    CHANGE_IMPOSSIBLE,
    OPERATION_CONFLICT,
    OPERATION_RELEASED,
    RECORD_EXISTS,
    RECORD_HELD,
    RECORD_NOT_FOUND,
    WRONG_ROLE,
    Kind,
)
from runtime.grpc_client import channel, refused
from simulator.registers.files import dump, load
from simulator.registers.operations import Status
from simulator.registers.store import Record
from tests.runtime.certificates import issue, make_root
from yrdx.v1 import register_pb2 as pb
from yrdx.v1 import register_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from runtime.settings import TlsFiles

    Stub = register_pb2_grpc.RegisterAsyncStub

HERE = Path(__file__).parents[2]
ANNA, BERT, DORA = "34052419800101001X", "11010519491231002X", "440524188001010014"
NOON = Timestamp(seconds=1_769_400_000)
FROZEN = "CREATE TRIGGER frozen BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'frozen'); END"


class Register:
    """A register process with its folder; started and killed at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_root(folder)
        self.system = issue(folder, "system", "spiffe://yrdx/province/310000/system")
        self.node = issue(folder, "node", "spiffe://yrdx/province/310000/node")
        self.database = folder / "register.sqlite"
        load(
            self.database,
            [
                Record(ANNA, "安娜", "310000000001", b"anna", "shanghai-json-1", Status.ACTIVE, 1_000_000),
                Record(BERT, "白特", "310000000001", b"bert", "shanghai-json-1", Status.ACTIVE, 1_000_000),
            ],
        )
        self.settings = folder / "settings.json"
        tls = {"certificate": "system.pem", "key": "system.key", "root": "root.pem"}
        self.settings.write_text(
            json.dumps({"province": "310000", "database": "register.sqlite", "tls": tls, "address_file": "address", "process_log": "log"})
        )
        self.start()

    def start(self) -> None:
        lines = self.ready_lines()
        self.process = subprocess.Popen([sys.executable, "-m", "simulator.registers", "--settings", self.settings], cwd=HERE)
        end = time.monotonic() + 20
        while self.ready_lines() == lines:
            assert self.process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)

    def ready_lines(self) -> int:
        log = self.folder / "log"
        return log.read_text().count('"event":"ready"') if log.exists() else 0

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def run(self, body: Callable[[Stub], Awaitable[None]], caller: TlsFiles | None = None) -> None:
        async def main() -> None:
            address = (self.folder / "address").read_text()
            async with channel(address, caller or self.node) as connection:
                await body(register_pb2_grpc.RegisterStub(connection))

        asyncio.run(main())


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    running = Register(tmp_path)
    yield running
    running.kill()


async def refuses(call: Awaitable[object], kind: Kind, field: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    refusal = refused(caught.value)
    assert refusal is not None
    assert (refusal.kind, refusal.field) == (kind, field)


def move_out(operation: bytes, person: str = ANNA) -> pb.ReserveRequest:
    return pb.ReserveRequest(operation_id=operation, change=pb.REGISTER_CHANGE_MOVE_OUT, id_number=person)


def move_in(operation: bytes, record: bytes = b"dora") -> pb.ReserveRequest:
    return pb.ReserveRequest(
        operation_id=operation,
        change=pb.REGISTER_CHANGE_MOVE_IN,
        id_number=DORA,
        name="朵拉",
        record=pb.ProvincialRecord(record=record, format="shanghai-json-1"),
    )


def test_a_person_moves_out_and_another_one_in(register: Register) -> None:
    async def body(stub: Stub) -> None:
        out, come = b"o" * 16, b"i" * 16
        left = await stub.Reserve(move_out(out))
        assert (left.state, left.record.record, left.record.format) == (pb.OPERATION_STATE_RESERVED, b"anna", "shanghai-json-1")
        assert (await stub.Finalise(pb.FinaliseRequest(operation_id=out, effective_at=NOON))).since == NOON
        found = await stub.Find(pb.FindRequest(id_number=ANNA))
        assert (found.status, found.since, found.record.record) == (pb.RECORD_STATUS_MOVED_OUT, NOON, b"anna")

        await refuses(stub.Find(pb.FindRequest(id_number=DORA)), RECORD_NOT_FOUND, "id_number")
        household = (await stub.Reserve(move_in(come))).household_number
        await stub.Finalise(pb.FinaliseRequest(operation_id=come, effective_at=NOON))
        landed = await stub.Find(pb.FindRequest(id_number=DORA))
        assert (landed.status, landed.household_number) == (pb.RECORD_STATUS_ACTIVE, household)
        await refuses(stub.Reserve(move_in(b"j" * 16)), RECORD_EXISTS, "id_number")
        assert (await stub.GetOperation(pb.GetOperationRequest(operation_id=come))).state == pb.OPERATION_STATE_FINALISED
        assert (await stub.Release(pb.ReleaseRequest(operation_id=come))).state == pb.OPERATION_STATE_FINALISED

    register.run(body)


def test_check_names_what_differs(register: Register) -> None:
    async def body(stub: Stub) -> None:
        assert not (await stub.Check(pb.CheckRequest(id_number=DORA, name="朵拉"))).found
        same = await stub.Check(pb.CheckRequest(id_number=ANNA, name="安娜"))
        assert (same.found, same.status, list(same.differences)) == (True, pb.RECORD_STATUS_ACTIVE, [])
        assert (await stub.Check(pb.CheckRequest(id_number=ANNA, name="安那"))).differences == ["name"]

    register.run(body)


def test_a_held_record_is_retriable_and_stores_nothing(register: Register) -> None:
    async def body(stub: Stub) -> None:
        first, second = b"1" * 16, b"2" * 16
        await stub.Reserve(move_out(first))
        await refuses(stub.Reserve(move_out(second)), RECORD_HELD, "id_number")
        assert (await stub.GetOperation(pb.GetOperationRequest(operation_id=second))).state == pb.OPERATION_STATE_UNKNOWN
        await stub.Release(pb.ReleaseRequest(operation_id=first))
        assert (await stub.Reserve(move_out(second))).state == pb.OPERATION_STATE_RESERVED

    register.run(body)


def test_a_release_that_overtakes_its_reserve_stays(register: Register) -> None:
    async def body(stub: Stub) -> None:
        assert (await stub.Release(pb.ReleaseRequest(operation_id=b"o" * 16))).state == pb.OPERATION_STATE_RELEASED
        await refuses(stub.Reserve(move_out(b"o" * 16)), OPERATION_RELEASED, "operation_id")

    register.run(body)


def test_a_failing_finalise_stores_nothing_and_may_succeed_later(register: Register) -> None:
    finalise = pb.FinaliseRequest(operation_id=b"o" * 16, effective_at=NOON)

    async def fails(stub: Stub) -> None:
        await stub.Reserve(move_out(b"o" * 16))
        await refuses(stub.Finalise(finalise), CHANGE_IMPOSSIBLE, "operation_id")
        assert (await stub.GetOperation(pb.GetOperationRequest(operation_id=b"o" * 16))).state == pb.OPERATION_STATE_RESERVED
        assert (await stub.Find(pb.FindRequest(id_number=ANNA))).status == pb.RECORD_STATUS_ACTIVE

    async def succeeds(stub: Stub) -> None:
        assert (await stub.Finalise(finalise)).since == NOON

    for statement, body in ((FROZEN, fails), ("DROP TRIGGER frozen", succeeds)):
        with closing(sqlite3.connect(register.database)) as file:
            file.execute(statement)
        register.run(body)


def with_others(*others: pb.PersonChange) -> pb.ReserveRequest:
    """Anna leaves, with others."""
    return pb.ReserveRequest(operation_id=b"o" * 16, id_number=ANNA, change=pb.REGISTER_CHANGE_MOVE_OUT, others=others)


def move_in_too() -> pb.PersonChange:
    record = pb.ProvincialRecord(record=b"dora", format="shanghai-json-1")
    return pb.PersonChange(change=pb.REGISTER_CHANGE_MOVE_IN, id_number=DORA, name="朵拉", record=record)


BAD = [
    ("Find", pb.FindRequest(id_number=ANNA.lower()), "id_number"),
    ("Check", pb.CheckRequest(id_number="1"), "id_number"),
    ("Reserve", move_out(b"o" * 15), "operation_id"),
    ("Reserve", move_out(b"o" * 16, ANNA + "1"), "id_number"),
    ("Reserve", pb.ReserveRequest(operation_id=b"o" * 16, id_number=ANNA), "change"),
    ("Reserve", pb.ReserveRequest(operation_id=b"o" * 16, id_number=ANNA, change=9), "change"),  # type: ignore[arg-type]  # a newer one
    ("Reserve", move_in(b"o" * 16, record=b""), "record"),
    ("Reserve", pb.ReserveRequest(operation_id=b"o" * 16, id_number=DORA, change=pb.REGISTER_CHANGE_MOVE_IN), "name"),
    ("Reserve", with_others(pb.PersonChange(change=pb.REGISTER_CHANGE_MOVE_OUT, id_number=ANNA)), "others"),
    ("Reserve", with_others(pb.PersonChange(change=pb.REGISTER_CHANGE_MOVE_OUT, id_number="1")), "id_number"),
    ("Reserve", with_others(pb.PersonChange(id_number=DORA)), "change"),
    ("Reserve", with_others(move_in_too()), "change"),
    ("Finalise", pb.FinaliseRequest(operation_id=b"o" * 16), "effective_at"),
    ("Finalise", pb.FinaliseRequest(operation_id=b"o" * 16, effective_at=Timestamp(seconds=1 << 60)), "effective_at"),
    ("Finalise", pb.FinaliseRequest(operation_id=b"o" * 16, effective_at=Timestamp(nanos=-1)), "effective_at"),
    ("Finalise", pb.FinaliseRequest(effective_at=NOON), "operation_id"),
    ("Release", pb.ReleaseRequest(), "operation_id"),
    ("GetOperation", pb.GetOperationRequest(operation_id=b"o" * 17), "operation_id"),
]


def test_what_has_no_form_is_refused(register: Register) -> None:
    async def body(stub: Stub) -> None:
        for method, request, field in BAD:
            await refuses(getattr(stub, method)(request), BAD_FIELD, field)
        assert (await stub.GetOperation(pb.GetOperationRequest(operation_id=b"o" * 16))).state == pb.OPERATION_STATE_UNKNOWN

    register.run(body)


@pytest.mark.parametrize(
    ("uri", "field"),
    [
        ("spiffe://yrdx/province/320000/node", "member"),
        ("spiffe://yrdx/province/310000/system", "system"),
        ("spiffe://yrdx/hub/hub", "hub"),
    ],
)
def test_only_the_province_s_node_may_call(register: Register, uri: str, field: str) -> None:
    async def body(stub: Stub) -> None:
        await refuses(stub.Find(pb.FindRequest(id_number=ANNA)), WRONG_ROLE, field)

    register.run(body, issue(register.folder, "other", uri))


def test_killed_between_the_strokes_it_gives_the_same_answers(register: Register) -> None:
    out, come, gone = b"o" * 16, b"i" * 16, b"g" * 16
    before: list[pb.ReserveResponse] = []

    async def reserve(stub: Stub) -> None:
        before.extend([await stub.Reserve(move_out(out)), await stub.Reserve(move_in(come))])
        await stub.Release(pb.ReleaseRequest(operation_id=gone))

    async def repeat(stub: Stub) -> None:
        assert [await stub.Reserve(move_out(out)), await stub.Reserve(move_in(come))] == before
        await refuses(stub.Reserve(move_in(come, b"other")), OPERATION_CONFLICT, "operation_id")
        await refuses(stub.Reserve(move_out(gone, BERT)), OPERATION_RELEASED, "operation_id")
        await refuses(stub.Reserve(move_out(b"x" * 16)), RECORD_HELD, "id_number")
        for operation in (out, come):
            assert (await stub.Finalise(pb.FinaliseRequest(operation_id=operation, effective_at=NOON))).since == NOON

    async def again(stub: Stub) -> None:
        later = Timestamp(seconds=NOON.seconds + 60)
        for operation in (out, come):
            assert (await stub.Finalise(pb.FinaliseRequest(operation_id=operation, effective_at=later))).since == NOON

    address = (register.folder / "address").read_text()
    for body in (reserve, repeat, again):
        register.run(body)
        register.kill()
        register.start()
    assert (register.folder / "address").read_text() == address


def test_the_dead_register_is_dumped_with_all_that_it_answered(register: Register) -> None:
    async def body(stub: Stub) -> None:
        await stub.Reserve(move_in(b"i" * 16))
        await stub.Finalise(pb.FinaliseRequest(operation_id=b"i" * 16, effective_at=NOON))

    register.run(body)
    register.kill()
    assert (register.folder / "register.sqlite-wal").stat().st_size > 0
    dump(register.database, register.folder / "310000.jsonl")
    lines = [json.loads(line) for line in (register.folder / "310000.jsonl").read_text("utf-8").splitlines()]
    assert [line["id_number"] for line in lines] == [ANNA, BERT, DORA]
    assert lines[2] == {"id_number": DORA, "name": "朵拉", "status": "active", "since": "2026-01-26T04:00:00Z"}


def test_killed_in_the_middle_of_writing_nothing_answered_is_lost(register: Register) -> None:
    """Somebody moves out and in without pause; the kill comes from outside at a moment nobody chose."""
    answered: list[bytes] = []

    async def change_for_ever(stub: Stub) -> None:
        for number in itertools.count():
            operation = number.to_bytes(16, "big")
            await stub.Reserve(move_out(operation, DORA) if number % 2 else move_in(operation), timeout=10)
            await stub.Finalise(pb.FinaliseRequest(operation_id=operation, effective_at=NOON), timeout=10)
            answered.append(operation)

    async def write(stub: Stub) -> None:
        asyncio.get_running_loop().call_later(0.3, register.process.kill)
        with pytest.raises(grpc.aio.AioRpcError):
            await change_for_ever(stub)

    async def look(stub: Stub) -> None:
        for operation in answered:
            state = (await stub.GetOperation(pb.GetOperationRequest(operation_id=operation))).state
            assert state == pb.OPERATION_STATE_FINALISED

    register.run(write)
    register.kill()
    assert len(answered) > 5
    with closing(sqlite3.connect(register.database)) as file:
        ((records,),) = file.execute("SELECT count(*) FROM record WHERE id_number = ?", (DORA,)).fetchall()
        query = "SELECT count(*) FROM operation JOIN part USING (sequence) WHERE state = 'finalised' AND change = 'move-in'"
        ((finalised,),) = file.execute(query).fetchall()
    assert records == finalised
    register.start()
    register.run(look)


def test_a_signal_ends_it_in_order(register: Register) -> None:
    register.process.send_signal(signal.SIGTERM)
    assert register.process.wait(timeout=20) == 0
    assert not (register.folder / "register.sqlite-wal").exists()


def test_unusable_settings_end_with_status_2_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"provins": "310000"}')
    done = subprocess.run(
        [sys.executable, "-m", "simulator.registers", "--settings", tmp_path / "settings.json"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "BAD_SETTINGS" in done.stderr
    assert "Traceback" not in done.stderr
