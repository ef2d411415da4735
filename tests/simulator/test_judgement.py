from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.officers.dossier import Dossier, When
from simulator.officers.judgement import Purpose, decide, visits
from yrdx.v1 import desk_pb2, envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

SOON, LATER = When(0, 10), When(1, 2)
DOSSIER = Dossier(
    number=1,
    id_number="11010519491231002X",
    name="王炜",
    stated_name="王伟",
    ground=transfer_pb2.TRANSFER_GROUND_SPOUSE,
    home="310000",
    destination="330000",
    to_address="杭州",
    phone="",
    scans=(),
    review=LATER,
    response=LATER,
    correction=LATER,
    arrival=LATER,
)
EVERYTHING = ["permit", "refuse", "return", "resubmit", "deregister", "withdraw", "revoke", "land", "annul"]
HERE = desk_pb2.FindResidentResponse(found=True, status="active")


def case(state: str, legal: list[str] = EVERYTHING) -> desk_pb2.CaseView:
    return desk_pb2.CaseView(state=state, legal_actions=legal, person_name="王伟")


def action(
    purpose: Purpose,
    view: desk_pb2.CaseView,
    found: desk_pb2.FindResidentResponse | None = None,
    dossier: Dossier = DOSSIER,
) -> str | None:
    decision = decide(purpose, view, found, dossier)
    return decision.action if decision else None


def test_the_destination_permits_what_its_policy_allows() -> None:
    assert action(Purpose.REVIEW, case("applied")) == "permit"
    assert action(Purpose.REVIEW, case("applied"), dossier=replace(DOSSIER, policy_met=False)) == "refuse"


@pytest.mark.parametrize(
    ("found", "dossier", "expected"),
    [
        (HERE, DOSSIER, "deregister"),
        (desk_pb2.FindResidentResponse(), DOSSIER, "refuse"),
        (desk_pb2.FindResidentResponse(found=True, status="moved-out"), DOSSIER, "refuse"),
        (HERE, replace(DOSSIER, restricted=True), "refuse"),
        (desk_pb2.FindResidentResponse(found=True, status="active", differences=["name"]), DOSSIER, "return"),
    ],
)
def test_the_home_province_decides_by_its_register_and_the_courts_list(
    found: desk_pb2.FindResidentResponse, dossier: Dossier, expected: str
) -> None:
    assert action(Purpose.RESPONSE, case("permitted"), found, dossier) == expected


def test_a_return_names_everything_that_differs() -> None:
    found = desk_pb2.FindResidentResponse(found=True, status="active", differences=["name"])
    decision = decide(Purpose.RESPONSE, case("permitted"), found, DOSSIER)
    assert decision is not None
    assert isinstance(decision.detail, transfer_pb2.CorrectionRequest)
    assert [(item.field, item.stated) for item in decision.detail.differences] == [("name", "王伟")]
    assert decision.reason == envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH


def test_an_early_look_does_not_deregister_without_a_permit() -> None:
    assert action(Purpose.RESPONSE, case("applied"), HERE) is None


def test_the_applicant_corrects_his_name_or_gives_up() -> None:
    decision = decide(Purpose.CORRECTION, case("returned"), None, DOSSIER)
    assert decision is not None
    assert isinstance(decision.detail, transfer_pb2.Correction)
    assert decision.detail.application.name == "王炜"
    assert action(Purpose.CORRECTION, case("returned"), dossier=replace(DOSSIER, abandoned=True)) == "withdraw"


def test_what_is_not_legal_any_more_is_not_tried() -> None:
    assert action(Purpose.SUPERVISION, case("deregistering", ["land"])) is None
    assert action(Purpose.WISH, case("permitted")) == "withdraw"


def test_visits_are_planned_when_a_state_comes() -> None:
    doubtful = replace(DOSSIER, second_thoughts=("permitted", SOON), error_found=LATER)
    assert visits("permitted", "IN", doubtful) == [(Purpose.SUPERVISION, LATER), (Purpose.WISH, SOON)]
    assert visits("permitted", "OUT", doubtful) == [(Purpose.RESPONSE, LATER)]
    assert visits("applied", "OUT", DOSSIER) == []
    assert visits("closed", "IN", doubtful) == []
