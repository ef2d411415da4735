"""The provincial systems of four provinces as one process: `python -m bench.driver PLAN`, a client of `Desk` and nothing else.

Every case goes to and fro for ever: the home province returns the application with a long list of what is wrong, the destination resubmits
it with a long note, each a message of 10 KB. Decides when the next message of a case is said: as soon as the one before it has arrived at
the other side's desk, if the stage lets it. Stages follow each other: one message at a time, all cases at once, then the cases at a pace
of half the rate that they had. Each stage is announced on standard output, and at the end all calls are written to a file.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import msgspec
import uvloop
from google.protobuf.any_pb2 import Any as Packed

from bench.plan import Call, Calls, CasePlan, Plan, Stage
from core.refusals import DECISION_PENDING, UNAVAILABLE, VERSION_CONFLICT
from runtime.clock import SystemClock, sleep
from runtime.grpc_client import channel
from runtime.grpc_errors import refused
from runtime.settings import TlsFiles
from yrdx.v1 import desk_pb2, desk_pb2_grpc, envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from runtime.clock import Clock

_SERVICE: Final = "household-transfer"
_BASIS: Final = "mps-2021-12"
_CALL_S: Final = 30.0
_LOOK_S: Final = 0.05
_AT_ONCE: Final = 200
_BETWEEN_SINGLE_S: Final = 0.2
_COME_AGAIN: Final = frozenset({VERSION_CONFLICT, DECISION_PENDING, UNAVAILABLE})
_MOVES: Final = {"applied": ("OUT", "return"), "returned": ("IN", "resubmit")}


@dataclass(slots=True)
class Case:
    """A case on its way to and fro.

    Attributes:
        versions: newest seen, by province.
        tried: version with which a province called last.
        waiting: it stands in the queue, or a call about it is under way.
    """

    plan: CasePlan
    case_id: bytes = b""
    versions: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    waiting: bool = False


class Driver:
    """The systems."""

    def __init__(self, plan: Plan, desks: Mapping[str, desk_pb2_grpc.DeskAsyncStub], clock: Clock) -> None:
        """Takes a stub a province."""
        self._plan, self._desks, self._clock = plan, desks, clock
        self._cases: dict[bytes, Case] = {}
        self._ready: asyncio.Queue[tuple[str, str, Case]] = asyncio.Queue()
        self._calls: list[Call] = []
        self._refused: Counter[int] = Counter()
        self._text = "补" * (plan.payload // 3)

    async def run(self) -> Calls:
        """All stages."""
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(self._watch(code)) for code in self._desks]
            await self._open()
            stages = [
                await self._single("idle", self._plan.idle_s),
                await self._flood(group, "warm", self._plan.warm_s),
                flood := await self._flood(group, "saturated", self._plan.saturated_s),
                await self._paced_after_the_flood(group, flood),
            ]
            await sleep(self._plan.drain_s)
            for watcher in watchers:
                watcher.cancel()
        return Calls(stages=stages, calls=self._calls, refused={str(number): count for number, count in self._refused.items()})

    async def _open(self) -> None:
        """Opens every case; returns when all of them have arrived."""
        for plan in self._plan.cases:
            application = transfer_pb2.HouseholdApplication(id_number=plan.id_number, name=plan.name, ground="TRANSFER_GROUND_SPOUSE")
            request = desk_pb2.OpenCaseRequest(
                request_id=str(uuid.uuid4()),
                officer=self._officer(plan.destination),
                service=_SERVICE,
                counterpart=plan.home,
                application=_packed(application),
                legal_basis=_BASIS,
                purpose=_SERVICE,
                consent_recorded=True,
            )
            answer = await self._desks[plan.destination].OpenCase(request, timeout=_CALL_S)
            self._cases[answer.case.case_id] = Case(plan, answer.case.case_id)
        while self._ready.qsize() < len(self._cases):
            await sleep(_LOOK_S)

    async def _single(self, name: str, seconds: float) -> Stage:
        """One message at a time, with a pause in which its receipts come home."""
        stage = self._begin(name)
        while self._clock.now().timestamp() < stage.begin + seconds:
            await self._act(*await self._ready.get())
            await sleep(_BETWEEN_SINGLE_S)
        return self._end(stage)

    async def _flood(self, group: asyncio.TaskGroup, name: str, seconds: float) -> Stage:
        """Whatever is ready at once."""
        stage = self._begin(name)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    group.create_task(self._act(*await self._ready.get()))
        except TimeoutError:
            return self._end(stage)

    async def _paced_after_the_flood(self, group: asyncio.TaskGroup, flood: Stage) -> Stage:
        await sleep(self._plan.drain_s)
        return await self._pace(group, "half", self._plan.half_s, flood)

    async def _pace(self, group: asyncio.TaskGroup, name: str, seconds: float, flood: Stage) -> Stage:
        """At regular intervals, half as often as in the flood."""
        pause = 2 * (flood.end - flood.begin) / max(1, sum(flood.begin <= call.at < flood.end for call in self._calls))
        stage = self._begin(name)
        turn = stage.begin
        while turn < stage.begin + seconds:
            await sleep(max(0.0, turn - self._clock.now().timestamp()))
            group.create_task(self._act(*await self._ready.get()))
            turn += pause
        return self._end(stage)

    async def _watch(self, province: str) -> None:
        """What this province's desk shows, as it changes."""
        async for change in self._desks[province].WatchCases(desk_pb2.WatchCasesRequest(at_once=_AT_ONCE)):
            for view in (change.case, *change.more) if change.HasField("case") else ():
                if view.case_id not in self._cases:  # the desk shows it before it has answered
                    await sleep(_LOOK_S)
                if case := self._cases.get(view.case_id):
                    self._see(province, case, view)

    def _see(self, province: str, case: Case, view: desk_pb2.CaseView) -> None:
        case.versions[province] = view.version
        role, action = _MOVES.get(view.state, ("", ""))
        is_turn = view.parties.get(role) == province and not view.pending_action and view.version > case.tried.get(province, 0)
        if is_turn and not case.waiting:
            case.waiting = True
            self._ready.put_nowait((province, action, case))

    async def _act(self, province: str, action: str, case: Case) -> None:
        """Says the next message of a case."""
        case.tried[province] = case.versions[province]
        request = desk_pb2.DecideRequest(
            request_id=str(uuid.uuid4()),
            expected_version=case.tried[province],
            officer=self._officer(province),
            case_id=case.case_id,
            action=action,
            detail=_packed(self._detail(action, case.plan)),
            reason_class=envelope_pb2.REASON_CLASS_MATERIAL_MISSING if action == "return" else envelope_pb2.REASON_CLASS_UNSPECIFIED,
            legal_basis=_BASIS,
        )
        at = self._clock.now().timestamp()
        case.waiting = False
        try:
            answer = await self._desks[province].Decide(request, timeout=_CALL_S)
        except grpc.aio.AioRpcError as error:
            refusal = refused(error)
            if refusal is None or refusal.kind not in _COME_AGAIN:
                raise
            self._refused[refusal.kind.number] += 1
            if case.versions[province] > case.tried[province] and not case.waiting:  # somebody changed the case meanwhile
                case.waiting = True
                self._ready.put_nowait((province, action, case))
            return
        self._calls.append(Call(province, answer.message_id, at))

    def _detail(self, action: str, plan: CasePlan) -> Message:
        if action == "return":
            return transfer_pb2.CorrectionRequest(reason_code="incomplete", reason=self._text)
        application = transfer_pb2.HouseholdApplication(id_number=plan.id_number, name=plan.name, ground="TRANSFER_GROUND_SPOUSE")
        return transfer_pb2.Correction(application=application, note=self._text)

    def _officer(self, province: str) -> desk_pb2.Officer:
        return desk_pb2.Officer(number=f"{province}01", name="测", unit=f"{province}000000", grade="一级警司")

    def _begin(self, name: str) -> Stage:
        print(name, flush=True)
        return Stage(name, self._clock.now().timestamp())

    def _end(self, stage: Stage) -> Stage:
        print(f"{stage.name} ended", flush=True)
        return Stage(stage.name, stage.begin, self._clock.now().timestamp())


def _packed(message: Message) -> Packed:
    packed = Packed()
    packed.Pack(message)
    return packed


async def drive(plan: Plan) -> None:
    """Connects, runs, leaves the calls."""
    async with AsyncExitStack() as stack:
        desks = {}
        for code, party in plan.parties.items():
            tls = TlsFiles(certificate=Path(party.certificate), key=Path(party.key), root=Path(party.root))
            desks[code] = desk_pb2_grpc.DeskStub(await stack.enter_async_context(channel(party.address, tls)))
        calls = await Driver(plan, desks, SystemClock()).run()
    Path(plan.out).write_bytes(msgspec.msgpack.encode(calls))


if __name__ == "__main__":
    uvloop.run(drive(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)))
