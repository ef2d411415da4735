"""Time as a parameter: the only place that reads the machine's clock or really sleeps.

Decides nothing. Whoever needs the time takes a `Clock`, whoever waits takes a `Sleep`; tests and the simulator pass their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


class Clock(Protocol):
    """Tells the time. Successive readings may go backwards (the machine's clock can be set)."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one reading of the machine's clock


async def sleep(seconds: float) -> None:
    """Really waits."""
    await asyncio.sleep(seconds)
