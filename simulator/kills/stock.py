"""Who applies in a siege, and in which slot: ordinary people, and those who bring a program to a point that others never pass.

Decides how many of the latter there are, and keeps them until their points are next: somebody whom the register will not strike off leads
to `failed` and `annul`, somebody whose permit is taken back while the other side acts on it to `release`, somebody with a wrong name who is
struck off in haste to `reject`. Everybody gets round to everything in the next slot.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from simulator.intentions import misspelt
from simulator.kills.plan import HASTE, IMPEDED, RACES
from simulator.officers.dossier import When
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from simulator.filings import Filing
    from simulator.kills.plan import Kill
    from simulator.officers.dossier import Dossier
    from yrdx.v1 import resident_pb2

_SOON: Final = When(0, 0)
_IMPEDED_A_KILL, _RACES_A_KILL, _HASTY_A_KILL = 3, 6, 2
"""Cases for each kill: after a kill some of them play on without passing another point of their sort."""


def peopled(filings: Iterable[Filing], impeded: Mapping[str, Sequence[resident_pb2.Resident]], kills: Sequence[Kill]) -> list[Filing]:
    """The filings of a run, in a hurry, with as many people of each sort as these kills need, if there are so many."""
    found = [hurried(filing) for filing in filings]
    held = sum(kill.matter in IMPEDED for kill in kills) * _IMPEDED_A_KILL
    races = sum(kill.matter in RACES for kill in kills) * _RACES_A_KILL
    hasty = sum(kill.matter in HASTE for kill in kills) * _HASTY_A_KILL
    taken = {filing.dossier.id_number for filing in found}
    free = {home: [person for person in people if person.id_number not in taken] for home, people in impeded.items()}
    for number, filing in enumerate(found):
        dossier = filing.dossier
        if not filing.is_ordinary or dossier.others or dossier.guardian:
            continue
        if held and free[dossier.home]:
            held -= 1
            found[number] = replace(filing, dossier=_of(dossier, free[dossier.home].pop()), is_ordinary=False)
        elif hasty:
            hasty -= 1
            found[number] = replace(filing, dossier=replace(misspelt(dossier), hasty=True), is_ordinary=False)
        elif races:
            races -= 1
            found[number] = replace(filing, dossier=replace(dossier, error_found=_SOON), is_ordinary=False)
    return found


class Stock:
    """Those who have not applied yet."""

    def __init__(self, filings: Iterable[Filing], impeded: frozenset[str]) -> None:
        """Takes the filings in their order; `impeded` are numbers of those whom a register will not strike off."""
        self._plain: deque[Filing] = deque()
        self._held: deque[Filing] = deque()
        self._races: deque[Filing] = deque()
        self._hasty: deque[Filing] = deque()
        for filing in filings:
            self._of(filing.dossier, impeded).append(filing)

    def __bool__(self) -> bool:
        """Whether there is anybody."""
        return bool(self._plain or self._hasty or self._races or self._held)

    def take(self, count: int, kill: Kill | None) -> list[Filing]:
        """So many, if there are: one of those whom the next kill needs, and others."""
        matter = kill.matter if kill else ""
        sorts = ((self._held, IMPEDED), (self._races, RACES), (self._hasty, HASTE))
        wanted = [stock for stock, matters in sorts if matter in matters and stock]
        coming = [stock.popleft() for stock in wanted]
        while self and len(coming) < count:
            coming.append((self._plain or self._hasty or self._races or self._held).popleft())
        return coming

    def _of(self, dossier: Dossier, impeded: frozenset[str]) -> deque[Filing]:
        """Where somebody waits."""
        if dossier.id_number in impeded:
            return self._held
        if dossier.error_found is not None:
            return self._races
        return self._hasty if dossier.hasty and dossier.stated_name != dossier.name else self._plain


def hurried(filing: Filing) -> Filing:
    """The same filing, of people who get round to everything in the next slot; what would never happen still does not."""
    dossier = _hurried(filing.dossier)
    return replace(filing, dossier=replace(dossier, back=_hurried(dossier.back) if dossier.back else None))


def _hurried(dossier: Dossier) -> Dossier:
    return replace(
        dossier,
        comes_back=_soon(dossier.comes_back),
        review=_SOON,
        response=_soon(dossier.response),
        correction=_soon(dossier.correction),
        arrival=_soon(dossier.arrival),
        early_look=_soon(dossier.early_look),
        enquiry=_soon(dossier.enquiry),
        home_enquiry=_soon(dossier.home_enquiry),
        error_found=_soon(dossier.error_found),
        second_thoughts=(dossier.second_thoughts[0], _SOON) if dossier.second_thoughts else None,
        promise=replace(dossier.promise, when=_SOON) if dossier.promise else None,
    )


def _soon(when: When | None) -> When | None:
    return None if when is None else _SOON


def _of(dossier: Dossier, person: resident_pb2.Resident) -> Dossier:
    """The same move, of somebody else."""
    spouse = transfer_pb2.TRANSFER_GROUND_SPOUSE
    return replace(dossier, id_number=person.id_number, name=person.name, stated_name=person.name, phone=person.phone, ground=spouse)
