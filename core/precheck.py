"""The precheck (智能预审): a case that does not exist yet against the published rules of both provinces. Pure; creates and decides nothing.

Decides from words alone: the ground, the codes of the materials at hand, and facts as the tables name them, none of which names a person.
What is not stated is not held against anybody: a rule that hangs on it warns and says which fact it asks for. So

* without facts no eligibility rule fails;
* a further fact turns no pass into anything worse and no fail into anything better;
* a further material never makes anything worse.

Not checked: whether what is stated is true, whether the person has another case open, and what an officer will decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from core.policy import Condition, EligibilityRule, Policy

RECEIVING, LEAVING = "IN", "OUT"
GROUNDS, MATERIALS = "grounds", "materials"
"""Beginning of the ids of what every table has without writing a rule."""


class Grade(IntEnum):
    """How a rule came out; the worst counts."""

    PASS = 1
    WARN = 2
    FAIL = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a case that somebody thinks of.

    Attributes:
        ground: as tables name it, for example "spouse".
        materials: codes of those that are at hand.
        facts: name to word.
    """

    ground: str
    materials: Collection[str]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one rule came out.

    Attributes:
        province: whose rule it is; empty: the regional table's.
        rule_id: unique within the table.
        asks: facts that must be stated before the rule can be judged.
    """

    grade: Grade
    province: str
    rule_id: str
    zh: str
    en: str
    source: str
    asks: tuple[str, ...] = ()


def precheck(receiving: Policy, leaving: Policy, draft: Draft) -> tuple[Finding, ...]:
    """Every rule of both tables that is about such a case: first those of the province that receives, then those of the other."""
    return (
        *_ground(receiving, draft),
        *_materials(receiving, draft),
        *_rules(receiving, RECEIVING, draft),
        *_rules(leaving, LEAVING, draft),
    )


def facts_of(*tables: Policy) -> frozenset[str]:
    """Names of the facts that these tables ask for."""
    rules = [rule for table in tables for rule in table.eligibility]
    return frozenset(condition.fact for rule in rules for condition in (*rule.when, *rule.needs))


def _ground(table: Policy, draft: Draft) -> Iterator[Finding]:
    if table.grounds:
        grade = Grade.PASS if draft.ground in table.grounds else Grade.FAIL
        zh, en = "迁入地受理的迁移事由。", "The receiving province takes applications on this ground."
        if grade is Grade.FAIL:
            zh, en = (
                "迁入地不受理该迁移事由，请到窗口咨询。",
                "The receiving province takes no application on this ground: ask at the counter.",
            )
        yield Finding(grade, table.province, GROUNDS, zh, en, table.source)


def _materials(table: Policy, draft: Draft) -> Iterator[Finding]:
    for code in (*table.key_materials, *table.deferrable_materials):
        if code in draft.materials:
            grade, zh, en = Grade.PASS, "材料已具备。", "The material is at hand."
        elif code in table.key_materials:
            grade, zh, en = Grade.FAIL, "关键材料，不得容缺，请补齐。", "A key material: nothing irreversible happens without it."
        else:
            grade, zh, en = Grade.WARN, "可容缺受理，请承诺补交时限。", "May come later: promise the day."
        yield Finding(grade, table.province, f"{MATERIALS}.{code}", zh, en, table.source)


def _rules(table: Policy, role: str, draft: Draft) -> Iterator[Finding]:
    for rule in table.eligibility:
        if rule.role != role or (rule.grounds and draft.ground not in rule.grounds):
            continue
        judged = _judged(rule, draft.facts)
        if judged is not None:
            grade, asks = judged
            yield Finding(grade, table.province, rule.id, rule.zh, rule.en, rule.source, asks)


def _judged(rule: EligibilityRule, facts: Mapping[str, str]) -> tuple[Grade, tuple[str, ...]] | None:
    """Grade and missing facts, or None when the rule is not about such a case."""
    when, needs = [_holds(one, facts) for one in rule.when], [_holds(one, facts) for one in rule.needs]
    if False in when:
        return None
    if all(needs):
        return Grade.PASS, ()
    if False in needs and None not in when:
        return (Grade.FAIL if rule.severity == "fail" else Grade.WARN), ()
    return Grade.WARN, tuple(dict.fromkeys(one.fact for one in (*rule.when, *rule.needs) if one.fact not in facts))


def _holds(condition: Condition, facts: Mapping[str, str]) -> bool | None:
    word = facts.get(condition.fact)
    if word is None:
        return None
    return word in condition.one_of or any(word.startswith(beginning) for beginning in condition.begins_with)
