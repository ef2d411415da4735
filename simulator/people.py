"""Made-up persons: names by Faker, citizen numbers by GB 11643. Nobody real is looked up or copied.

A name and a number are drawn apart from each other, and telephone numbers have a prefix that no mobile network uses.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from stdnum.cn import ric

from core.ids import PROVINCES
from simulator.areas import counties

if TYPE_CHECKING:
    import random

    from faker import Faker

TODAY = date(2026, 1, 1)
"""Ages count up to this day, shortly before the simulation's business time begins."""

MALE, FEMALE = "1", "2"
HAN, UYGHUR = "01", "05"

_FAR_FROM_HOME = 0.15
"""Share of the persons whose number was first made in any of the four provinces, not where they live."""

# Beyond GBK, half of them beyond U+FFFF: what a system that knows only older character sets would lose.
_RARE_CHARACTERS = "㛃㑇䶮\U0002b7f7\U0002cb4e\U00029f7e"
_RARE = 0.02
_UYGHUR_NAMES = {MALE: ("买买提", "艾力", "吐尔逊", "玉素甫", "阿卜杜拉"), FEMALE: ("阿依古丽", "热依汗", "古丽娜尔", "帕提古丽")}


def make_name(fake: Faker, chance: random.Random, sex: str, ethnicity: str, family: str) -> str:
    """A name as it stands in a record: family and given name, or for Uyghurs given name, "·" (U+00B7), father's name."""
    if ethnicity == UYGHUR:
        return f"{chance.choice(_UYGHUR_NAMES[sex])}·{chance.choice(_UYGHUR_NAMES[MALE])}"
    given = fake.first_name_male() if sex == MALE else fake.first_name_female()
    if chance.random() < _RARE:
        given = chance.choice(_RARE_CHARACTERS) + given[1:]
    return family + given


def make_birth_date(chance: random.Random, age: int) -> date:
    """A birthday of somebody who is `age` years old at the end of the day before `TODAY`."""
    return date(TODAY.year - age, 1, 1) - timedelta(days=chance.randrange(1, 366))


def make_id_number(chance: random.Random, province: str, born: date, sex: str, taken: set[str]) -> str:
    """A number that is valid for birth date and sex and not in `taken`; adds it there."""
    while True:
        home = chance.choice(sorted(PROVINCES)) if chance.random() < _FAR_FROM_HOME else province
        area = chance.choice(counties(home, born.year))
        order = chance.randrange(500) * 2 + (sex == MALE)
        first = f"{area.code}{born:%Y%m%d}{order:03d}"
        number = first + ric.calc_check_digit(first + "0")
        if number not in taken:
            taken.add(number)
            return number


def make_phone(chance: random.Random) -> str:
    """Eleven digits that cannot be anybody's: mobile numbers begin with 13 to 19."""
    return f"12{chance.randrange(10**9):09d}"
