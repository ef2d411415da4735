"""The synthetic population: residents of the four provinces in households of one to five.

Decides who lives where and how the members of a household are related, by shapes drawn with weights. The same seed gives the same
people on every machine (all draws come from generators that are seeded by text, and nothing iterates over a set). What an officer
gets wrong about a person is not here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faker import Faker

from core.ids import PROVINCES
from simulator.areas import Area, counties, province_name
from simulator.people import (
    FEMALE,
    HAN,
    MALE,
    TODAY,
    UYGHUR,
    make_birth_date,
    make_id_number,
    make_name,
    make_phone,
)
from yrdx.v1 import resident_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

# GB/T 4761.
HEAD, SPOUSE, SON, DAUGHTER, FATHER, MOTHER, NOT_RELATED = "02", "10", "20", "30", "51", "52", "99"
_SAME_FAMILY_NAME = {SON, DAUGHTER, FATHER}
# GB/T 2261.2.
SINGLE, MARRIED, WIDOWED, DIVORCED = "10", "20", "30", "40"

_ADULT, _RETIRED = 22, 60
_OCCUPATIONS = ("10100", "20800", "20900", "30100", "40100", "40700", "50100", "62400")  # GB/T 6565
_SCHOOLING = ((6, ""), (12, "80"), (15, "70"), (18, "60"), (200, "20 30 40 60 70"))  # below this age: GB/T 4658
_UYGHURS = 0.03


@dataclass(frozen=True, slots=True)
class _Member:
    """A place in a household. `years` is how much older than the head, at least and at most."""

    relation: str
    years: tuple[int, int] = (0, 0)
    marital: str = SINGLE


@dataclass(frozen=True, slots=True)
class _Shape:
    """A kind of household: how often, how old the head is, who else lives there."""

    weight: int
    head: tuple[int, int]
    marital: str
    others: tuple[_Member, ...] = ()
    kind: str = "family"


_PARTNER = _Member(SPOUSE, (-4, 4), MARRIED)
_OLD_MOTHER = _Member(MOTHER, (22, 34), WIDOWED)
_OLD_FATHER = _Member(FATHER, (24, 38), WIDOWED)
_BOY, _GIRL = _Member(SON, (-36, -23)), _Member(DAUGHTER, (-36, -23))
_COLLEAGUE = _Member(NOT_RELATED, (-6, 6))

_SHAPES = (
    _Shape(12, (23, 45), SINGLE),
    _Shape(6, (30, 70), DIVORCED),
    _Shape(6, (60, 92), WIDOWED),
    _Shape(20, (26, 85), MARRIED, (_PARTNER,)),
    _Shape(14, (36, 60), MARRIED, (_PARTNER, _BOY)),
    _Shape(14, (36, 60), MARRIED, (_PARTNER, _GIRL)),
    _Shape(8, (36, 55), MARRIED, (_PARTNER, _BOY, _GIRL)),
    _Shape(4, (36, 55), DIVORCED, (_GIRL,)),
    _Shape(6, (36, 58), MARRIED, (_PARTNER, _BOY, _OLD_MOTHER)),
    _Shape(5, (36, 55), MARRIED, (_PARTNER, _GIRL, _BOY, _OLD_FATHER)),
    _Shape(5, (28, 40), SINGLE, (_COLLEAGUE, _COLLEAGUE), "collective"),
)
_WEIGHTS = [shape.weight for shape in _SHAPES]


def population(seed: int, per_province: int) -> dict[str, list[resident_pb2.Resident]]:
    """Makes the people.

    Args:
        seed: any number; the same seed and size give the same people.
        per_province: how many residents each province has.

    Returns:
        Province code to its residents, whole households together, each headed by its first member. The last household of a
        province ends where the number is reached. No citizen number stands twice.
    """
    fake, taken = Faker("zh_CN"), set[str]()
    return {code: _Province(code, seed, fake, taken).residents(per_province) for code in sorted(PROVINCES)}


class _Province:
    """One province's generator; `taken` holds the numbers of all provinces so far."""

    def __init__(self, code: str, seed: int, fake: Faker, taken: set[str]) -> None:
        self._code = code
        self._chance = random.Random(f"population {seed} {code}")  # noqa: S311 - synthetic people, no secrets
        self._fake = fake
        self._fake.seed_instance(self._chance.getrandbits(64))
        self._taken = taken
        self._counties = counties(code, TODAY.year)

    def residents(self, count: int) -> list[resident_pb2.Resident]:
        people: list[resident_pb2.Resident] = []
        number = 0
        while len(people) < count:
            number += 1
            people.extend(self._household(f"{self._code[:2]}0{number:09d}"))
        return people[:count]

    def _household(self, number: str) -> Iterator[resident_pb2.Resident]:
        """The head, then the others, in one dwelling."""
        chance = self._chance
        shape = chance.choices(_SHAPES, _WEIGHTS)[0]
        sex, age = chance.choice((MALE, FEMALE)), chance.randint(*shape.head)
        ethnicity = UYGHUR if chance.random() < _UYGHURS else HAN
        area = chance.choice(self._counties)
        dwelling = resident_pb2.Resident(
            household_number=number,
            household_kind=shape.kind,
            address_code=area.code,
            address=self._address(area),
            ethnicity_code=ethnicity,
        )
        family = self._fake.last_name()
        head = self._person(dwelling, _Member(HEAD, marital=shape.marital), sex, age, family)
        dwelling.head_id_number = head.id_number
        head.head_id_number = head.id_number
        yield head
        for member in shape.others:
            own = family if member.relation in _SAME_FAMILY_NAME else self._fake.last_name()
            years = max(0, age + chance.randint(*member.years))
            yield self._person(dwelling, member, self._sex(member.relation, sex), years, own)

    def _person(self, dwelling: resident_pb2.Resident, member: _Member, sex: str, age: int, family: str) -> resident_pb2.Resident:
        chance, born = self._chance, make_birth_date(self._chance, age)
        resident = resident_pb2.Resident(
            id_number=make_id_number(chance, self._code, born, sex, self._taken),
            name=make_name(self._fake, chance, sex, dwelling.ethnicity_code, family),
            sex_code=sex,
            birth_date=born.isoformat(),
            marital_status_code=member.marital,
            relation_to_head_code=member.relation,
            education_code=chance.choice(next(codes for limit, codes in _SCHOOLING if age < limit).split(" ")),
        )
        resident.birth_place_code = resident.id_number[:6]
        resident.native_place_code = chance.choice(self._counties).code
        if age >= _ADULT:
            resident.phone = make_phone(chance)
        if _ADULT <= age < _RETIRED:
            resident.occupation_code, resident.workplace = chance.choice(_OCCUPATIONS), self._fake.company()
        resident.MergeFrom(dwelling)
        return resident

    def _sex(self, relation: str, of_head: str) -> str:
        """The sex that the relation asks for."""
        if relation == SPOUSE:
            return FEMALE if of_head == MALE else MALE
        if relation == NOT_RELATED:
            return self._chance.choice((MALE, FEMALE))
        return MALE if relation in {SON, FATHER} else FEMALE

    def _address(self, area: Area) -> str:
        street = f"{self._fake.street_name()}{self._chance.randint(1, 999)}号{self._chance.randint(101, 3204)}室"
        return province_name(self._code) + area.city + area.name + street
