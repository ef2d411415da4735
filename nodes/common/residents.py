"""The people of a case in this province's own register, and everything in which they differ from what the case states.

Decides which records are asked for (those of the case's people and of whom the case names head after them, nobody else) and that a return
for correction tells all of it at once (一次性告知).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from google.protobuf.message import DecodeError

from core.refusals import RETURN_INCOMPLETE, Refused
from nodes.common.services import SERVICES
from nodes.common.services.service import Living
from yrdx.v1 import desk_pb2, envelope_pb2, register_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nodes.common.records.codec import RecordCodec
    from nodes.common.register import Register
    from nodes.common.store.cases import CaseRow

_STATUSES: Final = {
    register_pb2.RECORD_STATUS_ACTIVE: "active",
    register_pb2.RECORD_STATUS_MOVED_OUT: "moved-out",
    register_pb2.RECORD_STATUS_DECEASED: "deceased",
}


class _Known(NamedTuple):
    """Somebody, as the register has him: what it says his record is, empty when it has none."""

    living: Living
    status: str


@dataclass(frozen=True, slots=True)
class Residents:
    """Looks people up, each by a call of its own."""

    register: Register
    codec: RecordCodec

    async def find(self, row: CaseRow) -> list[desk_pb2.FoundResident]:
        """Everybody who moves, the applicant first.

        Raises:
            Refused: what the register answers, or UNREADABLE_RECORD.
        """
        service = SERVICES[row.service]
        known = {number: await self._known(number) for number in service.looked_up(row.facts)}
        differences = service.differences(row.facts, {number: one.living for number, one in known.items()})
        return [
            _found(person.id_number, known[person.id_number], differs)
            for person, differs in zip(service.people(row.facts), differences, strict=True)
        ]

    async def check_told(self, row: CaseRow, request: desk_pb2.DecideRequest) -> None:
        """A return that tells of the register names every difference that it shows.

        Raises:
            Refused: RETURN_INCOMPLETE, or what `find` raises.
        """
        found = await self.find(row)
        told = {(difference.id_number or found[0].id_number, difference.field) for difference in _correction(request).differences}
        if any((one.id_number, field) not in told for one in found for field in one.differences):
            raise Refused(RETURN_INCOMPLETE, "detail.differences")

    async def _known(self, id_number: str) -> _Known:
        found = await self.register.find(id_number)
        if found is None:
            return _Known(Living(None), "")
        resident = self.codec.decode(found.record.record)
        active = found.status == register_pb2.RECORD_STATUS_ACTIVE
        return _Known(Living(resident, active, found.household_size), _STATUSES.get(found.status, ""))


def tells_of_register(request: desk_pb2.DecideRequest) -> bool:
    """Whether a decision gives a case back because records differ; one that wants documents only needs no look at the register."""
    mismatch = request.reason_class == envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH
    return request.action == "return" and (mismatch or bool(_correction(request).differences))


def _correction(request: desk_pb2.DecideRequest) -> transfer_pb2.CorrectionRequest:
    """What must be corrected; nothing when the detail is something else, which is refused elsewhere."""
    detail = transfer_pb2.CorrectionRequest()
    with suppress(DecodeError):
        request.detail.Unpack(detail)
    return detail


def _found(id_number: str, known: _Known, differences: Sequence[str]) -> desk_pb2.FoundResident:
    resident = known.living.resident
    return desk_pb2.FoundResident(
        id_number=id_number,
        found=resident is not None,
        resident=b"" if resident is None else resident.SerializeToString(deterministic=True),
        differences=differences,
        status=known.status,
    )
