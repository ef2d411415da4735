"""Epochs of tag keys: they overlap, and none goes while a claim rests on it alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from core.refusals import EPOCH_IN_USE, TAG_EPOCH_MISSING
from runtime.figures import counted
from runtime.grpc_errors import refused
from tests.support.exchange import exchange
from tests.support.world import SHANGHAI, ZHEJIANG, routing
from yrdx.v1 import operations_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.exchange import Exchange


async def publish(made: Exchange, version: int, epochs: list[int]) -> None:
    made.world.tag_epochs = epochs
    request = operations_pb2.PublishTrustListRequest(trust_list=made.world.signed_trust_list(version))
    await made.operations.PublishTrustList(request)


def only_under(status: operations_pb2.StatusResponse) -> dict[str, float]:
    """What an operator sees, by epoch."""
    return {figure.labels["epoch"]: figure.value for figure in counted(status) if figure.name == "claims_only_under_epoch"}


def test_an_epoch_stays_until_every_claim_under_it_stands_under_another_too(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            node = made.nodes[ZHEJIANG]
            old = node.speaker.apply(SHANGHAI, "person-1")
            await node.accepted(old)
            late = node.speaker.apply(SHANGHAI, "person-2")
            await publish(made, 2, [1, 2])
            (missing,) = await node.submit(late)
            assert missing.problem.number == TAG_EPOCH_MISSING.number
            assert missing.problem.HasField("retry_after")
            await node.accepted(node.speaker.apply(SHANGHAI, "person-3"))
            status = await made.status()
            assert only_under(status) == {"1": 1, "2": 0}, "person-3 stands under both"
            size = status.log_size
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await publish(made, 3, [2])
            found = refused(caught.value)
            assert found is not None
            assert found.kind is EPOCH_IN_USE
            status = await made.status()
            assert (status.log_size, status.trust_list_version) == (size, 2)
            await node.accepted(node.speaker.say(routing(old).case_id, "withdraw", SHANGHAI))
            assert only_under(await made.status()) == {"1": 0, "2": 0}
            await publish(made, 3, [2])
            status = await made.status()
            assert (status.trust_list_version, only_under(status)) == (3, {"2": 1}), "what is left of an epoch that went does not count"

    asyncio.run(main())
