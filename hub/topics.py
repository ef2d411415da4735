"""Kafka names and limits: one topic a province, one partition a lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.ids import LANES, PROVINCES

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTITIONS: Final = LANES
"""Partition n carries lane n, so that order within a case survives the transport."""

MAX_VALUE: Final = 950_000
"""Bytes of a record's value; a broker takes a megabyte by default, key and framing included. Larger deliveries come from the ledger."""


def topic(province: str) -> str:
    """The inbox of a province, for example `yrdx.inbox.310000`."""
    return f"yrdx.inbox.{province}"


TOPICS: Final[Sequence[str]] = tuple(topic(code) for code in PROVINCES)
