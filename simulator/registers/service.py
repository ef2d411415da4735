"""The `Register` service: messages to store calls and back.

Called by a node, or by `polling` with a node's work (there is no context then). Checks the form of what is asked (BAD_FIELD); everything
else is decided by the store. Store calls run one after the other in the one thread that owns the file, so that a commit's disk write does
not stop the loop. A caller that goes away does not stop its call: the transaction ends as if he had stayed, and his repeat gets the answer.
"""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from core.ids import ID_BYTES
from core.refusals import BAD_FIELD, RECORD_NOT_FOUND, Refused
from simulator.registers.operations import Change, State, Status, Wish
from yrdx.v1 import register_pb2 as pb
from yrdx.v1 import register_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from grpc.aio import ServicerContext

    from simulator.registers.store import Record, Store

    _Context = ServicerContext[Any, Any]

P = ParamSpec("P")
T = TypeVar("T")

_ID_NUMBER = re.compile(r"\d{17}[\dX]", re.ASCII)  # one spelling: "x" would be another person
_NANOS = 1_000_000_000
_LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, where google.protobuf.Timestamp ends

_CHANGES = {
    pb.REGISTER_CHANGE_MOVE_OUT: Change.MOVE_OUT,
    pb.REGISTER_CHANGE_MOVE_IN: Change.MOVE_IN,
    pb.REGISTER_CHANGE_MOVE_IN_DECEASED: Change.MOVE_IN_DECEASED,
}
_STATES = {
    None: pb.OPERATION_STATE_UNKNOWN,
    State.RESERVED: pb.OPERATION_STATE_RESERVED,
    State.FINALISED: pb.OPERATION_STATE_FINALISED,
    State.RELEASED: pb.OPERATION_STATE_RELEASED,
}
_STATUSES = {
    Status.ACTIVE: pb.RECORD_STATUS_ACTIVE,
    Status.MOVED_OUT: pb.RECORD_STATUS_MOVED_OUT,
    Status.DECEASED: pb.RECORD_STATUS_DECEASED,
}


class RegisterService(register_pb2_grpc.RegisterServicer):
    """Serves one store."""

    def __init__(self, store: Store, thread: ThreadPoolExecutor) -> None:
        """Serves `store` in `thread`, which has exactly one worker."""
        self._store = store
        self._thread = thread

    async def Find(self, request: pb.FindRequest, _context: _Context | None) -> pb.FindResponse:  # noqa: N802 - gRPC
        """The person's active record, else the newest one; RECORD_NOT_FOUND without any."""
        found = await self._call(self._store.find, _id_number(request.id_number))
        if found is None:
            raise Refused(RECORD_NOT_FOUND, "id_number")
        return pb.FindResponse(
            record=_record(found),
            status=_STATUSES[found.status],
            since=_timestamp(found.since),
            household_number=found.household_number,
            household_size=await self._call(self._store.household_size, found.household_number),
        )

    async def Check(self, request: pb.CheckRequest, _context: _Context | None) -> pb.CheckResponse:  # noqa: N802 - gRPC
        """Compares the name with the record's, character by character."""
        found = await self._call(self._store.find, _id_number(request.id_number))
        if found is None:
            return pb.CheckResponse(found=False)
        differences = ["name"] if found.name != request.name else []
        return pb.CheckResponse(found=True, status=_STATUSES[found.status], differences=differences)

    async def Reserve(self, request: pb.ReserveRequest, _context: _Context | None) -> pb.ReserveResponse:  # noqa: N802 - gRPC
        """Stroke 1; see `operations` for its rules. The state tells a repeat what became of the operation since."""
        reserved = await self._call(self._store.reserve, _operation_id(request.operation_id), *_wishes(request))
        records = [_record(found) for found in reserved.records]
        return pb.ReserveResponse(
            state=_STATES[reserved.state],
            record=records[0] if records else None,
            household_number=reserved.household_number,
            others=records[1:],
            staying=reserved.staying,
        )

    async def Finalise(self, request: pb.FinaliseRequest, _context: _Context | None) -> pb.FinaliseResponse:  # noqa: N802 - gRPC
        """Stroke 3; a repeat gets the first time as `since`, whatever time it names."""
        at = _microseconds(request)
        since = await self._call(self._store.finalise, _operation_id(request.operation_id), at)
        return pb.FinaliseResponse(state=pb.OPERATION_STATE_FINALISED, since=_timestamp(since))

    async def Release(self, request: pb.ReleaseRequest, _context: _Context | None) -> pb.ReleaseResponse:  # noqa: N802 - gRPC
        """Ends a reservation, or says that it is too late."""
        state = await self._call(self._store.release, _operation_id(request.operation_id))
        return pb.ReleaseResponse(state=_STATES[state])

    async def GetOperation(  # noqa: N802 - gRPC
        self, request: pb.GetOperationRequest, _context: _Context
    ) -> pb.GetOperationResponse:
        """What became of an operation; UNKNOWN is an answer, not an error."""
        state = await self._call(self._store.state, _operation_id(request.operation_id))
        return pb.GetOperationResponse(state=_STATES[state])

    async def _call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))


def _operation_id(value: bytes) -> bytes:
    if len(value) != ID_BYTES:
        raise Refused(BAD_FIELD, "operation_id")
    return value


def _id_number(value: str) -> str:
    if not _ID_NUMBER.fullmatch(value):
        raise Refused(BAD_FIELD, "id_number")
    return value


def _wishes(request: pb.ReserveRequest) -> list[Wish]:
    """What is asked for each person; all of them come or all of them leave."""
    wishes = [_wish(request), *(_wish(other) for other in request.others)]
    if len({wish.change.begins for wish in wishes}) > 1:
        raise Refused(BAD_FIELD, "change")
    if len({wish.id_number for wish in wishes}) < len(wishes):
        raise Refused(BAD_FIELD, "others")
    return wishes


def _wish(part: pb.ReserveRequest | pb.PersonChange) -> Wish:
    change = _CHANGES.get(part.change)
    if change is None:
        raise Refused(BAD_FIELD, "change")
    if change.begins and not (part.name and part.record.record and part.record.format):
        raise Refused(BAD_FIELD, "record" if part.name else "name")
    return Wish(change, _id_number(part.id_number), part.name, part.record.record, part.record.format)


def _microseconds(request: pb.FinaliseRequest) -> int:
    at = request.effective_at
    if not request.HasField("effective_at") or not 0 <= at.seconds <= _LATEST or not 0 <= at.nanos < _NANOS:
        raise Refused(BAD_FIELD, "effective_at")
    return at.seconds * 1_000_000 + at.nanos // 1_000


def _timestamp(microseconds: int) -> Timestamp:
    seconds, rest = divmod(microseconds, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


def _record(found: Record) -> pb.ProvincialRecord:
    return pb.ProvincialRecord(record=found.record, format=found.format)
