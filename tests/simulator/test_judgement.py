from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf.any_pb2 import Any as Packed

import simulator
from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from core.receipts import timestamp
from simulator.officers import destination, home
from simulator.officers.dossier import Companion, Dossier, Named, Promise, Scan, When
from simulator.officers.forms import application
from simulator.officers.judgement import Decision, Seen
from simulator.officers.occasions import Purpose, is_news, visits
from yrdx.v1 import desk_pb2, envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

SOON, LATER = When(0, 10), When(1, 2)
DOSSIER = Dossier(
    number=1,
    id_number="11010519491231002X",
    name="王炜",
    stated_name="王伟",
    ground=transfer_pb2.TRANSFER_GROUND_SPOUSE,
    home="310000",
    destination="330000",
    to_area="330106",
    to_address="杭州",
    phone="",
    scans=(),
    review=LATER,
    response=LATER,
    correction=LATER,
    arrival=LATER,
)
PROMISE = Promise(Scan("receiving-consent", 1, 1), SOON, "2026-03-01", is_key=True)
IN, OUT = DOSSIER.destination, DOSSIER.home
EVERYTHING = [action.name for action in HOUSEHOLD_TRANSFER.actions]
HERE = desk_pb2.FindResidentResponse(found=True, status="active")
DIFFERS = desk_pb2.FindResidentResponse(found=True, status="active", differences=["name"])


def case(state: str, legal: list[str] = EVERYTHING) -> desk_pb2.CaseView:
    mover = desk_pb2.MoverView(id_number=DOSSIER.id_number, name="王伟")
    return desk_pb2.CaseView(state=state, legal_actions=legal, movers=[mover], parties={"IN": IN, "OUT": OUT})


def owing(state: str, code: str = "receiving-consent", *, key: bool = True) -> desk_pb2.CaseView:
    view = case(state)
    view.owed.add(code=code, key=key)
    return view


def said(action: str, sender: str, payload: Message | None = None) -> desk_pb2.MessageView:
    packed = Packed()
    if payload is not None:
        packed.Pack(payload)
    leaving = datetime(2026, 1, 27, 17, tzinfo=UTC)
    return desk_pb2.MessageView(action=action, sender=sender, payload=packed, accepted_at=timestamp(leaving))


def at_destination(purpose: Purpose, view: desk_pb2.CaseView, dossier: Dossier = DOSSIER, *before: desk_pb2.MessageView) -> Decision | None:
    return destination.decide(purpose, Seen(desk_pb2.GetCaseResponse(case=view, messages=before), dossier))


def at_home(
    view: desk_pb2.CaseView, found: desk_pb2.FindResidentResponse = HERE, dossier: Dossier = DOSSIER, *before: desk_pb2.MessageView
) -> Decision | None:
    return home.decide(Seen(desk_pb2.GetCaseResponse(case=view, messages=before), dossier, found))


def action(decision: Decision | None) -> tuple[str, int] | None:
    return (decision.action, decision.reason) if decision else None


@pytest.mark.parametrize(
    ("dossier", "expected"),
    [
        (DOSSIER, ("permit", 0)),
        (replace(DOSSIER, policy_met=False), ("refuse", envelope_pb2.REASON_CLASS_POLICY_NOT_MET)),
        (replace(DOSSIER, paper_wanted=True), ("switch-to-paper", envelope_pb2.REASON_CLASS_APPLICANT_WISH)),
        (replace(DOSSIER, enquiry=LATER), ("pause", envelope_pb2.REASON_CLASS_ENQUIRY)),
    ],
)
def test_the_destination_permits_what_its_policy_allows(dossier: Dossier, expected: tuple[str, int]) -> None:
    assert action(at_destination(Purpose.REVIEW, case("applied"), dossier)) == expected


@pytest.mark.parametrize(
    ("found", "dossier", "expected"),
    [
        (HERE, DOSSIER, ("deregister", 0)),
        (desk_pb2.FindResidentResponse(), DOSSIER, ("refuse", envelope_pb2.REASON_CLASS_NOT_REGISTERED)),
        (
            desk_pb2.FindResidentResponse(found=True, status="moved-out"),
            DOSSIER,
            ("refuse", envelope_pb2.REASON_CLASS_NOT_REGISTERED),
        ),
        (HERE, replace(DOSSIER, restricted=True), ("refuse", envelope_pb2.REASON_CLASS_LEGAL_RESTRICTION)),
        (HERE, replace(DOSSIER, paper_kept=True), ("switch-to-paper", envelope_pb2.REASON_CLASS_NOT_EXECUTABLE)),
        (HERE, replace(DOSSIER, home_enquiry=LATER), ("pause", envelope_pb2.REASON_CLASS_ENQUIRY)),
        (DIFFERS, DOSSIER, ("return", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)),
    ],
)
def test_the_home_province_decides_by_its_register_and_the_courts_list(
    found: desk_pb2.FindResidentResponse, dossier: Dossier, expected: tuple[str, int]
) -> None:
    assert action(at_home(case("permitted"), found, dossier)) == expected


def test_reasons_are_those_of_the_policy_of_the_case() -> None:
    shown = desk_pb2.GetCaseResponse(case=case("applied"))
    shown.reasons.add(code="house-rule", actions=["refuse"], text_zh="不符合本地规定。")
    refusing = Seen(shown, replace(DOSSIER, policy_met=False))
    decision = destination.decide(Purpose.REVIEW, refusing)
    assert decision is not None
    assert decision.detail == transfer_pb2.Decision(reason_code="house-rule", reason="不符合本地规定。"), "the only one there is"
    shown.reasons.add(code="policy", actions=["refuse"], text_zh="不符合落户政策。")
    decision = destination.decide(Purpose.REVIEW, refusing)
    assert decision is not None
    assert decision.detail == transfer_pb2.Decision(reason_code="policy", reason="不符合落户政策。")
    differing = desk_pb2.GetCaseResponse(case=case("permitted"))
    for code in ("mismatch", "incomplete"):
        differing.reasons.add(code=code, actions=["return"], text_zh=code)
    headless = desk_pb2.FindResidentResponse(found=True, status="active", differences=["new_head_id_number"])
    for found, code in ((DIFFERS, "mismatch"), (headless, "incomplete")):
        decision = home.decide(Seen(differing, DOSSIER, found))
        assert decision is not None
        assert isinstance(decision.detail, transfer_pb2.CorrectionRequest)
        assert decision.detail.reason_code == code


def test_an_enquiry_is_made_once_and_then_it_goes_on() -> None:
    asks = replace(DOSSIER, enquiry=LATER, home_enquiry=LATER)
    assert action(at_destination(Purpose.REVIEW, case("enquiring"), asks)) == ("resume", 0)
    assert action(at_destination(Purpose.REVIEW, case("applied"), asks, said("pause", IN), said("resume", IN))) == ("permit", 0)
    assert action(at_home(case("investigating"), HERE, asks)) == ("resume", 0)
    assert action(at_home(case("permitted"), HERE, asks, said("pause", OUT))) == ("deregister", 0)
    assert action(at_home(case("permitted"), HERE, asks, said("pause", IN))) == ("pause", envelope_pb2.REASON_CLASS_ENQUIRY)


def test_who_is_in_haste_compares_the_records_once_his_node_has_told_him() -> None:
    hasty, shown = replace(DOSSIER, hasty=True), desk_pb2.GetCaseResponse(case=case("permitted"))
    assert action(home.decide(Seen(shown, hasty, DIFFERS))) == ("deregister", 0)
    assert action(home.decide(Seen(shown, hasty, DIFFERS, warned=True))) == ("return", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)
    assert action(at_home(case("permitted"), HERE, hasty)) == ("deregister", 0)
    assert action(at_home(case("applied", ["return", "refuse"]), DIFFERS, hasty)) == ("return", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)
    assert action(at_home(owing("permitted"), DIFFERS, hasty)) == ("return", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)


def test_a_return_names_everything_that_differs() -> None:
    decision = at_home(case("permitted"), DIFFERS)
    assert decision is not None
    assert isinstance(decision.detail, transfer_pb2.CorrectionRequest)
    assert [(item.field, item.stated) for item in decision.detail.differences] == [("name", "王伟")]


def test_who_says_the_same_again_is_somebody_else() -> None:
    again = at_destination(Purpose.CORRECTION, case("returned"), replace(DOSSIER, insists=True))
    assert again is not None
    assert isinstance(again.detail, transfer_pb2.Correction)
    assert again.detail.application.name == "王伟"
    refused = at_home(case("permitted"), DIFFERS, DOSSIER, said("return", OUT), said("resubmit", IN))
    assert action(refused) == ("refuse", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)


def test_an_early_look_does_not_deregister_without_a_permit() -> None:
    assert at_home(case("applied", ["refuse", "return", "switch-to-paper"])) is None


def test_nobody_is_struck_off_while_something_is_missing() -> None:
    dossier = replace(DOSSIER, promise=PROMISE)
    assert at_home(owing("permitted"), HERE, dossier) is None
    assert action(at_home(case("permitted"), HERE, dossier)) == ("deregister", 0)
    decision = at_destination(Purpose.SUPPLEMENT, owing("permitted"), dossier)
    assert decision is not None
    assert (decision.action, decision.scans, decision.missing) == ("supplement", (PROMISE.scan,), 0)
    assert at_destination(Purpose.SUPPLEMENT, case("permitted"), dossier) is None
    again = at_destination(Purpose.CORRECTION, owing("returned"), dossier)
    assert again is not None
    assert (again.action, again.missing) == ("resubmit", 1), "who corrects himself still owes what he owed"
    assert isinstance(again.detail, transfer_pb2.Correction)
    assert [promised.code for promised in again.detail.application.missing] == ["receiving-consent"]


def test_a_photo_is_brought_later_and_things_go_on() -> None:
    photo = replace(DOSSIER, promise=Promise(Scan("photo", 1, 1), SOON, "2026-03-01", is_key=False))
    view = owing("permitted", "photo", key=False)
    assert action(at_home(view, HERE, photo)) == ("deregister", 0)
    assert action(at_destination(Purpose.SUPPLEMENT, view, photo)) == ("supplement", 0)
    again = at_destination(Purpose.CORRECTION, owing("returned", "photo", key=False), photo)
    assert again is not None
    assert again.missing == 0


def test_of_a_family_everything_is_told_and_corrected_at_once() -> None:
    child = Companion("110105201503040018", "王小", "王晓", "20", Named(DOSSIER.id_number, DOSSIER.name))
    family = replace(DOSSIER, others=(child,), new_head="110105196001010015", forgets_new_head=True)
    view = case("permitted")
    view.movers.add(id_number=child.id_number, name=child.stated_name)
    found = desk_pb2.FindResidentResponse(found=True, status="active", differences=["name", "new_head_id_number"])
    found.others.add(found=True, status="active", differences=["name"])
    returned = at_home(view, found, family)
    assert returned is not None
    assert isinstance(returned.detail, transfer_pb2.CorrectionRequest)
    assert [(one.id_number, one.field, one.stated) for one in returned.detail.differences] == [
        (DOSSIER.id_number, "name", "王伟"), (DOSSIER.id_number, "new_head_id_number", ""), (child.id_number, "name", "王晓")
    ]  # fmt: skip
    first = application(family, [], corrected=False)
    assert (first.name, first.others[0].name, first.others[0].guardian.name, first.new_head_id_number) == ("王伟", "王晓", "王伟", "")
    corrected = at_destination(Purpose.CORRECTION, case("returned"), family)
    assert corrected is not None
    assert isinstance(corrected.detail, transfer_pb2.Correction)
    right = corrected.detail.application
    assert (right.name, right.others[0].name, right.others[0].guardian.name) == ("王炜", "王小", "王炜")
    assert right.new_head_id_number == family.new_head
    found.others[0].status = "moved-out"
    assert action(at_home(view, found, family)) == ("refuse", envelope_pb2.REASON_CLASS_NOT_REGISTERED), "all of them or nobody"
    found.others[0].status, found.differences[:], found.others[0].differences[:] = "active", ["new_head_id_number"], []
    assert action(at_home(view, found, family)) == ("return", envelope_pb2.REASON_CLASS_MATERIAL_MISSING)


def test_of_a_family_one_dies_on_the_way() -> None:
    others = tuple(Companion(f"{number}", "李", "李", "20") for number in range(2))
    family = replace(DOSSIER, others=others, died=True, unit_head="110105196001010015")
    decision = at_destination(Purpose.ARRIVAL, case("deregistered"), family, said("deregister", OUT))
    assert decision is not None
    assert isinstance(decision.detail, transfer_pb2.LandingReceipt)
    assert (decision.detail.deceased_id_number, decision.detail.head_id_number) == ("1", family.unit_head)


@pytest.mark.parametrize(
    ("dossier", "expected"),
    [
        (DOSSIER, ("resubmit", 0)),
        (replace(DOSSIER, abandoned=True), ("withdraw", envelope_pb2.REASON_CLASS_APPLICANT_WISH)),
        (replace(DOSSIER, unproven=True), ("refuse", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)),
    ],
)
def test_the_applicant_corrects_his_name_or_gives_up_or_cannot(dossier: Dossier, expected: tuple[str, int]) -> None:
    assert action(at_destination(Purpose.CORRECTION, case("returned"), dossier)) == expected


def test_an_arrival_is_what_the_family_says_it_is() -> None:
    here = case("deregistered")
    assert action(at_destination(Purpose.ARRIVAL, here)) == ("land", 0)
    assert action(at_destination(Purpose.ABSENCE, here)) == ("land", envelope_pb2.REASON_CLASS_NO_SHOW)
    homesick = replace(DOSSIER, back=replace(DOSSIER, home=IN, destination=OUT))
    assert action(at_destination(Purpose.ARRIVAL, here, homesick)) == ("land", envelope_pb2.REASON_CLASS_APPLICANT_WISH)
    decision = at_destination(Purpose.ARRIVAL, here, replace(DOSSIER, died=True), said("deregister", OUT))
    assert decision is not None
    assert isinstance(decision.detail, transfer_pb2.LandingReceipt)
    assert (decision.reason, decision.detail.deceased_on) == (envelope_pb2.REASON_CLASS_DECEASED, "2026-01-28"), "a day of China's time"


def test_only_who_has_left_can_come_back() -> None:
    left = desk_pb2.FindResidentResponse(found=True, status="moved-out")
    shown = desk_pb2.GetCaseResponse(case=case("closed"))
    assert home.has_left(Seen(shown, DOSSIER, left))
    assert not home.has_left(Seen(shown, DOSSIER, HERE))


def test_a_failed_deregistration_is_given_up() -> None:
    assert action(at_home(case("deregistration-failed"))) == ("annul", envelope_pb2.REASON_CLASS_NOT_EXECUTABLE)


def test_what_is_not_legal_any_more_is_not_tried() -> None:
    assert at_destination(Purpose.SUPERVISION, case("deregistering", ["land"])) is None
    assert action(at_destination(Purpose.WISH, case("permitted"))) == ("withdraw", envelope_pb2.REASON_CLASS_APPLICANT_WISH)


def test_visits_are_planned_when_a_state_comes() -> None:
    doubtful = replace(DOSSIER, second_thoughts=("permitted", SOON), error_found=LATER, promise=PROMISE)
    assert visits(case("permitted"), "IN", doubtful) == [(Purpose.SUPERVISION, LATER), (Purpose.WISH, SOON), (Purpose.SUPPLEMENT, SOON)]
    assert visits(case("permitted"), "OUT", doubtful) == [(Purpose.RESPONSE, LATER)]
    assert visits(case("applied"), "OUT", DOSSIER) == []
    assert visits(case("closed"), "IN", doubtful) == visits(case("closed"), "OUT", doubtful) == []


def test_what_never_happens_is_not_planned_until_its_time_is_over() -> None:
    never = replace(DOSSIER, response=None, correction=None, arrival=None)
    for state, role in (("permitted", "OUT"), ("returned", "IN"), ("deregistered", "IN")):
        assert visits(case(state), role, never) == []
    late = case("deregistered")
    late.overdue = True
    assert [purpose for purpose, _ in visits(late, "IN", never)] == [Purpose.ABSENCE]


def test_a_passed_limit_and_a_document_are_news_and_a_warning_is_none() -> None:
    before, after = case("permitted"), case("permitted")
    assert is_news(None, after)
    assert not is_news(before, after)
    after.overdue = True
    assert is_news(before, after)
    assert not is_news(after, before)
    before.documents.add()
    assert is_news(case("permitted"), before)


def test_endings_are_known_to_nobody_but_oracle_and_report() -> None:
    endings = {arrow.ending or arrow.destines for arrow in HOUSEHOLD_TRANSFER.transitions}
    endings |= {arrow.corrected_ending for arrow in HOUSEHOLD_TRANSFER.transitions}
    endings |= {deadline.expires_to for deadline in HOUSEHOLD_TRANSFER.deadlines}
    folder = Path(simulator.__file__).parent
    for path in folder.rglob("*.py"):
        if path.relative_to(folder).parts[0] in {"oracle", "report"}:
            continue
        words = {node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)}
        assert not words & (endings - {""}), path
