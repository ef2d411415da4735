"""The procedures as data: what every one of them must have, whatever service it is."""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pool

from core.policy import Policy
from core.procedures import PROCEDURES
from core.procedures.model import CLOSED, RESEAL, Procedure
from core.refusals import BAD_FIELD, Refused
from core.rules import POLICY, shipped_rules
from core.values import canonical, digest, parse
from tests.core.messages import BOOK
from yrdx.v1 import household_transfer_pb2  # noqa: F401 - registers the payload messages

ALL = pytest.mark.parametrize("procedure", PROCEDURES.values(), ids=list(PROCEDURES))


def reachable(procedure: Procedure) -> set[str]:
    seen, todo = set(), [procedure.states[0].name]
    returns = [arrow.at for arrow in procedure.transitions if arrow.action == "return"]
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        for arrow in procedure.transitions:
            if arrow.at == state:
                todo += [arrow.to] if arrow.to else returns
    return seen


@ALL
def test_every_state_is_reachable_and_can_end(procedure: Procedure) -> None:
    names = {state.name for state in procedure.states}
    assert reachable(procedure) == names
    for state in names - {CLOSED}:
        assert any(arrow.at == state for arrow in procedure.transitions), state


@ALL
def test_every_open_state_has_an_owner_a_ball_holder_and_a_running_limit(procedure: Procedure) -> None:
    started_on_entry = {
        (arrow.to, deadline.name)
        for arrow in procedure.transitions
        for deadline in procedure.deadlines
        if arrow.action in deadline.started_by and not deadline.from_receipt and arrow.to in deadline.runs_in
    }
    for state in procedure.states:
        if state.name in (CLOSED, procedure.states[0].name):
            continue
        assert state.owner in procedure.roles
        assert state.ball in procedure.roles
        kept = {d.name for d in procedure.deadlines if state.name in d.runs_in and not d.from_receipt}
        assert kept, f"no limit runs in {state.name}"
        entering = [arrow for arrow in procedure.transitions if arrow.to == state.name]
        for arrow in entering:
            carried = {d.name for d in procedure.deadlines if arrow.at in d.runs_in and state.name in d.runs_in and not d.from_receipt}
            fresh = {name for to, name in started_on_entry if to == state.name}
            assert carried | fresh, f"{arrow.action} enters {state.name} without a clock"


@ALL
def test_transitions_name_what_exists(procedure: Procedure) -> None:
    states = {state.name for state in procedure.states} | {""}
    deadlines = {deadline.name for deadline in procedure.deadlines} | {""}
    for arrow in procedure.transitions:
        assert procedure.action(arrow.action)
        assert arrow.by in procedure.roles
        assert {arrow.at, arrow.to} <= states
        assert {arrow.needs_running, arrow.needs_passed} <= deadlines
        assert bool(arrow.ending) == (arrow.to == CLOSED and arrow.action != "entered")


@ALL
def test_one_party_at_most_takes_an_action_to_one_place(procedure: Procedure) -> None:
    keys = [(arrow.action, arrow.by, arrow.at, arrow.reason) for arrow in procedure.transitions]
    assert len(keys) == len(set(keys))


@ALL
def test_what_follows_an_irreversible_action_waits_for_its_entered(procedure: Procedure) -> None:
    for arrow in procedure.transitions:
        action = procedure.action(arrow.action)
        assert action
        if not action.irreversible:
            continue
        leaving = {other.action for other in procedure.transitions if other.at == arrow.to}
        assert leaving == {"entered", "execution-failed"}


@ALL
def test_every_case_that_ends_by_entered_was_destined_to_an_ending(procedure: Procedure) -> None:
    closing = {arrow.at for arrow in procedure.transitions if arrow.action == "entered" and arrow.to == CLOSED}
    failing = {arrow.to: arrow.at for arrow in procedure.transitions if arrow.action == "execution-failed"}
    for state in closing:
        begun = failing.get(state, state)
        assert all(arrow.destines for arrow in procedure.transitions if arrow.to == begun)


@ALL
def test_payloads_are_messages_and_limits_stand_in_the_policy(procedure: Procedure) -> None:
    for action in procedure.actions:
        if action.name == RESEAL:
            continue  # the payload of whatever it brings again
        assert descriptor_pool.Default().FindMessageTypeByName(action.payload).full_name == action.payload
    for policy in BOOK.policies.values():
        assert {deadline.name for deadline in procedure.deadlines} <= set(policy.limits)
        assert set(policy.key_materials) | set(policy.deferrable_materials) == set(procedure.materials)


@ALL
def test_the_logged_bytes_give_the_same_procedure_back(procedure: Procedure) -> None:
    again = parse(canonical(procedure), Procedure)
    assert again == procedure
    assert digest(again) == digest(procedure)


def test_garbage_rules_are_refused_by_number() -> None:
    for data in (b"", b"{}", b"[1]", b"\xff", canonical(next(iter(PROCEDURES.values()))).replace(b"states", b"stages")):
        with pytest.raises(Refused) as caught:
            parse(data, Procedure)
        assert caught.value.kind is BAD_FIELD
    artefact = next(data for kind, data in shipped_rules().artefacts if kind == POLICY)
    assert parse(artefact, Policy).limits["permit-validity"].days == 40
