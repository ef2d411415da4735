"""The part of docs/procedures.md that prints the policy tables; used by `scripts.make_docs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ids import PROVINCES
from core.policy import read_policy
from nodes.provinces import policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.policy import Condition, EligibilityRule, Policy


def tables() -> dict[str, Policy]:
    """The tables that ship, by the province's name."""
    return {PROVINCES[code].name_zh: read_policy(data, code) for code, data in policies().items()}


def length(policy: Policy, deadline: str) -> str:
    """A limit in words."""
    limit = policy.limits[deadline]
    warning = f", warns {limit.warn_days} before" if limit.warn_days else ""
    return f"{limit.days} {limit.unit} day{'s' * (limit.days > 1)}{warning}"


def pages() -> Iterator[str]:
    """Every table in full."""
    yield "## Policy tables\n"
    yield "A case runs to its end under the table of the province that opened it, the one in force then (docs/operations.md)."
    yield "Eligibility rules are for the precheck alone; officers of both sides give one of the reasons. What a source calls an assumption"
    yield "waits for a province's own figure.\n"
    for name, policy in tables().items():
        yield f"### {name} `{policy.name}`, version {policy.version}, valid from {policy.valid_from}\n"
        yield f"{policy.source}\n"
        yield f"Grounds: {', '.join(policy.grounds)}. Key materials: {', '.join(policy.key_materials)}. Deferrable (容缺):"
        yield f"{', '.join(policy.deferrable_materials)}.\n"
        yield "| rule | for | must be so | else | | source |\n| --- | --- | --- | --- | --- | --- |"
        yield from map(_rule, policy.eligibility)
        yield "\n| reason | for | | | source |\n| --- | --- | --- | --- | --- |"
        yield from (f"| {one.code} | {', '.join(one.actions)} | {one.zh} | {one.en} | {one.source} |" for one in policy.reasons)
        yield ""


def _rule(rule: EligibilityRule) -> str:
    grounds = f" on {', '.join(rule.grounds)}" if rule.grounds else ""
    when = f" when {_conditions(rule.when)}" if rule.when else ""
    return f"| {rule.id} | {rule.role}{grounds}{when} | {_conditions(rule.needs)} | {rule.severity} | {rule.zh} {rule.en} | {rule.source} |"


def _conditions(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(f"{one.fact} {_words(one)}" for one in conditions)


def _words(condition: Condition) -> str:
    if condition.begins_with:
        return f"begins with {' or '.join(condition.begins_with)}"
    return f"is {' or '.join(condition.one_of)}"
