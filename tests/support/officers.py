"""What officers say at a desk when nothing special is to be said, and what they hear when they are refused."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf import symbol_database
from google.protobuf.any_pb2 import Any as Packed

from core.procedures import PROCEDURES
from core.refusals import Refused
from runtime.grpc_client import refused
from yrdx.v1 import envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

PROCEDURE = PROCEDURES["household-transfer"]


@contextmanager
def refusal_of(number: int, where: str | None = None) -> Iterator[None]:
    """Asserts that a call is refused with this number, and about this field when one is given."""
    with pytest.raises((grpc.aio.AioRpcError, Refused)) as caught:
        yield
    found = refused(caught.value) if isinstance(caught.value, grpc.aio.AioRpcError) else caught.value
    assert isinstance(found, Refused), caught.value
    assert (found.kind.number, found.field if where is None else where) == (number, found.field)


def packed(message: Message) -> Packed:
    found = Packed()
    found.Pack(message)
    return found


def detail_of(action: str) -> Message:
    """What an officer states when nothing special is to be said."""
    known = PROCEDURE.action(action)
    assert known is not None
    detail: Message = symbol_database.Default().GetSymbol(known.payload)()
    if isinstance(detail, transfer_pb2.MovePermit):
        detail.to_address = "文三路2号"
    if isinstance(detail, transfer_pb2.Decision | transfer_pb2.CorrectionRequest):
        detail.reason_code, detail.reason = "policy", "不符合落户政策。"
    return detail


def reason_of(action: str) -> envelope_pb2.ReasonClass:
    known = PROCEDURE.action(action)
    assert known is not None
    return envelope_pb2.REASON_CLASS_POLICY_NOT_MET if known.needs_reason else envelope_pb2.REASON_CLASS_UNSPECIFIED
