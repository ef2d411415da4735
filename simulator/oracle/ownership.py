"""I1: one person has exactly one owner at every instant, and the registers at the end say what the log says.

From the log follows where each person stayed; every stay is one record, changed as of the business time at which the hub accepted the act,
for everybody of the case alike; of the one who died on the way, a record that begins as that of a dead. Whoever did not move has one active
record, since the day on which everybody's stay begins. Every province began with the same number of residents: that is how the simulated
population is made (`simulator.population`, `simulator.inhabitants`), and how a record that is gone shows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from simulator.oracle.verdict import I1

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from simulator.oracle.facts import Record, Run
    from simulator.oracle.history import History, Stroke
    from simulator.oracle.verdict import Tally

_ACTIVE, _MOVED_OUT, _DECEASED = "active", "moved-out", "deceased"
_HOMELESS: Final = "the person had left already, or never lived there"


@dataclass(slots=True)
class _Stay:
    """Where a person lived: what brought him, what took him away, and the record of it."""

    province: str
    came: Stroke | None = None
    left: Stroke | None = None
    record: Record | None = None
    is_death: bool = False
    """Whether he came here dead."""

    @property
    def newest(self) -> Stroke | None:
        """The act that changed the record last."""
        return self.left or self.came

    @property
    def status(self) -> str:
        """What the record must be."""
        return _DECEASED if self.is_death else _MOVED_OUT if self.left else _ACTIVE


def check(run: Run, history: History, tally: Tally) -> None:
    """Compares every person's records with his stays."""
    records = _by_person(run)
    stays = _stays(history, records, tally)
    everybody = sorted(records.keys() | {person for people in run.persons.values() for person in people})
    settled = [record for person in everybody if person not in stays for record in records[person]]
    beginning = _most_common_since(settled)
    for person in everybody:
        if person in stays:
            _check_mover(stays[person], records[person], beginning, tally)
        else:
            _check_settled(records[person], beginning, tally)
        _check_one_person(records[person], tally)
    _check_beginnings(run.registers, stays, tally)


def _by_person(run: Run) -> defaultdict[str, list[Record]]:
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for records in run.registers.values():
        for record in records:
            found[record.id_number].append(record)
    return found


def _stays(history: History, records: Mapping[str, Sequence[Record]], tally: Tally) -> dict[str, list[_Stay]]:
    """Every mover's stays, in the order of the log. A case that no desk knows has no people: that is said under I5."""
    stays: dict[str, list[_Stay]] = {}
    for stroke in history.entered:
        dead = _dead(stroke, records, tally) if stroke.is_death else ""
        for person in stroke.people:
            own = stays.setdefault(person, [_Stay(stroke.case.home)])
            if stroke.is_leaving:
                _leave(own, stroke, tally)
            else:
                _come(own, stroke, tally, is_death=person == dead)
    return stays


def _leave(own: Sequence[_Stay], stroke: Stroke, tally: Tally) -> None:
    current = next((stay for stay in own if not stay.left), None)
    right = current is not None and current.province == stroke.case.home and not current.is_death
    text = f"{stroke.message.entry.place}: {stroke.case.home} lets go whom it does not have: {_HOMELESS}"
    if tally.check(I1, text, holds=right) and current:
        current.left = stroke


def _come(own: list[_Stay], stroke: Stroke, tally: Tally, *, is_death: bool) -> None:
    gone = all(stay.left for stay in own)
    tally.check(I1, f"{stroke.message.entry.place}: {stroke.case.destination} lands whom another province has", holds=gone)
    own.append(_Stay(stroke.case.destination, came=stroke, is_death=is_death))


def _dead(stroke: Stroke, records: Mapping[str, Sequence[Record]], tally: Tally) -> str:
    """Who of them died: the log says that one did, the register which."""
    place, people = stroke.case.destination, stroke.people
    dead = [one for one in people if any((kept.province, kept.status) == (place, _DECEASED) for kept in records.get(one, ()))]
    text = f"{stroke.message.entry.place}: of {len(people)} who came to {place} one had died, {len(dead)} by its register"
    tally.check(I1, text, holds=not people or len(dead) == 1)
    return dead[0] if dead else next(iter(people), "")


def _most_common_since(records: Sequence[Record]) -> datetime | None:
    counted = Counter(record.since for record in records if record.status == _ACTIVE).most_common(1)
    return counted[0][0] if counted else None


def _check_settled(records: Sequence[Record], beginning: datetime | None, tally: Tally) -> None:
    """Somebody whom no move concerned."""
    if not records:
        tally.check(I1, "a person in the journal has no record anywhere", holds=False)
        return
    active = [record for record in records if record.status == _ACTIVE]
    places = ", ".join(record.place for record in records)
    tally.check(I1, f"{places}: {len(active)} active records of one person", holds=len(active) == 1)
    if len(active) > 1:
        tally.double(records[0].id_number)
    for record in records:
        right = record.status == _ACTIVE and record.since == beginning
        tally.check(I1, f"{record.place}: {record.status} since {record.since:%Y-%m-%d}, and no move in the log says so", holds=right)


def _check_mover(stays: Sequence[_Stay], records: Sequence[Record], beginning: datetime | None, tally: Tally) -> None:
    case = next(stay.newest.message.entry.place for stay in stays if stay.newest)
    active = [record for record in records if record.status == _ACTIVE]
    wanted = sum(stay.status == _ACTIVE for stay in stays)
    if not tally.check(I1, f"{case}: {len(active)} active records, {wanted} by the log", holds=len(active) == wanted) and len(active) > 1:
        tally.double(active[0].id_number)
    for province in sorted({stay.province for stay in stays} | {record.province for record in records}):
        lived = [stay for stay in stays if stay.province == province]
        kept = [record for record in records if record.province == province]
        text = f"{case}: {len(kept)} records in {province}, {len(lived)} stays by the log"
        if not tally.check(I1, text, holds=len(kept) == len(lived)) and len(kept) > len(lived):
            tally.double(kept[0].id_number)
        for stay, record in zip(lived, kept, strict=False):
            stay.record = record
    for stay in stays:
        _check_stay(stay, beginning, tally)
    for earlier, later in pairwise(stay.record for stay in stays if stay.record):
        tally.check(I1, f"{later.place}: begins before {earlier.place} ends", holds=earlier.since <= later.since)


def _check_stay(stay: _Stay, beginning: datetime | None, tally: Tally) -> None:
    record, newest = stay.record, stay.newest
    if record is None:
        if newest:
            tally.lose(newest.message.id)
        return
    if (
        not tally.check(I1, f"{record.place}: {record.status} where the log says {stay.status}", holds=record.status == stay.status)
        and newest
    ):
        tally.lose(newest.message.id)
    right = record.since == (newest.message.entry.business_at if newest else beginning)
    tally.check(I1, f"{record.place}: since {record.since:%Y-%m-%d %H:%M:%S}, which the log does not bear out", holds=right)


def _check_one_person(records: Sequence[Record], tally: Tally) -> None:
    places = ", ".join(record.place for record in records)
    tally.check(I1, f"{places}: one number with two names", holds=len({record.name for record in records}) <= 1)


def _check_beginnings(registers: Mapping[str, Sequence[Record]], stays: Mapping[str, Sequence[_Stay]], tally: Tally) -> None:
    came = Counter(stay.province for own in stays.values() for stay in own if stay.came)
    began = {code: len(records) - came[code] for code, records in registers.items()}
    usual = Counter(began.values()).most_common(1)[0][0]
    for code, number in began.items():
        tally.check(I1, f"registers/{code}.jsonl: {number} residents from the beginning, elsewhere {usual}", holds=number == usual)
