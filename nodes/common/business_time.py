"""Business time at a node: the real clock, shifted as the hub's was when it last spoke.

In production both clocks of a receipt are equal and the shift is nothing; in simulation business time runs ahead of or behind the real
one. Dates that are shown or printed come from here, and what an officer may still promise; every limit is the hub's to judge.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from runtime.clock import Clock


class BusinessTime:
    """A clock."""

    def __init__(self, clock: Clock) -> None:
        """Starts at the real time."""
        self._clock = clock
        self._newest: datetime | None = None
        self._shift = timedelta()

    def learn(self, recorded_at: datetime, business_at: datetime) -> None:
        """Takes the two clocks of something that the hub signed; what is older than the last is passed over."""
        if self._newest is None or recorded_at >= self._newest:
            self._newest, self._shift = recorded_at, business_at - recorded_at

    @property
    def is_known(self) -> bool:
        """Whether the hub has spoken since the start; before, in simulation, the real time tells nothing."""
        return self._newest is not None

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return self._clock.now() + self._shift
