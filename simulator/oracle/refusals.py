"""I9: what was refused changed nothing, what was accepted was in order, and what was in order was not refused.

A refused message has no step, no effect and is delivered to nobody; the case goes on as if it had never come. A call that its desk
refused for good has no message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.refusals import BY_NUMBER, PERSON_CLAIMED
from simulator.oracle.facts import Delivery, Message
from simulator.oracle.verdict import I9

if TYPE_CHECKING:
    from simulator.oracle.facts import Run
    from simulator.oracle.history import History, Turn
    from simulator.oracle.verdict import Tally

_OF_PROCEDURE: Final = range(4001, 5000)


def check(run: Run, history: History, tally: Tally) -> None:
    """Looks at every message, and at every call that was refused."""
    for turn in history.turns:
        if turn.said:
            tally.check(I9, f"{turn.said.place} {turn.objection}", holds=not turn.objection)
        elif isinstance(turn.happening, Message):
            _check_refused(turn, turn.happening, tally)
    _check_silent(run, tally)
    _check_calls(run, tally)


def _check_refused(turn: Turn, message: Message, tally: Tally) -> None:
    number = message.entry.raw.refusal
    tally.check(I9, f"{message.place} is refused for {number}, which is no reason of a procedure", holds=number in _OF_PROCEDURE)
    reason = bool(turn.objection) or number == PERSON_CLAIMED.number  # whether the person was claimed is I3
    tally.check(I9, f"{message.place} is refused for {number}, and nothing stands against it", holds=reason)
    tally.check(I9, f"{message.place} is refused and has step {message.entry.raw.step}", holds=not message.entry.raw.step)


def _check_silent(run: Run, tally: Tally) -> None:
    refused = {message.id for message in run.log.messages if not message.is_accepted}
    accepted = {message.id for message in run.log.messages if message.is_accepted}
    told = {one.entry.raw.message_id for one in run.log.happenings if isinstance(one, Delivery)}
    for message in run.log.messages:
        if not message.is_accepted:
            tally.check(I9, f"{message.place} is refused and accepted", holds=message.id not in accepted)
            tally.check(I9, f"{message.place} is refused and was delivered", holds=message.id not in told & refused)


def _check_calls(run: Run, tally: Tally) -> None:
    """A final no is the last word on its request."""
    refused: dict[str, int] = {}
    for call in run.calls:
        if not call.request_id:
            continue
        tally.check(I9, f"{call.place}: the desk had said no to this request", holds=call.request_id not in refused)
        number = call.answer.get("number", 0)
        kind = BY_NUMBER.get(number) if isinstance(number, int) else None
        if not call.is_ok and kind is not None and not kind.retriable:
            refused[call.request_id] = call.line
