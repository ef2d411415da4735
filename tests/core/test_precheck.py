"""The precheck: three answers, none of them from what was not stated; saying more or bringing more never makes it worse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.policy import Policy, read_policy
from core.precheck import Draft, Finding, Grade, facts_of, precheck
from nodes.provinces import policies
from tests.support.tables import table

TABLES = {code: read_policy(data, code) for code, data in policies().items()}
GROUNDS = ("spouse", "parents-to-children", "children-to-parents", "talent", "job-transfer", "adoption")
KEY, LATER = ("identity", "receiving-consent", "relation-proof"), ("application-form", "photo", "old-booklet")
FACTS = sorted(facts_of(*TABLES.values()))
WORDS = st.sampled_from(["true", "false", "3401", "340104", "330106"])


def made(*rules: dict[str, Any], code: str = "310000", **changes: Any) -> Policy:
    own = {"severity": "fail", "zh": "一", "en": "one", "source": "none", "role": "IN"}
    numbered = [{"id": f"R{number}", **own, **rule} for number, rule in enumerate(rules)]
    return read_policy(table(code, eligibility=numbered, **changes), code)


def is_(fact: str, *words: str) -> dict[str, Any]:
    return {"fact": fact, "one_of": list(words)}


def judged(policy: Policy, facts: dict[str, str], leaving: Policy | None = None, ground: str = "spouse") -> dict[str, tuple[Grade, Any]]:
    """Grade and missing facts by rule, without those that every table has."""
    found = precheck(policy, leaving or made(code="330000"), Draft(ground, {*KEY, *LATER}, facts))
    return {one.rule_id: (one.grade, one.asks) for one in found if not one.rule_id.startswith(("grounds", "materials"))}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (Grade.WARN, ("minor", "guardian"))),
        ({"minor": "true"}, (Grade.WARN, ("guardian",))),
        ({"minor": "false"}, None),
        ({"minor": "perhaps"}, None),
        ({"guardian": "true"}, (Grade.PASS, ())),
        ({"guardian": "false"}, (Grade.WARN, ("minor",))),
        ({"minor": "true", "guardian": "false"}, (Grade.FAIL, ())),
        ({"minor": "true", "guardian": "true"}, (Grade.PASS, ())),
    ],
)
def test_a_rule_with_a_condition(facts: dict[str, str], expected: tuple[Grade, tuple[str, ...]] | None) -> None:
    policy = made({"when": [is_("minor", "true")], "needs": [is_("guardian", "true")]})
    assert judged(policy, facts).get("R0") == expected


def test_a_rule_that_only_warns_never_fails() -> None:
    policy = made({"needs": [is_("restricted", "false")], "severity": "warn"})
    assert judged(policy, {"restricted": "true"}) == {"R0": (Grade.WARN, ())}


def test_a_beginning_is_enough_where_the_rule_says_so() -> None:
    policy = made({"needs": [{"fact": "area", "begins_with": ["3401", "3402"]}]})
    assert judged(policy, {"area": "340104"})["R0"] == (Grade.PASS, ())
    assert judged(policy, {"area": "340304"})["R0"] == (Grade.FAIL, ())


def test_rules_are_asked_in_their_role_and_on_their_grounds() -> None:
    rules = ({"needs": [is_("a", "1")], "role": "OUT"}, {"needs": [is_("a", "1")], "grounds": ["talent"]})
    assert judged(made(*rules), {}) == {}
    assert set(judged(made(*rules), {}, ground="talent")) == {"R1"}
    assert set(judged(made(), {}, leaving=made(*rules, code="330000"))) == {"R0"}


def test_grounds_and_materials_are_those_of_the_province_that_receives() -> None:
    receiving, leaving = (
        made(grounds=["spouse"]),
        made(code="330000", grounds=["talent"], key_materials=["identity"], deferrable_materials=[]),
    )
    found = {one.rule_id: one.grade for one in precheck(receiving, leaving, Draft("spouse", {"identity", "photo"}, {}))}
    assert found["grounds"] is Grade.PASS
    assert [found[f"materials.{code}"] for code in KEY] == [Grade.PASS, Grade.FAIL, Grade.FAIL]
    assert [found[f"materials.{code}"] for code in LATER] == [Grade.WARN, Grade.PASS, Grade.WARN]
    assert next(iter(precheck(receiving, leaving, Draft("talent", (), {})))).grade is Grade.FAIL
    assert "grounds" not in {one.rule_id for one in precheck(made(), leaving, Draft("anything", (), {}))}, "no list: any ground"


def test_talent_into_shanghai_needs_its_approval_and_a_child_into_anhui_hefei() -> None:
    zhejiang = TABLES["330000"]
    assert judged(TABLES["310000"], {"talent-approval": "false"}, zhejiang, "talent")["SH-IN-TALENT"] == (Grade.FAIL, ())
    outside = judged(TABLES["340000"], {"receiving-area": "340500"}, zhejiang, "children-to-parents")
    assert outside["AH-IN-HEFEI"] == (Grade.FAIL, ())
    assert judged(TABLES["340000"], {"receiving-area": "340104"}, zhejiang, "children-to-parents")["AH-IN-HEFEI"] == (Grade.PASS, ())


def run(pair: list[str], ground: str, materials: set[str], facts: dict[str, str]) -> dict[tuple[str, str], Finding]:
    receiving, leaving = pair
    found = precheck(TABLES[receiving], TABLES[leaving], Draft(ground, materials, facts))
    by_rule = {(one.province, one.rule_id): one for one in found}
    assert len(by_rule) == len(found)
    return by_rule


PAIRS = st.permutations(sorted(TABLES)).map(lambda codes: codes[:2])
MATERIALS = st.sets(st.sampled_from([*KEY, *LATER]))
SAID = st.dictionaries(st.sampled_from(FACTS), WORDS)


@given(PAIRS, st.sampled_from(GROUNDS), MATERIALS)
def test_nothing_stated_is_nothing_held_against_anybody(pair: list[str], ground: str, materials: set[str]) -> None:
    for (_, rule_id), one in run(pair, ground, materials, {}).items():
        if not rule_id.startswith(("grounds", "materials")):
            assert one.grade is Grade.WARN
            assert one.asks


@given(PAIRS, st.sampled_from(GROUNDS), MATERIALS, SAID, st.tuples(st.sampled_from(FACTS), WORDS))
def test_a_further_fact_settles_what_was_open_and_nothing_else(
    pair: list[str], ground: str, materials: set[str], facts: dict[str, str], said: tuple[str, str]
) -> None:
    before, after = run(pair, ground, materials, facts), run(pair, ground, materials, dict([said]) | facts)
    assert set(after) <= set(before)
    for key, one in before.items():
        if not one.asks and one.grade is not Grade.PASS:
            assert after[key] == one
        if one.grade is Grade.PASS and key in after:
            assert after[key] == one


@given(PAIRS, st.sampled_from(GROUNDS), MATERIALS, SAID, st.sampled_from([*KEY, *LATER]))
def test_a_further_material_never_makes_anything_worse(
    pair: list[str], ground: str, materials: set[str], facts: dict[str, str], brought: str
) -> None:
    before, after = run(pair, ground, materials, facts), run(pair, ground, {*materials, brought}, facts)
    assert set(after) == set(before)
    assert all(after[key].grade <= one.grade for key, one in before.items())


@given(PAIRS, st.sampled_from(GROUNDS), MATERIALS, SAID)
def test_a_warning_that_asks_is_settled_by_what_it_asks_for(
    pair: list[str], ground: str, materials: set[str], facts: dict[str, str]
) -> None:
    asked = {fact for one in run(pair, ground, materials, facts).values() for fact in one.asks}
    assert asked.isdisjoint(facts)
    after = run(pair, ground, materials, {**dict.fromkeys(asked, "true"), **facts})
    assert not any(one.asks for one in after.values())
