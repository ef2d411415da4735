"""What the endings of two tests prove about a defence that was taken out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Ending:
    """How a phase of a test ended.

    Attributes:
        phase: "setup", "call" or "teardown".
        outcome: as pytest says.
        assertion: what the assertion says by which it failed, else empty.
        error: type of the exception, or empty.
    """

    test: str
    phase: str
    outcome: str
    assertion: str
    error: str


@dataclass(frozen=True)
class Verdict:
    """What is known about a defence.

    Attributes:
        noticed: its absence made the named test fail by an assertion, and the other stayed green.
        how: the assertion, or what is wrong.
    """

    noticed: bool
    how: str


def read_endings(file: Path) -> list[Ending]:
    """The endings of a run; none when it never came to a test."""
    return [Ending(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def verdict(endings: Iterable[Ending], noticed_by: str, green: str) -> Verdict:
    """Judges the run of a sabotaged tree."""
    found = list(endings)
    if not is_green(found, green):
        return Verdict(noticed=False, how=f"more than one thing is broken: {green} {said(found, green)}")
    call = next((ending for ending in found if (ending.test, ending.phase) == (noticed_by, "call")), None)
    if call is None or (call.outcome == "failed" and not call.assertion):
        return Verdict(noticed=False, how=f"broken, but not by an assertion: {noticed_by} {said(found, noticed_by)}")
    if call.outcome != "failed":
        return Verdict(noticed=False, how=f"nobody notices: {noticed_by} {said(found, noticed_by)}")
    return Verdict(noticed=True, how=call.assertion)


def is_green(endings: Iterable[Ending], test: str) -> bool:
    """Whether a test ran and every phase of it passed."""
    phases = [ending for ending in endings if ending.test == test]
    return any(ending.phase == "call" for ending in phases) and all(ending.outcome == "passed" for ending in phases)


def said(endings: Iterable[Ending], test: str) -> str:
    """How a test ended, in a few words."""
    phases = [ending for ending in endings if ending.test == test]
    failed = next((ending for ending in phases if ending.outcome != "passed"), None)
    if failed is not None:
        return f"{failed.outcome} in {failed.phase}: {failed.assertion or failed.error}"
    return "passed" if phases else "did not run"
