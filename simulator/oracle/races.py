"""I2: acts that cannot be undone run in strokes, and the order of the log is the only judge of a race.

An act is accepted before it is `entered`, landing waits for the entered deregistration, either the deregistration or one of the ways out
wins a case, and a register shows exactly the changes that were entered. Who holds which record, person by person, is I1.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from simulator.oracle import rules
from simulator.oracle.verdict import I2

if TYPE_CHECKING:
    from simulator.oracle.facts import Message, Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally

_RIVALS: Final = frozenset({rules.DEREGISTER, rules.WITHDRAW, rules.REVOKE, rules.REFUSE, rules.TO_PAPER})
_OF_STROKES: Final = rules.IRREVERSIBLE | rules.OF_THE_REGISTER | {rules.ANNUL}


def check(run: Run, history: History, tally: Tally) -> None:
    """Looks at every act, every race and every register."""
    for turn in history.turns:
        if turn.said and turn.said.routing.action in _OF_STROKES:
            tally.check(I2, f"{turn.said.place} {turn.objection}", holds=not turn.objection)
    _check_entered(run.log.messages, tally)
    _check_races(run.log.messages, history, tally)
    _check_registers(run, history, tally)


def _check_entered(messages: list[Message], tally: Tally) -> None:
    """Each act is entered at most once, by who announced it."""
    doers: dict[bytes, str] = {}
    settled: set[bytes] = set()
    for message in messages:
        concerns = message.header.concerns
        if message.is_accepted and message.routing.action in rules.IRREVERSIBLE:
            doers[message.id] = message.routing.sender
        if message.is_accepted and message.routing.action == rules.ENTERED:
            right = doers.get(concerns) == message.routing.sender and concerns not in settled
            tally.check(I2, f"{message.place} enters what this side did not announce, or entered already", holds=right)
            if concerns in settled:
                tally.double(concerns)
            settled.add(concerns)


def _check_races(messages: list[Message], history: History, tally: Tally) -> None:
    rivals: dict[bytes, list[Message]] = {}
    for message in messages:
        if message.routing.action in _RIVALS:
            rivals.setdefault(message.routing.case_id, []).append(message)
    for case_id, said in rivals.items():
        case = history.cases.get(case_id)
        by_clock = case is not None and case.ending in rules.ENDED_BY_THE_CLOCK.values()
        winners = sum(message.is_accepted for message in said) + by_clock
        decided = len(said) > 1 and case is not None and not case.is_revocable
        text = f"{said[0].place}: {winners} of {len(said)} that exclude each other were accepted"
        tally.check(I2, text, holds=winners == 1 if decided else winners <= 1)


def _check_registers(run: Run, history: History, tally: Tally) -> None:
    left = Counter(stroke.case.home for stroke in history.entered if stroke.is_leaving for _ in stroke.people)
    dead = Counter(stroke.case.destination for stroke in history.entered if stroke.is_death)
    for code, records in run.registers.items():
        moved = sum(record.status == "moved-out" for record in records)
        text = f"registers/{code}.jsonl: {moved} records moved out, {left[code]} people deregistered by the log"
        tally.check(I2, text, holds=moved == left[code])
        died = sum(record.status == "deceased" for record in records)
        text = f"registers/{code}.jsonl: {died} records of dead, {dead[code]} landings of dead entered in the log"
        tally.check(I2, text, holds=died == dead[code])
