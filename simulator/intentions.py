"""How differently moves go: a deck of intentions and mishaps, dealt to the cases of a run.

Decides how many cases of each kind a run has, so that with any seed the same variety occurs, and what a kind changes in a dossier.
Knows no endings: who gives in, who is first and what the other side answers is decided in the run. The facts are paced so that most
visits fall into the same few slots, at 10:00 and 14:00.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from simulator.officers.dossier import Dossier, When

if TYPE_CHECKING:
    import random

Kind = Callable[[Dossier], Dossier]
"""What an incident changes in a dossier."""

MORNING, AFTERNOON, LATE = 2, 10, 14
_TODAY, _TOMORROW = When(0, AFTERNOON), When(1, MORNING)
_MISHEARD: Final = "炜琪"
_VARIETY_FROM = 24
"""A run with fewer cases is too short for one of each kind."""


def plain(dossier: Dossier) -> Dossier:
    """A move without incident."""
    return dossier


def misspelt(dossier: Dossier) -> Dossier:
    """The last character of the name is wrong, as it happens when somebody dictates it."""
    wrong = next(character for character in _MISHEARD if not dossier.name.endswith(character))
    return replace(dossier, stated_name=dossier.name[:-1] + wrong)


_KINDS: Final[tuple[tuple[float, Kind], ...]] = (
    (0.11, misspelt),
    (0.03, lambda dossier: replace(misspelt(dossier), early_look=_TODAY)),
    (0.03, lambda dossier: replace(misspelt(dossier), abandoned=True)),
    (0.08, lambda dossier: replace(dossier, policy_met=False)),
    (0.07, lambda dossier: replace(dossier, restricted=True)),
    (0.03, lambda dossier: replace(dossier, restricted=True, early_look=_TODAY)),
    # The permit was a mistake, found before the other side takes it up, or in the same half hour.
    (0.05, lambda dossier: replace(dossier, error_found=_TODAY, response=_TOMORROW, review=_TOMORROW)),
    (0.06, lambda dossier: replace(dossier, error_found=_TODAY, response=_TODAY, review=_TOMORROW)),
    # The applicant changes his mind: before the review, after the permit, while the other side has it in hand.
    (0.04, lambda dossier: replace(dossier, second_thoughts=("applied", When(0, LATE)), review=_TOMORROW)),
    (0.04, lambda dossier: replace(dossier, second_thoughts=("permitted", _TODAY), response=_TOMORROW, review=_TOMORROW)),
    (0.03, lambda dossier: replace(dossier, second_thoughts=("permitted", _TODAY), response=_TODAY, review=_TOMORROW)),
    # Somebody is late: the home province past its working day, the applicant past the festival.
    (0.04, lambda dossier: replace(dossier, response=When(3, MORNING))),
    (0.04, lambda dossier: replace(dossier, arrival=When(21, MORNING))),
)


def deal(chance: random.Random, count: int) -> list[Kind]:
    """A kind for each of `count` cases, shuffled; what none takes is plain."""
    deck: list[Kind] = []
    for share, kind in _KINDS:
        deck += [kind] * max(count >= _VARIETY_FROM, int(share * count))
    deck += [plain] * (count - len(deck))
    chance.shuffle(deck)
    return deck
