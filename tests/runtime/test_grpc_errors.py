from __future__ import annotations

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import BY_NUMBER, Code, Kind, Refused
from runtime import grpc_errors

KINDS = st.sampled_from(sorted(BY_NUMBER.values(), key=lambda kind: kind.number))
STRANGE = Kind(4999, "TOMORROW", Code.ABORTED, "Later.", "以后。", retriable=True)


def _over_the_wire(refusal: Refused) -> Refused | None:
    code = grpc_errors.CODES[refusal.kind.code.value]
    trailers = grpc.aio.Metadata((grpc_errors.DETAILS, grpc_errors.status(refusal)))
    return grpc_errors.refused(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, refusal.kind.en))


def _same(back: Refused | None, refusal: Refused) -> None:
    assert back is not None
    assert (back.kind, back.field, back.retry_after_s) == (refusal.kind, refusal.field, refusal.retry_after_s)


@given(KINDS, st.text(max_size=40), st.integers(min_value=1, max_value=10_000))
def test_a_refusal_survives_both_ways(kind: Kind, field: str, milliseconds: int) -> None:
    refusal = Refused(kind, field, retry_after_s=milliseconds / 1000 if kind.retriable else None)
    _same(_over_the_wire(refusal), refusal)
    _same(grpc_errors.from_problem(grpc_errors.problem(refusal)), refusal)


def test_a_number_of_tomorrow_keeps_its_meaning() -> None:
    refusal = Refused(STRANGE, "there", retry_after_s=2.5)
    _same(_over_the_wire(refusal), refusal)
    back = grpc_errors.from_problem(grpc_errors.problem(refusal))
    assert (back.kind.number, back.kind.en, back.kind.retriable) == (4999, "Later.", True)


@pytest.mark.parametrize("details", [b"", b"\xff\xff\xff", b"\x08\x0d"])
def test_an_answer_that_is_not_ours_is_no_refusal(details: bytes) -> None:
    trailers = grpc.aio.Metadata((grpc_errors.DETAILS, details))
    assert grpc_errors.refused(grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), trailers)) is None


def test_a_transport_error_is_no_refusal() -> None:
    error = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())
    assert grpc_errors.refused(error) is None
