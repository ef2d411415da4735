"""I8: limits follow the working days; the clock speaks when a limit has passed and not before, and nothing overtakes it.

Business time never goes back. Whether somebody acted in time is not judged: a limit that passes is told, it decides nothing but the
validity of a permit and the time for a correction.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simulator.oracle.facts import Delivery, Event, Message, case_name
from simulator.oracle.limits import Limits
from simulator.oracle.policies import Policies
from simulator.oracle.timetable import Timetable, Unknown
from simulator.oracle.verdict import I8

if TYPE_CHECKING:
    from simulator.oracle.facts import Log, Run
    from simulator.oracle.history import History, Turn
    from simulator.oracle.verdict import Tally


class _Clock:
    """The limits of every case, as far as the log goes."""

    def __init__(self, log: Log, tally: Tally) -> None:
        self._log, self._tally = log, tally
        self._policies = Policies(log)
        self._limits: dict[bytes, Limits | None] = {}
        self._actions: dict[bytes, str] = {}
        self._warned: set[tuple[bytes, str]] = set()

    def turn(self, turn: Turn) -> None:
        """Takes a happening.

        Raises:
            Unknown: a limit starts whose end cannot be told.
        """
        limits = self._of_case(turn)
        if limits is None or turn.after is None:
            return
        at = turn.happening.entry.business_at
        if turn.said:
            if turn.before is None:
                holds = self._policies.fits(turn.said)
                self._tally.check(I8, f"{turn.said.place} opens under another policy than its province's", holds=holds)
            self._check_overtaken(turn.said, limits, at)
            self._actions[turn.said.id] = turn.said.routing.action
            limits.said(turn.after, turn.said.routing.action, at)
        elif isinstance(turn.happening, Delivery):
            message_id = turn.happening.entry.raw.message_id
            limits.received(turn.after, self._actions.get(message_id, ""), message_id, at)
        elif isinstance(turn.happening, Event):
            self._check_event(turn.happening, limits, at)

    def _of_case(self, turn: Turn) -> Limits | None:
        """The limits of the case; None when its calendar or policy is not in the log."""
        case_id = turn.happening.entry.raw.case_id
        if case_id not in self._limits and turn.after is not None:
            _, calendar, policy = turn.after.rules
            timetable = Timetable.read(self._log.objects.get(calendar, b""), self._policies.text(policy))
            self._tally.check(I8, f"{case_name(case_id)}: its calendar or policy is not in the log", holds=timetable is not None)
            self._limits[case_id] = Limits(timetable) if timetable else None
        return self._limits.get(case_id)

    def _check_overtaken(self, message: Message, limits: Limits, at: datetime) -> None:
        late = ", ".join(limits.overtaken(at))
        self._tally.check(I8, f"{message.place} overtakes what the clock had to say: {late}", holds=not late)

    def _check_event(self, event: Event, limits: Limits, at: datetime) -> None:
        due_at = _moment(event)
        place = event.entry.place
        self._tally.check(I8, f"{place}: the clock speaks before its time", holds=due_at is not None and due_at <= at)
        wrong = limits.told(event.event, due_at) if due_at else "has no time"
        self._tally.check(I8, f"{place} {wrong}", holds=not wrong)


def check(run: Run, history: History, tally: Tally) -> None:
    """Lets the clock run along the log."""
    clock, last = _Clock(run.log, tally), datetime.min.replace(tzinfo=UTC)
    for turn in history.turns:
        entry = turn.happening.entry
        tally.check(I8, f"{entry.place}: business time goes back", holds=entry.business_at >= last)
        last = entry.business_at
        try:
            clock.turn(turn)
        except Unknown as unknown:
            tally.check(I8, f"{entry.place}: starts a limit that nobody can count: {unknown}", holds=False)


def _moment(event: Event) -> datetime | None:
    try:
        return event.event.due_at.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return None
