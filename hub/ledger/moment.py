"""The two clocks of the log and the trust list in force, at its head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """What every entry of a batch is dated with.

    Attributes:
        recorded_at: real time; never before that of an earlier entry.
        business_at: deadlines count by it; never before that of an earlier entry.
        trust_list_version: in force at this place of the log.
    """

    recorded_at: datetime
    business_at: datetime
    trust_list_version: int

    def next(self, now: datetime, *, simulated: bool) -> Moment:
        """The moment of the next batch, at real time `now`.

        A machine's clock that was set back does not set the log back. Real business time is the real time; simulated business time
        stands where the operator put it.
        """
        recorded_at = max(now, self.recorded_at)
        if simulated:
            return Moment(recorded_at, self.business_at, self.trust_list_version)
        latest = max(recorded_at, self.business_at)
        return Moment(latest, latest, self.trust_list_version)
