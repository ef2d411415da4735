"""Citizen numbers (公民身份号码, GB 11643-1999): their form, and how old somebody is by his number.

A number tells the day of birth, in digits 7 to 14; whether somebody is of age follows from it and from nothing else, for that is what both
provinces have. Not decided: whether anybody has the number; that is for a register to say.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from core.calendar import SHANGHAI
from core.refusals import BAD_FIELD, Refused

if TYPE_CHECKING:
    from datetime import datetime

_ID_NUMBER = re.compile(r"\d{17}[\dX]", re.ASCII)
_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECK: Final = "10X98765432"
_OF_AGE: Final = 18
"""Civil Code, article 17."""


def check_number(number: str, field: str) -> None:
    """Form, check digit (ISO 7064 MOD 11-2) and day of birth.

    Raises:
        Refused: BAD_FIELD.
    """
    if not _ID_NUMBER.fullmatch(number):
        raise Refused(BAD_FIELD, field)
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    if _CHECK[total % 11] != number[17]:
        raise Refused(BAD_FIELD, f"{field}: check digit")
    if _born(number) is None:
        raise Refused(BAD_FIELD, f"{field}: day of birth")


def is_minor(number: str, at: datetime) -> bool:
    """Whether the person is under 18 on that day in China; of a number that tells no birthday, False."""
    born, today = _born(number), at.astimezone(SHANGHAI).date()
    if born is None:
        return False
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < _OF_AGE


def _born(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
