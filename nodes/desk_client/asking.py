"""What the commands of `yrdx-desk` have in common: the officer, the request id, the call."""

from __future__ import annotations

import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import grpc
from cyclopts import Group, Parameter
from google.protobuf.any_pb2 import Any as Packed

from runtime.command_line import Server, call
from runtime.grpc_client import refused
from yrdx.v1 import desk_pb2, desk_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from google.protobuf.message import Message

    from yrdx.v1 import precheck_pb2

    Ask = Callable[[desk_pb2_grpc.DeskAsyncStub], Awaitable[None]]

CALL_S: Final = 10.0
BASIS: Final = "mps-2021-12"
"""公通字〔2021〕12号, the basis of a household transfer."""

SERVICE: Final = "household-transfer"

HERE: Final = Server()

_ROLE: Final = "system"
_OFFICER: Final = Group("Officer")


@Parameter(name="*", group=_OFFICER)
@dataclass(frozen=True, kw_only=True)
class Officer:
    """Who decides: asserted by the provincial system, whose certificate must allow the unit."""

    number: Annotated[str, Parameter(name="--officer", help="the officer's number (警号)")]
    name: Annotated[str, Parameter(name="--officer-name", help="name")]
    unit: Annotated[str, Parameter(help="12-digit code of the unit")]
    grade: Annotated[str, Parameter(help="grade (警衔)")] = ""

    def message(self) -> desk_pb2.Officer:
        """The same as the contract has it."""
        return desk_pb2.Officer(number=self.number, name=self.name, unit=self.unit, grade=self.grade)


def on_desk(server: Server, ask: Ask) -> int:
    """Runs `ask` on the desk; the exit status."""

    async def on(link: grpc.aio.Channel) -> None:
        await ask(desk_pb2_grpc.DeskStub(link))

    return call(server, _ROLE, on)


@contextmanager
def repeatable(request_id: str | None, beside: str = "") -> Iterator[str]:
    """Gives the request id, a new one unless named, and says it when the answer is lost: the same request again gets the same answer."""
    request_id = request_id or str(uuid.uuid4())
    try:
        yield request_id
    except grpc.aio.AioRpcError as error:
        refusal = refused(error)
        if refusal is None or refusal.retry_after_s is not None:
            sys.stderr.write(f"--request-id {request_id}{beside} repeats this request\n")
        raise


@contextmanager
def with_known(reasons: Iterable[precheck_pb2.ReasonView], action: str) -> Iterator[None]:
    """Says which reason codes there are for an action, when the node refuses the one that was given."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        refusal = refused(error)
        if refusal is not None and refusal.field == "detail.reason_code":
            known = [f"  {one.code:<16} {one.text_zh} {one.text_en}" for one in reasons if action in one.actions]
            sys.stderr.write("\n".join([f"--reason-code of {action} is one of:", *known, ""]))
        raise


def packed(message: Message) -> Packed:
    """A payload as the contract wants it."""
    found = Packed()
    found.Pack(message)
    return found
