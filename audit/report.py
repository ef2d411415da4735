"""What the auditor reads: a table of the checks and the first findings, or the same as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from audit.findings import Check

if TYPE_CHECKING:
    from audit.findings import Finding
    from audit.verify import Verified


def text(verified: Verified, limit: int) -> str:
    """The table, at most `limit` findings, and one last line that says it all."""
    findings, checkpoint = verified.findings, verified.checkpoint
    lines = [f"log {checkpoint.origin}, {checkpoint.size} entries, root {checkpoint.root.hex()}"] if checkpoint else []
    for check in Check:
        bad = findings.counted[check]
        lines.append(f"{check.value:3}  {check.title:<58}{findings.checked[check]:>9} checked  {f'{bad} FOUND' if bad else 'ok'}")
    kept = findings.kept()
    lines += [finding.line() for finding in kept[:limit]]
    if findings.total > limit:
        lines.append(f"... and {findings.total - limit} more (--limit, --json)")
    lines.append("verdict: ok" if verified.is_ok else f"verdict: {findings.total} findings")
    return "\n".join(lines)


def as_json(verified: Verified) -> str:
    """All kept findings and every count, for programs."""
    checkpoint, findings = verified.checkpoint, verified.findings
    report = {
        "verdict": "ok" if verified.is_ok else "findings",
        "log": {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()} if checkpoint else None,
        "checks": [
            {"number": check.value, "title": check.title, "checked": findings.checked[check], "findings": findings.counted[check]}
            for check in Check
        ],
        "findings": [_as_dict(finding) for finding in findings.kept()],
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def _as_dict(finding: Finding) -> dict[str, str | int | None]:
    return {"check": finding.check.value, "entry": finding.entry, "place": finding.place, "text": finding.text}
