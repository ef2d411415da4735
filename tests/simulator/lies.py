"""Parties that misbehave: the log is signed and whole, and still not right. `LIES` tells which invariant each lie breaks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core.entries import TRUST_LIST
from core.envelope import sha256
from core.receipts import timestamp
from core.refusals import OUT_OF_PROCEDURE, PERSON_CLAIMED
from tests.simulator.run_folder import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, RunFolder
from tests.support.trust import BEGINNING
from yrdx.v1 import envelope_pb2, receipt_pb2

Lie = Callable[[RunFolder], object]


def case(run: RunFolder, *actions: str) -> bytes:
    """A move from Shanghai to Zhejiang up to here."""
    case_id = run.apply(SHANGHAI, ZHEJIANG)
    for action in actions:
        (run.carry_out if action in {"deregister", "land"} else run.decide)(case_id, action)
    return case_id


def accepted(run: RunFolder, case_id: bytes, action: str, sender: str, **header: Any) -> bytes:
    """The hub accepts what nobody asked the procedure about."""
    receiver = next(code for code in (SHANGHAI, ZHEJIANG) if code != sender)
    before = run.log.cases[case_id]
    message_id = run.log.accept(run.log.message(case_id, action, sender, receiver, **header), judged=False, step=before.step + 1)
    run.log.deliver(message_id)
    return message_id


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


def event(run: RunFolder, case_id: bytes, days: int, **fields: Any) -> None:
    """The hub says that the review is due in so many days."""
    due_at = timestamp(run.log.business_at + timedelta(days=days))
    said = {"event_id": run.log.new_id(), "kind": receipt_pb2.DUE_KIND_OVERDUE, "deadline": "review", "cycle": 1, **fields}
    made = receipt_pb2.DueEvent(format=1, case_id=case_id, service="household-transfer", due_at=due_at, step=2, **said)
    made.business_at.CopyFrom(timestamp(run.log.business_at))
    run.log.append_due(made.SerializeToString(deterministic=True), made)


def before_its_time(run: RunFolder) -> None:
    event(run, case(run), days=3)


def at_another_time(run: RunFolder) -> None:
    case_id = case(run)
    run.log.wait(days=60)
    event(run, case_id, days=-1)


def no_such_limit(run: RunFolder) -> None:
    event(run, case(run), days=0, deadline="landing")


def ends_by_the_wrong_limit(run: RunFolder) -> None:
    case_id = case(run)
    run.log.wait(days=60)
    event(run, case_id, days=0, kind=receipt_pb2.DUE_KIND_EXPIRED)


def stands_still(run: RunFolder) -> None:
    case_id = case(run)
    run.decide(case_id, "pause", ZHEJIANG)
    run.log.wait(days=60)
    event(run, case_id, days=0)


def does_not_lapse(run: RunFolder) -> None:
    case_id = case(run, "return")
    run.log.wait(days=60)
    event(run, case_id, days=0, deadline="correction")


def the_clock_was_silent(run: RunFolder) -> None:
    case_id = case(run)
    run.log.wait(days=60)
    run.decide(case_id, "permit")


def time_goes_back(run: RunFolder) -> None:
    case_id = case(run)
    run.log.business_at -= timedelta(hours=1)
    run.decide(case_id, "permit")


def no_calendar(run: RunFolder) -> None:
    message = run.log.message(run.log.new_id(), "apply", ZHEJIANG, SHANGHAI, calendar_digest=b"c" * 32)
    run.log.accept(message, judged=False, step=1)


def no_year(run: RunFolder) -> None:
    run.log.wait(days=340)
    run.log.accept(run.log.message(run.log.new_id(), "apply", ZHEJIANG, SHANGHAI), judged=False, step=1)


def person_in_a_header(run: RunFolder) -> None:
    run.apply(SHANGHAI, ANHUI, legal_basis=run.people[SHANGHAI][0].lower())


def malformed(run: RunFolder, *, unit: str = "", **fields: Any) -> None:
    """A permit whose header no hub should have taken."""
    message = run.log.message(case(run), "permit", ZHEJIANG, SHANGHAI)
    message.routing.unit = unit or message.routing.unit
    header = envelope_pb2.Header.FromString(message.header_bytes)
    header.routing = message.routing.SerializeToString()
    for name, value in fields.items():
        setattr(header, name, value)
    data = header.SerializeToString(deterministic=True)
    run.log.accept(dataclasses.replace(message, header_bytes=data, digest=sha256(data)))


def no_officer(run: RunFolder) -> None:
    malformed(run, officer_reference=b"")


def no_basis(run: RunFolder) -> None:
    malformed(run, legal_basis="")


def unit_of_another_province(run: RunFolder) -> None:
    malformed(run, unit="310101000000")


def short_unit(run: RunFolder) -> None:
    malformed(run, unit="330101")


def signed_by_another(run: RunFolder) -> None:
    message = run.log.message(case(run), "permit", ZHEJIANG, SHANGHAI)
    run.log.accept(message, signer=run.log.keys.signer(JIANGSU))


def receipt_of_another(run: RunFolder) -> None:
    run.log.deliver(run.log.accept(run.log.message(case(run), "permit", ZHEJIANG, SHANGHAI)), signer=run.log.keys.signer(ZHEJIANG))


def other_receipt(run: RunFolder) -> None:
    run.log.accept(run.log.message(case(run), "permit", ZHEJIANG, SHANGHAI), receipt={"step": 9})


def key_expired(run: RunFolder) -> None:
    run.log.keys.add_key(ZHEJIANG, BEGINNING, days=1)
    run.log.trust_list()
    case(run)


def old_trust_list(run: RunFolder) -> None:
    run.log.trust_list()
    run.log.version -= 1
    case(run)


def false_trust_list(run: RunFolder) -> None:
    run.log.append(TRUST_LIST, {}, run.log.store(b"no trust list"))


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
