"""I4, at the desks: what a province was shown of a case is what the log knows of it.

A desk tells of cases that its province is a party to, in a state that the case was in; at the person's home it finds a record that was
there; a document that a message names was handed in at its sender's desk, and who asks for it gets what was handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.oracle.verdict import I4

if TYPE_CHECKING:
    from simulator.oracle.facts import Call, Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally

_NOWHERE: Final = ("", "")
_REFUSED: Final = ("closed", "")


def check(run: Run, history: History, tally: Tally) -> None:
    """Compares every answer about a case, and every document."""
    parties = {message.routing.case_id: {message.routing.sender, message.routing.receiver} for message in run.log.messages}
    for call in run.calls:
        if call.is_ok and (call.case_id or "state" in call.answer):
            known = call.province in parties.get(call.case_id, set())
            tally.check(I4, f"{call.place}: {call.province} is no party to such a case", holds=known)
        if call.is_ok and "state" in call.answer:
            _check_shown(call, history, tally)
        if call.is_ok and call.call == "FindResident":
            _check_found(call, run, history, tally)
    _check_documents(run, tally)


def _check_documents(run: Run, tally: Tally) -> None:
    handed_in = {(call.province, call.said("digest")): call.said("content") for call in run.calls if call.call == "PutDocument"}
    named: dict[tuple[bytes, str], str] = {}
    for message in run.log.messages:
        for material in message.header.materials:
            document = message.routing.sender, material.digest.hex()
            tally.check(I4, f"{message.place} names a document that was handed in at no desk", holds=document in handed_in)
            named[message.routing.case_id, document[1]] = handed_in.get(document, "")
    for call in run.calls:
        if call.is_ok and call.call == "GetDocument":
            right = named.get((call.case_id, call.said("digest"))) == call.said("content")
            tally.check(I4, f"{call.place}: was given another document than was handed in", holds=right)


def _check_shown(call: Call, history: History, tally: Tally) -> None:
    """A case is nowhere until its node knows the first step; one that the hub never opened is closed without an ending."""
    states = history.shown.get(call.case_id, {_REFUSED}) | {_NOWHERE}
    state = call.said("state"), call.said("ending")
    tally.check(I4, f"{call.place}: shown as {' '.join(state)}, which it never was", holds=state in states)


def _check_found(call: Call, run: Run, history: History, tally: Tally) -> None:
    """At home the applicant has an active record, or one that a move has ended by now; or none ever."""
    case, people = history.cases.get(call.case_id), run.persons.get(call.case_id)
    if case is None or call.province != case.home:
        return
    kept = {record.status for record in run.registers[case.home] if people and record.id_number == people[0]}
    known = {(1, status) for status in kept | {"active"}} if kept else {(0, "")}
    found = call.answer.get("found"), call.said("status")
    tally.check(I4, f"{call.place}: the register has no such record", holds=found in known)
