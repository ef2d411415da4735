"""At a province's authority: signs a new version of the province's policy table (政策表).

Decides, in this order: (1) the file is a table of this province, as everybody will read it; (2) its day has come; (3) every procedure
can run under it; (4) its version is higher than that of the last one: numbers never go back, and one number never means two tables. What
the numbers should be is for the province to decide. In force with the next trust list, for cases that open from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.calendar import SHANGHAI
from core.policy import Policy, is_usable, read_policy
from core.procedures import PROCEDURES
from core.refusals import NOT_CERTIFIED, TRUST_LIST_ROLLBACK, Refused
from core.values import parse
from pki.ceremony.office import require
from pki.ceremony.record import MEMBER_FILE, last_record, publish
from pki.members import read_table

if TYPE_CHECKING:
    from datetime import datetime

    from pki.ceremony.office import Office


def sign_policy(office: Office, data: bytes, at: datetime) -> Policy:
    """Puts a table into the member file; the same one again changes nothing but the record's serial.

    Args:
        office: the authority.
        data: the table, byte for byte as cases will name it.
        at: now.

    Raises:
        Refused: NOT_CERTIFIED with the place at fault, TRUST_LIST_ROLLBACK for a version that is not higher than the last.
    """
    policy = _read(data, office.member)
    require(policy.valid_from is not None and policy.valid_from <= at.astimezone(SHANGHAI).date(), "policy: valid_from")
    for procedure in PROCEDURES.values():
        for deadline in procedure.deadlines:
            limit = policy.limits.get(deadline.name)
            require(limit is not None and is_usable(limit), f"policy: limits[{deadline.name}]")
    record = last_record(office)
    last = read_table(record, MEMBER_FILE)
    if last is not None and record.policy != data and policy.version <= last.policy.version:
        raise Refused(TRUST_LIST_ROLLBACK, f"policy: version {last.policy.version} is signed already")
    record.policy = data
    publish(office, record, at)
    return policy


def province_of(data: bytes) -> str:
    """Whose table this claims to be.

    Raises:
        Refused: NOT_CERTIFIED when it is none.
    """
    try:
        return parse(data, Policy).province
    except Refused as refusal:
        raise Refused(NOT_CERTIFIED, f"policy: {refusal.field}") from refusal


def _read(data: bytes, member: str) -> Policy:
    try:
        return read_policy(data, member)
    except Refused as refusal:
        raise Refused(NOT_CERTIFIED, f"policy: {refusal.field}") from refusal
