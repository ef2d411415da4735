"""One bound and one error for every use of Kafka."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from runtime.kafka.client import ERRORS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE_S = 5.0
"""How long one call may wait before it gives up."""


class KafkaUnavailable(Exception):  # noqa: N818 - a state of the world, not a fault
    """The broker did not do it in time. It may or may not have happened."""


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """Gives the block `PATIENCE_S`.

    Raises:
        KafkaUnavailable: for whatever an unreachable, stopped or restarted broker makes aiokafka raise.
    """
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    except ERRORS as exc:
        raise KafkaUnavailable from exc
