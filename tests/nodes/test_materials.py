"""What is promised for later (容缺受理): against the policy, with a day and a name, counted for the hub."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import BAD_FIELD, Refused
from nodes.common.facts import Facts
from nodes.common.services.household_transfer import HouseholdTransfer
from tests.nodes.households import NOON, RULES, application, beside, promised
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

SERVICE = HouseholdTransfer()
KEY, DEFERRABLE = RULES.policy.key_materials, RULES.policy.deferrable_materials


@given(st.lists(st.sampled_from([*KEY, *DEFERRABLE]), unique=True), st.integers(0, 8))
def test_the_hub_is_told_how_many_key_materials_are_owed(codes: list[str], said: int) -> None:
    right = sum(code in KEY for code in codes)
    missing = [promised(code) for code in codes]
    for content in (application(missing=missing), transfer_pb2.Supplement(missing=missing)):
        SERVICE.check_said(content, beside(open_key_materials=right))
        if said != right:
            with pytest.raises(Refused) as caught:
                SERVICE.check_content(content, beside(open_key_materials=said))
            assert (caught.value.kind, caught.value.field) == (BAD_FIELD, "open_key_materials")


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ([promised("passport")], "missing.code"),
        ([promised("photo"), promised("photo", until="2026-04-01")], "missing.code"),
        ([promised(until="soon")], "missing.promised_until"),
        ([promised(until="20260301")], "missing.promised_until"),
        ([promised(until="2026-02-30")], "missing.promised_until"),
        ([promised(by=" ")], "missing.promised_by"),
    ],
)
def test_a_promise_has_its_form(missing: list[transfer_pb2.PromisedMaterial], field: str) -> None:
    with pytest.raises(Refused) as caught:
        SERVICE.check_content(application(missing=missing), beside())
    assert (caught.value.kind, caught.value.field) == (BAD_FIELD, field)


def test_nobody_promises_for_a_day_that_is_over_but_may_be_heard_late() -> None:
    late = datetime(2026, 3, 1, 16, tzinfo=UTC)  # 2 March in China
    made = application(missing=[promised(until="2026-03-01")])
    SERVICE.check_said(made, beside(at=late - timedelta(seconds=1)))
    SERVICE.check_content(made, beside(at=late))
    with pytest.raises(Refused) as caught:
        SERVICE.check_said(made, beside(at=late))
    assert (caught.value.kind, caught.value.field) == (BAD_FIELD, "missing.promised_until")


def test_what_is_brought_is_a_material() -> None:
    SERVICE.check_said(transfer_pb2.Supplement(brought=["photo"]), beside())
    with pytest.raises(Refused) as caught:
        SERVICE.check_said(transfer_pb2.Supplement(brought=["photo", "passport"]), beside())
    assert (caught.value.kind, caught.value.field) == (BAD_FIELD, "brought")


def test_what_is_owed_follows_the_newest_word_and_a_promise_lapses() -> None:
    first = application(missing=[promised("photo"), promised("receiving-consent", until="2026-02-10")])
    known = Facts().after({"apply": first.SerializeToString()}, ())
    shown = SERVICE.owed(known, RULES.policy, NOON)
    assert [(one.code, one.is_key, one.has_lapsed) for one in shown] == [("receiving-consent", True, False), ("photo", False, False)]
    assert (shown[0].until, shown[0].by) == ("2026-02-10", "王芳")
    later = SERVICE.owed(known, RULES.policy, NOON + timedelta(days=9))
    assert [(one.code, one.has_lapsed) for one in later] == [("receiving-consent", True), ("photo", False)]
    known = known.after({"supplement": transfer_pb2.Supplement(missing=[promised("photo")]).SerializeToString()}, ())
    assert [one.code for one in SERVICE.owed(known, RULES.policy, NOON)] == ["photo"]
    known = known.after({"resubmit": transfer_pb2.Correction(application=first).SerializeToString()}, ())
    assert len(SERVICE.owed(known, RULES.policy, NOON)) == 2
    known = known.after({"supplement": transfer_pb2.Supplement().SerializeToString()}, ())
    assert SERVICE.owed(known, RULES.policy, NOON) == []
    assert SERVICE.kept("supplement", b"x") == b"x"
