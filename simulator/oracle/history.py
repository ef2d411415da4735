"""What happened to each case, in the order of the log: the case before and after every happening, by the oracle's own rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.oracle import rules
from simulator.oracle.facts import Artefact, Delivery, Event, Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.oracle.case import Case
    from simulator.oracle.facts import Happening, Log

    People = Mapping[bytes, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One happening of a case.

    Attributes:
        happening: the message, receipt or event.
        before: the case before it, None when there was none.
        objection: what stands against a message by the rules; empty when nothing does.
        after: the case after it.
    """

    happening: Message | Delivery | Event
    before: Case | None
    objection: str
    after: Case | None

    @property
    def said(self) -> Message | None:
        """The message, when it was accepted."""
        return self.happening if isinstance(self.happening, Message) and self.happening.is_accepted else None


@dataclass(slots=True)
class Stroke:
    """An accepted act that cannot be undone.

    Attributes:
        message: that announced it.
        people: citizen numbers of everybody who moves; none when no desk told them.
        case: after the act was accepted.
        entered: the message that says that the register has it.
        annulled: the case was ended because the register could not do it.
    """

    message: Message
    people: tuple[str, ...]
    case: Case
    entered: Message | None = None
    annulled: bool = False

    @property
    def is_leaving(self) -> bool:
        """Whether they leave; else they come."""
        return self.message.routing.action == rules.DEREGISTER

    @property
    def is_death(self) -> bool:
        """Whether one of them died on the way: he comes and is gone."""
        return self.message.routing.action == rules.LAND and self.message.header.reason_class == rules.DECEASED


@dataclass(slots=True)
class History:
    """Every turn, and what follows from them.

    Attributes:
        turns: in the order of the log.
        cases: each case at the end.
        shown: states of each case, with its ending, as a desk may show them.
        strokes: acts by message id, in the order of their acceptance.
        entered: acts in the order in which the registers took them.
    """

    turns: list[Turn] = field(default_factory=list)
    cases: dict[bytes, Case] = field(default_factory=dict)
    shown: dict[bytes, set[tuple[str, str]]] = field(default_factory=dict)
    strokes: dict[bytes, Stroke] = field(default_factory=dict)
    entered: list[Stroke] = field(default_factory=list)


def replay(log: Log, persons: People) -> History:
    """Goes through the log. What the hub accepted counts, whether it was right or not; a turn tells what stood against it."""
    history = History()
    for happening in log.happenings:
        if not isinstance(happening, Artefact):
            _take(history, happening, persons)
    return history


def _take(history: History, happening: Happening, persons: People) -> None:
    if isinstance(happening, Artefact):
        return
    case_id = happening.entry.raw.case_id
    before = history.cases.get(case_id)
    objection = rules.objection(before, happening) if isinstance(happening, Message) else ""
    after = _after(before, happening)
    turn = Turn(happening, before, objection, after)
    history.turns.append(turn)
    if after is not None:
        history.cases[case_id] = after
        history.shown.setdefault(case_id, set()).add((after.word, after.ending))
    if turn.said and after is not None:
        _note_stroke(history, turn.said, after, persons.get(case_id, ()))


def _after(case: Case | None, happening: Message | Delivery | Event) -> Case | None:
    if isinstance(happening, Message):
        return rules.after(case, happening) if happening.is_accepted else case
    return rules.told(case, happening.event) if case is not None and isinstance(happening, Event) else case


def _note_stroke(history: History, message: Message, case: Case, people: tuple[str, ...]) -> None:
    action = message.routing.action
    if action in rules.IRREVERSIBLE:
        history.strokes[message.id] = Stroke(message, people, case)
        return
    stroke = history.strokes.get(message.header.concerns if action == rules.ENTERED else case.pending)
    if stroke is None:
        return
    if action == rules.ENTERED and stroke.entered is None:
        stroke.entered = message
        history.entered.append(stroke)
    stroke.annulled |= action == rules.ANNUL
