"""Check 7: the rules that messages name are in the log, before them, and can be used.

A procedure, calendar or regional policy is in force from its entry on, a province's own policy from the entry of the trust list that holds
it, signed by the province; the digests in a header name three of them, and an opening names the policy in force for its sender. Procedures
are examined before anything is replayed with them, so that a log with senseless rules is a finding and no accident. Not covered: whether
the rules are the law. Their sources stand in them, for a lawyer to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.findings import Check
from core.procedures.model import CLOSED
from core.refusals import Refused
from core.rules import RuleBook, misfit, rule_book

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from core.envelope import ReadMessage
    from core.policy import Policy
    from core.procedures.engine import Rules
    from core.procedures.model import Case, Procedure
    from pki.trust import Trust


class LoggedRules:
    """The rules in force at each entry."""

    def __init__(self, findings: Findings) -> None:
        """Starts without any."""
        self._findings = findings
        self._artefacts: list[tuple[str, bytes]] = []
        self._book: RuleBook = rule_book(())
        self._tables: dict[bytes, Policy] = {}

    def take(self, record: Record, data: bytes) -> None:
        """Puts an artefact in force, from its entry on."""
        self._findings.count(Check.RULES)
        artefact = (record.entry.rules_kind, data)
        try:
            book = rule_book([artefact])
        except Refused as refusal:
            self._add(record, f"cannot be read as {record.entry.rules_kind}: {refusal.kind.name}")
            return
        for procedure in book.procedures.values():
            if (text := _senseless(procedure)) is not None:
                self._add(record, f"is no usable procedure: {text}")
                return
        self._artefacts.append(artefact)
        self._book = rule_book(self._artefacts)
        self._book.learn(self._tables.items())

    def learn(self, trust: Trust) -> None:
        """Takes up the policy tables of a trust list, from its entry on."""
        self._tables |= {table.digest: table.policy for table in trust.tables()}
        self._book.learn(self._tables.items())

    def of_message(self, record: Record, message: ReadMessage, trust: Trust | None) -> Rules | None:
        """The rules that a header names under the trust list at its place, or None, which is a finding."""
        self._findings.count(Check.RULES)
        try:
            rules = self._book.of(message.header)
        except Refused:
            self._add(record, "names rules that are not in the log before it")
            return None
        if (text := _unfit(rules, message)) is not None:
            self._add(record, text)
            return None
        own = trust.policy_of(message.routing.sender) if trust else b""
        if message.action.opens and not self._book.is_in_force(message.header.policy_digest, own):
            self._add(record, "opens a case under another policy than the one in force for its province")
            return None
        return rules

    def of_case(self, case: Case) -> Rules:
        """The rules of a case that was replayed under them."""
        return self._book.of(case)

    def _add(self, record: Record, text: str) -> None:
        self._findings.add(Check.RULES, text, entry=record.index)


def _unfit(rules: Rules, message: ReadMessage) -> str | None:
    """Why a case cannot run under these rules, or None."""
    if rules.procedure.service != message.routing.service:
        return f"is of {message.routing.service} and names the procedure of {rules.procedure.service}"
    if (deadline := misfit(rules)) is not None:
        return f"names a policy without a usable limit for {deadline}"
    return None


def _senseless(procedure: Procedure) -> str | None:
    """Names what a procedure refers to and does not define; None when it can be replayed."""
    states = {state.name for state in procedure.states}
    deadlines = {deadline.name for deadline in procedure.deadlines}
    named = {arrow.at for arrow in procedure.transitions} | {arrow.to for arrow in procedure.transitions if arrow.to}
    named |= {state for deadline in procedure.deadlines for state in deadline.runs_in} | {CLOSED}
    if not named <= states:
        return f"states {', '.join(sorted(named - states))}"
    needed = {arrow.needs_running for arrow in procedure.transitions if arrow.needs_running}
    if not needed <= deadlines:
        return f"deadlines {', '.join(sorted(needed - deadlines))}"
    if not {arrow.by for arrow in procedure.transitions} <= set(procedure.roles):
        return "roles"
    return None
