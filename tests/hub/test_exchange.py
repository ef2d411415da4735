"""The hub as nodes see it: gRPC, Kafka and database, steps 1 to 7."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.exchange import exchange, until
from tests.support.world import SHANGHAI, ZHEJIANG

if TYPE_CHECKING:
    from pathlib import Path


def test_a_message_goes_from_node_to_node_by_kafka(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            asking, asked = made.nodes[ZHEJIANG], made.nodes[SHANGHAI]
            async with asked.stream(), asking.stream():
                await until(lambda: asked.standing_by == [False])
                await asyncio.sleep(0.5)
                envelope = asking.speaker.apply(SHANGHAI, "person-1")
                await asking.accepted(envelope)
                await until(lambda: asked.received(envelope))
                await until(lambda: asking.receipts and asked.receipts)
                status = await made.idle()
                assert status.counters["delivered_by_kafka"] == 1

    asyncio.run(main())
