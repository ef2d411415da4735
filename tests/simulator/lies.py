"""Parties that misbehave: the log is signed and whole, and still not right. `LIES` tells which invariant each lie breaks."""

from __future__ import annotations

from collections.abc import Callable

from core.refusals import OUT_OF_PROCEDURE, PERSON_CLAIMED
from tests.simulator.clock_lies import (
    at_another_time,
    before_its_time,
    does_not_lapse,
    ends_by_the_wrong_limit,
    false_trust_list,
    key_expired,
    no_basis,
    no_calendar,
    no_officer,
    no_such_limit,
    no_year,
    old_trust_list,
    other_receipt,
    person_in_a_header,
    receipt_of_another,
    short_unit,
    signed_by_another,
    stands_still,
    the_clock_was_silent,
    time_goes_back,
    unit_of_another_province,
)
from tests.simulator.lies_told import accepted, case
from tests.simulator.run_folder import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, RunFolder
from yrdx.v1 import envelope_pb2

Lie = Callable[[RunFolder], object]


def landing_too_early(run: RunFolder) -> None:
    case_id = case(run, "permit")
    run.decide(case_id, "deregister")
    accepted(run, case_id, "land", ZHEJIANG)


def two_winners(run: RunFolder) -> None:
    case_id = case(run, "permit", "deregister")
    accepted(run, case_id, "revoke", ZHEJIANG)


def deregistration_after_the_end(run: RunFolder) -> None:
    accepted(run, case(run, "permit", "revoke"), "deregister", SHANGHAI)


def entered_by_the_other(run: RunFolder) -> None:
    case_id = case(run, "permit")
    act = run.decide(case_id, "deregister")
    accepted(run, case_id, "entered", ZHEJIANG, concerns=act)


def entered_again(run: RunFolder) -> None:
    case_id = case(run, "permit")
    act = run.decide(case_id, "deregister")
    run.enter(case_id, "deregister")
    accepted(run, case_id, "entered", SHANGHAI, concerns=act)


def never_entered(run: RunFolder) -> None:
    run.decide(case(run, "permit"), "deregister")


def register_without_entered(run: RunFolder) -> None:
    run.registers[SHANGHAI][0]["status"] = "moved-out"


def second_case(run: RunFolder) -> None:
    case_id = case(run)
    del run._open[run.persons[case_id]]
    run.apply(SHANGHAI, ANHUI, run.persons[case_id])


def claimed_by_nobody(run: RunFolder) -> None:
    run._open[run.people[SHANGHAI][0]] = b""
    run.apply(SHANGHAI, ANHUI, run.people[SHANGHAI][0])


def claims_nobody(run: RunFolder) -> None:
    run.apply(SHANGHAI, ANHUI, tag_commitment=b"")


def two_entries(run: RunFolder) -> None:
    case_id = case(run)
    message = run.log.message(case_id, "permit", ZHEJIANG, SHANGHAI)
    run.log.accept(message)
    run.log.accept(message, judged=False, step=3)
    run.log.deliver(message.routing.message_id)


def gap_in_the_steps(run: RunFolder) -> None:
    case_id = case(run)
    run.log.accept(run.log.message(case_id, "permit", ZHEJIANG, SHANGHAI), judged=False, step=3)


def gap_in_the_numbers(run: RunFolder) -> None:
    accepted(run, case(run), "permit", ZHEJIANG, case_seq=3)


def delivered_twice(run: RunFolder) -> None:
    run.log.deliver(run.decide(case(run), "permit"))


def delivered_to_a_stranger(run: RunFolder) -> None:
    run.log.deliver(run.decide(case(run), "permit"), receiver=JIANGSU)


def never_delivered(run: RunFolder) -> None:
    run.decide(case(run), "permit", deliver=False)


def said_by_nobody(run: RunFolder) -> None:
    run.say(case(run), "permit", ZHEJIANG)


def refused_and_delivered(run: RunFolder) -> None:
    run.log.deliver(run.decide(case(run), "land"))


def refused_without_reason(run: RunFolder) -> None:
    run.log.refuse(run.log.message(case(run), "permit", ZHEJIANG, SHANGHAI), OUT_OF_PROCEDURE.number)


def refused_for_a_form(run: RunFolder) -> None:
    run.log.refuse(run.log.message(case(run), "land", ZHEJIANG, SHANGHAI), 1005)


def refused_and_accepted(run: RunFolder) -> None:
    case_id = case(run)
    message = run.log.message(case_id, "permit", ZHEJIANG, SHANGHAI)
    run.log.refuse(message, PERSON_CLAIMED.number)
    run.log.accept(message, judged=False, step=2)


def permitted_by_home(run: RunFolder) -> None:
    accepted(run, case(run), "permit", SHANGHAI)


def no_such_case(run: RunFolder) -> None:
    run.log.accept(run.log.message(run.log.new_id(), "permit", ZHEJIANG, SHANGHAI), judged=False, step=1)


def without_reason(run: RunFolder) -> None:
    accepted(run, case(run), "refuse", ZHEJIANG, reason_class=0)


def with_a_key_material_open(run: RunFolder) -> None:
    accepted(run, case(run, "permit"), "deregister", SHANGHAI, open_key_materials=1)


def owed_since_the_application(run: RunFolder) -> None:
    case_id = run.apply(SHANGHAI, ZHEJIANG, open_key_materials=1)
    run.decide(case_id, "permit")
    accepted(run, case_id, "deregister", SHANGHAI)


def while_it_enquires(run: RunFolder) -> None:
    case_id = case(run, "permit")
    run.decide(case_id, "pause", SHANGHAI)
    accepted(run, case_id, "deregister", SHANGHAI)


def not_missed_yet(run: RunFolder) -> None:
    accepted(run, case(run, "permit", "deregister"), "land", ZHEJIANG, reason_class=envelope_pb2.REASON_CLASS_NO_SHOW)


def buried_alive(run: RunFolder) -> None:
    case_id = case(run, "permit", "deregister", "land")
    next(line for line in run.registers[ZHEJIANG] if line["id_number"] == run.persons[case_id])["status"] = "deceased"


def dead_and_active(run: RunFolder) -> None:
    case_id = case(run, "permit", "deregister")
    run.carry_out(case_id, "land", reason_class=envelope_pb2.REASON_CLASS_DECEASED)
    run.registers[ZHEJIANG][-1]["status"] = "active"


def dead_and_moves(run: RunFolder) -> None:
    case_id = case(run, "permit", "deregister")
    run.carry_out(case_id, "land", reason_class=envelope_pb2.REASON_CLASS_DECEASED)
    back = run.apply(ZHEJIANG, SHANGHAI, run.persons[case_id])
    run.decide(back, "permit")
    run.decide(back, "deregister")
    run.say(back, "entered", ZHEJIANG)


def while_content_cannot_be_used(run: RunFolder) -> None:
    case_id = run.apply(SHANGHAI, ZHEJIANG)
    permit = run.decide(case_id, "permit")
    run.say(case_id, "content-refused", SHANGHAI, concerns=permit)
    accepted(run, case_id, "deregister", SHANGHAI)


def finds_fault_with_its_own(run: RunFolder) -> None:
    case_id = run.apply(SHANGHAI, ZHEJIANG)
    accepted(run, case_id, "content-refused", ZHEJIANG, concerns=run.decide(case_id, "permit"))


def seals_something_else(run: RunFolder) -> None:
    case_id = run.apply(SHANGHAI, ZHEJIANG)
    permit = run.decide(case_id, "permit")
    run.say(case_id, "content-refused", SHANGHAI, concerns=permit)
    accepted(run, case_id, "reseal", ZHEJIANG, supersedes=permit, plaintext_commitment=b"x" * 32)


def other_rules(run: RunFolder) -> None:
    accepted(run, case(run), "permit", ZHEJIANG, policy_digest=b"p" * 32)


def leaves_where_he_does_not_live(run: RunFolder) -> None:
    case_id = run.apply(JIANGSU, ZHEJIANG, run.people[SHANGHAI][0])
    run.decide(case_id, "permit")
    run.decide(case_id, "deregister")
    run.registers[JIANGSU][0]["status"] = "moved-out"
    run.say(case_id, "entered", JIANGSU)


LIES: dict[str, tuple[Lie, ...]] = {
    "I1": (register_without_entered, leaves_where_he_does_not_live, buried_alive, dead_and_active, dead_and_moves),
    "I2": (
        landing_too_early,
        two_winners,
        deregistration_after_the_end,
        entered_by_the_other,
        entered_again,
        register_without_entered,
        with_a_key_material_open,
        owed_since_the_application,
        while_it_enquires,
        while_content_cannot_be_used,
        not_missed_yet,
        buried_alive,
    ),
    "I3": (second_case, claimed_by_nobody, claims_nobody),
    "I4": (two_entries, gap_in_the_steps, gap_in_the_numbers, delivered_twice, delivered_to_a_stranger),
    "I5": (never_delivered, never_entered, said_by_nobody),
    "I6": (person_in_a_header,),
    "I7": (
        no_officer,
        no_basis,
        unit_of_another_province,
        short_unit,
        signed_by_another,
        receipt_of_another,
        other_receipt,
        key_expired,
        old_trust_list,
        false_trust_list,
    ),
    "I8": (
        before_its_time,
        at_another_time,
        no_such_limit,
        ends_by_the_wrong_limit,
        stands_still,
        does_not_lapse,
        the_clock_was_silent,
        time_goes_back,
        no_calendar,
        no_year,
    ),
    "I9": (
        refused_and_delivered,
        refused_without_reason,
        refused_for_a_form,
        refused_and_accepted,
        permitted_by_home,
        no_such_case,
        without_reason,
        finds_fault_with_its_own,
        seals_something_else,
        other_rules,
    ),
}
