"""What the hub holds of this province's messages: as it said last on the stream of this instance.

Nothing here is stored: the hub tells all of it again when a stream opens. An instance that stands by knows of none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtime import process_log

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yrdx.v1 import receipt_pb2

_LOG = process_log.get("nodes.holds")


@dataclass(slots=True)
class Holds:
    """Held deliveries by case; of several in one case the one that was held first."""

    province: str
    _by_case: dict[bytes, receipt_pb2.Hold] = field(default_factory=dict)

    def replace(self, held: Iterable[receipt_pb2.Hold]) -> None:
        """This is held now, the oldest first, and nothing else."""
        before, self._by_case = self._by_case, {}
        for hold in held:
            self._by_case.setdefault(hold.case_id, hold)
        for case_id in sorted(self._by_case.keys() - before.keys()):
            hold = self._by_case[case_id]
            _LOG.error("a case is held", case_id=case_id.hex(), message_id=hold.message_id.hex(), at=hold.receiver, number=hold.refusal)

    def of(self, case_id: bytes) -> receipt_pb2.Hold | None:
        """What holds a case up, or None."""
        return self._by_case.get(case_id)

    @property
    def here(self) -> int:
        """How many cases wait for this province to mend something."""
        return sum(hold.receiver == self.province for hold in self._by_case.values())
