"""I3: at most one open transfer a person, at every place in the log.

Who the people of a case are, the log does not tell; the desks did. An application that meets an open case of one of them must have been
refused for that reason, and for that reason only such a one; what was refused holds nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.refusals import PERSON_CLAIMED
from simulator.oracle import rules
from simulator.oracle.facts import Message
from simulator.oracle.verdict import I3

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from simulator.oracle.facts import Call, Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally

_COMMITMENT_BYTES: Final = 32


def check(run: Run, history: History, tally: Tally) -> None:
    """Goes through the log with the open case of each person in hand."""
    holders: dict[str, bytes] = {}
    for turn in history.turns:
        case_id = turn.happening.entry.raw.case_id
        people = run.persons.get(case_id, ())
        if isinstance(turn.happening, Message) and turn.happening.routing.action == rules.APPLY and people:
            _check_application(turn.happening, {holders[person] for person in people if person in holders}, tally)
            if turn.said:
                holders |= dict.fromkeys(people, case_id)
        if turn.after is not None and turn.after.ending:
            for person in people:
                if holders.get(person) == case_id:
                    del holders[person]
    for call in run.calls:
        _check_person(call, run.persons, tally)


def _check_application(message: Message, holders: Collection[bytes], tally: Tally) -> None:
    others = bool(set(holders) - {message.routing.case_id})
    if message.is_accepted:
        tally.check(I3, f"{message.place} opens a second case of a person", holds=not others)
        claims = len(message.header.tag_commitment) == _COMMITMENT_BYTES
        tally.check(I3, f"{message.place} claims nobody", holds=claims)
    elif message.entry.raw.refusal == PERSON_CLAIMED.number:
        tally.check(I3, f"{message.place} is refused for another case of the person, and there is none", holds=others)


def _check_person(call: Call, persons: Mapping[bytes, tuple[str, ...]], tally: Tally) -> None:
    """A case is about the same people, each once, whichever desk tells of it."""
    if call.is_ok and "id_number" in call.answer:
        tally.check(I3, f"{call.place}: tells of other people", holds=call.people == persons.get(call.case_id))
        tally.check(I3, f"{call.place}: tells of a person twice", holds=len(set(call.people)) == len(call.people))
