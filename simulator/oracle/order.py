"""I4: delivered at least once, effective once, in order within the case.

A message has one entry; the steps of a case and the numbers of each of its senders count 1, 2, 3…; a receiver has one receipt, for what
was accepted before and sent to him.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from core.refusals import CASE_UNKNOWN, NOT_A_PARTY
from simulator.oracle.facts import Delivery, Event, Message
from simulator.oracle.verdict import I4

if TYPE_CHECKING:
    from simulator.oracle.facts import Run
    from simulator.oracle.history import History, Turn
    from simulator.oracle.verdict import Tally


class _Order:
    """What was counted so far."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._entries: Counter[bytes] = Counter()
        self._steps: Counter[bytes] = Counter()
        self._numbers: Counter[tuple[bytes, str]] = Counter()
        self._receivers: dict[bytes, set[str]] = {}
        self._delivered: set[tuple[bytes, str]] = set()

    def message(self, turn: Turn, message: Message) -> None:
        self._once(message)
        if message.is_accepted:
            self._step(message)
            self._receivers[message.id] = {message.routing.receiver}
        without = turn.before is None and not message.is_accepted
        if not without and message.entry.raw.refusal not in {CASE_UNKNOWN.number, NOT_A_PARTY.number}:
            self._number(message)

    def event(self, turn: Turn, event: Event) -> None:
        self._once(event)
        self._step(event)
        self._receivers[event.entry.raw.message_id] = {turn.before.home, turn.before.destination} if turn.before else set()

    def delivery(self, delivery: Delivery) -> None:
        entry, receiver = delivery.entry, delivery.receipt.receiver
        to = self._receivers.get(entry.raw.message_id, set())
        self._tally.check(I4, f"{entry.place}: a receipt of {receiver} for what was not sent there", holds=receiver in to)
        key = entry.raw.message_id, receiver
        self._tally.check(I4, f"{entry.place}: a second receipt of {receiver}", holds=key not in self._delivered)
        self._delivered.add(key)

    def _once(self, what: Message | Event) -> None:
        message_id = what.entry.raw.message_id
        self._entries[message_id] += 1
        if not self._tally.check(I4, f"{what.entry.place}: a second entry of one message", holds=self._entries[message_id] == 1):
            self._tally.double(message_id)

    def _step(self, what: Message | Event) -> None:
        raw = what.entry.raw
        self._steps[raw.case_id] += 1
        expected = self._steps[raw.case_id]
        self._tally.check(I4, f"{what.entry.place}: step {raw.step} where {expected} is next", holds=raw.step == expected)

    def _number(self, message: Message) -> None:
        key = message.routing.case_id, message.routing.sender
        self._numbers[key] += 1
        text = f"{message.place} has number {message.header.case_seq} where {self._numbers[key]} is next"
        self._tally.check(I4, text, holds=message.header.case_seq == self._numbers[key])


def check(_run: Run, history: History, tally: Tally) -> None:
    """Counts through the log."""
    order = _Order(tally)
    for turn in history.turns:
        if isinstance(turn.happening, Message):
            order.message(turn, turn.happening)
        elif isinstance(turn.happening, Event):
            order.event(turn, turn.happening)
        else:
            order.delivery(turn.happening)
