"""Who moves with whom in a run, and who stands beside them: families, guardians, agents, heads of collective households.

Decides which of the cases are of which sort, by their number alone, so that any run has some of each whatever else happens in them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from simulator.intentions import MORNING
from simulator.movers import is_minor
from simulator.officers.counter import APPROVAL, AUTHORITY
from simulator.officers.dossier import Companion, Named, Scan, When
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from simulator.movers import Party
    from simulator.officers.dossier import Dossier
    from yrdx.v1 import resident_pb2

_SEVERAL_IN, _SECOND = 6, 2
_PHOTO_IN, _FIFTH = 8, 5
_AGENT_IN, _UNIT_IN, _FORGETFUL_IN = 9, 11, 4
_UNREADY_IN, _SEVENTH = 12, 7
_HASTY_IN = 2
_COMES_BACK: Final = When(1, MORNING)
_SHANGHAI: Final = "310000"


def is_of_several(number: int) -> bool:
    """Whether several people move in the case of this number, or a child."""
    return number % _SEVERAL_IN == _SECOND


def owes_a_photo(number: int) -> bool:
    """Whether the applicant brings a photo later, without which things go on."""
    return number % _PHOTO_IN == _FIFTH


def unready(dossier: Dossier) -> Dossier:
    """In some of the cases the applicant lacks something at first: a talent the approval that Shanghai asks for, others the proof."""
    if dossier.number % _UNREADY_IN != _SEVENTH:
        return dossier
    talent = dossier.ground == transfer_pb2.TRANSFER_GROUND_TALENT and dossier.destination == _SHANGHAI
    return replace(dossier, lacks=(APPROVAL if talent else "relation-proof",), comes_back=_COMES_BACK)


def is_handled_in_haste(number: int) -> bool:
    """Whether the home province's officer would strike him off first and compare the records then."""
    return number % _HASTY_IN == 0


def with_party(dossier: Dossier, party: Party) -> Dossier:
    """The move of a party, whose first member has the dossier."""
    guardian = _named(party.guardian)
    applicant, *others = party.people
    if is_minor(applicant):
        ground = transfer_pb2.TRANSFER_GROUND_CHILDREN_TO_PARENTS
        return replace(dossier, guardian=guardian, relation=applicant.relation_to_head_code, ground=ground)
    companions = tuple(
        Companion(one.id_number, one.name, one.name, one.relation_to_head_code, guardian if is_minor(one) else None) for one in others
    )
    forgets = bool(party.new_head) and dossier.number % _FORGETFUL_IN == 0
    return replace(dossier, others=companions, new_head=party.new_head, forgets_new_head=forgets)


def with_helpers(chance: random.Random, dossier: Dossier, residents: Sequence[resident_pb2.Resident]) -> Dossier:
    """With an agent, or whom a unit has named head, where the case has one; `residents` live at the destination."""
    adults = [person for person in residents if person.phone]
    if dossier.number % _UNIT_IN == 1:
        dossier = replace(dossier, unit_head=chance.choice(adults).id_number)
    if dossier.number % _AGENT_IN == 1 and dossier.guardian is None:
        authority = Scan(AUTHORITY, chance.randrange(8_000, 40_000), chance.getrandbits(32))
        dossier = replace(dossier, agent=_named(chance.choice(adults)), scans=(*dossier.scans, authority))
    return dossier


def alone(dossier: Dossier) -> Dossier:
    """The same way for another one of age of those who move; where there is none, for the same people."""
    other = next((one for one in dossier.others if one.guardian is None), None)
    if other is None:
        return dossier
    person = replace(dossier, id_number=other.id_number, name=other.name, stated_name=other.name)
    return replace(person, others=(), agent=None, is_head=False, new_head="", forgets_new_head=False)


def _named(person: resident_pb2.Resident) -> Named:
    return Named(person.id_number, person.name)
