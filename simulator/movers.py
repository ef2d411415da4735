"""Who among the residents can move, alone or together, and whose record stands in the way of it.

Decides all of it from the residents alone, so that whoever fills the registers and whoever makes the plan mean the same people. Every
fourth household of several is for moves of several people or of a child; nobody else of it moves. There a whole family goes, or the head
with the children and leaves the household to the other one of age, or the spouse with the children; and a child goes alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from simulator.people import TODAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from yrdx.v1 import resident_pb2

    Residents = Sequence[resident_pb2.Resident]

_HEAD: Final = "02"
_SPOUSE, _CHILDREN = "10", frozenset({"20", "30"})
"""GB/T 4761, as is the code of the head."""
_ONE_IN: Final = 25
_A_FAMILY_IN: Final = 4
_OF_AGE: Final = TODAY.replace(year=TODAY.year - 18).isoformat()
"""Whoever was born later is under 18 on the first day of a run; who comes of age meanwhile has a guardian too many, which nobody minds."""


class _Kind(Enum):
    """Who goes."""

    EVERYBODY = 0
    HEAD = 1
    SPOUSE = 2
    CHILD = 3


@dataclass(frozen=True, slots=True)
class Party:
    """People of one household who move together.

    Attributes:
        people: the applicant first, who is of age unless he is a child that goes alone.
        guardian: of those who are under 18; moves too unless a child goes alone.
        new_head: number of who follows the head; empty when the head stays or everybody goes.
    """

    people: tuple[resident_pb2.Resident, ...]
    guardian: resident_pb2.Resident
    new_head: str = ""


def movers(residents: Residents) -> list[resident_pb2.Resident]:
    """Adults of family households whose leaving leaves nobody without a head."""
    sizes, apart = Counter(person.household_number for person in residents), _of_families(residents)
    return [
        person
        for person in residents
        if person.household_kind == "family"
        and person.phone
        and person.household_number not in apart
        and (person.relation_to_head_code != _HEAD or sizes[person.household_number] == 1)
    ]


def impeded(residents: Residents) -> list[resident_pb2.Resident]:
    """Every 25th of them: something in the province's own system, of which nobody at a counter knows, forbids to strike the record off."""
    return movers(residents)[_ONE_IN - 1 :: _ONE_IN]


def parties(residents: Residents) -> list[Party]:
    """Everybody who can move together, or as a child; each in one party."""
    return [_party(household, number) for number, household in enumerate(_of_families(residents).values())]


def is_minor(person: resident_pb2.Resident) -> bool:
    """Whether somebody is under 18."""
    return person.birth_date > _OF_AGE


def _of_families(residents: Iterable[resident_pb2.Resident]) -> Mapping[str, Residents]:
    """Every fourth household of several, by its number."""
    households: dict[str, list[resident_pb2.Resident]] = {}
    for person in residents:
        households.setdefault(person.household_number, []).append(person)
    several = [number for number, own in households.items() if len(own) > 1 and own[0].household_kind == "family"]
    return {number: households[number] for number in several[::_A_FAMILY_IN]}


def _party(household: Residents, number: int) -> Party:
    """Who of a household goes: every kind of party in turn, or everybody where a kind does not fit."""
    head, *others = household
    children = [one for one in others if is_minor(one) and one.relation_to_head_code in _CHILDREN]
    second = next((one for one in others if not is_minor(one)), None)
    spouse = next((one for one in others if one.relation_to_head_code == _SPOUSE), None)
    kind = _Kind(number % len(_Kind))
    if kind is _Kind.HEAD and second:
        return Party((head, *children), head, second.id_number)
    if kind is _Kind.SPOUSE and spouse:
        return Party((spouse, *children), spouse)
    if kind is _Kind.CHILD and children:
        return Party((children[0],), head)
    return Party(tuple(household), head)
