"""What is written on the form at the counter (户口迁移申请), the first time and when it is corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.officers.dossier import Companion, Dossier, Named


def application(
    dossier: Dossier, missing: Iterable[transfer_pb2.PromisedMaterial], *, corrected: bool
) -> transfer_pb2.HouseholdApplication:
    """The application as the applicant states it; corrected, with the names of the records and with who follows the head."""
    return transfer_pb2.HouseholdApplication(
        id_number=dossier.id_number,
        name=dossier.name if corrected else dossier.stated_name,
        ground=dossier.ground,
        missing=missing,
        guardian=_guardian(dossier.guardian),
        relation_code=dossier.relation,
        others=[_mover(one, dossier, corrected=corrected) for one in dossier.others],
        agent=transfer_pb2.Agent(id_number=dossier.agent.id_number, name=dossier.agent.name) if dossier.agent else None,
        new_head_id_number="" if dossier.forgets_new_head and not corrected else dossier.new_head,
    )


def owed(dossier: Dossier) -> list[transfer_pb2.PromisedMaterial]:
    """What the applicant has promised to bring."""
    promise = dossier.promise
    if promise is None:
        return []
    return [transfer_pb2.PromisedMaterial(code=promise.scan.code, promised_until=promise.until, promised_by=dossier.name)]


def _mover(one: Companion, dossier: Dossier, *, corrected: bool) -> transfer_pb2.Mover:
    """A guardian who is the applicant has on each form one name."""
    guardian = one.guardian
    return transfer_pb2.Mover(
        id_number=one.id_number,
        name=one.name if corrected else one.stated_name,
        relation_code=one.relation,
        guardian=_guardian(guardian, dossier.stated_name if guardian and guardian.id_number == dossier.id_number and not corrected else ""),
    )


def _guardian(guardian: Named | None, stated: str = "") -> transfer_pb2.Guardian | None:
    if guardian is None:
        return None
    return transfer_pb2.Guardian(id_number=guardian.id_number, name=stated or guardian.name)
