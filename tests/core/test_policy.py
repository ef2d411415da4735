"""Policy tables: what is one, the four that ship, and which a case may open under."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from core.ids import PROVINCES
from core.policy import LARGEST_BYTES, knows_reason, read_policy
from core.procedures import PROCEDURES
from core.refusals import BAD_FIELD, Refused
from core.rules import RuleBook, misfit, shipped_rules
from nodes.provinces import policies
from tests.support.tables import table

CODE = "310000"
RULE = {
    "id": "SH-1",
    "role": "IN",
    "needs": [{"fact": "minor", "one_of": ["false"]}],
    "severity": "fail",
    "zh": "一",
    "en": "one",
    "source": "none",
}
REASON = {"code": "policy", "actions": ["refuse"], "zh": "一", "en": "one", "source": "none"}


def rule(**changes: Any) -> dict[str, Any]:
    return {**RULE, **changes}


def test_a_table_is_read_as_it_stands() -> None:
    policy = read_policy(table(CODE, 3, days={"review": 7}, eligibility=[RULE], reasons=[REASON]), CODE)
    assert (policy.province, policy.version, policy.limits["review"].days) == (CODE, 3, 7)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"province": "320000"}, "province"),
        ({"province": ""}, "province"),
        ({"version": 0}, "version"),
        ({"valid_from": None}, "valid_from"),
        ({"limits": {"review": {"days": 0, "unit": "working"}}}, "limits[review]"),
        ({"limits": {"review": {"days": 5, "unit": "working", "warn_days": 6}}}, "limits[review]"),
        ({"limits": {"review": {"days": 10**9, "unit": "working"}}}, "limits[review]"),
        ({"limits": {"review": {"days": 5, "unit": "hours"}}}, "Policy"),
        ({"deferrable_materials": ["identity"]}, "deferrable_materials"),
        ({"eligibility": [RULE, RULE]}, "eligibility: id"),
        ({"eligibility": [rule(needs=[])]}, "eligibility[SH-1]: needs"),
        ({"eligibility": [rule(needs=[{"fact": "minor"}])]}, "eligibility[SH-1]: minor"),
        ({"eligibility": [rule(when=[{"fact": "a", "one_of": ["b"], "begins_with": ["b"]}])]}, "eligibility[SH-1]: a"),
        ({"eligibility": [rule(severity="perhaps")]}, "Policy"),
        ({"reasons": [REASON, REASON]}, "reasons: code"),
        ({"reasons": [{**REASON, "actions": []}]}, "reasons[policy]: actions"),
        ({"favours": []}, "Policy"),
        ({"source": "x" * LARGEST_BYTES}, "length"),
    ],
)
def test_what_is_no_table(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(Refused) as caught:
        read_policy(table(CODE, **changes), CODE)
    assert (caught.value.kind, caught.value.field) == (BAD_FIELD, place)


def test_a_reason_is_for_the_actions_it_names_and_an_action_without_any_takes_every_code() -> None:
    other = {**REASON, "code": "forgery", "actions": ["refuse", "revoke"]}
    policy = read_policy(table(CODE, reasons=[REASON, other]), CODE)
    asked = [("refuse", "policy"), ("refuse", "forgery"), ("revoke", "forgery"), ("revoke", "policy"), ("refuse", "x"), ("refuse", "")]
    assert [knows_reason(policy, *one) for one in asked] == [True, True, True, False, False, False]
    assert knows_reason(policy, "pause", "anything")


def book(*tables: bytes) -> tuple[RuleBook, list[bytes]]:
    """A book that has learned tables, and their digests."""
    made = shipped_rules()
    digests = [hashlib.sha256(data).digest() for data in tables]
    made.learn((digest, read_policy(data, CODE)) for digest, data in zip(digests, tables, strict=True))
    return made, digests


def test_each_province_ships_a_table_under_which_every_procedure_runs() -> None:
    assert set(policies()) == set(PROVINCES)
    read = {code: read_policy(data, code) for code, data in policies().items()}
    for procedure in PROCEDURES.values():
        for policy in read.values():
            assert {deadline.name for deadline in procedure.deadlines} <= set(policy.limits)
            assert set(policy.key_materials) | set(policy.deferrable_materials) == set(procedure.materials)
            assert all(rule.role in procedure.roles for rule in policy.eligibility)
    assert read["340000"].limits["deregister"].days == 5, "the national plan, where the regional notice covers Hefei alone"
    assert {read[code].limits["deregister"].days for code in ("310000", "320000", "330000")} == {1}


def test_a_rule_of_a_table_names_where_it_comes_from() -> None:
    for code, data in policies().items():
        policy = read_policy(data, code)
        assert policy.source
        assert all(rule.source and rule.zh and rule.en for rule in policy.eligibility)
        assert all(reason.source and reason.zh and reason.en for reason in policy.reasons)


def test_every_decision_of_an_officer_that_says_why_has_reasons_in_each_table() -> None:
    said = {"yrdx.v1.Decision", "yrdx.v1.CorrectionRequest"}
    actions = {action.name for procedure in PROCEDURES.values() for action in procedure.actions if action.payload in said}
    for code, data in policies().items():
        assert {action for reason in read_policy(data, code).reasons for action in reason.actions} == actions


def test_an_older_table_is_known_and_opens_nothing() -> None:
    made, (old, new) = book(table(CODE, 1), table(CODE, 2))
    assert made.current("household-transfer", new)[2] == new
    assert {old, new} <= set(made.provincial)
    assert made.is_in_force(new, new)
    assert not made.is_in_force(old, new)


def test_who_has_no_table_opens_under_the_regional_one_and_under_nobody_elses() -> None:
    made, (other,) = book(table(CODE))
    regional = made.current("household-transfer")[2]
    assert made.is_in_force(regional, b"")
    assert not made.is_in_force(other, b"")
    assert not made.is_in_force(regional, other)


def test_a_table_without_a_limit_of_the_procedure_fits_no_case() -> None:
    data = table(CODE, limits={"review": {"days": 5, "unit": "working"}})
    made, (digest,) = book(data)
    procedure, calendar, _ = made.current("household-transfer")

    class Named:
        procedure_digest, calendar_digest, policy_digest = procedure, calendar, digest

    assert misfit(made.of(Named())) == "enquiry"  # type: ignore[arg-type]  # has the three names of a header
