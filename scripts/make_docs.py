"""Generates docs/errors.md and docs/procedures.md from the tables in `core`, so that they cannot drift. Run by `make docs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.procedures import PROCEDURES
from core.procedures.model import CLOSED, Procedure
from core.refusals import BY_NUMBER
from scripts.policy_docs import length, pages, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent.parent / "docs"
GROUPS = {
    1: "Malformed: answered at once, nothing is stored",
    2: "Unauthenticated: answered at once, nothing is stored",
    3: "To be tried again: nothing is stored, the answer carries a waiting time",
    4: "Procedure and claims: a signed REFUSED receipt, stored and logged, the same for ever",
    5: "Desk",
    6: "Materials and sealed content",
    7: "Registers",
    8: "Operations and start-up",
}


def errors() -> Iterator[str]:
    """The page of numbered refusals."""
    yield "# Numbered refusals\n\nGenerated from `core/refusals.py`. Numbers are never reused. Over gRPC a refusal travels as `ErrorInfo`"
    yield "(domain `yrdx`, reason, metadata `number` and `field`), `LocalizedMessage` in both languages and, where it helps to try again,"
    yield "`RetryInfo`.\n"
    for group, title in GROUPS.items():
        yield f"## {group}xxx {title}\n\n| number | name | gRPC | what to do | 处理办法 |\n| --- | --- | --- | --- | --- |"
        for kind in BY_NUMBER.values():
            if kind.number // 1000 == group:
                again = " (again)" if kind.retriable else ""
                yield f"| {kind.number} | {kind.name} | {kind.code.name}{again} | {kind.en} | {kind.zh} |"
        yield ""


def procedures() -> Iterator[str]:
    """The page of procedures: states, arrows and limits."""
    yield "# Procedures\n"
    yield "Generated from `core/procedures/` and the policy tables that ship. A step of a case is one arrow; what the arrow leads to,"
    yield "who must act then and who answers for the person is the same for hub, nodes and auditors.\n"
    for procedure in PROCEDURES.values():
        yield f"## {procedure.service} {procedure.title}\n"
        yield from _states(procedure)
        yield from _arrows(procedure)
        yield from _limits(procedure)
    yield from pages()


def _states(procedure: Procedure) -> Iterator[str]:
    yield "| state | | acts next | answers for the person |\n| --- | --- | --- | --- |"
    for state in procedure.states:
        yield f"| {state.name} | {state.title} | {state.ball or '–'} | {state.owner or '–'} |"
    yield ""


def _arrows(procedure: Procedure) -> Iterator[str]:
    yield "```mermaid\nstateDiagram-v2"
    yield f"    [*] --> {procedure.states[0].name}: {next(a.name for a in procedure.actions if a.opens)} ({procedure.roles[0]})"
    for arrow in procedure.transitions:
        target = "[*]" if arrow.to == CLOSED else arrow.to or "applied / permitted"
        yield f"    {arrow.at} --> {target.replace(' / ', '_or_')}: {arrow.action} ({arrow.by})"
    yield "```\n\n| in state | action | by | leads to | ending |\n| --- | --- | --- | --- | --- |"
    for arrow in procedure.transitions:
        star = "*" if any(a.name == arrow.action and a.irreversible for a in procedure.actions) else ""
        ending = " / ".join(filter(None, (arrow.ending, arrow.corrected_ending)))
        yield f"| {arrow.at} | {arrow.action}{star} | {arrow.by} | {arrow.to or 'where it was returned from'} | {ending} |"
    anywhere = ", ".join(f"`{action.name}`" for action in procedure.actions if action.anywhere)
    yield f"\nIn every open state, by either side and without leaving it: {anywhere}."
    yield "\n\\* irreversible: runs in four strokes (reserve, submit, finalise, `entered`).\n"


def _limits(procedure: Procedure) -> Iterator[str]:
    yield "Limits, as the policy tables of the provinces have them:\n"
    read = tables()
    yield f"| limit | {' | '.join(read)} | starts with | runs in | when it passes |\n| --- |{' --- |' * len(read)} --- | --- | --- |"
    for deadline in procedure.deadlines:
        lengths = " | ".join(length(policy, deadline.name) for policy in read.values())
        started = ("receipt of " if deadline.from_receipt else "") + ", ".join(deadline.started_by)
        passes = f"the case ends: {deadline.expires_to}" if deadline.expires_to else "overdue: both desks and the operator see it"
        yield f"| {deadline.name} | {lengths} | {started} | {', '.join(deadline.runs_in)} | {passes} |"
    yield ""


def main() -> None:
    """Writes both pages."""
    for name, lines in (("errors.md", errors()), ("procedures.md", procedures())):
        (DOCS / name).write_text("\n".join(lines).rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main()
