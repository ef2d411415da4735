"""The citizens' plans of a run: who moves where, on what ground, and when he comes to the counter.

Decides all of it from the seed, each case from a generator of its own, so that a seed repeats the same plan on every machine and a
longer run begins like a shorter one of the same kind. People come in waves, one at 09:00 and one at 14:00 of each working day, spread
evenly over the ordered pairs of provinces.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Final

from core.ids import PROVINCES
from simulator.areas import counties, province_name
from simulator.company import is_handled_in_haste, is_of_several, owes_a_photo, unready, with_helpers, with_party
from simulator.filings import Filing, second_applications, vain_wishes
from simulator.intentions import AFTERNOON, MORNING, PLAIN, deal
from simulator.movers import Party, impeded, movers, parties
from simulator.officers.dossier import Dossier, Promise, Scan, When
from simulator.people import TODAY
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from simulator.intentions import Kind
    from yrdx.v1 import resident_pb2

PAIRS: Final = tuple(permutations(sorted(PROVINCES), 2))
_WAVE: Final = 60
_WAVES_AT_MOST: Final = 100
_LARGE: Final = 8 * 1024 * 1024
_CASES_A_LARGE_SCAN: Final = 36
_PROMISED_FOR_DAYS: Final = 60
_RETIRED_IN: Final = "1966"
_HEAD: Final = "02"
_TAKING_PART: Final = {"340000": "3401"}
"""Beginning of the area codes where a province takes people on every ground; the others do everywhere."""
_ROADS: Final = ("人民路", "解放路", "中山路", "建设路", "新华路")
_WORKING_AGE = (
    transfer_pb2.TRANSFER_GROUND_SPOUSE,
    transfer_pb2.TRANSFER_GROUND_TALENT,
    transfer_pb2.TRANSFER_GROUND_JOB_TRANSFER,
)


@dataclass(frozen=True, slots=True)
class _People:
    """Who can still be taken for a move, by home province."""

    movers: Mapping[str, list[resident_pb2.Resident]]
    impeded: Mapping[str, list[resident_pb2.Resident]]
    parties: Mapping[str, list[Party]]

    def take(self, home: str, number: int, kind: Kind) -> Party:
        """Somebody who fits, with those who go with him; in a run too large for its families he goes alone."""
        if kind.impeded:
            return _single(self.impeded[home].pop())
        several = is_of_several(number) and self.parties[home]
        return self.parties[home].pop() if several else _single(self.movers[home].pop())


def people_needed(cases: int) -> int:
    """Residents a province must have, so that enough of them can move."""
    return max(120, cases * 5 // 4)


def plan(seed: int, cases: int, people: Mapping[str, Sequence[resident_pb2.Resident]]) -> list[Filing]:
    """The plan of a run, in order of time.

    Who goes home again is two of the `cases`. A few people try a third province as well, in vain; these come on top.
    """
    chance = random.Random(f"{seed}:plan")  # noqa: S311 - a plan, no secret
    free = _free(seed, people)
    pairs = [pair for _ in range(-(-cases // len(PAIRS))) for pair in chance.sample(PAIRS, len(PAIRS))]
    wave = max(_WAVE, -(-cases // _WAVES_AT_MOST))
    filings = []
    for number, kind in enumerate(deal(chance, cases), 1):
        home, destination = pairs[number - 1]
        own = random.Random(f"{seed}:{number}")  # noqa: S311
        party, when = free.take(home, number, kind), _arrival(number, wave)
        person = party.people[0]
        plain = with_party(_dossier(own, number, person, (home, destination), _residence(own, destination)), party)
        dossier = unready(kind.change(with_helpers(own, plain, people[destination])))
        if kind.owes or owes_a_photo(number):
            dossier = replace(dossier, promise=_promise(own, when, is_key=kind.owes))
        if kind.returns:
            back = _dossier(own, number, person, (destination, home), (person.address_code, person.address))
            back = replace(back, others=dossier.others, guardian=dossier.guardian, relation=dossier.relation)
            dossier = replace(dossier, back=replace(back, ground=transfer_pb2.TRANSFER_GROUND_SPOUSE))  # to the family, which all take
        filings.append(Filing(when, dossier, is_ordinary=kind is PLAIN and not dossier.lacks))
    filings += [*second_applications(filings), *vain_wishes(filings)]
    return sorted(filings, key=lambda filing: (filing.when.days, filing.when.number))


def dossiers(filings: Iterable[Filing]) -> dict[tuple[str, str], Dossier]:
    """Every dossier of a plan, ways back too, by number of the person and destination."""
    found = [filing.dossier for filing in filings]
    found += [dossier.back for dossier in found if dossier.back]
    return {(dossier.id_number, dossier.destination): dossier for dossier in found}


def _free(seed: int, people: Mapping[str, Sequence[resident_pb2.Resident]]) -> _People:
    """Everybody who can move, shuffled; those apart whose record stands in the way."""
    able, held, together = {}, {}, {}
    for code in sorted(people):
        held[code] = impeded(people[code])
        apart = {person.id_number for person in held[code]}
        able[code] = [person for person in movers(people[code]) if person.id_number not in apart]
        together[code] = parties(people[code])
        for name, pool in (("movers", able[code]), ("parties", together[code])):
            random.Random(f"{seed}:{name}:{code}").shuffle(pool)  # noqa: S311 - a plan, no secret
    return _People(able, held, together)


def _single(person: resident_pb2.Resident) -> Party:
    return Party((person,), person)


def _dossier(chance: random.Random, number: int, person: resident_pb2.Resident, pair: tuple[str, str], to: tuple[str, str]) -> Dossier:
    """An ordinary move; when each side gets round to it varies."""
    old = person.birth_date[:4] < _RETIRED_IN
    usual = (MORNING, MORNING, MORNING, AFTERNOON)
    return Dossier(
        number=number,
        id_number=person.id_number,
        name=person.name,
        stated_name=person.name,
        ground=transfer_pb2.TRANSFER_GROUND_PARENTS_TO_CHILDREN if old else chance.choice(_WORKING_AGE),
        home=pair[0],
        destination=pair[1],
        to_area=to[0],
        to_address=to[1],
        phone=person.phone,
        scans=_scans(chance, number),
        hasty=is_handled_in_haste(number),
        is_head=person.relation_to_head_code == _HEAD,
        review=When(1, chance.choice(usual)),
        response=chance.choice((When(0, AFTERNOON), When(1, MORNING))),
        correction=When(1, chance.choice(usual)),
        arrival=When(chance.randint(1, 2), chance.choice(usual)),
    )


def _residence(chance: random.Random, province: str) -> tuple[str, str]:
    """County and address where somebody would like to live."""
    open_to_all = _TAKING_PART.get(province, "")
    area = chance.choice([area for area in counties(province, TODAY.year) if area.code.startswith(open_to_all)])
    return area.code, f"{province_name(province)}{area.city}{area.name}{chance.choice(_ROADS)}{chance.randint(1, 999)}号"


def _scans(chance: random.Random, number: int) -> tuple[Scan, ...]:
    """Each applicant brings the proof of the ground; now and then somebody's is a huge picture."""
    large = number % _CASES_A_LARGE_SCAN == 1 and number > 1
    length = _LARGE if large else chance.randrange(8_000, 40_000)
    return (Scan("relation-proof", length, chance.getrandbits(32)),)


def _promise(chance: random.Random, when: When, *, is_key: bool) -> Promise:
    """The consent of the head of the receiving household, or a photo; it comes a day or two after the application."""
    scan = Scan("receiving-consent" if is_key else "photo", chance.randrange(8_000, 40_000), chance.getrandbits(32))
    until = TODAY + timedelta(days=_PROMISED_FOR_DAYS + 2 * when.days)
    return Promise(scan, When(chance.randint(1, 2), AFTERNOON), until.isoformat(), is_key)


def _arrival(number: int, wave: int) -> When:
    half_days = (number - 1) // wave
    return When(half_days // 2, AFTERNOON if half_days % 2 else 0)
