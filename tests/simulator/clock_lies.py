"""Parties that misbehave about time and signatures: limits, clocks, keys, officers (see `tests.simulator.lies`)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from core.entries import TRUST_LIST
from core.envelope import sha256
from core.receipts import timestamp
from tests.simulator.lies_told import case
from tests.simulator.run_folder import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, RunFolder
from tests.support.trust import BEGINNING
from yrdx.v1 import envelope_pb2, receipt_pb2


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
