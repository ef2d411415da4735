"""Refusals on the wire: the rich gRPC status, and the same as a `Problem` inside a batch.

Decides the one mapping between `core.refusals.Refused` and what a peer sees: canonical code, `ErrorInfo` (domain `yrdx`, reason =
name, number and field as metadata), `LocalizedMessage` in English and Chinese, `RetryInfo` for retriable kinds (google.rpc,
AIP-193). A number that this side does not know yet is rebuilt from the peer's own texts. Lost on the way: the cause, which stays in
the refuser's process log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2 as details_pb2  # type: ignore[import-untyped]  # its wheel has no py.typed
from google.rpc import status_pb2

from core.refusals import BY_NUMBER, UNAVAILABLE, Code, Kind, Refused
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

DOMAIN = "yrdx"
DETAILS = "grpc-status-details-bin"
_NANOS = 1_000_000_000
CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def status(refusal: Refused) -> bytes:
    """The serialised `google.rpc.Status` of a refusal, for the `DETAILS` trailer."""
    kind = refusal.kind
    facts = {"number": str(kind.number), "field": refusal.field}
    answer = status_pb2.Status(code=kind.code.value, message=kind.en)
    parts: list[Message] = [
        details_pb2.ErrorInfo(reason=kind.name, domain=DOMAIN, metadata=facts),
        details_pb2.LocalizedMessage(locale="en", message=kind.en),
        details_pb2.LocalizedMessage(locale="zh-CN", message=kind.zh),
    ]
    if refusal.retry_after_s is not None:
        parts.append(details_pb2.RetryInfo(retry_delay=_duration(refusal.retry_after_s)))
    for part in parts:
        answer.details.add().Pack(part)
    return bytes(answer.SerializeToString())


def refused(error: grpc.aio.AioRpcError) -> Refused | None:
    """The refusal that a failed call carries.

    Returns:
        None when the answer did not come from our software: the network, a deadline, a server going down.
    """
    raw = (error.trailing_metadata() or {}).get(DETAILS)
    if not isinstance(raw, bytes):
        return None
    info, texts, retry = details_pb2.ErrorInfo(), {"en": "", "zh-CN": ""}, details_pb2.RetryInfo()
    try:
        answer = status_pb2.Status.FromString(raw)
        for part in answer.details:
            text = details_pb2.LocalizedMessage()
            if part.Unpack(text):
                texts[text.locale] = text.message
            else:
                part.Unpack(info) or part.Unpack(retry)
    except DecodeError:
        return None
    number = info.metadata["number"]
    if info.domain != DOMAIN or not number.isdecimal():
        return None
    after = retry.retry_delay if retry.HasField("retry_delay") else None
    kind = _kind(int(number), info.reason, answer.code, texts["en"], texts["zh-CN"], retriable=after is not None)
    return Refused(kind, info.metadata["field"], retry_after_s=_seconds(after))


def problem(refusal: Refused) -> exchange_pb2.Problem:
    """The refusal of one item of a batch."""
    kind = refusal.kind
    return exchange_pb2.Problem(
        number=kind.number,
        grpc_code=kind.code.value,
        field=refusal.field,
        text_en=kind.en,
        text_zh=kind.zh,
        retry_after=None if refusal.retry_after_s is None else _duration(refusal.retry_after_s),
    )


def from_problem(answer: exchange_pb2.Problem) -> Refused:
    """The refusal behind a `Problem`."""
    after = answer.retry_after if answer.HasField("retry_after") else None
    kind = _kind(answer.number, "", answer.grpc_code, answer.text_en, answer.text_zh, retriable=after is not None)
    return Refused(kind, answer.field, retry_after_s=_seconds(after))


def _kind(number: int, name: str, code: int, en: str, zh: str, *, retriable: bool) -> Kind:
    known = BY_NUMBER.get(number)
    if known is not None:
        return known
    codes = {item.value: item for item in Code}
    return Kind(number, name or f"UNKNOWN_{number}", codes.get(code, UNAVAILABLE.code), en, zh, retriable)


def _duration(seconds: float) -> Duration:
    whole, nanos = divmod(round(seconds * _NANOS), _NANOS)
    return Duration(seconds=whole, nanos=nanos)


def _seconds(duration: Duration | None) -> float | None:
    return None if duration is None else (duration.seconds * _NANOS + duration.nanos) / _NANOS
