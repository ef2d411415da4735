"""Topics, created ahead of their first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.kafka import client
from runtime.kafka.bounds import bounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtime.settings import KafkaSettings


async def ensure_topics(settings: KafkaSettings, names: Sequence[str], partitions: int) -> None:
    """Creates those topics that do not exist; never changes one.

    Raises:
        KafkaUnavailable: within `PATIENCE_S`.
    """
    async with bounded():
        await client.create_topics(settings, names, partitions)
