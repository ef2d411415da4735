"""How people stand in the register of the province where they land: one household, its head, what each is to that.

Who has a guardian heads nothing, and every minor has one (公通字〔2021〕12号 art. 15). The head of a family household (家庭户) is the
applicant, or his guardian in his place, whether or not that one moves too; when the applicant died on the way, the first of the others who
can be, and relations are put right at the counter. In a collective household (集体户) the unit names the head and everybody else is 非亲属.
Which number the household gets is for the register to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.common.services import transfer_facts
from nodes.common.services.movers import moving
from yrdx.v1 import household_transfer_pb2 as transfer_pb2
from yrdx.v1 import resident_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nodes.common.facts import Facts

FAMILY, COLLECTIVE = "family", "collective"
_HEAD, _RELATED, _NOT_RELATED = "02", "97", "99"


def residents(facts: Facts, stated: transfer_pb2.LandingReceipt) -> list[resident_pb2.Resident]:
    """Everybody of the certificate, at the new address, in the order of the application; `stated` is the officer's word."""
    certificate = transfer_facts.certificate(facts)
    kind = transfer_facts.permit(facts).household_kind or FAMILY
    application = transfer_facts.application(facts)
    head = stated.head_id_number if kind == COLLECTIVE else _head(application, stated.deceased_id_number)
    relations = {mover.id_number: mover.relation_code for mover in moving(application)}
    return [_landed(one, facts, kind, head, relations) for one in (certificate.resident, *certificate.others)]


def _landed(resident: resident_pb2.Resident, facts: Facts, kind: str, head: str, relations: Mapping[str, str]) -> resident_pb2.Resident:
    landed = resident_pb2.Resident()
    landed.CopyFrom(resident)
    landed.address = transfer_facts.permit(facts).to_address
    landed.ClearField("address_code")
    landed.ClearField("household_number")
    landed.household_kind, landed.head_id_number = kind, head
    usual = _NOT_RELATED if kind == COLLECTIVE else relations.get(landed.id_number) or _RELATED
    landed.relation_to_head_code = _HEAD if landed.id_number == head else usual
    return landed


def _head(application: transfer_pb2.HouseholdApplication, deceased: str) -> str:
    """Of a family household; of somebody who is alone and died, himself."""
    if application.HasField("guardian"):
        return application.guardian.id_number
    able = [mover.id_number for mover in moving(application) if not mover.HasField("guardian")]
    return next((number for number in able if number != deceased), application.id_number)
