"""What an applicant still owes (容缺受理): promises against the policy of the case.

Decides which promises can be made, how many of them are key materials, which the header must say so that the hub lets nothing irreversible
pass, and what an officer is shown of them. A promise that has lapsed decides nothing: an officer asks, gives the case back or refuses it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from core.calendar import SHANGHAI
from core.refusals import BAD_FIELD, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from core.policy import Policy
    from yrdx.v1 import household_transfer_pb2 as transfer_pb2

    Promises = Collection[transfer_pb2.PromisedMaterial]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Owed(NamedTuple):
    """A material that was promised.

    Attributes:
        is_key: nothing irreversible is done while it is owed.
        has_lapsed: the day until which it was promised is over.
    """

    code: str
    until: str
    by: str
    is_key: bool
    has_lapsed: bool


def check_promises(promises: Promises, open_key_materials: int | None, policy: Policy) -> None:
    """Materials of the policy, each once, with a day and who promised it; the number of key ones as stated for the hub.

    Raises:
        Refused: BAD_FIELD.
    """
    codes = [promise.code for promise in promises]
    if len(set(codes)) < len(codes) or not set(codes) <= {*policy.key_materials, *policy.deferrable_materials}:
        raise Refused(BAD_FIELD, "missing.code")
    for promise in promises:
        if day(promise.promised_until) is None:
            raise Refused(BAD_FIELD, "missing.promised_until")
        if not promise.promised_by.strip():
            raise Refused(BAD_FIELD, "missing.promised_by")
    if open_key_materials is not None and open_key_materials != len(set(codes) & set(policy.key_materials)):
        raise Refused(BAD_FIELD, "open_key_materials")


def check_days(promises: Promises, at: datetime) -> None:
    """Nobody promises for a day that is over; for who makes the promise, a receiver may hear of it later.

    Raises:
        Refused: BAD_FIELD.
    """
    if any(_has_lapsed(promise.promised_until, at) for promise in promises):
        raise Refused(BAD_FIELD, "missing.promised_until")


def check_codes(codes: Iterable[str], policy: Policy, field: str) -> None:
    """Materials that the policy knows.

    Raises:
        Refused: BAD_FIELD.
    """
    if not set(codes) <= {*policy.key_materials, *policy.deferrable_materials}:
        raise Refused(BAD_FIELD, field)


def owed(promises: Promises, policy: Policy, at: datetime) -> list[Owed]:
    """Promises as an officer is shown them, key materials first."""
    found = [
        Owed(one.code, one.promised_until, one.promised_by, one.code in policy.key_materials, _has_lapsed(one.promised_until, at))
        for one in promises
    ]
    return sorted(found, key=lambda one: not one.is_key)


def day(text: str) -> date | None:
    """An ISO 8601 day, written in full; None when it is none."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _has_lapsed(until: str, at: datetime) -> bool:
    promised = day(until)
    return promised is not None and promised < at.astimezone(SHANGHAI).date()
