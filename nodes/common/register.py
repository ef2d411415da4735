"""The province's register: the port that the node calls, and the register that can be called.

Decides how a failed call is understood: an answer of the register is raised as the refusal it is, everything else (no connection, no
answer in time) as UNAVAILABLE, which says nothing about what happened there; every call can be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import grpc

from core.refusals import RECORD_NOT_FOUND, UNAVAILABLE, Refused
from runtime.grpc_errors import refused
from yrdx.v1 import register_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from yrdx.v1 import register_pb2_grpc

Answer = TypeVar("Answer")

_CALL_S: Final = 5.0


class Register(Protocol):
    """A province's population system, from the node's side. Calls may come at once; each can be repeated.

    Every method raises Refused: a 7xxx kind of the register, BAD_FIELD, or UNAVAILABLE.
    """

    async def find(self, id_number: str) -> register_pb2.FindResponse | None:
        """The person's record, or None."""
        ...

    async def check(self, id_number: str, name: str) -> register_pb2.CheckResponse:
        """What differs between a claim and the record."""
        ...

    async def reserve(self, request: register_pb2.ReserveRequest) -> register_pb2.ReserveResponse:
        """Stroke 1."""
        ...

    async def finalise(self, request: register_pb2.FinaliseRequest) -> register_pb2.FinaliseResponse:
        """Stroke 3."""
        ...

    async def release(self, operation_id: bytes) -> register_pb2.ReleaseResponse:
        """Ends a reservation, unless it is finalised."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterClient:
    """The `Register` that serves `yrdx.v1.Register`."""

    stub: register_pb2_grpc.RegisterAsyncStub

    async def find(self, id_number: str) -> register_pb2.FindResponse | None:
        """The person's record, or None."""
        try:
            return await _answered(self.stub.Find(register_pb2.FindRequest(id_number=id_number), timeout=_CALL_S))
        except Refused as refusal:
            if refusal.kind is RECORD_NOT_FOUND:
                return None
            raise

    async def check(self, id_number: str, name: str) -> register_pb2.CheckResponse:
        """What differs between a claim and the record."""
        return await _answered(self.stub.Check(register_pb2.CheckRequest(id_number=id_number, name=name), timeout=_CALL_S))

    async def reserve(self, request: register_pb2.ReserveRequest) -> register_pb2.ReserveResponse:
        """Stroke 1."""
        return await _answered(self.stub.Reserve(request, timeout=_CALL_S))

    async def finalise(self, request: register_pb2.FinaliseRequest) -> register_pb2.FinaliseResponse:
        """Stroke 3."""
        return await _answered(self.stub.Finalise(request, timeout=_CALL_S))

    async def release(self, operation_id: bytes) -> register_pb2.ReleaseResponse:
        """Ends a reservation, unless it is finalised."""
        return await _answered(self.stub.Release(register_pb2.ReleaseRequest(operation_id=operation_id), timeout=_CALL_S))


async def _answered(call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise refused(error) or Refused(UNAVAILABLE, "register") from error
