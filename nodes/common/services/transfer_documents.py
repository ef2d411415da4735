"""The documents of a household transfer that a node completes: permit (准迁证), certificate (迁移证) and landing receipt (落户回执).

An officer states what only he knows; numbers, dates, people and records come from the case and the register. Sources: 公通字〔2021〕12号
art. 43-47; the layout of document numbers is an assumption.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.calendar import SHANGHAI
from core.receipts import timestamp
from nodes.common.services import transfer_facts
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from nodes.common.services.service import Occasion

_PERMIT_VALIDITY: Final = "permit-validity"


def permit(stated: transfer_pb2.MovePermit, occasion: Occasion) -> transfer_pb2.MovePermit:
    """For the people of the application, valid as long as the policy says."""
    limit = occasion.rules.policy.limits[_PERMIT_VALIDITY]
    application = transfer_facts.application(occasion.facts)
    return transfer_pb2.MovePermit(
        permit_number=_number("ZQ", occasion),
        issuer_unit=occasion.unit,
        issued_at=timestamp(occasion.at),
        expires_at=timestamp(occasion.rules.calendar.deadline(occasion.at, limit.days, limit.unit)),
        id_number=application.id_number,
        name=application.name,
        to_address=stated.to_address,
        whole_household=stated.whole_household,
        new_head_id_number=application.new_head_id_number,
        contact_phone=stated.contact_phone,
        others=application.others,
        household_kind=stated.household_kind,
    )


def certificate(occasion: Occasion) -> transfer_pb2.MigrationCertificate:
    """With the records as the register holds them."""
    assert occasion.reserved is not None  # noqa: S101 - written after stroke 1
    resident, *others = [occasion.codec.decode(held.record) for held in (occasion.reserved.record, *occasion.reserved.others)]
    return transfer_pb2.MigrationCertificate(
        certificate_number=_number("QY", occasion),
        permit_number=transfer_facts.permit(occasion.facts).permit_number,
        issued_at=timestamp(occasion.at),
        resident=resident,
        from_address=resident.address,
        others=others,
    )


def landing(stated: transfer_pb2.LandingReceipt, occasion: Occasion) -> transfer_pb2.LandingReceipt:
    """Without whom the new household's unit has named its head: that is nobody's business in the other province."""
    assert occasion.reserved is not None  # noqa: S101 - written after stroke 1
    return transfer_pb2.LandingReceipt(
        certificate_number=transfer_facts.certificate(occasion.facts).certificate_number,
        landed_at=timestamp(occasion.at),
        household_number=occasion.reserved.household_number,
        deceased_on=stated.deceased_on,
        deceased_id_number=stated.deceased_id_number,
    )


def _number(kind: str, occasion: Occasion) -> str:
    """A document number: kind, province, year, and the end of the message id; the same whoever writes the message down again."""
    return f"{kind}{occasion.province}{occasion.at.astimezone(SHANGHAI):%Y}{occasion.message_id[-6:].hex().upper()}"
