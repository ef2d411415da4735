"""Who among the residents can move, and whose record stands in the way of it.

Decides both from the residents alone, so that whoever fills the registers and whoever makes the plan mean the same people.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yrdx.v1 import resident_pb2

_HEAD: Final = "02"
_ONE_IN: Final = 25


def movers(residents: Sequence[resident_pb2.Resident]) -> list[resident_pb2.Resident]:
    """Adults of family households whose leaving leaves nobody without a head."""
    sizes = Counter(person.household_number for person in residents)
    return [
        person
        for person in residents
        if person.household_kind == "family"
        and person.phone
        and (person.relation_to_head_code != _HEAD or sizes[person.household_number] == 1)
    ]


def impeded(residents: Sequence[resident_pb2.Resident]) -> list[resident_pb2.Resident]:
    """Every 25th of them: something in the province's own system, of which nobody at a counter knows, forbids to strike the record off."""
    return movers(residents)[_ONE_IN - 1 :: _ONE_IN]
