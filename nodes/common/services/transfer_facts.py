"""What a case of household transfer has said so far, read from the facts that a node keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.refusals import RECORD_MISMATCH, Refused
from nodes.common.services.movers import people
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nodes.common.facts import Facts
    from nodes.common.services.service import Person
    from yrdx.v1 import resident_pb2

APPLY, PERMIT, RESUBMIT, SUPPLEMENT, DEREGISTER = "apply", "permit", "resubmit", "supplement", "deregister"


def application(facts: Facts) -> transfer_pb2.HouseholdApplication:
    """The newest application; a correction replaces the first one."""
    if RESUBMIT in facts.payloads:
        return transfer_pb2.Correction.FromString(facts.payloads[RESUBMIT]).application
    return transfer_pb2.HouseholdApplication.FromString(facts.payloads.get(APPLY, b""))


def promises(facts: Facts) -> Sequence[transfer_pb2.PromisedMaterial]:
    """What the applicant owes by his newest word, in whatever action he said it."""
    newest = next((action for action in reversed(facts.payloads) if action in {APPLY, RESUBMIT, SUPPLEMENT}), APPLY)
    if newest == SUPPLEMENT:
        return transfer_pb2.Supplement.FromString(facts.payloads[SUPPLEMENT]).missing
    return application(facts).missing


def permit(facts: Facts) -> transfer_pb2.MovePermit:
    """The permit; an empty one before there is one."""
    return transfer_pb2.MovePermit.FromString(facts.payloads.get(PERMIT, b""))


def certificate(facts: Facts) -> transfer_pb2.MigrationCertificate:
    """The migration certificate; an empty one before there is one."""
    return transfer_pb2.MigrationCertificate.FromString(facts.payloads.get(DEREGISTER, b""))


def check_same(residents: Sequence[resident_pb2.Resident], facts: Facts) -> None:
    """A register changes nothing about anybody but the people of the case.

    Raises:
        Refused: RECORD_MISMATCH.
    """
    stated: tuple[Person, ...] = people(application(facts))
    if len(residents) != len(stated):
        raise Refused(RECORD_MISMATCH, "others")
    for resident, person in zip(residents, stated, strict=True):
        for field in ("id_number", "name"):
            if getattr(resident, field) != getattr(person, field):
                raise Refused(RECORD_MISMATCH, field)
