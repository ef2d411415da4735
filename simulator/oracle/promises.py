"""I5: nothing that a desk promised, and nothing that the hub accepted, is lost; and nothing is in the log that no desk was asked for.

A call answered OK is a promise: it must end in an accepted or a refused message, what was accepted must have been delivered, and what
cannot be undone must have been done. A repeat under the same request id is the same promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.oracle import rules
from simulator.oracle.facts import Delivery, case_name
from simulator.oracle.verdict import I5

if TYPE_CHECKING:
    from simulator.oracle.facts import Call, Message, Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally

_OPEN, _DECIDE = "OpenCase", "Decide"


def check(run: Run, history: History, tally: Tally) -> None:
    """Matches journal and log, both ways, then follows what was accepted."""
    messages = run.log.messages
    opened = {message.routing.case_id: message for message in messages if message.routing.action == rules.APPLY}
    decided = {message.id: message for message in messages if message.routing.action != rules.APPLY}
    asked: set[bytes] = set()
    requests: dict[str, bytes] = {}
    for call in run.calls:
        if not call.is_ok or call.call not in {_OPEN, _DECIDE}:
            continue
        promised = call.case_id if call.call == _OPEN else call.identity("message_id")
        text = f"{call.place}: one request with two answers"
        tally.check(I5, text, holds=requests.setdefault(call.request_id, promised) == promised)
        message = (opened if call.call == _OPEN else decided).get(promised)
        _check_promise(call, message, tally)
        if message:
            asked.add(message.id)
    _check_one_request(requests, tally)
    for message in messages:
        by_desk = message.routing.action not in rules.BY_THE_NODE
        if by_desk:
            tally.check(I5, f"{message.place} was asked for at no desk", holds=message.id in asked)
    _check_delivered(run, tally)
    _check_done(history, tally)


def _check_promise(call: Call, message: Message | None, tally: Tally) -> None:
    key = call.identity("message_id") or call.case_id or call.request_id
    if not tally.check(I5, f"{call.place}: promised by {call.province} and not in the log", holds=message is not None):
        tally.lose(key)
    if message is None:
        return
    routing = message.routing
    action = call.said("action") if call.call == _DECIDE else rules.APPLY
    right = (call.province, call.case_id, action) == (routing.sender, routing.case_id, routing.action)
    tally.check(I5, f"{call.place}: the log has {routing.action} of {routing.sender} in {case_name(routing.case_id)}", holds=right)


def _check_one_request(requests: dict[str, bytes], tally: Tally) -> None:
    answers = list(requests.values())
    tally.check(I5, "journal.jsonl: two requests with one message", holds=len(answers) == len(set(answers)))


def _check_delivered(run: Run, tally: Tally) -> None:
    delivered = {(one.entry.raw.message_id, one.receipt.receiver) for one in run.log.happenings if isinstance(one, Delivery)}
    for message in run.log.messages:
        if message.is_accepted:
            arrived = (message.id, message.routing.receiver) in delivered
            if not tally.check(I5, f"{message.place} never reached {message.routing.receiver}", holds=arrived):
                tally.lose(message.id)


def _check_done(history: History, tally: Tally) -> None:
    for stroke in history.strokes.values():
        done = stroke.entered is not None or stroke.annulled
        if not tally.check(I5, f"{stroke.message.place} was accepted and never entered", holds=done):
            tally.lose(stroke.message.id)
