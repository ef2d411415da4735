"""A policy table (政策表): what a province may change without a new procedure, as data.

Each province has its own, in versions; its authority signs it with the member record, so that it travels in the trust list and nowhere
else. A case names by digest the table of the province that opened it, the one in force then, and keeps it to its end. Limits and materials
govern cases; eligibility rules are for the precheck alone and decide nothing; reasons are what officers of either side may give in a case,
in words that both can read.

Not checked here: that a table has a limit for every deadline of a procedure, or that its reasons are for actions that there are. A table
outlives the software that first read it; who opens a case asks `core.rules.misfit`.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotations of a Struct when it runs
from typing import Final, Literal

from core.calendar import Unit  # noqa: TC001 - msgspec reads it
from core.refusals import BAD_FIELD, Refused
from core.values import Frozen, parse

LONGEST_DAYS: Final = 3660
"""No limit lasts longer than ten years; a larger number is a mistake, or an attack on somebody's calendar."""
LARGEST_BYTES: Final = 64 * 1024
"""A table is read by everybody with every trust list."""


class Limit(Frozen, frozen=True):
    """Length of a deadline. `unit`: "working" (工作日) or "calendar" (日)."""

    days: int
    unit: Unit
    warn_days: int = 0
    """A warning so many days before the end; 0: none."""


class Condition(Frozen, frozen=True):
    """Something that must be so: the fact is one of these words, or begins with one of these."""

    fact: str
    """Its name, for example "minor"; facts are words ("true", "false", an area code), never anything that names a person."""
    one_of: tuple[str, ...] = ()
    begins_with: tuple[str, ...] = ()


class EligibilityRule(Frozen, frozen=True):
    """A rule of the precheck: where all of `when` is so, all of `needs` must be."""

    id: str
    role: str
    """Role of this province in the case for which the rule is: "IN" when it receives the person, "OUT" when it lets him go."""
    needs: tuple[Condition, ...]
    severity: Literal["warn", "fail"]
    zh: str
    en: str
    source: str
    when: tuple[Condition, ...] = ()
    grounds: tuple[str, ...] = ()
    """Empty: every ground."""


class Reason(Frozen, frozen=True):
    """A reason for which an officer refuses, returns, pauses or ends a case, by the code that goes under seal."""

    code: str
    actions: tuple[str, ...]
    """For which it may be given."""
    zh: str
    en: str
    source: str


class Policy(Frozen, frozen=True):
    """A version of a table."""

    name: str
    source: str
    """Where the numbers come from, and what of them is an assumption."""
    limits: dict[str, Limit]
    key_materials: tuple[str, ...]
    """Without these nothing irreversible happens (不得容缺)."""
    deferrable_materials: tuple[str, ...]
    province: str = ""
    """GB/T 2260 code; empty: the regional table, for provinces that have none of their own."""
    version: int = 0
    """1, 2, 3…; never back."""
    valid_from: date | None = None
    """Day in Shanghai before which no trust list may carry the table."""
    grounds: tuple[str, ...] = ()
    """On which this province receives; empty: on any."""
    eligibility: tuple[EligibilityRule, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """For an action that none of them is for, any code may be given."""


def read_policy(data: bytes, province: str) -> Policy:
    """Reads a province's table.

    Raises:
        Refused: BAD_FIELD with the place at fault, when it is none, is another province's, or says what cannot be.
    """
    _require(len(data) <= LARGEST_BYTES, "length")
    policy = parse(data, Policy)
    _require(bool(policy.province) and policy.province == province, "province")
    _require(policy.version > 0, "version")
    _require(policy.valid_from is not None, "valid_from")
    for name, limit in policy.limits.items():
        _require(is_usable(limit), f"limits[{name}]")
    _require(set(policy.key_materials).isdisjoint(policy.deferrable_materials), "deferrable_materials")
    _check_rules(policy.eligibility)
    _check_reasons(policy.reasons)
    return policy


def is_usable(limit: Limit) -> bool:
    """Whether a deadline can be counted by it."""
    return 0 < limit.days <= LONGEST_DAYS and 0 <= limit.warn_days <= limit.days


def knows_reason(policy: Policy, action: str, code: str) -> bool:
    """Whether the code may be given for the action."""
    codes = {reason.code for reason in policy.reasons if action in reason.actions}
    return code in codes or not codes


def _check_reasons(reasons: tuple[Reason, ...]) -> None:
    codes = [reason.code for reason in reasons]
    _require(len(set(codes)) == len(codes), "reasons: code")
    for reason in reasons:
        _require(bool(reason.actions), f"reasons[{reason.code}]: actions")


def _check_rules(rules: tuple[EligibilityRule, ...]) -> None:
    ids = [rule.id for rule in rules]
    _require(len(set(ids)) == len(ids), "eligibility: id")
    for rule in rules:
        _require(bool(rule.needs), f"eligibility[{rule.id}]: needs")
        for condition in (*rule.when, *rule.needs):
            _require(bool(condition.one_of) != bool(condition.begins_with), f"eligibility[{rule.id}]: {condition.fact}")


def _require(condition: bool, place: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not condition:
        raise Refused(BAD_FIELD, place)
