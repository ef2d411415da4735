"""Receipts and due events: building and reading the signed answers about messages.

A receipt names one message by its identity (id and header digest) and says ACCEPTED, REFUSED or DELIVERED, nothing else. Each kind has its
own DSSE type, so that no answer can pass for another. NOT checked here: signatures (the caller holds the keys).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.unknown_fields import UnknownFieldSet

from core.dsse import RECEIPT_ACCEPTED_TYPE, RECEIPT_DELIVERED_TYPE, RECEIPT_REFUSED_TYPE
from core.refusals import BAD_FIELD, MALFORMED, UNKNOWN_HEADER_FIELD, Refused
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.procedures.clocks import Due
    from core.procedures.model import Case

Read = TypeVar("Read", bound=Message)

FORMAT = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S: Final = 86_400
ACCEPTED, REFUSED, DELIVERED = (
    receipt_pb2.RECEIPT_KIND_ACCEPTED,
    receipt_pb2.RECEIPT_KIND_REFUSED,
    receipt_pb2.RECEIPT_KIND_DELIVERED,
)
RECEIPT_TYPES: Mapping[int, str] = {
    ACCEPTED: RECEIPT_ACCEPTED_TYPE,
    REFUSED: RECEIPT_REFUSED_TYPE,
    DELIVERED: RECEIPT_DELIVERED_TYPE,
}


def timestamp(moment: datetime) -> Timestamp:
    """A protobuf timestamp of an aware moment; `Timestamp.FromDatetime` takes four times as long."""
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * _DAY_S + since.seconds, nanos=since.microseconds * 1000)


def read_receipt(data: bytes) -> receipt_pb2.Receipt:
    """Reads a receipt strictly.

    Raises:
        Refused: MALFORMED, UNKNOWN_HEADER_FIELD or BAD_FIELD.
    """
    receipt = _read(data, receipt_pb2.Receipt(), "receipt")
    if receipt.format != FORMAT or receipt.kind not in RECEIPT_TYPES:
        raise Refused(BAD_FIELD, "kind")
    if (len(receipt.message_id), len(receipt.header_digest)) != (16, 32):
        raise Refused(BAD_FIELD, "message_id")
    return receipt


def read_cannot_process(data: bytes) -> receipt_pb2.CannotProcess:
    """Reads the answer of a receiver that cannot process a delivery, strictly.

    Raises:
        Refused: MALFORMED, UNKNOWN_HEADER_FIELD or BAD_FIELD.
    """
    answer = _read(data, receipt_pb2.CannotProcess(), "cannot_process")
    if answer.format != FORMAT or (len(answer.message_id), len(answer.header_digest)) != (16, 32) or not answer.refusal:
        raise Refused(BAD_FIELD, "cannot_process")
    return answer


def due_event(case: Case, due: Due, at: datetime) -> bytes:
    """Serialised DueEvent of a case before the event, at business time `at`; its SHA-256 is its identity beside the event id."""
    return receipt_pb2.DueEvent(
        format=FORMAT,
        event_id=due.event_id,
        case_id=case.case_id,
        service=case.service,
        kind=due.kind,
        deadline=due.deadline,
        cycle=due.cycle,
        due_at=timestamp(due.due_at),
        step=case.step + 1,
        business_at=timestamp(at),
    ).SerializeToString(deterministic=True)


def read_due_event(data: bytes) -> receipt_pb2.DueEvent:
    """Reads a due event strictly.

    Raises:
        Refused: MALFORMED, UNKNOWN_HEADER_FIELD or BAD_FIELD.
    """
    event = _read(data, receipt_pb2.DueEvent(), "due_event")
    if event.format != FORMAT or len(event.event_id) != 16 or len(event.case_id) != 16:  # noqa: PLR2004 - ids
        raise Refused(BAD_FIELD, "due_event")
    return event


def _read(data: bytes, into: Read, field: str) -> Read:
    """Reads what was signed: every field of it must be known."""
    try:
        into.ParseFromString(data)
    except DecodeError as error:
        raise Refused(MALFORMED, field) from error
    if len(UnknownFieldSet(into)):
        raise Refused(UNKNOWN_HEADER_FIELD, field)
    return into
