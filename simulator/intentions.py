"""How differently moves go: a deck of intentions and mishaps, dealt to the cases of a run.

Decides how many cases of each kind a run has, so that with any seed the same variety occurs, and what a kind changes in a dossier.
Knows no endings: who gives in, who is first and what the other side answers is decided in the run. The facts are paced so that most
visits fall into the same few slots, at 10:00 and 14:00.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from simulator.officers.dossier import Dossier, When

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

MORNING, AFTERNOON, LATE = 2, 10, 14
_TODAY, _TOMORROW = When(0, AFTERNOON), When(1, MORNING)
_THIS_WEEK: Final = When(3, MORNING)
_MISHEARD: Final = "炜琪"
_VARIETY_FROM = 24
"""A run with fewer cases is too short for one of each kind."""


def _nothing(dossier: Dossier) -> Dossier:
    return dossier


@dataclass(frozen=True, slots=True)
class Kind:
    """How some of the moves go.

    Attributes:
        share: of the cases.
        change: what it makes of a dossier.
        impeded: happens to somebody whose record the register will not strike off.
        owes: the applicant brings a key document later.
        returns: he goes home again, which is a case more.
    """

    share: float = 0.0
    change: Callable[[Dossier], Dossier] = _nothing
    impeded: bool = False
    owes: bool = False
    returns: bool = False


PLAIN: Final = Kind()


def misspelt(dossier: Dossier) -> Dossier:
    """The last character of the name is wrong, as it happens when somebody dictates it; of several, that of the last one too."""
    others = dossier.others
    last = tuple(replace(one, stated_name=_misheard(one.name)) for one in others[-1:])
    return replace(dossier, stated_name=_misheard(dossier.name), others=(*others[:-1], *last))


def _misheard(name: str) -> str:
    return name[:-1] + next(character for character in _MISHEARD if not name.endswith(character))


_KINDS: Final = (
    Kind(0.08, misspelt),
    Kind(0.05, lambda dossier: replace(dossier, policy_met=False)),
    Kind(0.04, lambda dossier: replace(dossier, restricted=True)),
    # The permit was a mistake, found before the other side takes it up, or in the same half hour.
    Kind(0.03, lambda dossier: replace(dossier, error_found=_TODAY, response=_TOMORROW, review=_TOMORROW)),
    Kind(0.04, lambda dossier: replace(dossier, error_found=_TODAY, response=_TODAY, review=_TOMORROW)),
    # After the home province has let him go the applicant never comes, changes his mind, or dies.
    Kind(0.02, lambda dossier: replace(dossier, arrival=None)),
    Kind(0.02, returns=True),
    Kind(0.015, lambda dossier: replace(dossier, died=True)),
    # The two sides disagree about who he is: he says the same again, cannot show that he is that person, or never comes back.
    Kind(0.02, lambda dossier: replace(misspelt(dossier), insists=True)),
    Kind(0.015, lambda dossier: replace(misspelt(dossier), correction=None)),
    # The home province never gets round to it, its register will not do it, or it has nothing but paper.
    Kind(0.015, lambda dossier: replace(dossier, response=None)),
    Kind(0.015, impeded=True),
    Kind(0.015, lambda dossier: replace(dossier, paper_kept=True)),
    # The applicant changes his mind: after the permit, before the review, while the other side has it in hand; or wants paper.
    Kind(0.03, lambda dossier: replace(dossier, second_thoughts=("permitted", _TODAY), response=_TOMORROW, review=_TOMORROW)),
    Kind(0.02, lambda dossier: replace(dossier, second_thoughts=("applied", When(0, LATE)), review=_TOMORROW)),
    Kind(0.02, lambda dossier: replace(dossier, second_thoughts=("permitted", _TODAY), response=_TODAY, review=_TOMORROW)),
    Kind(0.015, lambda dossier: replace(dossier, paper_wanted=True)),
    # Something is missing, or must be found out first.
    Kind(0.03, owes=True),
    Kind(0.02, lambda dossier: replace(dossier, enquiry=_THIS_WEEK)),
    Kind(0.02, lambda dossier: replace(dossier, home_enquiry=_THIS_WEEK)),
    Kind(0.015, lambda dossier: replace(misspelt(dossier), unproven=True)),
    # What a small run has no room for.
    Kind(0.02, lambda dossier: replace(misspelt(dossier), early_look=_TODAY)),
    Kind(0.015, lambda dossier: replace(misspelt(dossier), abandoned=True)),
    Kind(0.02, lambda dossier: replace(dossier, restricted=True, early_look=_TODAY)),
    # Somebody is late: the home province past its working day, the applicant past the festival.
    Kind(0.03, lambda dossier: replace(dossier, response=_THIS_WEEK)),
    Kind(0.03, lambda dossier: replace(dossier, arrival=When(21, MORNING))),
)


def deal(chance: random.Random, count: int) -> list[Kind]:
    """Kinds that make `count` cases, shuffled; what none takes is plain, one at least. In a small run the last kinds give way."""
    deck: list[Kind] = []
    for kind in _KINDS:
        deck += [kind] * max(count >= _VARIETY_FROM, int(kind.share * count))
    room = count - sum(kind.returns for kind in deck)
    deck = deck[: room - 1]
    deck += [PLAIN] * (room - len(deck))
    chance.shuffle(deck)
    return deck
