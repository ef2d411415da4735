"""Business time of a world that was left running."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from simulator.operators import HUB, Operators
from simulator.supervisor import _keep_pace
from yrdx.v1 import operations_pb2

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

START = 1_769_387_400


class EnoughError(Exception):
    """The test has seen what it wants."""


class Party:
    """A hub, or a node whose business time runs on by itself."""

    def __init__(self) -> None:
        self.business_at = START

    async def Status(self, _request: Any, *, timeout: float) -> operations_pb2.StatusResponse:  # noqa: N802, ASYNC109 - gRPC
        assert timeout > 0
        return operations_pb2.StatusResponse(idle=True, business_at={"seconds": self.business_at})

    async def AdvanceBusinessTime(self, request: Any, *, timeout: float) -> operations_pb2.AdvanceBusinessTimeResponse:  # noqa: N802, ASYNC109 - gRPC
        assert timeout > 0
        to: Timestamp = request.to
        assert to.seconds > self.business_at
        self.business_at = to.seconds
        return operations_pb2.AdvanceBusinessTimeResponse()


def test_it_keeps_pace_with_the_real_clock() -> None:
    hub = Party()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        if len(slept) == 3:
            raise EnoughError
        slept.append(seconds)

    operators = Operators({HUB: hub, "node-310000": Party()}, sleep)  # type: ignore[dict-item]  # as much of a stub as is called
    with pytest.raises(EnoughError):
        asyncio.run(_keep_pace(operators, sleep))
    assert hub.business_at == START + sum(slept)
